"""Every instruction that is written by hand, as LLVM: vectors of 16 floats, prefetching, and bytes 64 at a time.

This is the only clever file, and the only one without types: its values are LLVM's.

LLVM does not vectorise a step by itself: it cannot prove that a dozen rows do not overlap. So the few
operations below emit `<16 x float>` instructions through llvmlite; `cpu/simd.py` is written with them like
any other kernel. A Numba value of type `vector` lives in one register (AVX-512), in two (AVX2) or in four (NEON).
Operations take and return tuples of vectors. Their length is known when Numba compiles, which unrolls the loops
over them; the loop over the dimension stays a loop.
"""

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

from w2v.kernels import inlined

LANES = 16
# Numba's own types take an operation for a function of one argument more.
operation: Any = intrinsic

VECTOR = ir.VectorType(ir.FloatType(), LANES)
HALF_VECTOR = ir.VectorType(ir.FloatType(), LANES // 2)
INT64 = ir.IntType(64)
INT32 = ir.IntType(32)
ZERO = ir.Constant(VECTOR, None)
REORDER = ("reassoc", "contract", "nsz")


def has_fma() -> bool:
    """Return whether this machine multiplies and adds vectors in one instruction (FMA, or any 64-bit ARM).

    Without it each llvm.fma becomes a library call: 0.2 M words/s, where the scalar kernels have 2.4.
    """
    if llvm.get_process_triple().startswith(("aarch64", "arm64")):
        return True
    return bool(llvm.get_host_cpu_features().get("fma", False))


class VectorType(types.Type):
    """Numba's type of 16 floats in a register."""

    def __init__(self):
        super().__init__("float32x16")


@register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    """LLVM's <16 x float> stands for it."""

    def __init__(self, manager, numba_type):
        super().__init__(manager, numba_type, VECTOR)


vector = VectorType()

# --- what the operations are made of ---------------------------------------------------------------


def _int(value):
    return ir.Constant(INT64, value)


def _members(builder, values, numba_type):
    """Return the members of a tuple as a list."""
    return [builder.extract_value(values, i) for i in range(numba_type.count)]


def _pointer(context, builder, array_type, array, *offsets):
    """Return the address of array[sum of offsets]."""
    at = context.make_array(array_type)(context, builder, array).data
    for offset in offsets:
        at = builder.gep(at, [offset])
    return at


def _vector_pointer(context, builder, array_type, array, *offsets):
    return builder.bitcast(_pointer(context, builder, array_type, array, *offsets), VECTOR.as_pointer())


def _fma(builder, a, b, c):
    """Return a * b + c, rounded once."""
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(VECTOR, [VECTOR] * 3), "llvm.fma.v16f32")
    return builder.call(function, [a, b, c])


