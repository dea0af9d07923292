"""What a run writes at its end: output rows and line vectors or not, and where it goes if the file fails."""

import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from w2v import formats
from w2v.base.errors import SettingsError, W2VError
from w2v.settings.train import TrainConfig
from w2v.vectors.vectors import Vectors


def can_hold_lines(path: Path) -> bool:
    """Return whether the format of a file has a place for line vectors."""
    return "lines" in formats.find(path).stores


def keeps_output_rows(config: TrainConfig, path: Path | None = None) -> bool:
    """Return whether the output rows are kept unasked: line vectors are of no use without them.

    Args:
        config: of the run.
        path: the file that the vectors go to; None where they stay in memory.
    """
    fits = path is None or can_hold_lines(path)
    return fits and config.has_lines and config.output_layer.outputs_are_words


def refuse_output_rows(config: TrainConfig, save_output: bool) -> None:
    """Raise SettingsError where output rows are to be saved that do not belong to words."""
    if save_output and not config.output_layer.outputs_are_words:
        raise SettingsError(
            f"with loss {config.loss} output rows are nodes of a tree, not words; leave out save_output"
        )


def save(vectors: Vectors, path: Path) -> None:
    """Write the vectors of a run; where that fails, write them elsewhere.

    Raises:
        W2VError: they could not be written to `path`; the message says where they are.
    """
    try:
        vectors.save(path)
    except Exception as error:  # whatever it is, hours of training must not be lost by it
        kept = _save_elsewhere(vectors, path)
        reason = str(error) if isinstance(error, W2VError) else f"cannot write {path}: {error}"
        raise W2VError(f"{reason}; the vectors are in {kept}" if kept else reason) from error


def _save_elsewhere(vectors: Vectors, path: Path) -> Path | None:
    """Write vectors next to `path`, else to the folder of temporary files; return where, None where nothing helps."""
    for folder in (path.absolute().parent, Path(tempfile.gettempdir()), Path("/var/tmp")):
        for suffix in (".w2v", ".bin"):
            other = folder / f"w2v-rescued-{secrets.token_hex(4)}{suffix}"
            with suppress(Exception):
                vectors.save(other)
                return other
    return None
