"""Count the spills of score and update on other processors: vectors that are kept on the stack, not in registers.

    python bench/assembly.py avx512 avx2 neon

Numba's LLVM can compile for other processors. Each line of the output is a loop: its instructions, its multiply-adds,
and the number of vectors that it loads from or stores on the stack (spills, which cost as much as loads).
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import llvmlite.binding as llvm
import numba
from numba.core import types
from numba.core.registry import cpu_target

PROCESSORS = {
    "avx512": ("x86_64-unknown-linux-gnu", "skylake-avx512", "+avx512f,+avx512vl,+avx2,+fma"),
    "avx2": ("x86_64-unknown-linux-gnu", "haswell", "+avx2,+fma"),
    "neon": ("aarch64-unknown-linux-gnu", "apple-m1", "+neon"),
}
"""(triple, processor, features)"""
JUMP = re.compile(r"^\s+(?:j\w+|b(?:\.\w+)?|cbn?z|tbn?z)\s.*?(\.L\w+)")
MULTIPLY_ADD = re.compile(r"fmadd|fmla")
ON_STACK = re.compile(r"(?=.*(\(%rsp|\[sp))(?=.*([xyz]mm|\bq\d|\bv\d))")


def import_kernels(triple: str, features: str) -> ModuleType:
    """Import the kernels with the vector length and block sizes of another processor."""
    _ = cpu_target.target_context  # made for this machine, before Numba sees the features of the other one
    named = llvm.FeatureMap({feature[1:]: True for feature in features.split(",")})
    with (
        mock.patch.object(llvm, "get_process_triple", lambda: triple),
        mock.patch.object(llvm, "get_host_cpu_features", lambda: named),
    ):
        from w2v.kernels.cpu import simd
    return simd


def llvm_of(function: Callable[..., None], signature: tuple[Any, ...]) -> str:
    """Return a kernel as unoptimised LLVM code from Numba, without the parts that name this machine."""
    from w2v.kernels import OPTIONS

    os.environ["NUMBA_OPT"] = "0"
    numba.config.reload_config()  # type: ignore[no-untyped-call]
    compiled = numba.njit(**{**OPTIONS, "cache": False})(function)
    compiled.compile(signature)
    (code,) = compiled.inspect_llvm().values()
    return re.sub(r'target (triple|datalayout) = .*\n|"target-(cpu|features)"="[^"]*"', "", code)


def inner_loops(assembly: str) -> list[list[str]]:
    """Return the instructions of each innermost loop."""
    lines = assembly.split("\n")
    labels = {line.split(":")[0]: number for number, line in enumerate(lines) if line.startswith(".L")}
    jumps = [(labels[jump[1]], number) for number, line in enumerate(lines) if (jump := JUMP.match(line))]
    loops = [(begin, end) for begin, end in jumps if begin < end]
    inner = [loop for loop in loops if not any(loop != o and loop[0] <= o[0] and o[1] <= loop[1] for o in loops)]
    return [[line for line in lines[begin : end + 1] if line.startswith("\t")] for begin, end in sorted(set(inner))]


def report(name: str) -> None:
    """Print one line per inner loop that multiplies."""
    triple, processor, features = PROCESSORS[name]
    simd = import_kernels(triple, features)
    from w2v.kernels.cpu.structs import Ahead, Hidden
    from w2v.settings.train import TrainConfig
    from w2v.training.plan import shape_of

    rows, offsets = types.Array(types.float32, 1, "C"), types.Array(types.int64, 1, "C")
    shape = numba.typeof(shape_of(TrainConfig(), 1000))  # type: ignore[no-untyped-call]
    hidden = types.NamedTuple((rows, offsets, types.int64), Hidden)  # type: ignore[no-untyped-call]
    ahead = types.NamedTuple((rows, offsets, *[types.int64] * 5), Ahead)  # type: ignore[no-untyped-call]
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=processor, features=features, opt=3)
    for stage, function, signature in (
        (
            "score",
            lambda a, b, c, d, e, f: simd.score(a, b, c, d, e, f),
            (hidden, rows, offsets, types.int64, shape, rows),
        ),
        (
            "update",
            lambda a, b, c, d, e, f, g: simd.update(a, b, c, d, e, f, g),
            (hidden, rows, offsets, shape, rows, rows, ahead),
        ),
    ):
        module = llvm.parse_assembly(f'target triple = "{triple}"\n' + llvm_of(function, signature))
        module.data_layout = str(machine.target_data)
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        options.loop_vectorization = options.slp_vectorization = True
        llvm.create_pass_builder(machine, options).getModulePassManager().run(
            module, llvm.create_pass_builder(machine, options)
        )
        for loop in inner_loops(machine.emit_assembly(module)):
            if n_multiply_adds := sum(bool(MULTIPLY_ADD.search(line)) for line in loop):
                spilled = sum(bool(ON_STACK.match(line)) for line in loop)
                print(
                    f"{name:7} {stage:7} {len(loop):4} instructions, {n_multiply_adds} multiply-adds, {spilled} spills"
                )


if __name__ == "__main__":
    if len(sys.argv) == 2:
        report(sys.argv[1])
    else:  # the kernels of one processor per process
        for name in sys.argv[1:] or PROCESSORS:
            subprocess.run([sys.executable, Path(__file__), name], check=True)
