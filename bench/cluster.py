r"""Simulate training on several nodes: quality and bytes of N replicas in one process, and calculated times.

    python bench/cluster.py quality corpus.txt --nodes 1,2,4,8,16 --seeds 1,2,3 \
        --similarity pairs.txt --analogies questions.txt
    python bench/cluster.py paper --words 1e12 --vocab 1e6 --dim 300

`quality` runs the workers of `w2v.cluster` on parts of the text, with one thread each, and combines their rows as a
cluster does. The same words are trained for every N. `paper` calculates the share of the time that combining takes
beyond the part that overlaps with training, for different numbers of nodes and networks.
"""

import argparse
import json
import os
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # each worker is a thread

import numpy as np

from w2v.base.arrays import SENTENCE_END, Ids, Matrix
from w2v.cluster.periods import OVERLAP, Periods
from w2v.cluster.worker import Slice, Sync, Team, Worker
from w2v.evaluation.held_out import draw_windows, held_out_loss
from w2v.evaluation.scores import Evaluation
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode
from w2v.training.loop import train_embeddings
from w2v.training.weights import Embeddings
from w2v.vectors.vectors import Vectors

CALL_S = 0.0008
"""Time to pass an object through Ray: put by one actor and fetched by another, measured on one machine."""
ROW_BYTES = 4
"""Bytes of a packed row besides 4 bits per number: its scale."""
NETWORKS = (1, 10, 25, 100)
"""In Gbit/s."""
NODES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000)


def cut(stream: Ids, n: int) -> Iterator[Ids]:
    """Yield n parts of a stream, cut at sentence ends."""
    begin = 0
    for rank in range(n):
        end = len(stream) * (rank + 1) // n
        after = np.flatnonzero(stream[end : end + 100_000] == SENTENCE_END)
        end += int(after[0]) + 1 if len(after) else 0
        yield stream[begin:end]
        begin = end


def train_on(n_nodes: int, text: Encoded, config: TrainConfig) -> tuple[Matrix, Matrix, float]:
    """Return the input and output rows that n_nodes learn, and the number of bytes that each node sends per word."""
    if n_nodes == 1:
        rows = train_embeddings(text.stream, text.vocab, config)
        return rows.input_rows, rows.output_rows, 0.0
    team = Team.of(config, text.vocab, n_nodes)
    parts = list(cut(text.stream, n_nodes))
    sent, moved = 0.0, list[Slice]()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        workers = list(pool.map(lambda rank: Worker(team, rank, parts[rank], threads=1), range(n_nodes)))
        for period in range(len(team.periods)):
            slices = list(pool.map(partial(finish, period=period, moved=moved), workers))
            by_owner = list(zip(*slices, strict=True))
            moved = list(pool.map(Worker.combine, workers, [Sync(period)] * n_nodes, by_owner))
            n_bytes = sum(packed.n_bytes for owner in by_owner for slice_ in owner for packed in slice_)
            n_bytes += n_nodes * sum(packed.n_bytes for slice_ in moved for packed in slice_)
            sent += n_bytes / n_nodes * (n_nodes - 1) / n_nodes  # a node sends nothing to itself
        workers[0].apply(Sync(len(team.periods) - 1), moved)
    n_types = len(text.vocab)
    return workers[0].base(0, 0, n_types)[0], workers[0].base(1, 0, n_types)[0], sent / team.periods.words


def finish(worker: Worker, period: int, moved: list[Slice]) -> list[Slice]:
    """Train a worker to the end of a period and return its changes; it gets the last rows after a quarter."""
    if period:
        worker.train(worker.team.periods.overlap_end(period))
        worker.apply(Sync(period - 1), moved)
    worker.train(worker.team.periods.ends[period])
    return worker.deltas(Sync(period))


