"""Each reader on hostile bytes: the targets of `tests/fuzz`, on fewer inputs, and what fuzzing has found."""

import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator

import pytest
from helpers import CHECKOUT
from hypothesis import given, settings
from hypothesis import strategies as st
from targets import TARGETS, patched, seeds, within_memory

from w2v.base.errors import W2VError


@pytest.fixture(autouse=True)
def untraced() -> Iterator[None]:
    """Let no test after these be slowed down by the tracing of memory."""
    yield
    tracemalloc.stop()


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    for data in seeds(name):
        TARGETS[name](data)
        TARGETS[name](data[:-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_and_damaged_seeds(name: str) -> None:
    damaged = st.tuples(st.sampled_from(seeds(name)), st.binary(max_size=12)).map(lambda pair: patched(*pair))

    @settings(deadline=None, max_examples=150)
    @given(st.one_of(st.binary(max_size=300), damaged))
    def run(data: bytes) -> None:
        within_memory(name, data)

    TARGETS[name](b"")  # what is compiled is no part of the input's memory
    run()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("vocab", b"J\fJJ\nJ"),  # a message of two lines
        ("vocab", b"x" * 100_000 + b" 1\n" + b"x" * 100_000 + b" 1\n"),  # a message of 100 KB
        ("scan", b"\n"),  # looked one byte too far where the padding begins like a longer space
        ("checkpoint", b"\x23\n\x1d\x91"),  # a stream with rows that no word has
        ("checkpoint", b"\x3b\n;\x17\xff\xff\x17\xff\n2\xff2"),  # a header that Python's tokenizer stumbles over
        ("checkpoint", b"\7"),  # an empty stream.npy, as a crash may leave it: EOFError
        ("checkpoint", b"\7PK\x03\x04" + bytes(40)),  # NumPy takes it for an archive of arrays
        ("checkpoint", b"\5\x93NUMPY\2\0\0\0\0\x40"),  # a header of 1 GB, for which NumPy takes memory
        ("checkpoint", b"\7\x93NUMPY\2\0\0\0\0\x40"),
        ("checkpoint", b"\4" + b"[" * 100_000),
        ("config", b"a = " + b"[" * 100_000),
    ],
)
def test_what_was_found(name: str, data: bytes) -> None:
    TARGETS[name](b"")
    within_memory(name, data)


def test_a_message_is_one_line_that_can_be_printed() -> None:
    error = W2VError("no file 'a\nb\x1b[2J\udcff\u2028c'" + "x" * 10_000)
    assert str(error).startswith(r"no file 'a b\x1b[2J\udcff\u2028c'x")
    assert str(error).isprintable() and len(str(error)) < 2_100


def test_the_oracle_sees_a_touch_outside() -> None:
    """The pages behind the scan's arrays do end a process that touches them."""
    code = "import ctypes, shutil, targets; shutil.rmtree(targets.FOLDER); "
    code += "array = targets.last(0, 8); ctypes.string_at(array.ctypes.data, 9)"
    path = f"import sys; sys.path[:0] = [{str(CHECKOUT)!r}, {str(CHECKOUT / 'tests/fuzz')!r}]; "
    assert subprocess.run([sys.executable, "-c", path + code], check=False).returncode == -signal.SIGSEGV
