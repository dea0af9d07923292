"""The step, scalar and on vectors, against the float64 oracle."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import naive
import numpy as np
import numpy.typing as npt
import pytest

from w2v.base.arrays import SENTENCE_END
from w2v.kernels import jit, llvm, llvm_scores
from w2v.kernels.cpu import step
from w2v.kernels.cpu.layout import clear_padding
from w2v.kernels.cpu.loss import bce_gradient
from w2v.kernels.cpu.structs import Ahead, Groups, Hidden, Sampling, Shape, ShardPass, Tally, Weights
from w2v.kernels.scalars import F32
from w2v.settings.train import TrainConfig
from w2v.text.subwords import NGrams, WordRows
from w2v.training import plan
from w2v.training.distributions import alias_table, group_tables, noise_distribution, thresholds
from w2v.training.huffman import Huffman
from w2v.training.plan import has_hot_inputs, new_hot_rows, new_scratch, row_mask, shape_of, variant_of
from w2v.training.weights import Embeddings

N_ROWS = 40
KERNELS = ["scalar", "simd"] if llvm.has_fma() else ["scalar"]


def _stages(name: str) -> Callable[..., None]:
    """Return a function that takes one step with the named kernels."""
    kernels = step.ARITHMETIC[name]
    score, update = kernels.score, kernels.update

    @jit
    def take_step(weights, shape, scratch, n_contexts, n_outputs, lr):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        input, output = weights
        hidden = Hidden(input, scratch.contexts, n_contexts)
        ahead = Ahead(input, scratch.later, 1, 0, 0, -1, -1)
        score(hidden, output, scratch.outputs, shape.n_tiles, shape, scratch.scores)
        bce_gradient(scratch.scores, scratch.labels, n_contexts, n_outputs, shape, lr)
        clear_padding(scratch.scores, n_contexts, n_outputs, shape)
        update(hidden, output, scratch.outputs, shape, scratch.scores, scratch.contexts_before, ahead)

    return cast(Callable[..., None], take_step)


TAKE_STEP = {name: _stages(name) for name in KERNELS}


def _model(dim: int, seed: int, copies: int = 0, word_rows: WordRows | None = None) -> Embeddings:
    """Return rows of about the size that training has, a spare row of zeros, and room for private copies."""
    model = Embeddings.create(N_ROWS, dim, seed, 1 + copies, word_rows)
    generator = np.random.default_rng(seed)
    for rows, n in _rows(model):
        rows[:n, :dim] = generator.normal(0, 1 / np.sqrt(dim), (n, dim))
    return model


def _check_step(kernel: str, dim: int, contexts: list[int], outputs: list[int], negative: int, atol: float) -> None:
    """Take a step with a kernel and with the oracle, and compare both matrices."""
    model = _model(dim, seed=dim)
    config = TrainConfig(dim=dim, negative=negative, window=max(1, len(contexts)), noise_pool=0)
    shape = shape_of(config, N_ROWS)
    scratch = new_scratch(shape, 100, config, zero_row=N_ROWS * model.stride)
    scratch.contexts[: len(contexts)] = np.array(contexts) * model.stride
    full = shape.n_tiles * len(shape.tile_like)
    scratch.outputs[:full] = N_ROWS * model.stride
    scratch.outputs[: len(outputs)] = np.array(outputs) * model.stride
    before = [rows[:, :dim].astype(np.float64) for rows in (model.input, model.output)]
    weights = Weights(model.input.reshape(-1), model.output.reshape(-1))
    TAKE_STEP[kernel](weights, shape, scratch, len(contexts), len(outputs), np.float32(0.05))
    expected = naive.step(before[0], before[1], contexts, outputs, 0.05)
    for rows, wanted in zip((model.input, model.output), expected[:2], strict=True):
        np.testing.assert_allclose(rows[:, :dim], wanted, rtol=0, atol=atol)
        assert not rows[:, dim:].any(), "the padding must stay 0"
    assert not model.output[N_ROWS].any(), "the row of zeros must stay 0"


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dim", range(1, 68))
def test_a_step_agrees_with_the_oracle_at_every_dim(kernel: str, dim: int) -> None:
    generator = np.random.default_rng(dim)
    rows = generator.permutation(N_ROWS).tolist()
    _check_step(kernel, dim, rows[: 1 + dim % 11], rows[20:26], negative=5, atol=2e-6)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("negative", [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 15, 17, 20, 21])
@pytest.mark.parametrize("n_contexts", [1, 2, 3, 5, 7, 18])
def test_a_step_agrees_at_odd_counts(kernel: str, negative: int, n_contexts: int) -> None:
    rows = np.random.default_rng(negative).permutation(N_ROWS).tolist()
    _check_step(kernel, 19, rows[:n_contexts], rows[: negative + 1], negative, atol=2e-6)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("n_outputs", [1, 2, 4, 7, 10])
def test_rows_that_were_left_out_change_nothing(kernel: str, n_outputs: int) -> None:
    _check_step(kernel, 33, [1, 2, 3, 4, 5], list(range(10, 10 + n_outputs)), negative=10, atol=2e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_context_that_repeats_gets_the_sum(kernel: str) -> None:
    # The vector kernel's second occurrence sees the first's update: of order lr ** 2.
    _check_step(kernel, 33, [3, 7, 3, 3], [1, 2, 4], negative=5, atol=2e-6 if kernel == "scalar" else 2 * 0.05**2)
    _check_step(kernel, 33, [3, 7, 3, 3], [1, 2, 4], negative=10, atol=2e-6)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("dim", "negative"), [(300, 64), (1024, 5), (1100, 33), (1, 1)])
def test_the_corners_of_the_grid(kernel: str, dim: int, negative: int) -> None:
    outputs = list(range(min(negative + 1, N_ROWS)))
    _check_step(kernel, dim, [1, 5, 9, 2, 4, 8, 7], outputs, negative, atol=4e-6)


def test_sigmoid_is_good_to_float32() -> None:
    @jit
    def fill(numbers: F32, out: F32) -> None:
        one = llvm_scores.eight_of(np.float32(1))
        for i in range(0, len(numbers), 8):
            llvm_scores.store_scores(out, i, llvm_scores.scaled_sigmoid(llvm_scores.load_scores(numbers, i, one), one))

    x = np.concatenate([np.linspace(-30, 30, 100_003), [-1e30, 1e30, -np.inf, np.inf, 0]]).astype(np.float32)
    exact = 1 / (1 + np.exp(-np.clip(x.astype(np.float64), -30, 30)))
    out = np.empty_like(x)
    fill(x, out)
    np.testing.assert_allclose(out, exact, rtol=3e-6, atol=1e-7)
    np.testing.assert_allclose(out, exact, rtol=0, atol=2e-7)


def _sampling(counts: list[int], keep: list[float]) -> Sampling:
    prob, alias = alias_table(noise_distribution(np.array(counts), 0.75))
    logq = np.random.default_rng(1).normal(size=len(counts)).astype(np.float32)
    return Sampling(thresholds(np.array(keep)), thresholds(prob), alias, logq)


VARIANTS: list[dict[str, Any]] = [
    {"noise_pool": 0},
    {"noise_pool": 1},
    {"noise_pool": 8},
    {"model": "cbow"},
    {"model": "cbow", "loss": "softmax", "window": "full", "window_side": "before"},
    {"sampler": "batch"},
    {"negative_groups": "any", "outside_share": 0.3, "reject_positives": True},
    {"shown": "any", "outside_share": 0.3},
    {"negative_weight": 2.5},
    {"negative_weight": 0.25, "negative": 10},
    {"sampler": "batch", "logq": False, "loss": "bpr", "reject_positives": True},
    {"sampler": "hard", "candidates": 13, "hard_share": 0.5},
    {"sampler": "hard", "candidates": 9, "hard_share": 1.0, "model": "cbow", "loss": "bpr", "reject_positives": True},
    {"loss": "bpr", "logq": True},
    {"loss": "softmax", "window_side": "before"},
    {"loss": "softmax", "logq": False, "window_side": "before", "shrink_window": False, "model": "cbow"},
    {"loss": "full"},
    {"window": "full", "negative": 10},  # more than one tile, so that a context drawn twice is exact on vectors too
    {"subwords": True},
    {"subwords": True, "model": "cbow", "reject_positives": True},
    {"subwords": True, "sampler": "hard", "candidates": 13, "window": "full", "negative": 10},
    {"loss": "hs"},
    {"loss": "hs", "model": "cbow"},
    {"loss": "hs", "subwords": True, "window_side": "before"},
    {"loss": "ccl", "margin": 0.1, "negative_weight": 3.0},
    {"loss": "ccl", "line_vectors": "with-words", "model": "cbow", "negative": 10, "margin": 0.0},
    {"temperature": 0.5, "line_vectors": "alone", "loss": "softmax", "logq_center": False},
    {"line_vectors": "alone"},
    {"line_vectors": "alone", "sampler": "hard", "candidates": 13, "loss": "bpr", "reject_positives": True},
    {"line_vectors": "alone", "loss": "hs"},
    {"line_vectors": "with-words"},
    {"line_vectors": "with-words", "model": "cbow", "sampler": "batch"},
    {"line_vectors": "with-words", "window": "full", "negative": 10, "loss": "softmax"},
    {"line_vectors": "with-words", "weighted_lines": True},
]
"""Each value of each setting, and the pairs that meet in one function; each costs a compilation, some 2 s."""


NOT_OF_ORACLE = ("frozen", "masked", "logq", "cosine")


def _name(variant: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in variant.items())


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("window", "negative", "copies"), [(1, 1, 0), (3, 5, 9), (5, 10, 40), (30, 2, 0)])
def test_a_whole_shard_agrees_with_the_oracle(kernel: str, window: int, negative: int, copies: int) -> None:
    _check_shard(kernel, {"window": window, "negative": negative, "noise_pool": 64}, copies)


OF_BOTH = (
    "line_vectors=with-words",
    "subwords=True",
    "loss=hs",
    "model=cbow",
    "sampler=hard candidates=13 hard_share=0.5",
    "loss=full",
)
"""Variants that score or move rows in their own way; the others choose or weigh them, with the same code."""


@pytest.mark.parametrize(
    ("kernel", "variant"),
    [(kernel, each) for each in VARIANTS for kernel in (KERNELS if _name(each) in OF_BOTH else KERNELS[-1:])],
    ids=lambda value: value if isinstance(value, str) else _name(value),
)
def test_a_variant_agrees_with_the_oracle(
    kernel: str, variant: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "SLOTS", 1)  # as few as a step needs, so that vectors are dissolved all the time
    _check_shard(kernel, {"window": 3, "negative": 5, "noise_pool": 64, **variant}, copies=9)


@pytest.mark.parametrize("settings", [{"line_vectors": "alone"}, {"line_vectors": "with-words"}], ids=_name)
def test_lines_that_share_a_row_agree_with_the_oracle(settings: dict[str, Any]) -> None:
    shared = [0, 1, 0, 2, 3, 1, 1, 4, 0, 5, 5, 2]
    _check_shard(KERNELS[-1], {"window": 3, "negative": 5, "noise_pool": 64, **settings}, copies=9, line_rows=shared)


EVEN, ALL = set(range(0, N_ROWS, 2)), set(range(N_ROWS))
MASKED: list[tuple[dict[str, Any], tuple[set[int], set[int]]]] = [
    ({}, (set(), ALL)),
    ({}, (ALL, set())),
    ({}, (EVEN, EVEN)),
    ({"negative": 10}, (EVEN, {1, 3})),
    ({"model": "cbow"}, (EVEN, EVEN)),
    ({"line_vectors": "with-words"}, (EVEN, ALL)),
    ({"subwords": True}, (set(), EVEN)),
]
"""Settings, with the input and output rows that are fixed; each kind of hidden vector, one tile and two."""


@pytest.mark.parametrize(
    ("kernel", "number"), [(kernel, n) for kernel in KERNELS for n in range(len(MASKED)) if kernel != "scalar" or n < 5]
)
def test_fixed_rows_keep_their_bytes_and_the_others_move_as_in_the_oracle(kernel: str, number: int) -> None:
    settings, fixed = MASKED[number]
    _check_shard(kernel, {"window": 3, "negative": 5, "noise_pool": 64, **settings}, copies=9, fixed=fixed)


def _word_rows(generator: np.random.Generator) -> WordRows:
    """Return rows for the words: their own, and up to 6 of 25 others, some of them twice."""
    rows = [[word, *generator.integers(N_ROWS, N_ROWS + 25, generator.integers(0, 7))] for word in range(N_ROWS)]
    starts = np.cumsum([0, *map(len, rows)])
    return WordRows(NGrams(), starts, np.concatenate(rows).astype(np.int32), N_ROWS, np.arange(25))


def _check_shard(
    kernel: str,
    settings: dict[str, Any],
    copies: int,
    fixed: tuple[set[int], set[int]] | None = None,
    line_rows: list[int] | None = None,
) -> None:
    """Walk a shard with a kernel and with the oracle: same draws, same rows, same numbers.

    With private copies too, which a single thread must not notice. Input and output rows that are fixed keep their
    bytes.
    """
    dim, lr = 21, 0.03
    config = TrainConfig(dim=dim, **settings)
    scope = config.noise_scope
    groups = {"group": GROUPS, "line": SHOWN}.get(scope, GROUPS)
    variant = variant_of(config)._replace(masked=fixed is not None, weighted=config.weighted_lines, noise_scope=scope)
    generator = np.random.default_rng(config.noise_pool + config.negative)
    # Two of a word within a window would differ in second order on vectors, so sentences are permutations.
    sentences = [generator.permutation(N_ROWS)[: generator.integers(0, 30)].tolist() for _ in range(12)]
    tokens = np.array([t for line in sentences for t in [*line, SENTENCE_END]][:-1], np.int32)
    sampling = _sampling((1 + generator.integers(0, 50, N_ROWS)).tolist(), generator.uniform(0.3, 1, N_ROWS).tolist())
    word_rows = _word_rows(generator) if variant.subwords else None
    counts = np.sort(1 + generator.integers(0, 50, N_ROWS))[::-1]
    tree = Huffman.of(counts) if variant.output == "path" else None
    model = _model(dim, seed=3, copies=copies + 2, word_rows=word_rows)  # and the row of a line, and the sink
    hot_rows = new_hot_rows(np.ones((2, copies), np.float32), N_ROWS + 1, model.stride, has_hot_inputs(config))
    before = [rows[:n, :dim].astype(np.float64) for rows, n in _rows(model)]
    bytes_before = [rows.copy() for rows, _ in _rows(model)]
    lines = generator.normal(size=(max(line_rows or [11]) + 1, model.stride)).astype(np.float32)
    weights = np.linspace(0.2, 3, len(sentences)).astype(np.float32)
    lines[:, dim:] = 0
    if variant.lines != "none":
        before[0] = np.vstack([before[0], lines[:, :dim]])
    shape = shape_of(config, tree.longest if tree else N_ROWS)
    masks = None if fixed is None else tuple(row_mask(_flags(rows), copies + 3, [N_ROWS + 1], copies) for rows in fixed)
    scratch = new_scratch(
        *(shape, len(tokens), config, N_ROWS * model.stride, hot_rows, N_ROWS, word_rows, tree),
        masks=cast(Any, masks),
        groups=None if scope == "all" else groups,
    )
    tally = Tally(np.zeros(1), np.zeros(1, np.int64), np.zeros(1, np.int64))
    step.train_shard(kernel, variant)(
        tokens,
        Weights(model.input.reshape(-1), model.output.reshape(-1)),
        sampling,
        shape,
        scratch,
        tally,
        ShardPass(
            *(np.float32(lr), np.uint64(11), np.uint64(2), np.uint64(5), lines.reshape(-1)),
            line_rows=np.array(line_rows or [], np.int64),
            line_weights=weights if config.weighted_lines else weights[:0],
            first_line=np.int64(FIRST_LINE),
        ),
    )
    steps: list[tuple[list[int], list[int], float]] = []
    shard = naive.Shard(
        sentences,
        sampling.keep.tolist(),
        sampling.prob.tolist(),
        sampling.alias.tolist(),
        shape.window,
        config.negative,
        config.noise_pool if config.output_layer.has_negatives else 0,
        lr,
        seed=11,
        epoch=2,
        shard=5,
        candidates=shape.candidates,
        n_hard=shape.n_hard,
        rows=[rows.tolist() for rows in np.split(word_rows.rows, word_rows.starts[1:-1])] if word_rows else [],
        n_slots=len(scratch.composed.words),
        paths=_paths(counts) if tree else [],
        **{name: value for name, value in variant._asdict().items() if name not in NOT_OF_ORACLE},
        logq=sampling.logq.astype(np.float64) if variant.logq else None,
        negative_weight=config.negative_weight,
        margin=config.margin,
        radius=config.radius,
        fixed=fixed or (set(), set()),
        line_rows=line_rows or [],
        line_weights=weights.tolist(),
        groups=[*range(FIRST_LINE, FIRST_LINE + len(sentences))] if scope == "line" else groups.of_word.tolist(),
        tables=_tables(groups),
        outside=int(groups.outside[0]),
    )
    expected = naive.train_shard(before[0], before[1], shard, lambda *step: steps.append(step))
    assert len(steps) > 50
    for (rows, n), wanted in zip(_rows(model), expected, strict=True):
        np.testing.assert_allclose(rows[:n, :dim], wanted[:n], rtol=0, atol=2e-5)
    for (rows, _), old, held in zip(_rows(model), bytes_before, fixed or (), strict=False):
        assert rows[[*held]].tobytes() == old[[*held]].tobytes()
    if variant.lines != "none":
        np.testing.assert_allclose(lines[:, :dim], expected[0][model.n_input :], rtol=0, atol=2e-5)
        assert not lines[:, dim:].any()
    moved = model.input[: model.n_input, :dim] != before[0][: model.n_input]
    assert moved.any() != (variant.lines == "alone" or (fixed is not None and len(fixed[0]) == N_ROWS))
    assert tally.words[0] == sum(map(len, sentences))
    assert len(steps) <= step.LOSS_EVERY
    np.testing.assert_allclose(tally.loss[0], steps[0][2], rtol=1e-5)
    assert tally.pairs[0] == (1 if variant.hidden == "mean" else len(steps[0][0]))


def _groups() -> Groups:
    """Return 4 groups of words, each with a distribution of its own; a few words have none."""
    of_word = np.random.default_rng(4).integers(-1, 4, N_ROWS).astype(np.int32)
    starts, members, prob, alias = group_tables(noise_distribution(np.arange(1, N_ROWS + 1), 1.0), of_word)
    none = np.zeros(1, np.int64)
    return Groups(of_word, none, starts, members, thresholds(prob), alias, thresholds(np.array([0.3])))


def _shown() -> Groups:
    """Return a group of 0 to 5 words for each line of a text whose lines FIRST_LINE to FIRST_LINE + 12 are a shard."""
    generator = np.random.default_rng(5)
    sizes = generator.integers(0, 6, FIRST_LINE + 12)
    members = generator.integers(0, N_ROWS, sizes.sum()).astype(np.int32)
    whole, entries = np.full(len(members), 2**32 - 1, np.uint32), np.arange(len(members), dtype=np.int32)
    return GROUPS._replace(starts=np.cumsum([0, *sizes]), members=members, prob=whole, alias=entries)


FIRST_LINE = 3
GROUPS = _groups()
SHOWN = _shown()


def _tables(groups: Groups) -> list[list[tuple[int, int, int]]]:
    """Return the oracle's alias tables."""
    entries = [*zip(groups.members.tolist(), groups.prob.tolist(), groups.alias.tolist(), strict=True)]
    bounds = pairwise(groups.starts.tolist())
    return [[(word, prob, other - begin) for word, prob, other in entries[begin:end]] for begin, end in bounds]


