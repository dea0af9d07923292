"""Cosine scores: all rows stay on a sphere, so that a dot product is a cosine divided by a temperature T.

A row is r u, with its direction u and r = T ** -1/2, the same for all rows. Then

    s(c, o) = (r u_c) . (r u_o) = cos(c, o) / T

and every loss of scores is a loss of cosines. Its gradient with respect to a direction is
dL/du = (I - u u^T) r dL/dx with x = r u: the part along the row has no effect on a cosine. A step moves a row by
-lr dL/dx, as without a sphere, and then scales it back to length r. Scaling removes the part along the row, up to
lr ** 2; this is gradient descent on a sphere by retraction (Absil, Mahony and Sepulchre 2008). So scores need no
lengths, and a step costs two more passes over each of its rows. If cosines were computed instead, rows would grow with
each step, and a step would turn a longer row less.

The mean m of several contexts is inside the sphere. The hidden vector is h = r m / |m|, and by the chain rule

    dL/dm = (r / |m|) (I - u u^T) dL/dh,    dL/dx_c = (1 / n) dL/dm

so the change of h, after h has been scaled back to length r, is multiplied by r / |m| and passed on.

Threads race for rows as in `update`. A row that another thread writes at the same time can have another length until it
is used next.
"""

from collections.abc import Callable
from functools import cache
from types import ModuleType

from w2v.kernels import inlined
from w2v.kernels.cpu.hidden import HiddenLayer
from w2v.kernels.cpu.structs import Hidden, Scratch, Shape, Variant
from w2v.kernels.scalars import F32, I64

FACTOR, SUM, LENGTHS = 0, 16, 32
"""Positions in scratch.lengths: the factor of the mean, and room for a sum; and the number of its elements."""


def on_sphere(layer: HiddenLayer, variant: Variant, arithmetic: ModuleType) -> HiddenLayer:
    """Return a layer whose hidden vectors and input rows stay on the sphere; the same layer without cosine scores."""
    if not variant.cosine:
        return layer
    inner_compose, inner_scatter = layer
    is_mean, frozen = variant.hidden == "mean", variant.frozen
    scale, scale_to = arithmetic.scale, arithmetic.scale_to
    to_sphere = rows_to_sphere(arithmetic)

    @inlined
    def compose(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> Hidden:
        """Return the hidden vectors. A mean is scaled to the sphere, and so is its copy from before the step."""
        hidden = inner_compose(input, n_contexts, shape, scratch)
        if is_mean:
            factor = scale_to(scratch.mean, 0, shape.radius, shape.stride, scratch.lengths, SUM)
            scale(scratch.mean, shape.stride, factor, shape.stride)
            scratch.lengths[FACTOR] = factor
        return hidden

    @inlined
    def scatter(input: F32, n_contexts: int, shape: Shape, scratch: Scratch) -> None:
        """Pass on the changes of the hidden vectors, and scale the input rows. Mutates input and scratch.mean."""
        if is_mean:
            scale_to(scratch.mean, 0, shape.radius, shape.stride, scratch.lengths, SUM)
            scale(scratch.mean, 0, scratch.lengths[FACTOR], shape.stride)
            scale(scratch.mean, shape.stride, scratch.lengths[FACTOR], shape.stride)
        inner_scatter(input, n_contexts, shape, scratch)
        if is_mean and frozen:  # the words next to the line's row are frozen
            to_sphere(input, scratch.line_row, 1, shape, scratch)
        else:
            to_sphere(input, scratch.contexts, n_contexts, shape, scratch)

    return HiddenLayer(compose, scatter)


@cache
def rows_to_sphere(arithmetic: ModuleType) -> Callable[[F32, I64, int, Shape, Scratch], None]:
    """Return the function that scales rows to the sphere."""
    scale_to = arithmetic.scale_to

    @inlined
    def to_sphere(rows: F32, offsets: I64, n: int, shape: Shape, scratch: Scratch) -> None:
        """Scale the rows that begin at offsets[:n] to length shape.radius. Mutates rows, for which threads race."""
        for i in range(n):
            scale_to(rows, offsets[i], shape.radius, shape.stride, scratch.lengths, SUM)

    return to_sphere
