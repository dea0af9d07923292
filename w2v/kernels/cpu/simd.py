"""Score and update on vectors of 16 floats, and bytes 64 at a time: all the LLVM there is.

This is the only clever file.

LLVM does not find this code by itself: it cannot prove that a dozen rows do not overlap. So the few
operations below emit `<16 x float>` instructions through llvmlite, and `score` and `update` are written
with them like any other kernel. A Numba value of type `Vector` lives in a register (AVX-512), in two
(AVX2) or in four (NEON); operations take and return tuples of them, so that a tuple's length, known when
Numba compiles, is what unrolls a loop: nothing else does. The dimension is looped over at run time.

Why blocks of 4 contexts by a tile of up to 6 outputs: 24 sums and the 7 vectors that feed them fill the 32
registers of AVX-512, and 10 loads feed 24 multiply-adds. `scalar.py` does the same in plain loops.
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


def is_supported() -> bool:
    """Return whether this machine multiplies and adds vectors in one instruction (FMA, or any 64-bit ARM).

    Without it each llvm.fma becomes a library call: 0.2 M words/s, where the scalar kernels have 2.4.
    """
    if llvm.get_process_triple().startswith(("aarch64", "arm64")):
        return True
    return bool(llvm.get_host_cpu_features().get("fma", False))


class VectorType(types.Type):
    """Numba's type of 16 floats in a register."""

    def __init__(self):
        """Name it."""
        super().__init__("float32x16")


@register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    """It is held as LLVM's <16 x float>."""

    def __init__(self, manager, numba_type):
        """Say so."""
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


# --- the two stages --------------------------------------------------------------------------------

FOUR, TWO, ONE = (0, 0, 0, 0), (0, 0), (0,)


@inlined
def score_block(input, output, contexts, outputs, stride, scores, at, width):
    """Score the rows `contexts` against the rows `outputs`, both tuples of offsets."""
    sums = zeros(contexts, outputs)
    for j in range(0, stride, LANES):
        sums = add_products(sums, load(input, contexts, j), load(output, outputs, j))
    store_sums(sums, outputs, scores, at, width)


@inlined
def score(input, output, contexts, n_contexts, outputs, n_tiles, tile, stride, scores):
    """Do what `scalar.score` does; the sums are taken in another order."""
    width = 8 * n_tiles
    for number in range(n_tiles):
        rows = take(outputs, number * len(tile), tile)
        c = 0
        while c + 4 <= n_contexts:
            score_block(input, output, take(contexts, c, FOUR), rows, stride, scores, c * width + 8 * number, width)
            c += 4
        if c + 2 <= n_contexts:
            score_block(input, output, take(contexts, c, TWO), rows, stride, scores, c * width + 8 * number, width)
            c += 2
        if c < n_contexts:
            score_block(input, output, take(contexts, c, ONE), rows, stride, scores, c * width + 8 * number, width)


@inlined
def update(input, output, contexts, n_contexts, outputs, n_tiles, tile, stride, gradients, old):
    """Do what `scalar.update` does, except that a context that repeats is of second order.

    Its second occurrence moves the output rows by the row as the first has left it: a difference of
    order lr ** 2, in a window with one word twice. Where there is one tile; with more, none.
    """
    if n_tiles == 1:
        update_tile(input, output, contexts, n_contexts, outputs, tile, stride, gradients)
    else:
        update_tiles(input, output, contexts, n_contexts, outputs, n_tiles, tile, stride, gradients, old)


@inlined
def update_tile(input, output, contexts, n_contexts, outputs, tile, stride, gradients):
    """Update where all outputs fit into one tile: each number is loaded and stored once."""
    rows = take(outputs, 0, tile)
    for j in range(0, stride, LANES):
        before = load(output, rows, j)
        after = before
        for c in range(n_contexts):
            context = take(contexts, c, ONE)
            gradient = broadcast(gradients, 8 * c, tile)
            value = load(input, context, j)
            after = add_scaled(after, gradient, value)
            store(input, context, j, add_combined(value, gradient, before))
        store(output, rows, j, after)


@inlined
def update_tiles(input, output, contexts, n_contexts, outputs, n_tiles, tile, stride, gradients, old):
    """Update tile after tile; `old` keeps the contexts' values before the step, 16 of each."""
    width = 8 * n_tiles
    for j in range(0, stride, LANES):
        for c in range(n_contexts):
            store(old, (c * LANES,), 0, load(input, take(contexts, c, ONE), j))
        for number in range(n_tiles):
            rows = take(outputs, number * len(tile), tile)
            before = load(output, rows, j)
            after = before
            for c in range(n_contexts):
                context = take(contexts, c, ONE)
                gradient = broadcast(gradients, c * width + 8 * number, tile)
                after = add_scaled(after, gradient, load(old, (c * LANES,), 0))
                store(input, context, j, add_combined(load(input, context, j), gradient, before))
            store(output, rows, j, after)


# --- sums and differences --------------------------------------------------------------------------


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


@inlined
def take_row(rows, shared, copy, base, at, stride):
    """Copy row `shared` to row `copy` and to row `at` of base."""
    for j in range(0, stride, LANES):
        now = load(rows, (shared * stride,), j)
        store(rows, (copy * stride,), j, now)
        store(base, (at * stride,), j, now)


@inlined
def merge_row(rows, shared, copy, base, at, share, stride):
    """Add `share` of what row `copy` has moved since the last merge to row `shared`; copy that back."""
    for j in range(0, stride, LANES):
        moved = scaled_difference(load(rows, (copy * stride,), j), load(base, (at * stride,), j), share)
        now = add(load(rows, (shared * stride,), j), moved)
        store(rows, (shared * stride,), j, now)
        store(rows, (copy * stride,), j, now)
        store(base, (at * stride,), j, now)


@inlined
def average(input, contexts, n_contexts, share, stride, mean):
    """Do what `scalar.average` does."""
    for j in range(0, stride, LANES):
        total = load(input, take(contexts, 0, ONE), j)
        for c in range(1, n_contexts):
            total = add(total, load(input, take(contexts, c, ONE), j))
        total = scaled_difference(total, zeros(ONE, ONE), share)
        store(mean, (0,), j, total)
        store(mean, (stride,), j, total)


@inlined
def pass_on(input, contexts, n_contexts, share, stride, mean):
    """Do what `scalar.pass_on` does."""
    for j in range(0, stride, LANES):
        moved = scaled_difference(load(mean, (0,), j), load(mean, (stride,), j), share)
        for c in range(n_contexts):
            context = take(contexts, c, ONE)
            store(input, context, j, add(load(input, context, j), moved))


# --- prefetching -----------------------------------------------------------------------------------


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
def prefetch(rows, offset, stride):
    """Ask for a row before it is needed."""
    for j in range(0, stride, LANES):
        prefetch_line(rows, offset + j)


# --- bytes -----------------------------------------------------------------------------------------

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