def _flags(rows: set[int]) -> npt.NDArray[np.bool_]:
    return np.isin(np.arange(N_ROWS), [*rows])


def _rows(model: Embeddings) -> list[tuple[F32, int]]:
    return [(model.input, model.n_input), (model.output, N_ROWS)]


def _paths(counts: npt.NDArray[np.int64]) -> list[list[tuple[int, int]]]:
    """Return the oracle's paths, nodes numbered from the root on."""
    return [[(N_ROWS - 2 - node, code) for node, code in path] for path in naive.huffman(counts.tolist())]


def test_a_center_without_contexts_is_no_step() -> None:
    model = _model(8, seed=1)
    before = model.input.copy()
    one, zero = np.float32(1), np.float32(0)
    shape = Shape(5, 5, one, one, zero, zero, 5, 0, 0, model.stride, model.stride, 1, (0,) * 6)
    tally = Tally(np.zeros(1), np.zeros(1, np.int64), np.zeros(1, np.int64))
    tokens = np.array([3, -1, 4, -1, -1, 5], np.int32)
    step.train_shard("scalar", step.SGNS)(
        tokens,
        Weights(model.input.reshape(-1), model.output.reshape(-1)),
        _sampling([1] * N_ROWS, [1.0] * N_ROWS),
        shape,
        new_scratch(shape, 6, TrainConfig(noise_pool=4), N_ROWS * model.stride),
        tally,
        ShardPass(np.float32(1), np.uint64(1), np.uint64(0), np.uint64(0)),
    )
    np.testing.assert_array_equal(model.input, before)
    assert (tally.pairs[0], tally.words[0]) == (0, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 16, 998])
def test_all_finite_sees_one_bad_number(bad: float, at: int) -> None:
    numbers = np.full(999, 3e38, np.float32)
    assert step.all_finite(numbers)
    numbers[at] = bad
    assert not step.all_finite(numbers)
