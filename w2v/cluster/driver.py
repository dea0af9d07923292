"""Driver: leads a run on several nodes from the user's process.

In each period, all nodes train to its end and pack the changes of their rows. Each node then combines its slice of the
rows while all nodes train on the beginning of the next period. Then all nodes apply the combined rows. The driver waits
once per period; nodes send rows directly to each other.

A lost node is replaced. The new node reads the same part of the text, gets the rows of the other nodes, and trains the
period of that part from its beginning. What the lost node had trained in that period is lost, and also what it had
learned about rare rows and not yet sent.
"""

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from w2v.base.arrays import Ids
from w2v.base.errors import SettingsError, W2VError, option
from w2v.checkpoints.snapshots import CheckpointPolicy, Position, Snapshot
from w2v.cluster.node import NodeProgress, Part
from w2v.cluster.ranges import parts_of
from w2v.cluster.rays import REPLACE_S, Lost, Nodes, Ref
from w2v.cluster.reading import read
from w2v.cluster.worker import Sync, Team
from w2v.reports import Progress
from w2v.settings.fields import check_effect
from w2v.settings.operations import settings_for
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, ScanReport
from w2v.text.vocab import Vocab
from w2v.training.line_rows import NO_LINE_INPUTS, LineInputs
from w2v.training.loop import RowsReport, TrainReport, diverged
from w2v.training.schedule import learning_rate
from w2v.training.weights import Embeddings, aligned_zeros, padded