def _shuffle(builder, a, b, lanes):
    """Return lane lanes[i] of a, or of b where lanes[i] >= 16, in lane i."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INT32, len(lanes)), lanes))


def _sum_each(builder, vectors):
    """Return a vector whose lane i is the sum of vectors[i]; None stands for zeros.

    Four levels. A level folds pairs into halves: where bit `step` of a lane's number is 0 it takes from
    the first of the pair, else from the second, the two lanes that differ in that bit, added. 15
    additions and 30 shuffles for 16 sums, where one at a time takes 4 of each for every sum.
    """
    step = LANES // 2
    while len(vectors) > 1:
        half = len(vectors) // 2
        pairs = zip(vectors[:half], vectors[half:], strict=True)
        vectors = [_fold(builder, first, second, step) for first, second in pairs]
        step //= 2
    return vectors[0]


def _fold(builder, first, second, step):
    if first is None and second is None:
        return None
    first, second = first or ZERO, second or ZERO
    straight = [lane + LANES * bool(lane & step) for lane in range(LANES)]
    crossed = [(lane ^ step) + LANES * bool(lane & step) for lane in range(LANES)]
    kept = _shuffle(builder, first, second, straight)
    moved = _shuffle(builder, first, second, crossed)
    return builder.fadd(kept, moved, flags=REORDER)


# --- operations on tuples --------------------------------------------------------------------------


@operation
def take(typing, array, start, like):
    """Return array[start : start + len(like)], int64, as a tuple."""
    out = types.UniTuple(types.int64, like.count)

    def codegen(context, builder, signature, args):
        members = [
            builder.load(_pointer(context, builder, array, args[0], args[1], _int(i))) for i in range(like.count)
        ]
        return context.make_tuple(builder, out, members)

    return out(array, types.int64, like), codegen


@operation
def load(typing, rows, offsets, j):
    """Return 16 numbers of each row, from number j on: rows[offset + j : offset + j + 16]; 64-byte aligned."""
    out = types.UniTuple(vector, offsets.count)

    def codegen(context, builder, signature, args):
        members = [
            builder.load(_vector_pointer(context, builder, rows, args[0], offset, args[2]), align=64)
            for offset in _members(builder, args[1], offsets)
        ]
        return context.make_tuple(builder, out, members)

    return out(rows, offsets, types.int64), codegen


@operation
def store(typing, rows, offsets, j, values):
    """Write values to the rows, the opposite of `load`."""

    def codegen(context, builder, signature, args):
        members = zip(_members(builder, args[1], offsets), _members(builder, args[3], values), strict=True)
        for offset, value in members:
            builder.store(value, _vector_pointer(context, builder, rows, args[0], offset, args[2]), align=64)
        return context.get_dummy_value()

    return types.void(rows, offsets, types.int64, values), codegen


@operation
def zeros(typing, left, right):
    """Return len(left) * len(right) vectors of zeros."""
    out = types.UniTuple(vector, left.count * right.count)

    def codegen(context, builder, signature, args):
        return context.make_tuple(builder, out, [ZERO] * out.count)

    return out(left, right), codegen


@operation
def add_products(typing, sums, left, right):
    """Return sums[i, k] + left[i] * right[k] for all i and k, lane by lane."""

    def codegen(context, builder, signature, args):
        totals = iter(_members(builder, args[0], sums))
        rights = _members(builder, args[2], right)
        members = [_fma(builder, a, b, next(totals)) for a in _members(builder, args[1], left) for b in rights]
        return context.make_tuple(builder, sums, members)

    return sums(sums, left, right), codegen


@operation
def add_scaled(typing, sums, scales, value):
    """Return sums[i] + scales[i] * value for all i, lane by lane; value is a tuple of one."""

    def codegen(context, builder, signature, args):
        one = builder.extract_value(args[2], 0)
        pairs = zip(_members(builder, args[0], sums), _members(builder, args[1], scales), strict=True)
        return context.make_tuple(builder, sums, [_fma(builder, scale, one, total) for total, scale in pairs])

    return sums(sums, scales, value), codegen


@operation
def add_combined(typing, value, scales, values):
    """Return value + the sum of scales[i] * values[i], lane by lane; value is a tuple of one.

    In two chains, so that a multiply-add need not wait for the one before it.
    """

    def codegen(context, builder, signature, args):
        chains = [builder.extract_value(args[0], 0), ZERO]
        pairs = zip(_members(builder, args[1], scales), _members(builder, args[2], values), strict=True)
        for i, (scale, other) in enumerate(pairs):
            chains[i % 2] = _fma(builder, scale, other, chains[i % 2])
        return context.make_tuple(builder, value, [builder.fadd(*chains, flags=REORDER)])

    return value(value, scales, values), codegen


@operation
def store_sums(typing, sums, right, scores, at, width):
    """Add up each vector of sums[i, k]; write the result to scores[at + i * width + k].

    Eight scores are written for each i: those beyond len(right) are 0.
    """
    n_right = right.count
    n_left = sums.count // n_right

    def codegen(context, builder, signature, args):
        members = _members(builder, args[0], sums)
        rows = [members[i * n_right : (i + 1) * n_right] + [None] * (8 - n_right) for i in range(n_left)]
        rows += [[None] * 8] * (n_left % 2)
        for i in range(0, n_left, 2):
            both = _sum_each(builder, rows[i] + rows[i + 1])
            for part in range(min(2, n_left - i)):
                half = _shuffle(builder, both, both, list(range(8 * part, 8 * part + 8)))
                row = builder.mul(args[4], _int(i + part))
                pointer = _pointer(context, builder, scores, args[2], args[3], row)
                builder.store(half, builder.bitcast(pointer, HALF_VECTOR.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(sums, right, scores, types.int64, types.int64), codegen


@operation
def broadcast(typing, scores, at, like):
    """Return scores[at + i] in all 16 lanes, for each i below len(like)."""
    out = types.UniTuple(vector, like.count)

    def codegen(context, builder, signature, args):
        members = []
        for i in range(like.count):
            score = builder.load(_pointer(context, builder, scores, args[0], args[1], _int(i)))
            lowest = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), score, ir.Constant(INT32, 0))
            members.append(_shuffle(builder, lowest, lowest, [0] * LANES))
        return context.make_tuple(builder, out, members)

    return out(scores, types.int64, like), codegen


@operation
def scaled_difference(typing, left, right, scale):
    """Return (left[i] - right[i]) * scale, lane by lane."""

    def codegen(context, builder, signature, args):
        lowest = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), args[2], ir.Constant(INT32, 0))
        scales = _shuffle(builder, lowest, lowest, [0] * LANES)
        pairs = zip(_members(builder, args[0], left), _members(builder, args[1], right), strict=True)
        members = [builder.fmul(builder.fsub(a, b), scales) for a, b in pairs]
        return context.make_tuple(builder, left, members)

    return left(left, right, types.float32), codegen


@operation
def add(typing, left, right):
    """Return left[i] + right[i], lane by lane."""

    def codegen(context, builder, signature, args):
        pairs = zip(_members(builder, args[0], left), _members(builder, args[1], right), strict=True)
        return context.make_tuple(builder, left, [builder.fadd(a, b) for a, b in pairs])

    return left(left, right), codegen


# --- prefetching ------------------------------------------------------------------------------------


@operation
def prefetch_line(typing, rows, at):
    """Ask for the cache line of rows[at], to be written."""

    def codegen(context, builder, signature, args):
        pointer = builder.bitcast(_pointer(context, builder, rows, *args), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, INT32, INT32, INT32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, *(ir.Constant(INT32, value) for value in (1, 3, 1))])
        return context.get_dummy_value()

    return types.void(rows, types.int64), codegen


@inlined
def prefetch_row(rows, offset, stride):
    """Ask for a row before it is needed."""
    for j in range(0, stride, LANES):
        prefetch_line(rows, offset + j)


# --- bytes ------------------------------------------------------------------------------------------

BYTES = ir.VectorType(ir.IntType(8), 64)
SPACES = ((0x09, 5), (0x1C, 5), (0xC2, 1), (0xE1, 3))
"""(first, how many): ASCII whitespace, and the bytes that longer whitespace begins with in UTF-8."""


@operation
def load_word(typing, text, at):
    """Return text[at : at + 8] as uint64, wherever it stands."""

    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, text, *args)
        return builder.load(builder.bitcast(pointer, INT64.as_pointer()), align=1)

    return types.uint64(text, types.int64), codegen


@operation
def store_word(typing, text, at, word):
    """Write a uint64 to text[at : at + 8], wherever it stands."""

    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, text, *args[:2])
        builder.store(args[2], builder.bitcast(pointer, INT64.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(text, types.int64, types.uint64), codegen


@operation
def maybe_spaces(typing, text, at):
    """Return a bit for each of text[at : at + 64] that is ASCII whitespace or may begin longer whitespace."""

    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, text, *args)
        value = builder.load(builder.bitcast(pointer, BYTES.as_pointer()), align=1)
        found = ir.Constant(ir.VectorType(ir.IntType(1), 64), None)
        for first, count in SPACES:
            above = builder.sub(value, ir.Constant(BYTES, [first] * 64))
            found = builder.or_(found, builder.icmp_unsigned("<", above, ir.Constant(BYTES, [count] * 64)))
        return builder.bitcast(found, INT64)

    return types.uint64(text, types.int64), codegen


@operation
def lowest_bit(typing, bits):
    """Return the number of the lowest bit that is set; bits must not be 0."""

    def codegen(context, builder, signature, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen
