"""Mirror: checkpoints in an object store, with a local copy that they are written to and read from.

Folders in stores cannot be renamed. A checkpoint in a store is complete if it has a state.json, which is uploaded last
and removed first.
"""

from functools import cache
from pathlib import Path

from w2v.base import stores
from w2v.checkpoints.names import STATE, STREAM, number_of, sorted_checkpoints


def here(folder: Path) -> Path:
    """Return a local folder: the folder itself, or for a folder in a store a copy with its newest checkpoint.

    Raises:
        W2VError: the store does not answer.
    """
    url = stores.url_of(folder)
    return folder if url is None else _pulled(url)


def push(folder: Path, name: str, keep: int) -> None:
    """Upload a checkpoint or another file of the copy; then remove all complete checkpoints except the last `keep`.

    Does nothing for a local folder.

    Raises:
        W2VError: the upload failed.
    """
    if (url := stores.url_of(folder)) is None:
        return
    copy = _pulled(url)
    source = copy / name
    for file in [source] if source.is_file() else sorted(source.iterdir(), key=lambda file: file.name == STATE):
        stores.upload(file, f"{url}/{file.relative_to(copy).as_posix()}")
    stored = stores.list_folder(url)
    kept = _whole(stored)[-keep:]
    for name in sorted(stored, key=lambda name: not name.endswith(f"/{STATE}")):
        checkpoint, slash, _ = name.partition("/")
        if slash and number_of(checkpoint) is not None and checkpoint not in kept:
            stores.remove(f"{url}/{name}")


@cache
def _pulled(url: str) -> Path:
    """Download the newest checkpoint and the stream from a store, once per process; return the local folder."""
    folder = stores.new_folder()
    stored = stores.list_folder(url)
    wanted = (*_whole(stored)[-1:], STREAM)
    for name in stored:
        if name.partition("/")[0] in wanted:
            (folder / name).parent.mkdir(exist_ok=True)
            stores.download(f"{url}/{name}", folder / name)
    return folder


def _whole(stored: list[str]) -> list[str]:
    """Return the names of the complete checkpoints, oldest first."""
    return sorted_checkpoints(name.removesuffix(f"/{STATE}") for name in stored if name.endswith(f"/{STATE}"))
