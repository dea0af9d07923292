"""Operations on bytes, eight at a time: hash, compare and copy words.

Up to seven bytes after a word are read and ignored; the caller must make sure that they exist. The machine must be
little-endian, like all machines that Numba supports.
"""

import numpy as np

from w2v.kernels import inlined
from w2v.kernels.llvm_bytes import load_word, store_word
from w2v.kernels.scalars import U8

SEED, FACTOR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
U1, U8_BITS, U29, U32 = np.uint64(1), np.uint64(8), np.uint64(29), np.uint64(32)


@inlined
def low_bytes(word: np.uint64, n: int) -> np.uint64:
    """Return the first n bytes of a word, 0 < n < 8, with the other bytes set to 0."""
    return word & ((U1 << (np.uint64(n) * U8_BITS)) - U1)


@inlined
def hash_bytes(text: U8, begin: int, end: int) -> np.uint64:
    """Return 64 bits that depend on each byte of text[begin:end]; multiplies and folds 8 bytes at a time."""
    hashed = np.uint64(end - begin) * SEED
    at = begin
    while at + 8 <= end:
        hashed = (hashed ^ load_word(text, at)) * FACTOR
        hashed ^= hashed >> U29
        at += 8
    if at < end:
        hashed = (hashed ^ low_bytes(load_word(text, at), end - at)) * FACTOR
        hashed ^= hashed >> U29
    hashed *= SEED
    return hashed ^ (hashed >> U32)


@inlined
def equal_bytes(left: U8, at: int, right: U8, to: int, n: int) -> bool:
    """Return whether left[at : at + n] and right[to : to + n] are equal."""
    i = 0
    while i + 8 <= n:
        if load_word(left, at + i) != load_word(right, to + i):
            return False
        i += 8
    return i == n or low_bytes(load_word(left, at + i) ^ load_word(right, to + i), n - i) == 0


@inlined
def copy_bytes(text: U8, begin: int, end: int, out: U8, to: int) -> None:
    """Copy text[begin:end] to out[to:]; up to seven bytes after it are overwritten too."""
    for i in range(0, end - begin, 8):
        store_word(out, to + i, load_word(text, begin + i))
