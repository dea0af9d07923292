"""Vector instructions in LLVM, written by hand: registers, scoring and updating rows, prefetching.

Only this file, llvm_scores.py and llvm_bytes.py emit LLVM. They have no types, because their values are those of
LLVM.

LLVM does not vectorise a step by itself, because it cannot prove that a dozen rows do not overlap. So the few
operations below emit vector instructions through llvmlite; `cpu/simd.py` uses them like any other function. A Numba
value of type `vector` is one register of the processor; `REGISTERS` has its length. Operations take and return tuples
of vectors. Numba knows the length of a tuple when it compiles, so loops over tuples are unrolled; the loop over the
dimension stays a loop.
"""

from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

# Numba's own type stubs expect one more argument.
operation: Any = intrinsic


class Registers(NamedTuple):
    """The vector registers of a processor, and the blocks that fit into them."""

    lanes: int
    """Number of float32 numbers in a register."""
    block: int
    """Number of hidden vectors that are scored at a time against a tile of up to 6 output rows. Registers must hold
    their 6 * block sums, the block's vectors and one vector of the current row. With one more vector, sums are spilled
    in the inner loop. With AVX2, blocks of 4 vectors of 16 numbers took 1,060 cycles for 6 x 6 scores of dim 100, and
    blocks of 2 vectors of 8 numbers took 290."""


AVX512 = Registers(lanes=16, block=4)
"""32 registers: 24 + 4 + 1."""
AVX2 = Registers(lanes=8, block=2)
"""16 registers: 12 + 2 + 1."""
NEON = Registers(lanes=4, block=4)
"""32 registers: 24 + 4 + 1."""


def registers() -> Registers:
    """Return the registers that Numba compiles for: this machine's, or those that NUMBA_CPU_FEATURES names."""
    if llvm.get_process_triple().startswith(("aarch64", "arm64")):
        return NEON
    asked = getattr(numba.config, "CPU_FEATURES", None)
    features = llvm.get_host_cpu_features().flatten() if asked is None else asked
    return AVX512 if "+avx512f" in features.split(",") else AVX2


REGISTERS = registers()
LANES = REGISTERS.lanes
VECTOR = ir.VectorType(ir.FloatType(), LANES)
INT64 = ir.IntType(64)
INT32 = ir.IntType(32)
INT8 = ir.IntType(8)
ZERO = ir.Constant(VECTOR, None)
REORDER = ("reassoc", "contract", "nsz")


def has_fma() -> bool:
    """Return whether this machine has vector multiply-add instructions (FMA, or any 64-bit ARM).

    Without them, each llvm.fma becomes a library call: 0.2 M words/s, while the scalar kernels reach 2.4.
    """
    if llvm.get_process_triple().startswith(("aarch64", "arm64")):
        return True
    return bool(llvm.get_host_cpu_features().get("fma", False))


class VectorType(types.Type):
    """Numba's type for floats in a register."""

    def __init__(self, lanes):
        self.lanes = lanes
        super().__init__(f"float32x{lanes}")


@register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    """Represented by LLVM's <lanes x float>."""

    def __init__(self, manager, numba_type):
        super().__init__(manager, numba_type, ir.VectorType(ir.FloatType(), numba_type.lanes))


vector = VectorType(LANES)

# --- helpers of the operations ----------------------------------------------------------------------


def _int(value):
    return ir.Constant(INT64, value)


def _members(builder, values, numba_type):
    """Return the members of a tuple as a list."""
    return [builder.extract_value(values, i) for i in range(numba_type.count)]


def pointer_to(context, builder, array_type, array, *offsets):
    """Return the address of array[sum of offsets]."""
    at = context.make_array(array_type)(context, builder, array).data
    for offset in offsets:
        at = builder.gep(at, [offset])
    return at


def _vector_pointer(context, builder, array_type, array, *offsets):
    return builder.bitcast(pointer_to(context, builder, array_type, array, *offsets), VECTOR.as_pointer())


