"""Checkpoints: a run's whole state in a folder, from which it goes on as if it had never stopped.

    DIR/stream.npy                 the token stream, where the corpus cannot be read again
    DIR/checkpoint-000007/         the last two are kept
        input.npy, output.npy      both matrices, (n_types, dim) float32; with subwords, (n_input, dim) input rows
        vocab.txt                  `word count` lines
        state.json                 settings, position, log, fingerprints; a checksum of each other file

A checkpoint is written beside the older ones under another name, synced, and renamed: at any moment
there is a whole one. Nothing in it is pickled.
"""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Matrix
from w2v.base.errors import SettingsError, W2VError
from w2v.base.locks import locked_folder
from w2v.checkpoints import mirror
from w2v.checkpoints.files import checksum, load_array, sync_folder, synced, write_array, write_lines
from w2v.checkpoints.fingerprints import Fingerprint
from w2v.checkpoints.snapshots import Position
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab

VERSION = 2
"""1 had no checksum of the stream, and the losses of all epochs in its position; it is read too."""
KEPT = 2
NAME = re.compile(r"checkpoint-([0-9]{6,})")
PARTIAL_NAME = re.compile(r"\.checkpoint-[0-9]{6,}\.part")
"""The folders that are ours to read and to remove. `checkpoint-000001.bak` is somebody's copy."""
SUMMED = ("input.npy", "output.npy", "vocab.txt")
"""Files whose checksums stand in state.json."""


@dataclass
class Checkpoint:
    """All that a run needs to go on."""

    config: TrainConfig
    vocab: Vocab
    input: Matrix
    """(n_types, dim); with subwords (n_input, dim), in the order of text.subwords.WordRows."""
    output: Matrix
    """(n_types, dim)"""
    position: Position
    corpus: list[Fingerprint] | None
    """The files to read again; None where the stream is kept."""
    stream: str | None
    """Checksum of the token stream; None where version 1 wrote it."""
    extra: dict[str, Any]
    """What the caller wants back, as JSON has it: paths of outputs, the log."""
    lines: Matrix | None = None
    """(n_lines, dim) with line vectors."""
    line_names: list[str] | None = None
    """(n_lines,) the names of the lines, where they have any."""


