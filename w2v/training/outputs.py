"""Writing the results of a run: whether output rows are saved, and where vectors go if writing their file fails."""

import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from w2v.base.errors import SettingsError, W2VError, option
from w2v.formats.registry import find
from w2v.formats.vector_files import write
from w2v.settings.train import TrainConfig
from w2v.vectors.vectors import Vectors


def keeps_output_rows(config: TrainConfig, save_output: bool | None, path: Path | None = None) -> bool:
    """Return whether a run keeps the output rows; by default if its file can store them.

    Args:
        config: settings of the run.
        save_output: the user's choice; None if the user did not choose.
        path: the file of the vectors; None if they stay in memory.

    Raises:
        SettingsError: the user asks for output rows, but they do not belong to words.
    """
    are_words = config.output_layer.outputs_are_words
    if save_output and not are_words:
        raise SettingsError(
            f"with {option('loss', config.loss)} the output rows are nodes of a tree, not words; "
            f"leave out {option('save_output')}",
            "save_output",
        )
    if save_output is None:
        return are_words and (path is None or "output" in find(path).stores)
    return save_output


def save(vectors: Vectors, path: Path) -> None:
    """Write the vectors of a run, with output rows if there are any. If that fails, write them to another file.

    Raises:
        W2VError: the vectors could not be written to `path`; the message says where they are.
    """
    try:
        write(path, vectors.model, save_output=True)
    except Exception as error:  # no error of any kind may lose hours of training
        kept = _save_elsewhere(vectors, path)
        reason = error.message if isinstance(error, W2VError) else f"cannot write {path}: {error}"
        raise W2VError(f"{reason}; the vectors are in {kept}" if kept else reason) from error


def _save_elsewhere(vectors: Vectors, path: Path) -> Path | None:
    """Write vectors next to `path` or to a folder of temporary files; return the path, or None if all attempts fail."""
    for folder in (path.absolute().parent, Path(tempfile.gettempdir()), Path("/var/tmp")):
        for suffix in (".w2v", ".bin"):
            other = folder / f"w2v-rescued-{secrets.token_hex(4)}{suffix}"
            with suppress(Exception):
                write(other, vectors.model, save_output=True)
                return other
    return None