PIECE = 1 << 25
"""Number of bytes of rows that are fetched or copied at a time, which limits the memory."""
RETRIES = 3
"""How often a step is repeated after nodes were lost."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class ClusterProgress(Progress):
    """The progress of a run on several nodes."""

    nodes: list[NodeProgress]
    """Progress of the nodes, by rank."""


class Cluster:
    """Several machines used like one: it has the same `encode` and `train_embeddings` as a single machine."""

    def __init__(self, nodes: Nodes, warn: Callable[[str], None]) -> None:
        """Take started nodes. `warn` is called when a node is lost."""
        self._nodes, self._warn = nodes, warn
        self._parts: list[Part] = []
        self.n_nodes = len(nodes)

    def encode(
        self, corpus: Corpus, config: TrainConfig, *, vocab: Vocab | None = None, report: ScanReport | None = None
    ) -> Encoded:
        """Let each node read its part of a corpus; all nodes must be able to read the files. The nodes keep the stream.

        See `encode`. The vocabulary is the same as on one machine, byte for byte.

        Raises:
            SettingsError: the corpus is not made of files, or a setting is not supported on a cluster.
            W2VError: as in `encode`; or a node is lost, or a part has more distinct words than max_types.
        """
        if corpus.files is None:
            reason = "files that every node can read, not standard input, a pipe or token lists"
            raise SettingsError(f"{option('ray')} needs {reason}", "ray")
        check_effect(settings_for("train"), config.as_dict(), {"ray": True})
        self._parts = [Part.of(pieces) for pieces in parts_of(corpus.files, self.n_nodes, config.column)]
        report = report or (lambda done, total: None)
        report(0, corpus.bytes_total)
        try:
            encoded = read(self._nodes, self._parts, config, vocab)
        except Lost as lost:
            raise W2VError(f"{reasons_of(lost, self._nodes)} while the corpus was read; start again") from lost
        report(corpus.bytes_total or 0, corpus.bytes_total)
        return encoded

    def checksum(self, _: Ids) -> str:
        """Return a checksum of the token stream, computed from the checksums of the nodes' parts.

        Raises:
            W2VError: a node is lost.
        """
        sums = self._of_each("checksum")
        return hashlib.blake2b("".join(sums[rank] for rank in sorted(sums)).encode(), digest_size=16).hexdigest()

    def _of_each(self, method: str) -> dict[int, Any]:
        """Call a method of each node after the corpus was read; return the results by rank."""
        try:
            return self._nodes.each(method)
        except Lost as lost:
            raise W2VError(f"{reasons_of(lost, self._nodes)} after the corpus was read; start again") from lost

    def n_lines(self, _: Ids) -> int:
        """Return the number of lines of the token stream, over all nodes.

        Raises:
            W2VError: a node is lost.
        """
        return sum(self._of_each("n_lines").values())

    def train_embeddings(
        self,
        _: Ids,
        vocab: Vocab,
        config: TrainConfig,
        report: TrainReport | None = None,
        *,
        start: Snapshot | None = None,
        checkpoints: CheckpointPolicy | None = None,
        after_epoch: RowsReport | None = None,
        pauses: bool = False,
        lines: LineInputs = NO_LINE_INPUTS,
    ) -> Embeddings:
        """Train on the corpus that the nodes have read; see `w2v.training.loop.train_embeddings`.

        `pauses` and `lines` are ignored: the settings do not allow them on a cluster.
        """
        driver = Driver(self._nodes, self._parts, vocab, config, start, self._warn)
        return driver.train(report or (lambda now: None), checkpoints, after_epoch)


class Driver:
    """A run on nodes, and its current period."""

    def __init__(
        self,
        nodes: Nodes,
        parts: Sequence[Part],
        vocab: Vocab,
        config: TrainConfig,
        start: Snapshot | None,
        warn: Callable[[str], None],
    ) -> None:
        """Prepare all nodes, which have read their parts, to start at the beginning or from a snapshot."""
        self._nodes, self._parts, self._warn = nodes, parts, warn
        self.team = Team.of(config, vocab, len(nodes))
        self._shared_team = nodes.share(self.team)
        self._period = start.position.next_job if start else 0
        """The next period to finish."""
        self._attempt = 0
        self._before: Sync | None = None
        """The previous period, while its rows are being combined."""
        self._moved: list[Ref] = []
        """The combined rows of that period, by rank."""
        self._seconds = start.position.seconds if start else 0.0
        self._first_share = self._share
        self._began = time.perf_counter()
        try:
            nodes.gather({rank: self._prepare(rank) for rank in range(len(nodes))})
            if start is not None:
                self._restore_all(start)
        except Lost as lost:
            raise W2VError(f"lost at the beginning of the training: {reasons_of(lost, nodes)}; start again") from lost
        self._began = time.perf_counter()

    def train(
        self, report: TrainReport, checkpoints: CheckpointPolicy | None, after_epoch: RowsReport | None
    ) -> Embeddings:
        """Train to the end, replacing lost nodes; return the rows. An interrupt is raised after a checkpoint."""
        n_periods, saved_at, now = len(self.team.periods), time.monotonic(), None
        while self._period < n_periods:
            is_due = checkpoints is not None and time.monotonic() - saved_at >= checkpoints.every_s
            epoch = self._epoch
            try:
                now = self._surely(partial(self._train_period, is_due))
                report(now)
            except KeyboardInterrupt:
                if checkpoints is not None and self._period < n_periods:
                    self._surely(partial(self._train_period, True))
                    self._save(checkpoints)
                raise
            if self._period < n_periods and is_due and checkpoints is not None:
                self._save(checkpoints)
                saved_at = time.monotonic()
            if self._period < n_periods and after_epoch is not None and self._epoch > epoch:
                after_epoch(now, self._rows())
        rows = self._rows()
        if not (np.isfinite(rows.input_rows).all() and np.isfinite(rows.output_rows).all()):
            raise diverged(self.team.config)
        if checkpoints is not None:
            self._save(checkpoints, rows)
        if after_epoch is not None and now is not None:
            after_epoch(now, rows)
        return rows

    @property
    def _share(self) -> float:
        """Share of the run that is done."""
        return self.team.periods.begin(self._period)

    @property
    def _epoch(self) -> int:
        return int(self._share * self.team.config.epochs + 1e-9)

    def _train_period(self, all_rows: bool) -> Progress:
        """Train to the end of a period and begin the next one; return the progress of the run."""
        nodes, n = self._nodes, len(self._nodes)
        sync = Sync(self._period, self._attempt, all_rows)
        finished = [nodes.call(rank, "finish", sync, self._before, *self._moved, n_returns=1 + n) for rank in range(n)]
        moved: list[Ref] = []
        if n > 1:
            moved = [nodes.call(rank, "combine", sync, *(refs[1 + rank] for refs in finished)) for rank in range(n)]
            if self._period + 1 < len(self.team.periods):
                for rank in range(n):
                    nodes.call(rank, "begin", Sync(self._period + 1, self._attempt), finished[rank][0])
        reports = nodes.gather({rank: refs[0] for rank, refs in enumerate(finished)})
        self._period += 1
        self._before, self._moved = (sync, moved) if moved else (None, [])
        return self._progress(list(reports.values()))

    def _rows(self) -> Embeddings:
        """Return the rows after the last period."""
        return self._surely(self._fetch)

    def _fetch(self) -> Embeddings:
        if self._before is not None:
            self._nodes.each("apply", self._before, *self._moved)
            self._before, self._moved = None, []
        config, n_types = self.team.config, len(self.team.vocab)
        input, output = (aligned_zeros(n_types, padded(config.dim)) for _ in range(2))
        rows = Embeddings(input, output, n_types, n_types, config.dim)
        for matrix, into in enumerate((rows.input_rows, rows.output_rows)):
            for begin, end in _pieces(into.shape):
                into[begin:end] = self._nodes.gather({0: self._nodes.call(0, "base", matrix, begin, end)})[0][0]
        return rows

    def _save(self, checkpoints: CheckpointPolicy, rows: Embeddings | None = None) -> None:
        rows, n_nodes = rows or self._rows(), len(self._nodes)
        words = round(self._share * self.team.periods.words * n_nodes)
        position = Position(next_job=self._period, words=words, seconds=self._elapsed_s, n_nodes=n_nodes)
        checkpoints.save(Snapshot(rows.input_rows, rows.output_rows, position))

    @property
    def _elapsed_s(self) -> float:
        return self._seconds + time.perf_counter() - self._began

    def _progress(self, reports: list[NodeProgress]) -> Progress:
        done = self._share - self._first_share
        losses = [report.loss for report in reports if not math.isnan(report.loss)]
        return ClusterProgress(
            epoch=min(self._epoch, self.team.config.epochs - 1) + 1,
            progress=self._share,
            words_per_s=done * self.team.periods.words * len(reports) / (time.perf_counter() - self._began),
            lr=learning_rate(self.team.config, self._share),
            loss=sum(losses) / len(losses) if losses else math.nan,
            seconds=self._elapsed_s,
            nodes=reports,
        )

    def _surely(self, step: Callable[[], Result]) -> Result:
        """Return the result of a step. If nodes are lost, replace them and repeat the step."""
        for tries_left in range(RETRIES, -1, -1):
            try:
                return step()
            except Lost as lost:
                if tries_left == 0:
                    raise W2VError(f"nodes are lost again and again: {reasons_of(lost, self._nodes)}") from lost
                self._recover(lost)
        raise AssertionError("the last try returns or raises")

    def _recover(self, lost: Lost) -> None:
        """Replace lost nodes, and bring all nodes to the same period."""
        reasons = dict(lost.reasons)
        for _ in range(RETRIES * len(self._nodes)):
            try:
                self._replace(reasons)
                return
            except Lost as more:
                reasons |= more.reasons
        raise W2VError(f"nodes are lost again and again: {reasons_of(Lost(reasons), self._nodes)}")

    def _replace(self, reasons: dict[int, str]) -> None:
        nodes = self._nodes
        self._attempt += 1
        alive = [rank for rank in range(len(nodes)) if rank not in reasons]
        combined = nodes.gather({rank: nodes.call(rank, "stop", self._attempt) for rank in alive})
        lead = max(combined, key=combined.__getitem__, default=None)
        if lead is None or combined[lead] < 0:
            way = f"continue from the last checkpoint with {option('resume')}"
            raise W2VError(f"no node is left that has the rows: {reasons_of(Lost(reasons), nodes)}; {way}")
        self._period, self._before, self._moved = combined[lead], None, []
        if reasons:
            self._warn(
                f"{reasons_of(Lost(reasons), nodes)}; waiting up to {REPLACE_S:.0f} s for a machine with as many free "
                f"cores, to go on from {self._share:.0%}; if the run ends instead, {option('resume')} continues it "
                "from its last checkpoint"
            )
        new = [rank for rank in range(len(nodes)) if combined.get(rank, -1) < 0]
        nodes.replace(new)
        reasons.clear()  # a node that is lost after this line raises Lost again
        vocab = nodes.share(self.team.vocab)
        nodes.gather(
            {rank: nodes.call(rank, "read", self._parts[rank], self.team.config, vocab, n_returns=2)[0] for rank in new}
        )
        nodes.gather({rank: self._prepare(rank) for rank in new})
        behind = [rank for rank in range(len(nodes)) if combined.get(rank, -1) < self._period]
        for matrix in (0, 1):
            for begin, end in _pieces((len(self.team.vocab), self.team.config.dim)):
                piece = nodes.call(lead, "base", matrix, begin, end)
                nodes.gather({rank: nodes.call(rank, "restore", matrix, begin, piece) for rank in behind})
        nodes.gather({rank: nodes.call(rank, "restored", self._period) for rank in behind})

    def _prepare(self, rank: int) -> Ref:
        return self._nodes.call(
            rank, "prepare", self._shared_team, self._nodes.threads[rank], self._period, self._attempt
        )

    def _restore_all(self, start: Snapshot) -> None:
        for matrix, rows in enumerate((start.input, start.output)):
            for begin, end in _pieces(rows.shape):
                at = np.full(end - begin, self._share)
                self._nodes.each("restore", matrix, begin, self._nodes.share((np.asarray(rows[begin:end]), at)))
        self._nodes.each("restored", self._period)


def _pieces(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield the bounds of pieces of rows with PIECE bytes."""
    step = max(1, PIECE // (4 * shape[1]))
    for begin in range(0, shape[0], step):
        yield begin, min(begin + step, shape[0])


def reasons_of(lost: Lost, nodes: Nodes) -> str:
    """Return a text that names the lost nodes, their machines and the reasons."""
    reasons = {
        rank: reason.splitlines()[0] if reason else "no reason is known" for rank, reason in lost.reasons.items()
    }
    named = (f"{nodes.name(rank)} is lost ({reasons[rank]})" for rank in sorted(reasons))
    return "; ".join(named) or f"a node is lost, or cannot be reached from another ({lost.detail})"
