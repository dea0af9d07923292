"""Checkpoints: the complete state of a run in a folder. A resumed run continues as if it had never stopped.

A checkpoint is written next to the older ones under another name, synced, and then renamed, so a complete checkpoint
exists at any moment. Nothing in it is pickled. `names` lists its files; `state` describes state.json.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.npy import LONGEST_HEADER, map_npy, npy_header
from w2v.base.version import __version__
from w2v.checkpoints import mirror, names
from w2v.checkpoints.files import checksum, load_array, sync_folder, synced, write_array, write_lines
from w2v.checkpoints.fingerprints import Fingerprint
from w2v.checkpoints.folder import KEPT, checkpoints_in
from w2v.checkpoints.snapshots import Snapshot
from w2v.checkpoints.state import VERSION, State, read_state
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab

STREAM_TYPE = "<i4"


@dataclass(frozen=True)
class Checkpoint:
    """A snapshot together with the constant data of the run: everything that the run needs to continue."""

    config: TrainConfig
    vocab: Vocab
    snapshot: Snapshot
    corpus: list[Fingerprint] | None  # Files to read again; None if the token stream is saved
    stream: str  # Checksum of the token stream
    extra: dict[str, Any] = field(default_factory=dict)
    """JSON values that the caller gets back when the run is resumed: paths of outputs, the log."""
    line_names: list[str] | None = None  # (n_lines,) names of the lines, if they have names


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint and return its folder. Then remove all checkpoints except the last two.

    Raises:
        W2VError: the checkpoint cannot be written. It is removed, and older checkpoints are unchanged.
    """
    where, folder = folder, mirror.here(folder)
    newest = max((names.number_of(path.name) or 0 for path in checkpoints_in(folder)), default=0)
    final = folder / names.checkpoint_name(newest + 1)
    temporary = folder / names.partial_name(final.name)  # the folder is locked
    try:
        temporary.mkdir()
        _write(temporary, checkpoint)
        sync_folder(temporary)
        temporary.rename(final)
        sync_folder(folder)
    except OSError as error:
        raise W2VError(f"cannot write a checkpoint to {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    for old in checkpoints_in(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    mirror.push(where, final.name, KEPT)
    return where / final.name


def _write(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the files of a checkpoint, state.json last."""
    rows = checkpoint.snapshot
    sums = {
        names.INPUT: write_array(folder / names.INPUT, rows.input),
        names.OUTPUT: write_array(folder / names.OUTPUT, rows.output),
        names.VOCAB: write_lines(folder / names.VOCAB, checkpoint.vocab.lines()),
    }
    if rows.lines is not None:
        sums[names.LINES] = write_array(folder / names.LINES, rows.lines)
    if checkpoint.line_names is not None:
        lines = (f"{name}\n".encode() for name in checkpoint.line_names)
        sums[names.LINE_NAMES] = write_lines(folder / names.LINE_NAMES, lines)
    done, config = checkpoint, checkpoint.config.as_dict()
    state = State(VERSION, __version__, config, rows.position, done.corpus, done.stream, done.extra, sums)
    write_lines(folder / names.STATE, [state.as_json()])


def load(folder: Path) -> Checkpoint:
    """Read the newest checkpoint of a folder and check all checksums.

    Raises:
        W2VError: there is no checkpoint, it is damaged, or another version wrote it; the message says which.
    """
    newest, cure = _newest(folder)
    state = _state(newest, cure)
    with _damage(newest / names.STATE, cure):
        config = TrainConfig(**state.config)
    lines = [names.LINES] * config.has_lines + [names.LINE_NAMES] * (config.has_lines and config.line_names)
    for name in (names.INPUT, names.OUTPUT, names.VOCAB, *lines):
        with _damage(newest / name, cure):
            if checksum(newest / name) != state.checksums.get(name):
                raise ValueError(f"its checksum is not the one in {names.STATE}")
    with _damage(newest, cure):
        vocab = Vocab.load(newest / names.VOCAB, sentence_end=True)
        n_input = len(vocab) if config.subwords == "none" else -1  # the run itself knows the number of n-grams
        snapshot = Snapshot(
            load_array(newest / names.INPUT, np.float32, (n_input, config.dim)),
            load_array(newest / names.OUTPUT, np.float32, (len(vocab), config.dim)),
            state.position,
            load_array(newest / names.LINES, np.float32, (-1, config.dim)) if config.has_lines else None,
        )
        line_names = (
            (newest / names.LINE_NAMES).read_bytes().decode().split("\n")[:-1]
            if config.has_lines and config.line_names
            else None
        )
    return Checkpoint(config, vocab, snapshot, state.corpus, state.stream, state.extra, line_names)


def load_extra(folder: Path) -> dict[str, Any]:
    """Read only the caller's data in the newest checkpoint. Raises the errors of `load`."""
    return _state(*_newest(folder)).extra


def shape_of_run(folder: Path) -> tuple[int, int]:
    """Return the number of words and the dim of the newest checkpoint. Raises the errors of `load`."""
    newest, cure = _newest(folder)
    with _damage(newest / names.OUTPUT, cure):
        n_types, dim = map_npy(newest / names.OUTPUT).shape
    return n_types, dim


def files_read(folder: Path) -> list[Path]:
    """Return the files that a resumed run reads: checkpoint, stream and corpus. Raises the errors of `load`."""
    newest, cure = _newest(folder)
    state = _state(newest, cure)
    inner = [newest / name for name in (names.STATE, *state.checksums)]
    return [*inner, folder / names.STREAM, *(Path(file.path) for file in state.corpus or ())]


def exists(folder: Path) -> bool:
    """Return whether a folder contains checkpoints."""
    return bool(checkpoints_in(mirror.here(folder)))


def save_stream(folder: Path, stream: npt.NDArray[np.int32]) -> None:
    """Save the token stream of a corpus that cannot be read again."""
    where, folder = folder, mirror.here(folder)
    part = folder / names.STREAM_PART
    try:
        with synced(part) as (file, _):
            file.write(npy_header(STREAM_TYPE, stream.shape))
            np.asarray(stream, STREAM_TYPE).tofile(file)
        part.replace(folder / names.STREAM)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise W2VError(f"cannot keep the token stream in {folder}: {error.strerror or error}") from error
    mirror.push(where, names.STREAM, KEPT)


def load_stream(folder: Path, n_types: int) -> npt.NDArray[np.int32]:
    """Return the saved token stream, memory-mapped.

    Raises:
        W2VError: the stream cannot be read, or has ids out of range for n_types words, which kernels do not check.
    """
    path = mirror.here(folder) / names.STREAM
    try:
        stream = load_array(path, np.int32, None, "c")  # for a read-only array the kernel would be compiled again
        with path.open("rb") as file:  # the checksum of the stream covers only the tokens
            if file.read(LONGEST_HEADER)[: len(header := npy_header(STREAM_TYPE, stream.shape))] != header:
                raise ValueError("its header is not the one that was written")
        if path.stat().st_size != len(header) + stream.nbytes:
            raise ValueError("bytes follow its end")
        if not -1 <= stream.min() <= stream.max() < n_types:
            raise ValueError(f"it has ids out of range for {n_types:,} words")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise W2VError(f"{path}, which the checkpoint needs, cannot be read: {reason}") from error
    return stream


def _newest(folder: Path) -> tuple[Path, str]:
    """Return the newest checkpoint of a folder, and the advice for an error message if it is damaged."""
    found = checkpoints_in(mirror.here(folder))
    if not found:
        raise W2VError(f"{folder} has no checkpoint; start one with {option('checkpoint', str(folder))}")
    *_, older, newest = [None, *found]
    return newest, f"; remove {newest.name} to go on from {older.name}" if older else ""


def _state(newest: Path, cure: str) -> State:
    with _damage(newest / names.STATE, cure):
        return read_state(newest / names.STATE)


@contextmanager
def _damage(path: Path, cure: str) -> Iterator[None]:
    """Turn any error about a file of a checkpoint into one error that says how to continue."""
    try:
        yield
    except SettingsError as error:
        raise W2VError(f"{path} is damaged: {error.message}{cure}") from error
    except (W2VError, MemoryError):
        raise
    except FileNotFoundError as error:
        raise W2VError(f"{error.filename} is missing{cure}") from error
    except OSError as error:  # a failing disk or missing permission is no reason to advise removing the checkpoint
        raise W2VError(f"cannot read {error.filename or path}: {error.strerror or error}") from error
    except Exception as error:  # damaged JSON and arrays can cause any error
        raise W2VError(f"{path} is damaged: {error}{cure}") from error
