"""Operations on vectors of scores in LLVM, for the losses.

A score buffer has 8 columns per tile (`cpu/layout.py`), so there are two types: `eight`, 8 floats on every processor,
and `many`, as many floats as a register holds but at least 8. `+`, `-`, `*` and `/` work lane by lane.
"""

import operator

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import lower_builtin, type_callable

from w2v.kernels.llvm import INT32, INT64, LANES, VectorType, operation, pointer_to, shuffle

SCORE_LANES = max(8, LANES)
eight, many = VectorType(8), VectorType(SCORE_LANES)
LOG2_E = 1.4426950408889634
LN2_POWERS = (1.00000007165, 0.69314696706, 0.24022119724, 0.05550713275, 0.00967554133, 0.00132764715)
"""Coefficients of a polynomial for 2**r on -1/2..1/2, whose largest relative error, 7.5e-8, is minimal (Lawson's
iteration)."""


def _all(kind, value):
    """Return a vector with a constant in all lanes."""
    return ir.Constant(kind, [value] * kind.count)


def _spread(builder, kind, value):
    """Return a vector with a value in all lanes."""
    lowest = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(INT32, 0))
    return shuffle(builder, lowest, lowest, [0] * kind.count)


def _emit_exp(builder, x):
    """Return e**x for |x| <= 80, as 2**n times a polynomial; relative error below 2e-7."""
    kind, integers = x.type, ir.VectorType(INT32, x.type.count)
    y = builder.fmul(x, _all(kind, LOG2_E))
    rint = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), f"llvm.rint.v{kind.count}f32")
    n = builder.call(rint, [y])
    r = builder.fsub(y, n)
    square = builder.fmul(r, r)
    even, odd = LN2_POWERS[0::2], LN2_POWERS[1::2]  # pairs can be computed independently
    pairs = [_emit_multiply_add(builder, r, _all(kind, b), _all(kind, a)) for a, b in zip(even, odd, strict=True)]
    power = pairs[-1]
    for pair in reversed(pairs[:-1]):
        power = _emit_multiply_add(builder, power, square, pair)
    exponent = builder.shl(builder.fptosi(n, integers), _all(integers, 23))
    return builder.bitcast(builder.add(builder.bitcast(power, integers), exponent), kind)


def _emit_multiply_add(builder, a, b, c):
    """Return a * b + c, rounded once if the processor can."""
    return builder.fadd(builder.fmul(a, b, flags=("contract",)), c, flags=("contract",))


def _emit_clip(builder, x, low, high):
    """Return x limited to low..high; NaN stays NaN."""
    for order, limit in (("<", low), (">", high)):
        bound = _all(x.type, limit)
        x = builder.select(builder.fcmp_ordered(order, x, bound), bound, x)
    return x


@operation
def load_scores(typing, scores, at, like):
    """Return the scores that begin at `at`, as a vector like `like`."""

    def codegen(context, builder, signature, args):
        kind = context.get_value_type(like)
        pointer = pointer_to(context, builder, scores, *args[:2])
        return builder.load(builder.bitcast(pointer, kind.as_pointer()), align=4)

    return like(scores, types.int64, like), codegen


@operation
def store_scores(typing, scores, at, values):
    """Write a vector to the scores that begin at `at`."""

    def codegen(context, builder, signature, args):
        pointer = pointer_to(context, builder, scores, *args[:2])
        builder.store(args[2], builder.bitcast(pointer, args[2].type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(scores, types.int64, values), codegen


@operation
def many_of(typing, value):
    """Return SCORE_LANES lanes with the same value."""
    return many(types.float32), lambda context, builder, signature, args: _spread(
        builder, context.get_value_type(many), args[0]
    )


@operation
def eight_of(typing, value):
    """Return eight lanes with the same value."""
    return eight(types.float32), lambda context, builder, signature, args: _spread(
        builder, context.get_value_type(eight), args[0]
    )


@operation
def scaled_sigmoid(typing, x, scale):
    """Return scale / (1 + e**-x) lane by lane, with x limited to -30..30; the error is below 2e-7 of the scale."""

    def codegen(context, builder, signature, args):
        power = _emit_exp(builder, builder.fneg(_emit_clip(builder, args[0], -30.0, 30.0)))
        return builder.fdiv(args[1], builder.fadd(_all(power.type, 1.0), power))

    return x(x, x), codegen


@operation
def exp_below(typing, x, largest):
    """Return e**(x - largest) lane by lane, for x <= largest; differences below -80 are set to -80."""

    def codegen(context, builder, signature, args):
        return _emit_exp(builder, _emit_clip(builder, builder.fsub(*args), -80.0, 80.0))

    return x(x, x), codegen


def _elementwise(function, emit):
    """Define Numba's `function` (an operator) for two vectors by the code that `emit(builder, a, b)` emits."""

    @type_callable(function)
    def type_of(context):
        return lambda a, b: a if isinstance(a, VectorType) and a == b else None

    @lower_builtin(function, VectorType, VectorType)
    def lower(context, builder, signature, args):
        return emit(builder, *args)


_elementwise(operator.add, lambda builder, a, b: builder.fadd(a, b))
_elementwise(operator.sub, lambda builder, a, b: builder.fsub(a, b))
_elementwise(operator.mul, lambda builder, a, b: builder.fmul(a, b))
_elementwise(operator.truediv, lambda builder, a, b: builder.fdiv(a, b))


@operation
def larger(typing, a, b):
    """Return the maximum, lane by lane."""
    return a(a, a), lambda context, builder, signature, args: _emit_larger(builder, *args)


@operation
def where_column(typing, low, high, values, others):
    """Return values in the columns low..high - 1 of each 8 lanes, others elsewhere."""

    def codegen(context, builder, signature, args):
        integers = ir.VectorType(INT64, values.lanes)
        columns = ir.Constant(integers, [lane % 8 for lane in range(values.lanes)])
        begins = builder.icmp_signed(">=", columns, _spread(builder, integers, args[0]))
        ends = builder.icmp_signed("<", columns, _spread(builder, integers, args[1]))
        return builder.select(builder.and_(begins, ends), args[2], args[3])

    return values(types.int64, types.int64, values, values), codegen


def _reduce(combine):
    """Return the code of an operation that combines the lanes of a vector into one number, halving them repeatedly."""

    def codegen(context, builder, signature, args):
        total, n = args[0], args[0].type.count
        step = n // 2
        while step:
            other = shuffle(builder, total, total, [lane ^ step for lane in range(n)])
            total, step = combine(builder, total, other), step // 2
        return builder.extract_element(total, ir.Constant(INT32, 0))

    return codegen


def _emit_larger(builder, a, b):
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


@operation
def sum_of(typing, x):
    """Return the sum of the lanes."""
    return types.float32(x), _reduce(lambda builder, a, b: builder.fadd(a, b))


@operation
def largest_of(typing, x):
    """Return the largest of the lanes."""
    return types.float32(x), _reduce(_emit_larger)