def _fma(builder, a, b, c):
    """Return a * b + c, rounded once."""
    kind = ir.FunctionType(a.type, [a.type] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{a.type.count}f32")
    return builder.call(function, [a, b, c])


def shuffle(builder, a, b, lanes):
    """Return a vector whose lane i is lane lanes[i] of a, or if lanes[i] >= LANES lane lanes[i] - LANES of b."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INT32, len(lanes)), lanes))


def _sum_each(builder, vectors):
    """Return a vector whose lane i is the sum of vectors[i]; None means a vector of zeros.

    Each level folds pairs of vectors. In lanes whose number has bit `step` = 0, the result comes from the first vector
    of the pair, in the others from the second; it is the sum of the two lanes that differ in that bit. With 16 lanes
    there are four levels: 15 additions and 30 shuffles for 16 sums, compared with 4 of each per sum one at a time.
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
    kept = shuffle(builder, first, second, straight)
    moved = shuffle(builder, first, second, crossed)
    return builder.fadd(kept, moved, flags=REORDER)


# --- operations on tuples --------------------------------------------------------------------------


@operation
def take(typing, array, start, like):
    """Return array[start : start + len(like)], int64, as a tuple."""
    out = types.UniTuple(types.int64, like.count)

    def codegen(context, builder, signature, args):
        members = [
            builder.load(pointer_to(context, builder, array, args[0], args[1], _int(i))) for i in range(like.count)
        ]
        return context.make_tuple(builder, out, members)

    return out(array, types.int64, like), codegen


@operation
def count_equal(typing, array, start, value):
    """Return how many of array[start : start + 8], int64, equal value."""

    def codegen(context, builder, signature, args):
        eight = ir.VectorType(INT64, 8)
        pointer = builder.bitcast(pointer_to(context, builder, array, args[0], args[1]), eight.as_pointer())
        lowest = builder.insert_element(ir.Constant(eight, ir.Undefined), args[2], ir.Constant(INT32, 0))
        found = builder.icmp_signed("==", builder.load(pointer, align=8), shuffle(builder, lowest, lowest, [0] * 8))
        return builder.zext(builder.ctpop(builder.bitcast(found, INT8)), INT64)

    return types.int64(array, types.int64, types.int64), codegen


@operation
def load(typing, rows, offsets, j):
    """Return LANES numbers of each row, starting at number j, a multiple of LANES."""
    out = types.UniTuple(vector, offsets.count)

    def codegen(context, builder, signature, args):
        members = [
            builder.load(_vector_pointer(context, builder, rows, args[0], offset, args[2]), align=4 * LANES)
            for offset in _members(builder, args[1], offsets)
        ]
        return context.make_tuple(builder, out, members)

    return out(rows, offsets, types.int64), codegen


@operation
def store(typing, rows, offsets, j, values):
    """Write values to the rows; the inverse of `load`."""

    def codegen(context, builder, signature, args):
        members = zip(_members(builder, args[1], offsets), _members(builder, args[3], values), strict=True)
        for offset, value in members:
            builder.store(value, _vector_pointer(context, builder, rows, args[0], offset, args[2]), align=4 * LANES)
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
        totals = _members(builder, args[0], sums)
        lefts = _members(builder, args[1], left)
        for k, b in enumerate(_members(builder, args[2], right)):
            for i, a in enumerate(lefts):  # this order needs the vectors of left, but only one of right, at a time
                totals[i * right.count + k] = _fma(builder, a, b, totals[i * right.count + k])
        return context.make_tuple(builder, sums, totals)

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

    There is one chain of multiply-adds per vector; while it waits, the units compute those of the next hidden vector.
    """

    def codegen(context, builder, signature, args):
        total = builder.extract_value(args[0], 0)
        for scale, other in zip(_members(builder, args[1], scales), _members(builder, args[2], values), strict=True):
            total = _fma(builder, scale, other, total)
        return context.make_tuple(builder, value, [total])

    return value(value, scales, values), codegen


@operation
def store_sums(typing, sums, right, scores, at, width):
    """Add up each vector of sums[i, k]; write the result to scores[at + i * width + k].

    Eight scores are written for each i; those after len(right) are 0. If width is 8, whole vectors are written, because
    the loss loads whole vectors and would otherwise wait for two half stores. With an odd number of vectors on the
    left, up to 8 scores after theirs are then set to 0.
    """
    n_right = right.count
    n_left = sums.count // n_right

    def codegen(context, builder, signature, args):
        members = _members(builder, args[0], sums)
        columns = []
        for i in range(n_left):
            columns += [*members[i * n_right : (i + 1) * n_right], *[None] * (8 - n_right)]
        columns += [None] * (-len(columns) % LANES)
        groups = range(0, len(columns), LANES)
        groups = {begin: _sum_each(builder, columns[begin : begin + LANES]) or ZERO for begin in groups}
        with builder.if_else(builder.icmp_signed("==", args[4], _int(8))) as (whole, parts):
            with whole:
                for begin, group in groups.items():
                    pointer = pointer_to(context, builder, scores, args[2], args[3], _int(begin))
                    builder.store(group, builder.bitcast(pointer, VECTOR.as_pointer()), align=4)
            with parts:
                for begin, group in groups.items():
                    for column in range(begin, min(begin + LANES, 8 * n_left), min(8, LANES)):
                        lanes = [column - begin + lane for lane in range(min(8, LANES))]
                        part = shuffle(builder, group, group, lanes)
                        row = builder.mul(args[4], _int(column // 8))
                        pointer = pointer_to(context, builder, scores, args[2], args[3], row, _int(column % 8))
                        builder.store(part, builder.bitcast(pointer, part.type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(sums, right, scores, types.int64, types.int64), codegen


@operation
def broadcast(typing, scores, at, like):
    """Return scores[at + i] in all lanes, for each i < len(like)."""
    out = types.UniTuple(vector, like.count)

    def codegen(context, builder, signature, args):
        members = []
        for i in range(like.count):
            score = builder.load(pointer_to(context, builder, scores, args[0], args[1], _int(i)))
            lowest = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), score, ir.Constant(INT32, 0))
            members.append(shuffle(builder, lowest, lowest, [0] * LANES))
        return context.make_tuple(builder, out, members)

    return out(scores, types.int64, like), codegen


@operation
def scaled_difference(typing, left, right, scale):
    """Return (left[i] - right[i]) * scale, lane by lane."""

    def codegen(context, builder, signature, args):
        lowest = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), args[2], ir.Constant(INT32, 0))
        scales = shuffle(builder, lowest, lowest, [0] * LANES)
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


def _prefetch(to_be_written, level):
    """Return the code of a prefetch; level 3 is the L1 cache, 2 the L2 cache."""

    def codegen(context, builder, signature, args):
        pointer = builder.bitcast(pointer_to(context, builder, *signature.args[:1], *args), INT8.as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, INT32, INT32, INT32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, *(ir.Constant(INT32, value) for value in (to_be_written, level, 1))])
        return context.get_dummy_value()

    return codegen


@operation
def prefetch(typing, array, at):
    """Prefetch the cache line of array[at] for writing soon."""
    return types.void(array, types.int64), _prefetch(1, 3)


@operation
def prefetch_far(typing, array, at):
    """Prefetch the cache line of array[at] into the L2 cache for reading; other threads may keep their copies."""
    return types.void(array, types.int64), _prefetch(0, 2)
