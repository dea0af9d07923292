"""Worker: the work of one node. It trains on its part of the text, and combines its slice of the rows.

This module does not import Ray. After a period, every worker packs the changes of that period's rows and cuts them into
one slice per worker. Worker k adds up all slices k and decides how far these rows move. Then every worker moves them.
So each worker sends and receives the rows of a period about once, independent of the number of workers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Ids, Indices, Matrix
from w2v.cluster.combine import Curvature, combine
from w2v.cluster.packing import Packed, add_up, move, pack_into, pack_moved
from w2v.cluster.periods import Periods
from w2v.reports import Progress
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.distributions import keep_prob
from w2v.training.loop import Replica
from w2v.training.plan import Plan, mean_contexts, use_rates
from w2v.training.schedule import SHARD_MAX, SHARD_MIN, learning_rate

SHARDS_A_THREAD = 8
"""Number of shards of a period per thread. At the end of a period, a thread waits for half a shard on average."""
SHARDS_A_WORKER = 1 << 40
"""Shard numbers reserved for each worker."""

BLOCK = 1 << 10
"""Number of rows that are combined at a time: with dim 100 they take 400 KB and fit into the L2 cache."""

Numbers = npt.NDArray[np.float32]
Shares = npt.NDArray[np.float64]
Slice = tuple[Packed, Packed]
"""Some rows of the input matrix and some of the output matrix."""


class Sync(NamedTuple):
    """A period whose rows are combined."""

    period: int
    attempt: int = 0
    """Increases with each loss of a node. Calls of an earlier attempt are refused."""
    all_rows: bool = False
    """Whether all rows are combined, before a checkpoint, instead of only those whose turn it is."""


@dataclass(frozen=True)
class Team:
    """Data shared by all workers of a run."""

    config: TrainConfig
    vocab: Vocab
    """The words of the whole text."""
    periods: Periods
    n_workers: int
    uses: tuple[Numbers, Numbers]
    """(n_input,) and (n_output,) uses of each row per word of the text."""
    weights: tuple[Numbers, Numbers]
    """(n_output,) and (n_input,) how often each row of the other matrix is used per use of a row."""

    @classmethod
    def of(cls, config: TrainConfig, vocab: Vocab, n_workers: int) -> "Team":
        """Return the data shared by all workers of a run."""
        centers, negatives = (rates.astype(np.float32) for rates in use_rates(vocab, config))
        contexts = np.float32(mean_contexts(config))
        kept = np.float32((keep_prob(vocab.counts, config.sample) * vocab.counts).sum() / vocab.n_tokens)
        return cls(
            config=config,
            vocab=vocab,
            periods=Periods(vocab.n_tokens * config.epochs / n_workers, n_workers),
            n_workers=n_workers,
            uses=(kept * contexts * centers, kept * (centers + negatives)),
            weights=(centers + negatives, contexts * centers),
        )

    def lr(self, period: int) -> float:
        """Return the mean learning rate of a period."""
        return learning_rate(self.config, (self.periods.begin(period) + self.periods.ends[period]) / 2)


class Worker:
    """A replica of the rows, and its base: the common rows of all workers after the last time they were combined."""

    def __init__(self, team: Team, rank: int, stream: Ids, threads: int, period: int = 0) -> None:
        """Take part number `rank` of the text, (n,) rows of the vocabulary and SENTENCE_END, starting at a period.

        If the period is not 0, `restore` must give the rows at its beginning.
        """
        self.team = team
        self._rank, self._stream = rank, stream
        length = team.periods.length / (SHARDS_A_THREAD * threads) if team.n_workers > 1 else SHARD_MAX
        plan = Plan.of(
            replace(team.config, threads=threads),
            team.vocab,
            stream,
            shard_max=int(min(max(length, SHARD_MIN), SHARD_MAX)),
            first_shard=rank * SHARDS_A_WORKER,
        )
        self._replica = Replica(stream, plan)
        self._replica.schedule.skip(team.periods.begin(period))
        rows = self._replica.embeddings
        self._live = rows.input[: rows.n_input], rows.output[: rows.n_output]
        self._base: tuple[Matrix, Matrix] = rows.input_rows, rows.output_rows
        if team.n_workers > 1:
            self._base = self._base[0].copy(), self._base[1].copy()
        self._combined_at = np.zeros(len(self._base[0])), np.zeros(len(self._base[1]))
        self._sent: tuple[Packed, Packed] | None = None
        self.n_combined = 0 if period == 0 else -1
        """Number of periods whose rows are combined in the base; -1 before `restore`."""

    def train(self, share: float) -> Progress:
        """Train until this share of the run is done; do nothing if it already is. Return the progress here."""
        self._replica.schedule.limit(share)
        self._replica.train()
        return self._replica.schedule.progress()

    def deltas(self, sync: Sync) -> list[Slice]:
        """Return the changes of a period's rows since they were last combined, one slice per worker."""
        if self.team.n_workers == 1:
            self.n_combined = sync.period + 1
            return [(Packed.empty(0, 0), Packed.empty(0, 0))]
        inputs, outputs = self._sent = self._pack_moved(sync, 0), self._pack_moved(sync, 1)
        cuts = zip(self._cuts(len(inputs.values)), self._cuts(len(outputs.values)), strict=True)
        return [(inputs.part(own_inputs), outputs.part(own_outputs)) for own_inputs, own_outputs in cuts]

    def combine(self, sync: Sync, slices: Sequence[Slice]) -> Slice:
        """Return how far the rows of this worker's slice move, from the slices of all workers, by rank.

        This reads only the base, so the replica may train at the same time.
        """
        return self._combined(sync, slices, 0), self._combined(sync, slices, 1)

    def apply(self, sync: Sync, slices: Sequence[Slice]) -> None:
        """Move the rows of a period by the combined slices of the workers, by rank.

        Changes since `deltas`, and the rounding errors of packing, are kept in the live rows.
        """
        if self._sent is None or sync.period != self.n_combined:  # restored rows include this period
            return
        for matrix in (0, 1):
            rows = self._rows(sync, matrix)
            for own, moved in zip(self._cuts(len(rows)), (slice_[matrix] for slice_ in slices), strict=True):
                move(self._live[matrix], self._base[matrix], rows[own], moved, self._sent[matrix].part(own))
            self._combined_at[matrix][rows] = self.team.periods.ends[sync.period]
        self._sent = None
        self.n_combined = sync.period + 1

    def base(self, matrix: int, begin: int, end: int) -> tuple[Matrix, Shares]:
        """Return the common rows of all workers, and the share of the run at which each row was last combined."""
        return self._base[matrix][begin:end], self._combined_at[matrix][begin:end]

    def restore(self, matrix: int, begin: int, rows: Matrix, combined_at: Shares) -> None:
        """Take the rows of another worker. What this worker has learned about them since is lost."""
        part = slice(begin, begin + len(rows))
        self._base[matrix][part] = self._live[matrix][part, : rows.shape[1]] = rows
        self._combined_at[matrix][part] = combined_at
        self._sent = None

    def _pack_moved(self, sync: Sync, matrix: int) -> Packed:
        return pack_moved(self._live[matrix], self._base[matrix], self._rows(sync, matrix))

    def _combined(self, sync: Sync, slices: Sequence[Slice], matrix: int) -> Packed:
        team, end = self.team, self.team.periods.ends[sync.period]
        all_rows = self._rows(sync, matrix)
        rows = all_rows[self._cuts(len(all_rows))[self._rank]]
        words = (team.periods.words * (end - self._combined_at[matrix][rows])).astype(np.float32)
        uses, lr = team.uses[matrix][rows] * words, team.lr(sync.period)
        curvature = Curvature.of(self._base[1 - matrix], team.weights[matrix])
        packed = Packed.empty(len(rows), self._base[matrix].shape[1])
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            total = add_up([slice_[matrix].part(part) for slice_ in slices])
            pack_into(packed.part(part), combine(total, uses[part], lr, curvature, team.n_workers))
        return packed

    def _rows(self, sync: Sync, matrix: int) -> Indices:
        n_rows = len(self._base[matrix])
        return np.arange(n_rows) if sync.all_rows else self.team.periods.rows(sync.period, n_rows)

    def _cuts(self, n_rows: int) -> list[slice]:
        """Return the slice of n_rows rows that each worker combines."""
        n = self.team.n_workers
        return [slice(n_rows * rank // n, n_rows * (rank + 1) // n) for rank in range(n)]
