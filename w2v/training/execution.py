"""Execute one run: check, read, compile, train, save, and report every step to a Reporter."""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from w2v.base.errors import W2VError, option, without_secrets
from w2v.base.files import STDOUT
from w2v.base.machine import available_threads
from w2v.base.outputs import Paths, check_outputs
from w2v.base.stores import absolute, url_of
from w2v.checkpoints.folder import reserved
from w2v.formats.registry import files_of, find
from w2v.reports import Progress, Reporter
from w2v.text.encoding import Encoded
from w2v.training import outputs
from w2v.training import run as runs
from w2v.training.backends import Backend
from w2v.training.compiling import is_compiled, prepare
from w2v.training.doubts import warn_of_likeness, warn_of_subsampling
from w2v.training.log import Log
from w2v.training.plan import kernel_name
from w2v.training.provenance import with_provenance
from w2v.training.run import EpochReport, Run
from w2v.training.selection import Selection
from w2v.vectors.vectors import Vectors

Begin = Callable[[Backend], tuple[Run, Encoded | None]]
"""Reads the data that a backend trains on. The Encoded is None for a resumed run."""


@dataclass(frozen=True)
class RunFiles:
    """What a run writes, and where."""

    output: Path | None
    """The file of the vectors; None writes no file."""
    save_output: bool | None
    """Whether the output rows are saved; None lets the format decide."""
    log_json: Path | None
    checkpoint: Path | None
    """The folder of the checkpoints."""
    every_s: float
    """Which files a run writes."""

    def check(
        self,
        inputs: Paths,
        tell: Callable[[str], None],
        holds: Callable[[str | Path], bool] = lambda path: False,
    ) -> None:
        """Check, before anything is read, that no output replaces an input and that all outputs can be written.

        `tell` is called with a message about files that will be replaced.

        Raises:
            SettingsError: an output is also an input, or its format is unknown.
            W2VError: an output cannot be written.
        """
        written: dict[str, Path | None] = {}
        folder_files: tuple[str, ...] = ()
        if self.output is not None:
            format = find(self.output)
            folder_files = format.files
            files = files_of(self.output, format, save_output=self.save_output)
            written.update(zip(("output", "save_output"), files, strict=False))
        written["log_json"] = self.log_json
        check_outputs(written, inputs, tell, holds, folder_files, can_stream=True)

    def for_resume(self) -> dict[str, Any]:
        """Return the paths that a checkpoint keeps, so that the resumed run writes the same files."""
        output = self.output
        return {
            "output": output
            if output is None
            else STDOUT
            if str(output) == STDOUT
            else without_secrets(absolute(output)),
            "save_output": self.save_output,
            "log_json": self.log_json and os.path.abspath(self.log_json),
        }


def execute(
    begin: Begin,
    files: RunFiles,
    told: Reporter,
    backend: AbstractContextManager[Backend],
    *,
    is_resumed: bool = False,
    is_reused: bool = False,
    after_epoch: EpochReport | None = None,
    selection: Selection | None = None,
) -> Vectors:
    """Execute a run and return its vectors.

    Args:
        begin: reads the corpus, or resumes a run.
        files: the files to write; they have been checked.
        told: receives all messages.
        backend: reads and trains.
        is_resumed: whether the run continues from the checkpoints in its folder.
        is_reused: whether the vocabulary was not built from the corpus.
        after_epoch: called after each epoch.
        selection: decides from the scores when the run stops and which epoch's vectors it keeps.

    Raises:
        DivergedError: the learning rate was too large.
        W2VError: a file cannot be read or written, or nothing was learned.
    """
    kernel = kernel_name()
    seconds = dict[str, float]()
    folder = files.checkpoint
    with (
        reserved(folder, is_resumed=is_resumed),
        Log(files.log_json, told.warn) as log,
        backend as ready,
    ):
        with timed(seconds, "read_s"):
            run, encoded = begin(ready)
        if encoded is not None:
            encoded.tell(told, is_reused)
        tell_of_run(run, kernel, told)
        save_output = outputs.keeps_output_rows(run.config, files.save_output, files.output)
        if files.output is not None:
            runs.try_output(run, files.output, save_output, told.warn)
        with timed(seconds, "compile_s"):
            compile_kernels(run, told)
        last = LastProgress(told)
        with timed(seconds, "train_s"), _interruptible(folder, told):
            vectors = runs.train(
                run,
                last,
                checkpoint=folder,
                checkpoint_every=files.every_s,
                warn=told.warn,
                log=log,
                after_epoch=after_epoch,
                selection=selection,
                save_output=save_output,
                extra=files.for_resume(),
            )
        last.check_learned(files.output)
        if selection and (message := selection.summary(run.config.epochs)):
            told.tell(message)
        warn_of_likeness(vectors, run, told)
        vectors = with_provenance(vectors, run, seconds, log.rows)
        if files.output is not None:
            with timed(seconds, "save_s"):
                _save(vectors, files, told)
        log.finish(seconds)
    return vectors


