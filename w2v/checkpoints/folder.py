"""The folder of checkpoints: it is reserved for one run, locked, and checked for space."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

from w2v.base.errors import W2VError, option
from w2v.base.files import shown_size
from w2v.base.locks import locked_folder
from w2v.base.stores import url_of
from w2v.checkpoints import mirror
from w2v.checkpoints.names import STREAM_PART, is_partial, sorted_checkpoints

KEPT = 2  # Number of checkpoints that are kept


@contextmanager
def reserved(folder: Path | None, *, is_resumed: bool = False) -> Iterator[None]:
    """Reserve a folder for the checkpoints of one run, new or resumed. Call this before reading, which may take long.

    The folder is created if it is missing. With None, nothing is reserved.

    Raises:
        W2VError: the folder cannot be created, another run writes to it, or it has checkpoints of another run.
    """
    if folder is None:
        yield
        return
    is_new = not folder.exists()
    try:
        if not is_resumed and url_of(folder) is None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise W2VError(f"cannot make the folder {folder}: {error.strerror or error}") from error
    try:
        with locked(folder) if folder.is_dir() else nullcontext():
            if not is_resumed and checkpoints_in(mirror.here(folder)):
                ways = f"name another folder, or continue that run with {option('resume')} {folder}"
                raise W2VError(f"{folder} has checkpoints of another run; {ways}")
            yield
    except BaseException:
        if is_new:
            with suppress(OSError):  # fails if the folder is not empty, which is intended
                folder.rmdir()
        raise


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock a folder until the end of the block, and remove half-written files of a killed run.

    The system releases the lock when the process ends, however it ends. No lock file remains.

    Raises:
        W2VError: another run has the lock.
    """
    with ExitStack() as stack:
        try:
            is_locked = stack.enter_context(locked_folder(folder))
        except BlockingIOError:
            raise W2VError(
                f"another run keeps its checkpoints in {folder}; wait for its end, or name another folder"
            ) from None
        if is_locked:  # without a lock, a half-written checkpoint may be another run's
            with suppress(OSError):
                for old in filter(lambda path: is_partial(path.name), folder.iterdir()):
                    shutil.rmtree(old, ignore_errors=True)
                (folder / STREAM_PART).unlink(missing_ok=True)
        yield


def checkpoints_in(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder of this machine, oldest first."""
    if not folder.is_dir():
        return []
    return [folder / name for name in sorted_checkpoints(path.name for path in folder.iterdir() if path.is_dir())]


def check_space(folder: Path, n_types: int, n_rows: int, dim: int, stream_bytes: int) -> None:
    """Raise W2VError if a folder lacks space for the stream and three checkpoints, one of which is being written.

    A checkpoint has n_types words, and n_rows rows of dim numbers in all matrices together.
    """
    folder = mirror.here(folder)
    needed = (KEPT + 1) * (n_rows * dim * 4 + n_types * 32) + stream_bytes
    kept = sum(file.stat().st_size for path in checkpoints_in(folder) for file in path.iterdir())
    free = shutil.disk_usage(folder).free + kept
    if free < needed:
        raise W2VError(
            f"no space for checkpoints in {folder}: they take {shown_size(needed)}, and {shown_size(free)} are free"
        )
