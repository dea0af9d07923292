"""Measure the kernels' cycles per center and stage, with all rows in the L1 cache.

    python bench/cycles.py --dim 100 --contexts 6 --negative 5
    python bench/cycles.py --model cbow --subwords
    NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=+avx,+avx2,+fma,+bmi,+bmi2 python bench/cycles.py

The last command measures what a processor without AVX-512 would run. The clock is measured too, with a loop that takes
6 cycles per iteration on all current processors. Each figure is the minimum of many short runs, because other programs
can only add time. Variants have their own lines: the mean of the contexts (cbow), a word whose vector is composed of
its n-grams and written back to them (subwords), a line whose row is copied in and out (line vectors).
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from w2v.kernels import jit
from w2v.kernels.cpu import step
from w2v.kernels.cpu.composed import context_reader
from w2v.kernels.cpu.hidden import hidden_layer
from w2v.kernels.cpu.layout import clear_padding
from w2v.kernels.cpu.lines import line_kernels
from w2v.kernels.cpu.loss import LOSSES
from w2v.kernels.cpu.structs import Ahead, Hidden, Sampling, Scratch, Shape, ShardPass, Variant, Walk, Weights
from w2v.kernels.llvm import REGISTERS
from w2v.kernels.scalars import F32
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.distributions import alias_table, noise_distribution, thresholds
from w2v.training.plan import (
    kernel_name,
    new_scratch,
    new_tally,
    shape_of,
    variant_of,
    weights_of,
    word_rows_of,
)
from w2v.training.weights import Embeddings

REPEATS = 200
TURNS = (100, 500)
"""Numbers of steps of a short and a long run. Their difference excludes the call from Python, 30 microseconds."""
TOKENS = 20_000
TINY = np.float32(1e-9)
"""A learning rate so small that the rows do not change."""


@jit
def chain(n: int, x: np.uint64) -> np.uint64:
    """Take 6 n cycles: each of the three lines waits for the one before, for a shift and an exclusive or."""
    for _ in range(n):
        x ^= x << np.uint64(13)
        x ^= x >> np.uint64(7)
        x ^= x << np.uint64(17)
    return x


def least(function: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the shortest time of many runs, in seconds of this thread, so that other programs do not count."""
    function()
    times = []
    for _ in range(repeats):
        begin = time.thread_time()
        function()
        times.append(time.thread_time() - begin)
    return min(times)


def clock() -> float:
    """Return the processor's cycles per second."""
    return 6 * 50_000 / least(lambda: chain(50_000, np.uint64(88172645463325252)))


def stages(kernel: str, loss: str) -> dict[str, Callable[..., None]]:
    """Return functions that run one stage, or all three, n times."""
    score, update = step.ARITHMETIC[kernel].score, step.ARITHMETIC[kernel].update
    gradient = LOSSES[loss].gradient

    @jit
    def only_score(
        n: int, hidden: Hidden, weights: Weights, shape: Shape, scratch: Scratch, ahead: Ahead, k: int
    ) -> None:
        for _ in range(n):
            score(hidden, weights.output, scratch.outputs, shape.n_tiles, shape, scratch.scores)

    @jit
    def only_gradient(
        n: int, hidden: Hidden, weights: Weights, shape: Shape, scratch: Scratch, ahead: Ahead, k: int
    ) -> None:
        for _ in range(n):
            gradient(scratch.scores, scratch.labels, hidden.n, k, shape, TINY)
            clear_padding(scratch.scores, hidden.n, k, shape)

    @jit
    def only_update(
        n: int, hidden: Hidden, weights: Weights, shape: Shape, scratch: Scratch, ahead: Ahead, k: int
    ) -> None:
        for _ in range(n):
            update(hidden, weights.output, scratch.outputs, shape, scratch.scores, scratch.contexts_before, ahead)

    @jit
    def all_three(
        n: int, hidden: Hidden, weights: Weights, shape: Shape, scratch: Scratch, ahead: Ahead, k: int
    ) -> None:
        for _ in range(n):
            score(hidden, weights.output, scratch.outputs, shape.n_tiles, shape, scratch.scores)
            gradient(scratch.scores, scratch.labels, hidden.n, k, shape, TINY)
            clear_padding(scratch.scores, hidden.n, k, shape)
            update(hidden, weights.output, scratch.outputs, shape, scratch.scores, scratch.contexts_before, ahead)

    return {"score": only_score, "gradient": only_gradient, "update": only_update, "these three": all_three}


def of_variant(kernel: str, variant: Variant) -> dict[str, Callable[..., None]]:
    """Return the additional work of a variant: functions that do it n times, by name."""
    read, put_back = context_reader(variant, step.ARITHMETIC[kernel])
    compose, scatter = hidden_layer(variant, step.ARITHMETIC[kernel])
    take_line, put_back_line = line_kernels(variant)

    @jit
    def mean(n: int, m: int, weights: Weights, shape: Shape, scratch: Scratch, shard: ShardPass) -> None:
        for _ in range(n):
            compose(weights.input, m, shape, scratch)
            scatter(weights.input, m, shape, scratch)

    @jit
    def word(n: int, m: int, weights: Weights, shape: Shape, scratch: Scratch, shard: ShardPass) -> None:
        for _ in range(n):
            scratch.contexts[0] = 0
            read(weights.input, 1, Walk(0, 0, 0, 0, 0, 0), shape, scratch)
            put_back(weights.input, shape, scratch)

    @jit
    def line(n: int, m: int, weights: Weights, shape: Shape, scratch: Scratch, shard: ShardPass) -> None:
        for _ in range(n):
            take_line(weights.input, shard, 0, shape.stride, scratch)
            put_back_line(weights.input, shard, 0, shape.stride, scratch)

    wanted = {"the mean": variant.hidden == "mean", "a word": variant.subwords, "a line": variant.lines != "none"}
    return {name: run for name, run in zip(wanted, (mean, word, line), strict=True) if wanted[name]}


