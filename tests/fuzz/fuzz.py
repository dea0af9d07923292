"""Feed a reader inputs that coverage guides, by atheris: it ends with a traceback where a target fails.

    pip install atheris
    python tests/fuzz/fuzz.py TARGET -runs=200000 [any flag of libFuzzer] [folder of inputs]

Each input has 10 seconds, and memory for a small multiple of itself. The process may take 512 MB more than it has at
the start, above which an allocation fails, and so does the target.
"""

import resource
import sys
from functools import partial
from pathlib import Path

import atheris

CHECKOUT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(CHECKOUT), str(Path(__file__).parent)]
NOT_PYTHON = [f"w2v.kernels.{path.stem}" for path in (CHECKOUT / "w2v/kernels").glob("*.py")]
"""What Numba compiles, from bytecode that must be its own."""
MORE_MEMORY = 512 << 20

with atheris.instrument_imports(
    include=["w2v", "targets", "tomllib", "gzip", "_compression", "bz2", "lzma"], exclude=["w2v.kernels", *NOT_PYTHON]
):
    from targets import FOLDER, TARGETS, put, seeds, within_memory


def main() -> None:
    """Run the target that the command line names."""
    if sys.argv[1:2] == [] or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: fuzz.py TARGET [flags of libFuzzer]; the targets are {', '.join(TARGETS)}")
    TARGETS[sys.argv[1]](b"")  # what is compiled is compiled, and what is kept is there
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MORE_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    (FOLDER / "seeds").mkdir()
    for number, data in enumerate(seeds(sys.argv[1])):
        put(f"seeds/{number}", data)
    flags = ["-timeout=10", "-rss_limit_mb=0", "-max_len=4096", f"-artifact_prefix={FOLDER}/"]
    atheris.Setup([sys.argv[0], *flags, *sys.argv[2:], f"{FOLDER}/seeds"], partial(within_memory, sys.argv[1]))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
