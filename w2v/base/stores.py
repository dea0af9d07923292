"""Stores: files under a URL, such as s3://bucket/text.txt, with fsspec. Only this file imports fsspec.

Installed packages decide which stores can be used: s3fs for s3://, gcsfs for gs://, aiohttp for https://,
huggingface_hub for hf://. A URL that was converted by pathlib has only one slash after the colon, and is accepted too.
"""

import importlib
import io
import os
import re
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from w2v.base.errors import MissingFileError, W2VError

URL = re.compile(r"([a-z][a-z0-9+.-]+):/+(?=[^/])", re.IGNORECASE)
"""The beginning of a URL. The scheme has at least two letters, because C:/ is a drive."""
PACKAGES = {"s3": "s3fs", "s3a": "s3fs"}
"""Names of packages that differ from fsspec's default for a scheme."""
BLOCK = 1 << 23
"""Number of bytes per request."""
WAITS_S = (0.5, 1.0, 2.0, 4.0)
"""Waiting times before the second, third, ... attempt of a failed call."""
FINAL = (PermissionError, NotImplementedError)
"""Errors for which another attempt is useless."""

Result = TypeVar("Result")


class Stat(NamedTuple):
    """What a store reports about a file."""

    size: int
    """Bytes; 0 if unknown."""
    mark: str
    """A value that changes with the content: the ETag, or the time of the last change."""


def url_of(path: str | Path) -> str | None:
    """Return a path as a URL; None for a local path.

    >>> url_of("s3:/bucket/a"), url_of("C:/a"), url_of("a:b")
    ('s3://bucket/a', None, None)
    """
    found = URL.match(str(path))
    if found is None:
        return None
    scheme = found[1].lower()
    return f"{scheme}:{'///' if scheme == 'file' else '//'}{str(path)[found.end() :]}"


def name_of(path: str | Path) -> str:
    """Return the last part of a path; for a URL without ? or # and what follows, which can contain a signature.

    >>> name_of("https://host/a/v.bin?X-Signature=5eed"), name_of("a/what?.bin")
    ('v.bin', 'what?.bin')
    """
    name = Path(path).name
    return name if url_of(path) is None else re.split("[?#]", str(path), maxsplit=1)[0].rpartition("/")[2]


def absolute(path: str | Path) -> str:
    """Return the URL, or the absolute path of a local file."""
    return url_of(path) or os.path.abspath(path)


def find(url: str) -> list[str]:
    """Return the files of a URL, sorted: a file, the files of a folder that are not hidden or empty, or a glob's.

    Raises W2VError if there are no files, or if the store does not answer.
    """
    system, path = _system(url)
    if url.startswith(("http:", "https:")):  # there are no folders, and ? is not a glob
        return [url]
    forget(url)
    if any(sign in path for sign in "*?["):
        found = _tried(url, lambda: system.glob(path, detail=True))
    elif _tried(url, lambda: system.isfile(path)):
        return [url]
    else:
        inside = _tried(url, lambda: system.find(path, detail=True))
        start = len(system.unstrip_protocol(path).rstrip("/"))
        found = {name: info for name, info in inside.items() if "/." not in system.unstrip_protocol(name)[start:]}
    names = [name for name, info in found.items() if info["type"] == "file" and info["size"] != 0]
    if not names:
        raise MissingFileError(f"no file {url}; check the name")
    return sorted(str(url_of(system.unstrip_protocol(name))) for name in names)


def stat(url: str) -> Stat:
    """Return size and mark of a file. Raises W2VError if it does not exist, or if the store does not answer."""
    system, path = _system(url)
    info = _tried(url, lambda: system.info(path))
    marks = (info.get(name) for name in ("ETag", "etag", "LastModified", "last_modified", "mtime", "created"))
    return Stat(info.get("size") or 0, str(next((mark for mark in marks if mark), "")))


def forget(url: str) -> None:
    """Forget what fsspec has cached about a URL."""
    _system(url)[0].invalidate_cache()


def upload(file: Path, url: str) -> None:
    """Upload a file. In the store it is complete or does not exist."""
    system, path = _system(url)
    _tried(url, lambda: system.put_file(str(file), path))


def download(url: str, file: Path) -> None:
    """Download a file."""
    system, path = _system(url)
    _tried(url, lambda: system.get_file(path, str(file)))


def list_folder(url: str) -> list[str]:
    """Return the files under a folder, as relative paths; empty if the folder does not exist."""
    system, path = _system(url)
    forget(url)
    top = path.strip("/") + "/"
    return [name.removeprefix("/").removeprefix(top) for name in _tried(url, lambda: system.find(path))]


