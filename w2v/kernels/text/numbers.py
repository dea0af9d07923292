"""Lines of text vectors: a word followed by its numbers.

Only numbers that can be read exactly without long arithmetic are read here: they have up to 18 digits, and both the
integer of the digits and the power of ten are float64 numbers without rounding. Their product or quotient is then the
float64 nearest to the number (Clinger 1990). Lines with other numbers are left to the caller.
"""

import numpy as np

from w2v.kernels import inlined_exact, jit_exact
from w2v.kernels.scalars import F32, I64, U8

POWERS = np.array([float(f"1e{k}") for k in range(23)])
"""Powers of ten that are exact in float64."""
LARGEST = 1 << 53
"""Integers up to here are exact in float64."""
MOST_DIGITS = 18
LONGEST_WORD = 1_000
NEWLINE, RETURN, SPACE, MINUS, PLUS, POINT, ZERO, LETTER_E, LOWER = 10, 13, 32, 45, 43, 46, 48, 101, 32


@inlined_exact
def read_digits(text: U8, at: int) -> tuple[int, int, int]:
    """Return where the digits at a position of a text end, their value as an integer, and their number."""
    integer, begin = 0, at
    while at < len(text) and ZERO <= text[at] < ZERO + 10 and at - begin <= MOST_DIGITS:
        integer = 10 * integer + (text[at] - ZERO)
        at += 1
    return at, integer, at - begin


@inlined_exact
def read_number(text: U8, at: int) -> tuple[int, float]:
    """Return where the number at a position of a text ends, and its value; -1 and 0 if it cannot be read here."""
    is_negative = at < len(text) and text[at] == MINUS
    at, integer, n_digits = read_digits(text, at + is_negative)
    scale = 0
    if at < len(text) and text[at] == POINT:
        at, decimals, n_decimals = read_digits(text, at + 1)
        n_digits += n_decimals
        if n_digits > MOST_DIGITS:
            return -1, 0.0
        scale = -n_decimals
        integer = integer * int(POWERS[n_decimals]) + decimals
    if n_digits == 0 or n_digits > MOST_DIGITS or integer > LARGEST:
        return -1, 0.0
    if at < len(text) and text[at] | LOWER == LETTER_E:
        sign = -1 if at + 1 < len(text) and text[at + 1] == MINUS else 1
        has_sign = sign == -1 or (at + 1 < len(text) and text[at + 1] == PLUS)
        at, exponent, n_exponent = read_digits(text, at + 1 + has_sign)
        if n_exponent == 0 or n_exponent > 4:
            return -1, 0.0
        scale += sign * exponent
    if integer == 0:
        scale = 0
    if abs(scale) >= len(POWERS):
        return -1, 0.0
    value = integer * POWERS[scale] if scale >= 0 else integer / POWERS[-scale]
    return at, -value if is_negative else value


@inlined_exact
def line_end(text: U8, at: int) -> int:
    """Return where the next line begins if only spaces and the line end follow a position; otherwise -1."""
    while at < len(text) and text[at] == SPACE:
        at += 1
    if at < len(text) and text[at] == RETURN:
        at += 1
    return at + 1 if at < len(text) and text[at] == NEWLINE else -1


@jit_exact
def read_lines(text: U8, numbers: F32, words: I64) -> tuple[int, int]:
    """Read lines from the beginning of a text, as long as each has a word, single spaces and the numbers of one row.

    Args:
        text: (n,) bytes.
        numbers: (n_most, dim) mutated: the numbers of each line, rounded from float64 as NumPy rounds them.
        words: (n_most, 2) mutated: the begin and end of each word.

    Returns:
        the number of lines read, and where the next one begins.
    """
    n_lines, begin = 0, 0
    while n_lines < len(numbers):
        end = begin
        while end < len(text) and text[end] > SPACE and end - begin < LONGEST_WORD:
            end += 1
        if end == begin:
            break
        at = end
        for i in range(numbers.shape[1]):
            if at == len(text) or text[at] != SPACE:
                at = -1
                break
            at, value = read_number(text, at + 1)
            if at < 0:
                break
            numbers[n_lines, i] = np.float32(value)
        after = line_end(text, at) if at >= 0 else -1
        if after < 0:
            break
        words[n_lines, 0], words[n_lines, 1] = begin, end
        begin = after
        n_lines += 1
    return n_lines, begin
