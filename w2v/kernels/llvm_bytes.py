"""Operations on 64 or 8 bytes at a time in LLVM, for scanning text."""

from llvmlite import ir
from numba.core import types

from w2v.kernels.llvm import INT64, operation, pointer_to

BYTES = ir.VectorType(ir.IntType(8), 64)
SPACES = ((0x09, 5), (0x1C, 5), (0xC2, 1), (0xE1, 3))
"""(first, count): ASCII whitespace, and the first bytes of longer whitespace characters in UTF-8."""
PLAIN = ((0x09, 5), (0x20, 1), (0x30, 10), (0x41, 26), (0x61, 26))
"""ASCII whitespace, digits and letters, which do not change when words are separated."""


@operation
def load_word(typing, text, at):
    """Return text[at : at + 8] as uint64; `at` need not be aligned."""

    def codegen(context, builder, signature, args):
        pointer = pointer_to(context, builder, text, *args)
        return builder.load(builder.bitcast(pointer, INT64.as_pointer()), align=1)

    return types.uint64(text, types.int64), codegen


@operation
def store_word(typing, text, at, word):
    """Write a uint64 to text[at : at + 8]; `at` need not be aligned."""

    def codegen(context, builder, signature, args):
        pointer = pointer_to(context, builder, text, *args[:2])
        builder.store(args[2], builder.bitcast(pointer, INT64.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(text, types.int64, types.uint64), codegen


def bits_in(builder, pointer, ranges):
    """Return a uint64 with one bit per byte of 64 bytes, set if the byte is in one of `ranges`, (first, count) each."""
    value = builder.load(builder.bitcast(pointer, BYTES.as_pointer()), align=1)
    found = ir.Constant(ir.VectorType(ir.IntType(1), 64), None)
    for first, count in ranges:
        above = builder.sub(value, ir.Constant(BYTES, [first] * 64))
        found = builder.or_(found, builder.icmp_unsigned("<", above, ir.Constant(BYTES, [count] * 64)))
    return builder.bitcast(found, INT64)


@operation
def maybe_spaces(typing, text, at):
    """Return one bit per byte of text[at : at + 64], set for ASCII whitespace and first bytes of longer whitespace."""

    def codegen(context, builder, signature, args):
        pointer = pointer_to(context, builder, text, *args)
        return bits_in(builder, pointer, SPACES)

    return types.uint64(text, types.int64), codegen


@operation
def not_plain(typing, text, at):
    """Return one bit per byte of text[at : at + 64], set if it is not ASCII whitespace, a digit or a letter."""

    def codegen(context, builder, signature, args):
        pointer = pointer_to(context, builder, text, *args)
        return builder.not_(bits_in(builder, pointer, PLAIN))

    return types.uint64(text, types.int64), codegen


@operation
def lowest_bit(typing, bits):
    """Return the position of the lowest set bit; bits must not be 0."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen
