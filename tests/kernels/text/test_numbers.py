"""Numbers in lines of text are those that Python reads."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from w2v.kernels.text.numbers import read_lines

numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda x: f"{x:.9g}"),
    st.from_regex(r"-?[0-9]{0,20}\.?[0-9]{0,20}([eE][+-]?[0-9]{1,5})?", fullmatch=True),
    st.text("0123456789.-+eE_ x", max_size=8),
)


def _read(text: bytes, dim: int, most: int = 10) -> tuple[list[bytes], list[list[float]], int]:
    found, bounds = np.zeros((most, dim), np.float32), np.zeros((most, 2), np.int64)
    n_lines, end = read_lines(np.frombuffer(text, np.uint8), found, bounds)
    return [text[a:b] for a, b in bounds[:n_lines].tolist()], found[:n_lines].tolist(), end


@settings(deadline=None, max_examples=300)
@given(numbers)
@example("9007199254740993")
@example("1e-23")
@example("-0")
@example("1e22")
@example("0.000000000000000000")
@example("0e9999")
def test_a_number_is_that_of_python_or_left_to_it(number: str) -> None:
    text = f"a {number}\n".encode()
    words, found, end = _read(text, 1)
    if words:
        with np.errstate(over="ignore"):
            expected = np.float32(float(number))
        assert np.float32(found[0][0]).tobytes() == expected.tobytes() and end == len(text)
    else:
        assert end == 0


@settings(deadline=None, max_examples=100)
@given(st.integers(-(10**9), 10**9), st.integers(-13, 13))
def test_nine_digits_are_always_read(digits: int, exponent: int) -> None:
    words, found, _ = _read(f"a {digits}e{exponent}\n".encode(), 1)
    assert words == [b"a"] and found[0][0] == np.float32(float(f"{digits}e{exponent}"))


def test_lines_are_read_up_to_the_first_of_another_kind() -> None:
    plain = "a 1 -2.5\nü_b 1e-3 .5 \nc 3. 4\r\n".encode()
    for odd in (
        b"d 1\n",
        b"d 1 2 3\n",
        b"d  1 2\n",
        b"d\t1 2\n",
        b"d 1 nan\n",
        b" 1 2\n",
        b"\n",
        b"d 1 2",
        b"d 1 2\t\n",
    ):
        words, found, end = _read(plain + odd, 2)
        assert words == [b"a", "ü_b".encode(), b"c"] and end == len(plain)
        assert found == [[1, -2.5], [np.float32(1e-3), 0.5], [3, 4]]


@pytest.mark.parametrize("cut", range(12))
def test_a_line_that_is_cut_is_not_read(cut: int) -> None:
    assert _read(b"a 1 -2.5e1 \r\n"[:cut], 2) == ([], [], 0)


def test_no_more_lines_than_asked_for() -> None:
    assert _read(b"a 1\nb 2\nc 3\n", 1, most=2) == ([b"a", b"b"], [[1], [2]], 8)