def parse() -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--contexts", type=int, default=6, help="words in the window of each center, an even number")
    parser.add_argument("--negative", type=int, default=5)
    parser.add_argument("--loss", choices=("bce", "bpr", "softmax"), default="bce")
    parser.add_argument("--model", choices=("skipgram", "cbow"), default="skipgram")
    parser.add_argument("--subwords", action="store_true")
    parser.add_argument("--line-vectors", choices=("none", "alone", "with-words"), default="none")
    return parser.parse_args()


def config_of(arguments: argparse.Namespace) -> TrainConfig:
    """Return the settings of the kernel to measure."""
    return TrainConfig(
        dim=arguments.dim,
        negative=arguments.negative,
        window=max(1, arguments.contexts // 2),
        shrink_window=False,
        sample=0.0,
        loss=arguments.loss,
        min_count=1,
        model=arguments.model,
        subwords="fasttext" if arguments.subwords else "none",
        line_vectors=arguments.line_vectors,
    )


def main() -> None:
    """Print the cycles of each stage and of the whole kernel."""
    arguments, kernel = parse(), kernel_name()
    config, n_types = config_of(arguments), 8 + arguments.negative
    words = word_rows_of(config, Vocab([f"measured{n}" for n in range(n_types)], np.full(n_types, 5)))
    model = Embeddings.create(n_types, config.dim, 1, spare_rows=2, word_rows=words)
    shape, weights = shape_of(config, n_types), weights_of(model)
    scratch = new_scratch(shape, TOKENS + 1, config, n_types * model.stride, word_rows=words)
    lines = np.zeros(model.stride if config.has_lines else 0, np.float32)
    shard = ShardPass(np.float32(0), np.uint64(0), np.uint64(0), np.uint64(0), lines)
    hidden = hidden_of(config, arguments.contexts, weights, model.stride, n_types, scratch)
    scratch.outputs[:] = n_types * model.stride
    scratch.outputs[: arguments.negative + 1] = np.arange(arguments.negative + 1) * model.stride
    ahead = Ahead(weights.input, scratch.later, 0, 0, 0, 0, 0)
    hz = clock()
    bound = 3 * hidden.n * (arguments.negative + 1) * shape.width // REGISTERS.lanes
    print(f"{hz / 1e9:.2f} GHz, {kernel} kernel, vectors of {REGISTERS.lanes}: {bound} multiply-adds a center")

    def show(name: str, run: Callable[[int], None]) -> None:
        short, long = (least(partial(run, n)) for n in TURNS)
        print(f"{name:12} {(long - short) * hz / (TURNS[1] - TURNS[0]):6.0f} cycles")

    for name, stage in stages(kernel, arguments.loss).items():
        show(name, lambda n: stage(n, hidden, weights, shape, scratch, ahead, arguments.negative + 1))  # noqa: B023
    n_contexts = 1 if config.line_vectors == "alone" else arguments.contexts + config.has_lines
    for name, part in of_variant(kernel, variant_of(config)).items():
        show(name, lambda n: part(n, n_contexts, weights, shape, scratch, shard))  # noqa: B023
    seconds = least(whole(kernel, config, shape, weights, scratch, n_types, lines), 20)
    print(f"{'whole':12} {seconds * hz / TOKENS:6.0f} cycles")


def hidden_of(
    config: TrainConfig, n_words: int, weights: Weights, stride: int, n_types: int, scratch: Scratch
) -> Hidden:
    """Return the hidden vectors of a center with this many words in its window; write its contexts to scratch."""
    contexts = [word % n_types * stride for word in range(0 if config.line_vectors == "alone" else n_words)]
    contexts += [int(scratch.line_row[0])] * config.has_lines
    scratch.contexts[: len(contexts)] = contexts
    if config.model == "cbow":
        return Hidden(scratch.mean, scratch.mean_offset, 1)
    if config.subwords != "none":  # each slot contains a vector and a copy of it
        return Hidden(scratch.composed.vectors, 2 * scratch.contexts, len(contexts))
    return Hidden(weights.input, scratch.contexts, len(contexts))


def whole(
    kernel: str, config: TrainConfig, shape: Shape, weights: Weights, scratch: Scratch, n_types: int, lines: F32
) -> Callable[[], None]:
    """Return a function that trains on a shard of random words."""
    tokens = np.append(np.random.default_rng(2).integers(0, n_types, TOKENS), -1).astype(np.int32)
    prob, alias = alias_table(noise_distribution(np.bincount(tokens[:-1], minlength=n_types), 0.75))
    sampling = Sampling(thresholds(np.ones(n_types)), thresholds(prob), alias, np.zeros(n_types, np.float32))
    tally = new_tally()
    shard = ShardPass(TINY, np.uint64(1), np.uint64(0), np.uint64(0), lines)
    train = step.train_shard(kernel, variant_of(config))
    return lambda: train(tokens, weights, sampling, shape, scratch, tally, shard)


if __name__ == "__main__":
    main()