def save(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint and return where; then remove all but the last two.

    Raises:
        W2VError: it cannot be written. Older checkpoints are as they were, and nothing is left of this one.
    """
    where, folder = folder, mirror.here(folder)
    numbers = [_number(path) for path in _all(folder)]
    final = folder / f"checkpoint-{max(numbers, default=0) + 1:06d}"
    temporary = folder / f".{final.name}.part"  # the folder is locked
    try:
        temporary.mkdir()
        sums = {
            "input.npy": write_array(temporary / "input.npy", checkpoint.input),
            "output.npy": write_array(temporary / "output.npy", checkpoint.output),
            "vocab.txt": write_lines(temporary / "vocab.txt", checkpoint.vocab.lines()),
        }
        if checkpoint.lines is not None:
            sums["lines.npy"] = write_array(temporary / "lines.npy", checkpoint.lines)
        if checkpoint.line_names is not None:
            names = (f"{name}\n".encode() for name in checkpoint.line_names)
            sums["lines.txt"] = write_lines(temporary / "lines.txt", names)
        state = {
            "version": VERSION,
            "config": checkpoint.config.as_dict(),
            "position": asdict(checkpoint.position),
            "corpus": None if checkpoint.corpus is None else [list(print_) for print_ in checkpoint.corpus],
            "stream": checkpoint.stream,
            "n_input": len(checkpoint.input),
            "extra": checkpoint.extra,
            "checksums": sums,
        }
        with synced(temporary / "state.json") as (file, _):
            file.write(json.dumps(state, indent=1).encode())
        sync_folder(temporary)
        temporary.rename(final)
        sync_folder(folder)
    except OSError as error:
        raise W2VError(f"cannot write a checkpoint to {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    for old in _all(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    mirror.push(where, final.name, KEPT)
    return where / final.name


def load(folder: Path) -> Checkpoint:
    """Read the newest checkpoint of a folder, every checksum compared.

    Raises:
        W2VError: there is none, it is damaged, or another version wrote it; the message says which.
    """
    with _newest(folder) as (newest, state):
        config = TrainConfig(**state["config"])
        for name in _files_of(config):
            if checksum(newest / name) != state["checksums"][name]:
                raise ValueError(f"the checksum of {name} is not what was written")
        vocab = Vocab.load(newest / "vocab.txt", sentence_end=True)
        n_input = len(vocab) if config.subwords == "none" else state["n_input"]
        return Checkpoint(
            config=config,
            vocab=vocab,
            input=load_array(newest / "input.npy", np.float32, (n_input, config.dim)),
            output=load_array(newest / "output.npy", np.float32, (len(vocab), config.dim)),
            position=_position(state),
            corpus=None if state["corpus"] is None else [_fingerprint(*row) for row in state["corpus"]],
            stream=_checksum_of_stream(state),
            extra=_extra(state),
            lines=load_array(newest / "lines.npy", np.float32, (-1, config.dim)) if config.has_lines else None,
            line_names=(newest / "lines.txt").read_text("utf-8").split("\n")[:-1] if config.line_names else None,
        )


def _files_of(config: TrainConfig) -> list[str]:
    """Return the files of a checkpoint whose checksums are kept."""
    return [*SUMMED, *["lines.npy"] * config.has_lines, *["lines.txt"] * config.line_names]


def load_extra(folder: Path) -> dict[str, Any]:
    """Read only what the caller left in the newest checkpoint.

    Raises:
        W2VError: as `load` does.
    """
    with _newest(folder) as (_, state):
        return _extra(state)


def files_read(folder: Path) -> list[Path]:
    """Return the files that a resume from a folder reads: of its newest checkpoint, its stream, and the corpus'.

    Raises:
        W2VError: as `load` does.
    """
    with _newest(folder) as (newest, state):
        corpus = [Path(_fingerprint(*row).path) for row in state["corpus"] or ()]
        names = ["state.json", *SUMMED, "lines.npy", "lines.txt"]
        return [*(newest / name for name in names), folder / "stream.npy", *corpus]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep a folder to this run until the end, and remove what a killed one left half-written in it.

    The system lets go of the lock when the process ends, however it ends; no file is left of it.

    Raises:
        W2VError: another run has it.
    """
    with ExitStack() as stack:
        try:
            is_locked = stack.enter_context(locked_folder(folder))
        except BlockingIOError:
            raise W2VError(
                f"another run keeps its checkpoints in {folder}; wait for its end, or name another folder"
            ) from None
        if is_locked:  # else what is half-written may be another run's
            with suppress(OSError):
                _remove_partial(folder)
        yield


def _remove_partial(folder: Path) -> None:
    """Remove what a killed run has left half-written."""
    for old in folder.iterdir():
        if PARTIAL_NAME.fullmatch(old.name):
            shutil.rmtree(old, ignore_errors=True)
    (folder / "stream.npy.part").unlink(missing_ok=True)


@contextmanager
def _newest(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the newest checkpoint and its state; what goes wrong with them meanwhile is damage."""
    found = _all(mirror.here(folder))
    if not found:
        raise W2VError(f"{folder} has no checkpoint; start one with `w2v train CORPUS --checkpoint {folder}`")
    newest = found[-1]
    cure = f"; remove it to go on from {found[-2].name}" if len(found) > 1 else ""
    try:
        state = json.loads((newest / "state.json").read_bytes())
        if state["version"] not in range(1, VERSION + 1):
            raise W2VError(f"{newest} has version {state['version']}, and this w2v reads versions up to {VERSION}")
        yield newest, state
    except SettingsError as error:
        raise W2VError(f"{newest} is damaged: {error}{cure}") from error
    except (W2VError, MemoryError):
        raise
    except FileNotFoundError as error:
        raise W2VError(f"{newest} is damaged: {Path(error.filename).name} is missing{cure}") from error
    except OSError as error:  # a disk that does not answer, or permissions, are no reason to remove it
        raise W2VError(f"cannot read {error.filename or newest}: {error.strerror or error}") from error
    except Exception as error:  # in JSON and in arrays anything can stand
        raise W2VError(f"{newest} is damaged: {error}{cure}") from error


def exists(folder: Path) -> bool:
    """Return whether a folder has checkpoints."""
    return bool(_all(mirror.here(folder)))


def save_stream(folder: Path, stream: npt.NDArray[np.int32]) -> None:
    """Keep the token stream of a corpus that cannot be read again."""
    where, folder = folder, mirror.here(folder)
    try:
        with synced(folder / "stream.npy.part") as (file, _):
            np.lib.format.write_array(file, np.asarray(stream), allow_pickle=False)
        (folder / "stream.npy.part").rename(folder / "stream.npy")
    except OSError as error:
        (folder / "stream.npy.part").unlink(missing_ok=True)
        raise W2VError(f"cannot keep the token stream in {folder}: {error.strerror or error}") from error
    mirror.push(where, "stream.npy", KEPT)


def load_stream(folder: Path, n_types: int) -> npt.NDArray[np.int32]:
    """Return the token stream that was kept, mapped.

    Raises:
        W2VError: it cannot be read, or has other rows than those of n_types words, which no kernel would see.
    """
    folder = mirror.here(folder)
    try:
        stream = load_array(folder / "stream.npy", np.int32, None)
        if not -1 <= stream.min() <= stream.max() < n_types:
            raise ValueError(f"it has rows outside of those of {n_types:,} words")
    except (OSError, ValueError) as error:
        raise W2VError(
            f"{folder / 'stream.npy'}, which the checkpoint needs, cannot be read: "
            f"{getattr(error, 'strerror', None) or error}"
        ) from error
    return stream


def check_space(folder: Path, n_types: int, n_rows: int, dim: int, stream_bytes: int) -> None:
    """Raise W2VError where three checkpoints, one of them being written, would not fit into a folder.

    Args:
        folder: where they go.
        n_types: words.
        n_rows: rows of all matrices.
        dim: numbers in a row.
        stream_bytes: what the stream takes besides.
    """
    folder = mirror.here(folder)
    needed = (KEPT + 1) * (n_rows * dim * 4 + n_types * 32) + stream_bytes
    kept = sum(file.stat().st_size for path in _all(folder) for file in path.iterdir())
    free = shutil.disk_usage(folder).free + kept
    if free < needed:
        raise W2VError(
            f"no space for checkpoints in {folder}: they take {needed / 1e9:.2f} GB, and {free / 1e9:.2f} GB are free"
        )


def _all(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, oldest first."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_dir()), key=_number)


def _position(state: dict[str, Any]) -> Position:
    """Return the position of a state, or raise ValueError where a number in it is none or cannot be."""
    values = dict(state["position"])
    if state["version"] == 1:
        seen = [epoch for epoch, pairs in enumerate(values["pairs"]) if pairs]
        epoch = seen[-1] if seen else 0
        values |= {"epoch": epoch, **{name: [*values[name], 0][epoch] for name in ("loss", "pairs")}}
    position = Position(**values)
    whole = [position.next_job, position.words, position.epoch, position.pairs, position.n_nodes, *position.also_done]
    numbers = [*whole, position.seconds, position.loss]
    if not all(isinstance(n, int) and n >= 0 for n in whole) or not all(isinstance(x, int | float) for x in numbers):
        raise ValueError("its position holds what is no number")
    if max(map(abs, numbers)) > 2**63:
        raise ValueError("its position cannot be")
    return position


def _checksum_of_stream(state: dict[str, Any]) -> str | None:
    """Return the checksum of the stream that a state has, or raise ValueError where it is none."""
    found = None if state["version"] == 1 else state["stream"]
    if not isinstance(found, str | None):
        raise ValueError("the checksum of its stream is none")
    return found


def _fingerprint(*parts: Any) -> Fingerprint:  # noqa: ANN401  (what JSON has)
    """Return a fingerprint, or raise ValueError where a part of it is of another type."""
    if [type(part) for part in parts] != [str, int, int, str]:
        raise ValueError("its corpus is no list of files")
    return Fingerprint(*parts)


def _extra(state: dict[str, Any]) -> dict[str, Any]:
    """Return what the caller left, or raise ValueError where its paths or its log are none."""
    extra: dict[str, Any] = state["extra"]
    if not all(isinstance(extra.get(name, ""), str | None) for name in ("output", "log_json")):
        raise ValueError("its paths are none")
    if not all(isinstance(row[name], int | float) for row in extra.get("log", []) for name in ("progress", "seconds")):
        raise ValueError("its log is none")
    return extra


def _number(path: Path) -> int:
    return int(path.name.removeprefix("checkpoint-"))
