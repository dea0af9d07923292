"""Compiled code on disk: one file per kernel and signature, either complete or absent.

Numba's own cache has an index, and trusts the files that it reads. If a power cut leaves a file empty, every start
fails. Two processes that write at the same time can load each other's code. A change in a file that the kernel's file
imports is not noticed. In this cache:

- the name of a file is a hash of everything its code depends on: `STAMP` (all kernel files), the kernel's own file,
  the signature, the processor, the versions of Python and Numba, and the values in the kernel's closure;
- a file ends with a keyed hash of its content. The key is in a file that only this user can access. A file that is
  damaged, empty, unreadable or signed with another key is ignored: the kernel is compiled again and the file replaced;
- if a file cannot be written, a line is added to `notes` and the run continues;
- a folder that other users can write to is not used. Loading a file runs code: it contains a pickle and machine code.

Numba decides where the files are, and converts code to bytes and back.
"""

import contextlib
import hashlib
import hmac
import os
import pickle
import platform
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    InTreeCacheLocator,
    UserProvidedCacheLocator,
    UserWideCacheLocator,
)
from numba.core.runtime import rtsys  # type: ignore[attr-defined]
from numba.misc.appdirs import AppDirs

from w2v.base.import_numba import CACHE
from w2v.base.private import make_private_folder, read_private, secret_key, write_private

DIGEST_BYTES = 32

notes: list[str] = []
"""Reasons why compiled code could not be saved."""


def hash_sources(folder: Path) -> str:
    """Return a hash of all Python files under a folder."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.rglob("*.py")))).hexdigest()[:12]


STAMP = hash_sources(Path(__file__).parent)


@cache
def _make_usable(folder: Path) -> None:
    """Make a writable private folder, or raise OSError. This takes 0.7 ms, so it is done once per folder."""
    make_private_folder(folder)
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "Permission denied", str(folder))


class _Private:
    """A folder for compiled code that other users cannot write to."""

    get_cache_path: Callable[[], str]

    def ensure_cache_path(self) -> None:
        """Raise OSError if other users can write there, or this user cannot."""
        _make_usable(Path(self.get_cache_path()))


class Named(_Private, UserProvidedCacheLocator):  # type: ignore[misc]  # Numba has no types
    """The folder that NUMBA_CACHE_DIR names."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        self._cache_path = os.path.join(os.environ[CACHE], self.get_suitable_cache_subpath(file))

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> "Named | None":
        """Return the folder; None if it is not named or not private."""
        if not os.environ.get(CACHE):
            return None
        folder = cls(function, file)
        with contextlib.suppress(OSError):
            folder.ensure_cache_path()
            return folder
        return None


class Beside(_Private, InTreeCacheLocator):  # type: ignore[misc]
    """`__pycache__` next to the source."""


class OfUser(_Private, UserWideCacheLocator):  # type: ignore[misc]
    """The user's cache folder."""


class KernelCacheImpl(CompileResultCacheImpl):  # type: ignore[misc]
    """Numba's way to store code, in private folders only."""

    _locator_classes: Any = (Named, Beside, OfUser)


@cache
def signing_key(folder: Path) -> bytes:
    """Return the key with which this user's compiled code is signed.

    It is stored in the user's cache folder; if that fails, next to the code.

    Raises:
        OSError: the key can be neither read nor created.
    """
    with contextlib.suppress(OSError):
        return secret_key(Path(AppDirs(appname="w2v", appauthor=False).user_cache_dir))
    return secret_key(folder)