def measure_quality(options: argparse.Namespace) -> None:
    """Print scores, held-out loss and bytes for each number of nodes, as means over seeds."""
    text = encode(Corpus(options.corpus), TrainConfig())
    evaluation = Evaluation.read(options.similarity, options.analogies)
    tail = text.stream[-len(text.stream) // 20 :]  # also trained on, since it only serves for comparison
    windows = draw_windows(tail, text.vocab, TrainConfig())
    print("nodes  mean   scores                 loss    bytes/word")
    for n_nodes in options.nodes:
        found = []
        for seed in options.seeds:
            config = TrainConfig(dim=options.dim, epochs=options.epochs, seed=seed)
            input, output, sent = train_on(n_nodes, text, config)
            scores = evaluation.score(Vectors(text.vocab.words, np.ascontiguousarray(input)))
            values = [one.spearman or 0.0 for one in scores.similarity]
            values += [one.accuracy or 0.0 for one in scores.analogies]
            rows = Embeddings(input, output, len(text.vocab), len(text.vocab), options.dim)
            found.append([*values, held_out_loss(windows, rows, text.vocab, config), sent])
            print(json.dumps({"nodes": n_nodes, "seed": seed, "found": found[-1]}), flush=True)
        *values, loss, sent = (statistics.mean(column) for column in zip(*found, strict=True))
        shown = " ".join(f"{value:.3f}" for value in values)
        print(f"{n_nodes:5}  {statistics.mean(values):.4f} {shown:<22} {loss:.4f}  {sent:.1f}", flush=True)


def print_paper(options: argparse.Namespace) -> None:
    """Print the calculated cost of combining."""
    row_bytes = options.dim / 2 + ROW_BYTES
    print(f"{options.words:.0e} words, {options.epochs} epochs, {options.vocab:,.0f} words x {options.dim}, ", end="")
    print(f"{options.speed / 1e6:g} M words/s a node. Share of the time that combining takes, not hidden:")
    print("nodes  period  B/word  objects s " + "".join(f"{gbit:>4} Gbit/s" for gbit in NETWORKS))
    for n_nodes in NODES:
        periods = Periods(options.words * options.epochs / n_nodes, n_nodes)
        middle = min(len(periods) // 2, len(periods) - 2)
        rows = statistics.mean(len(periods.rows(middle + i, int(options.vocab))) for i in range(2))
        n_bytes = 2 * 2 * rows * row_bytes * (n_nodes - 1) / n_nodes
        train_s, objects_s = periods.length / options.speed, 2 * n_nodes * CALL_S
        shares = []
        for gbit in NETWORKS:
            sync_s = max(n_bytes * 8 / (gbit * 1e9), objects_s)
            waiting_s = max(0.0, sync_s - OVERLAP * train_s)
            shares.append(waiting_s / (train_s + waiting_s))
        shown = "".join(f"{share:>10.0%}" for share in shares)
        print(f"{n_nodes:5} {periods.length / 1e6:>6.2f}M {n_bytes / periods.length:>7.1f} {objects_s:>8.3f}  {shown}")


def numbers(text: str) -> list[int]:
    """Return the whole numbers of a comma-separated list."""
    return [int(number) for number in text.split(",")]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    quality = commands.add_parser("quality")
    quality.set_defaults(run=measure_quality)
    quality.add_argument("corpus", type=Path)
    quality.add_argument("--nodes", type=numbers, default=[1, 2, 4, 8, 16])
    quality.add_argument("--seeds", type=numbers, default=[1])
    quality.add_argument("--dim", type=int, default=100)
    quality.add_argument("--epochs", type=int, default=3)
    quality.add_argument("--similarity", action="append", default=[])
    quality.add_argument("--analogies", action="append", default=[])
    paper = commands.add_parser("paper")
    paper.set_defaults(run=print_paper)
    paper.add_argument("--words", type=float, default=1e9)
    paper.add_argument("--epochs", type=int, default=5)
    paper.add_argument("--vocab", type=float, default=1e5)
    paper.add_argument("--dim", type=int, default=100)
    paper.add_argument("--speed", type=float, default=3e7)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