class LastProgress:
    """Passes on the progress of a run and keeps the last loss."""

    def __init__(self, told: Reporter) -> None:
        self.told = told
        self.loss = 0.0

    def __call__(self, now: Progress) -> None:
        """Receive the progress of the run."""
        self.loss = now.loss
        self.told.training(now)

    def check_learned(self, output: Path | None) -> None:
        """Raise W2VError if there was nothing to train on: random vectors must not replace a good file."""
        if math.isnan(self.loss):
            kept = "" if output is None else f"; {output} is not written"
            raise W2VError(
                f"nothing was learned{kept}: no two words occur together; one word per line? "
                f"{option('sample')} too small?"
            )


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Store the seconds that a block takes."""
    started = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - started, 3)


def tell_of_run(run: Run, kernel: str, told: Reporter) -> None:
    """Report the size of the model, and the threads or nodes that train it."""
    from w2v.kernels import cache_is_writable, why_folder_is_refused

    if reason := why_folder_is_refused():
        told.warn(f"NUMBA_CACHE_DIR is not used: {reason}; compiled code from there could be anybody's")
    if not cache_is_writable():
        told.tell("compiled code cannot be saved, so each start compiles again; set NUMBA_CACHE_DIR to a folder")
    threads = run.config.threads or available_threads()
    on = f"{threads} thread{'s' * (threads > 1)}, {kernel} kernels"
    if n_nodes := run.backend.n_nodes:
        on = f"{n_nodes} node{'s' * (n_nodes > 1)}"
    told.tell(f"training {len(run.vocab):,} words x {run.config.dim} on {on}")
    warn_of_subsampling(run.vocab, run.config.sample, told)
    if run.config.has_lines and not run.config.output_layer.outputs_are_words:
        told.warn(
            f"{option('loss', run.config.loss)} keeps no output rows, so that `w2v infer` cannot make vectors for new "
            "lines"
        )


def compile_kernels(run: Run, told: Reporter) -> None:
    """Compile the kernels of a run on this machine, with a message before: with subwords it takes 11 s, once."""
    if run.backend.n_nodes == 0:
        masked = run.start is not None and run.start.fixed is not None
        if not is_compiled(run.config, run.vocab, masked=masked):
            told.compiling()
        prepare(run.config, run.vocab, masked=masked)


def _interruptible(folder: Path | None, told: Reporter) -> AbstractContextManager[None]:
    """Return a context in which the Reporter handles interrupts of the training."""
    if folder is None:
        return told.interruptible("", "nothing more")
    ends = f"training stops and a checkpoint is saved in {folder}"
    return told.interruptible(ends, "what was learned since the last checkpoint")


def _save(vectors: Vectors, files: RunFiles, told: Reporter) -> None:
    """Write the vectors; an error message says how to continue without training again."""
    assert files.output is not None
    told.saving(files.output)
    try:
        outputs.save(vectors, files.output)
    except W2VError as error:
        if files.checkpoint is None:
            raise
        folder = url_of(files.checkpoint) or files.checkpoint
        raise W2VError(f"{error.message}; correct that, and continue with {option('resume', folder)}") from error
    told.tell(f"wrote {url_of(files.output) or files.output}: {len(vectors):,} words x {vectors.dim}")