class KernelCache(FunctionCache):  # type: ignore[misc]
    """The cache of one kernel."""

    _impl_class = KernelCacheImpl

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        try:
            key = signing_key(Path(self._cache_path))
        except OSError as error:
            raise RuntimeError(f"{error.filename}: {error.strerror}") from error
        self._files = KernelFiles(self._cache_path, self._impl.filename_base, STAMP, key)
        self._code = self._impl.locator.get_source_stamp(), describe_closure(function)

    def holds(self, signature: object, codegen: Any) -> bool:  # noqa: ANN401
        """Return whether there is a file for a signature."""
        return self._path(signature, codegen).exists()

    def _path(self, signature: object, codegen: Any) -> Path:  # noqa: ANN401
        """Return the file of the code for a signature."""
        versions = (numba.__version__, platform.python_version(), codegen.magic_tuple())
        key = repr((signature, versions, self._code, self._files.signer))
        return self._files.path(hashlib.sha256(key.encode()).hexdigest()[:24])

    def load_overload(self, sig: object, target_context: Any) -> Any:  # noqa: ANN401
        """Return the compiled code for a signature, or None.

        Loaded code needs the runtime of Numba. It does not need the list of functions that Numba can compile, whose
        import took a quarter of the processor time of a second start. Numba imports it when it compiles.
        """
        rtsys.initialize(target_context)
        with contextlib.suppress(Exception):  # after any error, the kernel is compiled again
            data = self._files.load_file(self._path(sig, target_context.codegen()))
            return self._impl.rebuild(target_context, data)
        return None

    def save_overload(self, sig: object, data: Any) -> None:  # noqa: ANN401
        """Save the compiled code for a signature; if that fails, add the reason to `notes`."""
        if self._impl.check_cachable(data):
            try:
                self._files.save_file(self._path(sig, data.codegen), self._impl.reduce(data))
            except OSError as error:
                notes.append(f"{error.filename or self._cache_path}: {error.strerror}")


def is_compiled(kernel: Any, *arguments: object) -> bool:  # noqa: ANN401
    """Return whether a kernel can be called with such arguments without compiling."""
    signature = tuple(kernel.typeof_pyval(argument) for argument in arguments)
    if signature in kernel.overloads:
        return True
    cache = kernel._cache
    return isinstance(cache, KernelCache) and cache.holds(signature, kernel.targetctx.codegen())


class KernelFiles(IndexDataCacheFile):  # type: ignore[misc]
    """The files of one kernel, NAME-STAMP-HASH.nbc. Numba's class converts code to bytes and back."""

    def __init__(self, folder: str, name: str, stamp: str, key: bytes) -> None:
        super().__init__(folder, name, stamp)
        self.folder, self.name, self.stamp, self._key = Path(folder), name, stamp, key
        self.signer = hashlib.sha256(key).hexdigest()[:8]

    def sign(self, content: bytes) -> bytes:
        """Return the signature at the end of a file with this content."""
        return hmac.digest(self._key, content, "sha256")

    def path(self, key: str) -> Path:
        """Return the path of the file for a key."""
        return self.folder / f"{self.name}-{self.stamp}-{key}.nbc"

    def load_file(self, path: Path) -> Any:  # noqa: ANN401
        """Return the content of a file.

        Raises:
            OSError: the file does not exist or cannot be read.
            ValueError: the file is damaged, or another user or program wrote it.
        """
        content = read_private(path)
        if not hmac.compare_digest(self.sign(content[:-DIGEST_BYTES]), content[-DIGEST_BYTES:]):
            raise ValueError(f"{path} is damaged")
        return pickle.loads(content[:-DIGEST_BYTES])

    def save_file(self, path: Path, data: Any) -> None:  # noqa: ANN401
        """Write a file completely or not at all; delete files of this kernel that older sources produced.

        Raises:
            OSError: the file cannot be written.
        """
        make_private_folder(self.folder)
        content = self._dump(data)
        write_private(path, content + self.sign(content))
        for other in self.folder.glob(f"{self.name}-*.nbc"):
            if not other.name.startswith(f"{self.name}-{self.stamp}-"):
                with contextlib.suppress(OSError):  # already deleted, or on Windows opened by another process
                    other.unlink()


def describe_closure(function: Callable[..., Any]) -> list[str]:
    """Return the content of a function's closure: constants, and the names and closures of functions.

    The code of the functions is covered by `STAMP`.
    """
    return [text for cell in function.__closure__ or () for text in _describe(cell.cell_contents)]


def _describe(value: Any) -> Iterator[str]:  # noqa: ANN401
    function = getattr(value, "py_func", value)
    if callable(function):
        yield f"{function.__module__}.{function.__qualname__}"
        yield from describe_closure(function)
    else:
        yield repr(value)
