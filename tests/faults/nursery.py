"""Forks the program, as often as it is asked to: a run of it takes 30 ms where a process of its own takes a second.

A process of its own, spoken to by `faults.harness`: a request is a line of JSON on standard input, the answer a line
on standard output. Loaded with shim.c, it hands each child a plan of what is to go wrong.
"""

import ctypes
import faulthandler
import gc
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from w2v import commands

HEAVY = (
    "w2v.commands.app",
    "w2v.text.encoding",
    "w2v.text.phrases",
    "w2v.training.run",
    "w2v.training.loop",
    "w2v.tuning",
    "w2v.plotting",
    "w2v.evaluation.scores",
    *(f"w2v.formats.{name}" for name in ("native", "parquet", "safetensors", "tensorboard", "finalfusion", "glove")),
    *("numpy.lib.format", "tqdm", "optuna", "pyarrow.parquet", "bokeh.plotting", "sklearn.decomposition", "textalloc"),
)
"""Loaded once, by the parent; a child that had to load them would take a second each time."""


class Plan(ctypes.Structure):
    """`struct plan` of shim.c."""

    _fields_ = (
        ("at", ctypes.c_long),
        ("how", ctypes.c_long),
        ("what", ctypes.c_long),
        ("count", ctypes.c_long),
        ("fired", ctypes.c_long),
        ("no_exchange", ctypes.c_long),
        ("folder", ctypes.c_char * 4096),
        ("match", ctypes.c_char * 256),
        ("which", ctypes.c_char * 512),
        ("trace", ctypes.c_char * (1 << 18)),
    )


class Shim:
    """What shim.c offers; without a C compiler nothing goes wrong and nothing is counted."""

    def __init__(self) -> None:
        """Find the shim that this process was loaded with."""
        self.plan = Plan()
        self.activate: Callable[[int], None] = lambda yes: None
        if os.environ.get("LD_PRELOAD"):
            library = ctypes.CDLL(os.environ.pop("LD_PRELOAD"))  # a program that the tests start shall not have it
            library.fault_plan.restype = ctypes.POINTER(Plan)
            self.plan, self.activate = library.fault_plan().contents, library.fault_activate

    def set(self, folder: str, can_exchange: bool, at: int, how: int, what: int, match: str) -> None:
        """Say what shall go wrong in the next child."""
        plan = self.plan
        plan.at, plan.how, plan.what, plan.count, plan.fired, plan.no_exchange = at, how, what, 0, 0, not can_exchange
        plan.match = match.encode()
        plan.folder, plan.which, plan.trace = os.fsencode(os.path.realpath(folder)), b"", b""


def begin(shim: Shim, request: dict[str, Any]) -> int:
    """Start the program in a child and return its number."""
    shim.set(request["folder"], request["can_exchange"], *request["fault"])
    child = os.fork()
    if child:
        return child
    try:
        os.chdir(request["folder"])
        for name, value in request["environment"].items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        for number, (path, flags) in enumerate(request["streams"]):
            if path is None:
                os.close(number)
            else:
                os.dup2(os.open(path, flags, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = (  # as Python opens them; None where one is closed
            None if path is None else open(number, mode, closefd=False, errors="backslashreplace")
            for number, ((path, _), mode) in enumerate(zip(request["streams"], "rww", strict=True))
        )
        _limit(**request["limits"])
        if request["memory"] is not None:
            _claim_memory(request["memory"])
        sys.argv[1:] = [os.fsdecode(bytes(argument)) for argument in request["arguments"]]
        shim.activate(1)
        status = commands.main()
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        status = 99
    shim.activate(0)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):  # it is closed or full
            stream.flush()
    os._exit(status)


def _limit(**limits: int) -> None:
    """Set limits by their names in `resource`; that of memory is what may come on top of what there is."""
    for name, most in limits.items():
        if name == "RLIMIT_AS":
            most += int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(getattr(resource, name), (most, most))


def _claim_memory(free: int) -> None:
    """Have every module of the program believe that so much memory is free."""
    for name, module in list(sys.modules.items()):
        if name.startswith("w2v") and hasattr(module, "available_memory"):
            vars(module)["available_memory"] = lambda: free


def end(shim: Shim, child: int, timeout: float) -> dict[str, Any]:
    """Wait for a child and tell what it did."""
    deadline = time.monotonic() + timeout
    while (done := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGABRT)  # faulthandler shows where it hangs
            done = os.waitpid(child, 0)
            break
        time.sleep(0.002)
    calls = shim.plan.trace.decode(errors="replace").splitlines()
    which = shim.plan.which.decode(errors="replace") if shim.plan.fired else ""
    return {"status": os.waitstatus_to_exitcode(done[1]), "calls": calls, "which": which}


def main() -> None:
    """Answer requests until there are no more."""
    shim, answers = Shim(), os.fdopen(os.dup(1), "w", buffering=1)
    faulthandler.enable(open(os.dup(2), "w"))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
    for name in HEAVY:
        with suppress(ModuleNotFoundError):  # of an extra
            importlib.import_module(name)
    vars(sys.modules["w2v.training.loop"])["REPORT_S"] = 0.01  # how often it looks whether a checkpoint is due
    _warm_up(Path(sys.argv[1]))
    gc.collect()
    gc.freeze()  # or each child's first collection copies all that is shared
    for line in sys.stdin:
        request = json.loads(line)
        if "child" in request:
            print(json.dumps(end(shim, **request)), file=answers)
        else:
            print(json.dumps(begin(shim, request)), file=answers)


def _warm_up(corpus: Path) -> None:
    """Compile what the children run, or load it: with the plan of no folder, none of it is counted."""
    os.chdir(corpus.parent)
    for arguments in (
        ["train", corpus.name, "--epochs", "1", "--checkpoint", "kept"],
        ["train", "--resume", "kept"],
        ["phrases", corpus.name],
        *[["tune", corpus.name, "--metric", "loss", "--fraction", "1", "--trials", "1"]] * ("optuna" in sys.modules),
    ):
        commands.main([*arguments, "--threads", "1", "--quiet"])


if __name__ == "__main__":
    main()
