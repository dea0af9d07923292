"""Repetition: several runs after reading the corpus once, with different seeds or on resampled lines."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from w2v.base.errors import SettingsError, option
from w2v.formats.native import write_runs
from w2v.formats.registry import FORMATS, find
from w2v.reports import Reporter
from w2v.training import outputs
from w2v.training import run as single
from w2v.training.backends import OneMachine
from w2v.training.bootstrap import resampled_lines
from w2v.training.doubts import warn_of_likeness
from w2v.training.execution import Begin, LastProgress, RunFiles, compile_kernels, tell_of_run, timed
from w2v.training.plan import kernel_name
from w2v.training.provenance import with_provenance
from w2v.training.run import EpochReport, Run
from w2v.vectors.runs import Runs
from w2v.vectors.vectors import Vectors


@dataclass(frozen=True)
class Repetition:
    """How often a run is repeated, and how the repetitions differ."""

    n: int
    bootstrap: str | None
    """`lines`: each run is trained on resampled lines. None: the runs differ only in the seed."""

    def check_output(self, output: Path | None) -> None:
        """Raise SettingsError if the output format cannot hold several runs."""
        if output is not None and find(output) is not FORMATS["native"]:
            raise SettingsError(
                f"{option('runs')} needs a .w2v folder, not {output}: {option('output', 'runs.w2v')}", "runs"
            )

    def each(self, run: Run) -> list[Run]:
        """Return the runs.

        Raises:
            SettingsError: a seed is out of range, or bootstrap is used with vectors or weights of lines.
        """
        if self.bootstrap is not None and (other := run.config.setting_of_lines):
            raise SettingsError(f"{option('bootstrap')} cannot be used with {option(other)}", "bootstrap")
        return [replace(run, config=replace(run.config, seed=run.config.seed + n)) for n in range(self.n)]


def execute_runs(
    begin: Begin,
    repetition: Repetition,
    files: RunFiles,
    told: Reporter,
    *,
    is_reused: bool = False,
    after_epoch: EpochReport | None = None,
) -> Runs:
    """Execute several runs after reading the corpus once; return their models, loaded from the folder if there is one.

    The arguments are those of `execute`. Each model is written as soon as it is trained.

    Raises:
        SettingsError: the settings cannot be repeated.
        W2VError: as in `execute`.
    """
    seconds = dict[str, float]()
    with timed(seconds, "read_s"):
        run, encoded = begin(OneMachine())
    if encoded is not None:
        encoded.tell(told, is_reused)
    tell_of_run(run, kernel_name(), told)
    runs = repetition.each(run)
    save_output = outputs.keeps_output_rows(run.config, files.save_output, files.output)
    if files.output is not None:
        single.try_output(run, files.output, save_output, told.warn, len(runs))
    with timed(seconds, "compile_s"):
        compile_kernels(run, told)
    trained = _train_each(runs, repetition, files.output, told, after_epoch, save_output, seconds)
    with told.interruptible("", "nothing more"):
        if files.output is None:
            return Runs([*trained], repetition.bootstrap)
        write_runs(files.output, (vectors.model for vectors in trained), len(runs), repetition.bootstrap)
    told.tell(f"wrote {files.output}: {len(runs)} runs of {len(run.vocab):,} words x {run.config.dim}")
    return Runs.load(files.output)


def _train_each(
    runs: list[Run],
    repetition: Repetition,
    output: Path | None,
    told: Reporter,
    after_epoch: EpochReport | None,
    save_output: bool,
    seconds: dict[str, float],
) -> Iterator[Vectors]:
    """Train one run after the other; each stores the seconds of its own training and of the common preparation."""
    for number, run in enumerate(runs, 1):
        told.saving(output or "")  # ends the progress bar of the run before
        drawn = "" if repetition.bootstrap is None else ", on resampled lines"
        told.tell(f"run {number} of {len(runs)}: {option('seed', run.config.seed)}{drawn}")
        if repetition.bootstrap is not None:
            run = replace(run, stream=resampled_lines(run.stream, run.config.seed))
        last = LastProgress(told)
        own = dict(seconds)
        with timed(own, "train_s"):
            vectors = single.train(run, last, warn=told.warn, after_epoch=after_epoch, save_output=save_output)
        last.check_learned(output)
        if number == 1:
            warn_of_likeness(vectors, run, told)
        yield with_provenance(vectors, run, own, ())
        del vectors  # otherwise two models are in memory while the next one is trained