def remove(url: str) -> None:
    """Remove a file."""
    system, path = _system(url)
    _tried(url, lambda: system.rm_file(path))


def check_writable(url: str) -> None:
    """Raise W2VError if a file cannot be written; an empty file next to it is tried."""
    system, path = _system(url)
    _tried(url, lambda: system.pipe_file(f"{path}.w2v-trial", b""))
    with suppress(Exception):  # the permission to write does not include that to remove
        system.rm_file(f"{path}.w2v-trial")


def local_copy(path: str | Path, names: Collection[str] = ()) -> Path:
    """Return a local path; a file, or the files `names` of a folder, are downloaded if they are in a store.

    A copy exists until the process ends, because its files may be memory-mapped.
    """
    url = url_of(path)
    if url is None:
        return Path(path)
    copy = new_folder() / name_of(path)
    if names:
        copy.mkdir()
        for name in set(list_folder(url)).intersection(names):
            download(f"{url}/{name}", copy / name)
    else:
        download(url, copy)
    return copy


@contextmanager
def uploading(url: str, names: Collection[str] = ()) -> Iterator[Path]:
    """Yield a local path for a file, or for a folder with the files `names`; at the end it is uploaded.

    The old files of a folder are removed first, so that an incomplete upload is not taken for a complete folder.
    Raises W2VError if the file or folder cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="w2v-") as folder:
        copy = Path(folder) / "copy"
        try:
            if names:
                copy.mkdir()
            yield copy
        except OSError as error:
            raise W2VError(f"cannot write {url}: {error.strerror or error} in {folder}") from error
        if not names:
            upload(copy, url)
            return
        for old in set(list_folder(url)).intersection(names):
            remove(f"{url}/{old}")
        for file in sorted(copy.iterdir()):
            upload(file, f"{url}/{file.name}")


def new_folder() -> Path:
    """Return a new local folder, which is removed when the process ends."""
    # Windows cannot remove mapped files; they stay in the temporary folder.
    _FOLDERS.append(tempfile.TemporaryDirectory(prefix="w2v-", ignore_cleanup_errors=True))
    return Path(_FOLDERS[-1].name)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


class RemoteFile(io.RawIOBase):
    """A file of a store, read in blocks. A failed read is repeated from the same position."""

    def __init__(self, url: str, block: int = BLOCK) -> None:
        """Open the file, to be read `block` bytes at a time. Raises W2VError if the store cannot be read."""
        self._url, self._block, self._at = url, block, 0
        self._file = _tried(url, self._open)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return whether the file can be read from any position."""
        return bool(self._file.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position."""
        self._at = self._file.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (any writable buffer)
        """Read the next bytes into a buffer."""
        piece = _tried(self._url, lambda: self._read(len(buffer)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._file.close()
        super().close()

    def _open(self) -> Any:  # noqa: ANN401
        system, path = _system(self._url)
        return system.open(path, "rb", block_size=self._block)

    def _read(self, n_bytes: int) -> bytes:
        try:
            return bytes(self._file.read(n_bytes))
        except Exception as error:  # the errors differ from store to store
            if not self.seekable():
                raise W2VError(f"{self._url} broke off, and can only be read from its start: {_line(error)}") from error
            with suppress(Exception):  # if opening fails, the next read opens it
                self._file = self._open()
                self._file.seek(self._at)
            raise


def _system(url: str) -> tuple[Any, str]:
    """Return fsspec's file system for a URL, and the path in that file system."""
    scheme = url.partition(":")[0]
    try:
        fsspec = importlib.import_module("fsspec")
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        package = PACKAGES.get(scheme, f"fsspec and what it needs for {scheme}://")
        raise W2VError(f"cannot use {url} with this installation: pip install {package} ({_line(error)})") from error
    return system, path


def _tried(url: str, action: Callable[[], Result]) -> Result:
    """Return the result of a call to a store. Failed calls are repeated; raises W2VError in the end."""
    for wait_s in (*WAITS_S, None):
        try:
            return action()
        except W2VError:
            raise
        except FileNotFoundError as error:
            raise MissingFileError(f"no file {url}; check the name") from error
        except Exception as error:  # the errors differ from store to store
            if wait_s is None or isinstance(error, FINAL):
                raise W2VError(f"{url}: the store says: {_line(error)}") from error
            time.sleep(wait_s)
    raise AssertionError("the last try returns or raises")


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
