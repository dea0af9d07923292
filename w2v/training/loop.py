"""The training loop: threads take shards and write both matrices without locks (Hogwild).

The draws of a shard follow from (seed, epoch, shard), and its learning rate from (epoch, shard). One thread therefore
gives the same bytes every time, and a run can be resumed at any shard.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Ids
from w2v.base.errors import DivergedError, W2VError, option
from w2v.base.machine import release_memory
from w2v.checkpoints.snapshots import CheckpointPolicy, Snapshot, Snapshotter
from w2v.kernels.cpu import step
from w2v.kernels.cpu.structs import Scratch, Tally
from w2v.reports import Progress
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab
from w2v.training.line_rows import NO_LINE_INPUTS, LineInputs
from w2v.training.plan import NO_LINES, Plan, groups_of, weights_of
from w2v.training.schedule import EMPTY, Job, Schedule
from w2v.training.weights import Embeddings

REPORT_S = 0.25

TrainReport = Callable[[Progress], None]
RowsReport = Callable[[Progress, Embeddings], bool | None]
"""Called with the progress of a run and its rows. Returning True ends a run that pauses between epochs."""


def train_embeddings(
    stream: Ids,
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
    """Train on a token stream. The config chooses the model, the sampler and the loss.

    Args:
        stream: (n,) rows of vocab and SENTENCE_END (-1); read only.
        vocab: the words, and the counts that subsampling and the noise distribution follow.
        config: the settings. Those for reading the text are not used: min_count, max_vocab, max_types, lowercase,
            column.
        report: called from this thread about every quarter of a second, and at the end.
        start: the snapshot to continue from.
        checkpoints: saves snapshots at intervals, at the end, and after an interrupt.
        after_epoch: called from this thread soon after the end of an epoch, with the progress at that time and the live
            rows, which the threads keep changing. An epoch that ends during such a call is skipped, except the last
            epoch, after which the rows are final.
        pauses: whether the threads wait while `after_epoch` is called. Then no epoch is skipped, the rows are those of
            the end of the epoch, and a return value of True ends the run. A snapshot is saved at the end of each epoch.
        lines: rows that several lines share, and the weights of lines.

    Raises:
        DivergedError: a row is no longer finite.
        KeyboardInterrupt: the first interrupt ends the run in order and saves a snapshot. A second interrupt during
            this time is ignored; a third one gives up the snapshot.
    """
    fixed, groups = None if start is None else start.fixed, groups_of(config, vocab, stream)
    plan = Plan.of(config, vocab, stream, fixed=fixed, lines=lines, groups=groups)
    release_memory()  # of the scan's threads (30 MB after 100 MB of text) and of the vocabulary's n-grams (50 MB)
    replica = Replica(stream, plan, start)
    report = report or (lambda progress: None)
    if after_epoch is None:
        _Run(replica, checkpoints).work(report)
    elif pauses:
        _train_with_pauses(replica, checkpoints, report, after_epoch)
    else:
        _Run(replica, checkpoints).work(_with_epochs(replica, report, after_epoch))
    return replica.embeddings


class Replica:
    """The rows of a run, and the threads that train them."""

    def __init__(self, stream: Ids, plan: Plan, start: Snapshot | None = None) -> None:
        """Start at the beginning, or at the position of a snapshot. Compiles the kernel, or loads the compiled one."""
        self.stream, self.plan = stream, plan
        self.embeddings = plan.new_embeddings()
        if start is not None:
            if start.input.shape != self.embeddings.input_rows.shape:
                raise W2VError("the checkpoint has other n-grams than this version of w2v; train anew")
            self.embeddings.input_rows[:] = start.input
            self.embeddings.output_rows[:] = start.output
            if start.lines is not None and self.embeddings.line_rows is not None:
                self.embeddings.line_rows[:] = start.lines
        self.weights = weights_of(self.embeddings)
        self._train(EMPTY, plan.new_buffers(0))
        self.schedule = Schedule(plan.bounds, plan.config, start.position if start else None)  # starts the clock
        self._failure: BaseException | None = None

    def train(self, after_shard: Callable[[], None] = lambda: None) -> None:
        """Train with all threads on the jobs of the schedule, until there are no more jobs.

        Args:
            after_shard: called by each training thread after each shard.

        Raises:
            DivergedError: a row is no longer finite.
        """
        threads = [
            threading.Thread(target=self._work_off, args=(number, after_shard), daemon=True)
            for number in range(self.plan.n_threads)
        ]
        try:
            for thread in threads:
                thread.start()
        except BaseException as error:  # the system cannot start more threads
            self._fail(error)
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        if self._failure is not None:
            raise self._failure

    def check_finite(self) -> None:
        """Raise DivergedError if a row is no longer finite."""
        if not all(step.all_finite(rows) for rows in self.weights):
            raise diverged(self.plan.config)

    def snapshot(self) -> Snapshot:
        """Return the live rows, and a position that they have reached or passed."""
        position = self.schedule.position()  # read before the rows, so that they contain all the work it counts as done
        return Snapshot(self.embeddings.input_rows, self.embeddings.output_rows, position, self.embeddings.line_rows)

    def _work_off(self, number: int, after_shard: Callable[[], None]) -> None:
        """Train on one shard after another, until there are no more."""
        try:
            buffers = _, tally = self.plan.new_buffers(number)
            while (job := self.schedule.take()) is not None:
                self._train(job, buffers)
                if not (np.isfinite(tally.loss[0]) and self._slice_is_finite(job.shard)):
                    raise diverged(self.plan.config)
                self.schedule.finish(job, int(tally.words[0]), float(tally.loss[0]), int(tally.pairs[0]))
                after_shard()
        except BaseException as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        self.schedule.close()

    def _train(self, job: Job, buffers: tuple[Scratch, Tally]) -> None:
        """Train on one shard."""
        tokens, lines = self.stream[job.begin : job.end], self._lines_of(job.shard)
        self.plan.train_shard(*self.plan.arguments(tokens, self.weights, buffers, job, lines))

    def _lines_of(self, shard: int) -> npt.NDArray[np.float32]:
        """Return the rows of a shard's lines, flattened; all rows if lines share rows; empty without line vectors."""
        if self.embeddings.lines is None:
            return NO_LINES
        if self.plan.lines.rows is not None:
            return self.embeddings.lines.reshape(-1)
        first = self.plan.first_lines
        return self.embeddings.lines[first[shard] : first[shard + 1]].reshape(-1)

    def _slice_is_finite(self, shard: int) -> bool:
        """Check one shard's share of the rows. All shards of an epoch together check every row."""
        n_shards, lines = self.schedule.n_shards, self._lines_of(shard)
        shared, own = ([lines], NO_LINES) if self.plan.lines.rows is not None else ([], lines)
        return step.all_finite(own) and all(
            step.all_finite(rows[len(rows) * shard // n_shards : len(rows) * (shard + 1) // n_shards])
            for rows in (*self.weights, *shared)
        )


class _Run:
    """Trains a replica to the end, while the main thread reports and saves snapshots."""

    def __init__(self, replica: Replica, checkpoints: CheckpointPolicy | None) -> None:
        self.replica = replica
        self.snapshotter = Snapshotter(replica.snapshot, checkpoints) if checkpoints else None
        self.failure: BaseException | None = None
        self.last: Progress | None = None

    def work(self, report: TrainReport) -> None:
        """Run the threads to the end and report from this thread."""
        ended = threading.Event()
        supervisor = threading.Thread(target=self._supervise, args=(ended,), daemon=True)
        schedule = self.replica.schedule
        try:
            supervisor.start()
            while not ended.wait(REPORT_S):
                report(schedule.progress())
                if self.snapshotter:
                    self.snapshotter.start_if_due()
        finally:  # after an interrupt or an error in report, each thread finishes its shard
            schedule.close()
            if supervisor.ident is not None:
                _wait(ended)
                supervisor.join()
        if self.failure is not None:
            raise self.failure
        if self.last is not None:
            report(self.last)

    def _supervise(self, ended: threading.Event) -> None:
        """Train, then check and save the result.

        This runs in its own thread. Python raises interrupts in the main thread only, so an interrupt cannot break off
        the saving.
        """
        try:
            self.replica.train(self.snapshotter.copy_if_due if self.snapshotter else lambda: None)
            self.last = self.replica.schedule.progress()  # before saving, which would lower the speed
            self.replica.check_finite()
            if self.snapshotter:
                self.snapshotter.save_last()
        except BaseException as error:
            self.failure = error
        finally:
            ended.set()


def _wait(ended: threading.Event) -> None:
    """Wait for the end of a run. One interrupt is ignored: pressing Ctrl-C twice must not lose the checkpoint."""
    with suppress(KeyboardInterrupt):
        ended.wait()
    ended.wait()


def _train_with_pauses(
    replica: Replica, checkpoints: CheckpointPolicy | None, report: TrainReport, after_epoch: RowsReport
) -> None:
    """Train epoch by epoch, calling `after_epoch` between epochs, until it returns True."""
    schedule, epochs = replica.schedule, replica.plan.config.epochs
    is_over = False

    def end_epoch(now: Progress, rows: Embeddings) -> None:
        nonlocal is_over
        is_over = bool(after_epoch(replace(now, epoch=_epochs_done(replica)), rows))

    report_both = _with_epochs(replica, report, end_epoch)
    for epoch in range(min(_epochs_done(replica), epochs - 1), epochs):
        if not is_over:
            schedule.limit((epoch + 1) / epochs)
            _Run(replica, checkpoints).work(report_both)


def _epochs_done(replica: Replica) -> int:
    """Return the number of completed epochs."""
    return int(replica.schedule.progress().progress * replica.plan.config.epochs + 1e-9)


def _with_epochs(replica: Replica, report: TrainReport, after_epoch: RowsReport) -> TrainReport:
    """Return a report function that first calls `after_epoch` if another epoch is complete."""
    epochs = replica.plan.config.epochs
    over = min(_epochs_done(replica), epochs - 1)

    def report_both(now: Progress) -> None:
        nonlocal over
        if (done := int(now.progress * epochs + 1e-9)) > over:
            over = done
            after_epoch(now, replica.embeddings)
        report(now)

    return report_both


def diverged(config: TrainConfig) -> DivergedError:
    """Return the error for rows that are no longer finite."""
    lr = config.lr
    now, lower = (option("lr", f"{value:g}") for value in (lr, lr / 4))
    return DivergedError(f"training diverged with {now}: the vectors are no longer finite; try {lower}")
