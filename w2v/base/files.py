"""Files and folders that are written completely or not at all, on this machine or in a store."""

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
import os
import re
import secrets
import shutil
import signal
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

from w2v.base import stores
from w2v.base.errors import W2VError
from w2v.base.machine import c_function

AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Linux constants of renameat2: paths are relative to the current folder; the two paths are exchanged."""
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals that end a command; Windows has no SIGHUP."""
READS = 100
"""Number of attempts to read a folder that is replaced during reading. With a writer that does nothing else, one read
in 20 must be repeated."""
STDOUT = "-"
"""Path that stands for standard output."""
TRIAL = "w2v-trial"
"""Name of the trial file in a temporary folder."""
MOST_LINKS = 40
"""How many links to links are followed, as on Linux."""
STEM = 50
"""Number of characters of a name that its temporary file repeats. A name can have 255 bytes, a character 4."""

Result = TypeVar("Result")


def temporary_folder() -> str:
    """Return the folder for large temporary files: TMPDIR, else /var/tmp on a disk, because /tmp may be in memory."""
    on_disk = "TMPDIR" not in os.environ and os.path.isdir("/var/tmp")
    return "/var/tmp" if on_disk else tempfile.gettempdir()


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a temporary file next to `path`. At the end it replaces `path`; after an error it is removed.

    Links are followed. Leftovers of killed processes that wrote to this name are removed. `-` is standard output, which
    is written directly. Raises W2VError if `path` cannot be written or is not a file.
    """
    if str(path) == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if url := stores.url_of(path):
        with stores.uploading(url) as copy, copy.open("wb") as file:
            yield file
        return
    target = _target_of(path)
    _check_kind(path, ())
    temporary: Path | None = None
    try:
        with _uninterrupted():
            _remove_leftovers(target, ())
            temporary, handle = _make_temporary(target, is_folder=False)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        with _uninterrupted(), suppress(OSError):  # fails if it has been renamed
            if temporary is not None:
                temporary.unlink()


@contextmanager
def replacing_packed(path: str | Path, level: int = 6) -> Iterator[BinaryIO]:
    """Open a gzip file as `replacing` does. It stores no name and no time, so equal content gives equal bytes."""
    import gzip

    with replacing(path) as file, gzip.GzipFile("", "wb", compresslevel=level, fileobj=file, mtime=0) as packed:
        yield cast(BinaryIO, packed)


@contextmanager
def replacing_folder(path: str | Path, names: Collection[str]) -> Iterator[Path]:
    """Make a temporary folder next to `path`. At the end it replaces `path`; after an error it is removed.

    Links are followed. Raises W2VError if `path` cannot be written, is not a folder, or has other files than `names`.
    """
    if url := stores.url_of(path):
        with stores.uploading(url, names) as copy:
            yield copy
        return
    target = _target_of(path)
    _check_kind(path, names)
    with _locked_folder(path, names) as temporary:
        yield temporary
        for name in os.listdir(temporary):
            with (temporary / name).open("r+b") as file:  # Windows cannot sync a file that is open for reading only
                os.fsync(file.fileno())
        with _uninterrupted():
            if target.exists():
                _exchange(temporary, target)
            else:
                temporary.rename(target)


@contextmanager
def trial_path(path: str | Path, names: Collection[str]) -> Iterator[Path]:
    """Yield a path on the same disk as `path`, to try a writer. What is written there is removed at the end.

    `names` are the files of a folder to write; for a file it is empty. Raises W2VError if nothing can be written there.
    """
    check_writable(path, names)
    if stores.url_of(path):
        with tempfile.TemporaryDirectory(prefix="w2v-") as folder:
            yield Path(folder) / TRIAL
        return
    with _locked_folder(path, names) as temporary:
        yield temporary / TRIAL


@contextmanager
def _locked_folder(path: str | Path, names: Collection[str]) -> Iterator[Path]:
    """Make a temporary folder next to `path`; remove it at the end if it is still there."""
    target = _target_of(path)
    temporary, handle = None, -1
    try:
        with _uninterrupted():
            _remove_leftovers(target, names)
            temporary, handle = _make_temporary(target, is_folder=True)
        yield temporary
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        with _uninterrupted():
            if handle >= 0:
                with suppress(OSError):
                    os.close(handle)  # before rmtree, which opens files, in case too many files are open
            if temporary is not None:
                _remove_folder(temporary)


def check_writable(path: str | Path, names: Collection[str] = ()) -> None:
    """Raise W2VError if a file, or a folder with the files `names`, cannot be written; an empty file is tried."""
    if url := stores.url_of(path):
        stores.check_writable(url)
        return
    target = _target_of(path)
    if not os.path.isdir(folder := target.parent):
        raise W2VError(f"cannot write {path}: there is no folder {folder}; create it first")
    _check_kind(path, names)
    probe = _temporary_name(target)
    try:
        with suppress(FileNotFoundError):
            os.stat(target)  # fails if the name is too long
        with _uninterrupted():
            try:
                probe.touch()
            finally:
                probe.unlink(missing_ok=True)
    except OSError as error:
        raise W2VError(f"cannot write {path}: {error.strerror} in {folder}") from error


def is_same(path: str | Path, other: str | Path) -> bool:
    """Return whether two paths are the same file, also through links, or will be once it is written."""
    if os.path.realpath(path) == os.path.realpath(other):
        return True
    try:
        return os.path.samefile(path, other)
    except OSError:  # one of them does not exist
        return False


def _target_of(path: str | Path) -> Path:
    """Return the file that will be replaced: the path, or the target of its link.

    Raises:
        W2VError: the link belongs to another user and is in a folder that everyone can write to, such as /tmp. Such a
            link could lead to any file of this user. Linux does not follow such links either.
    """
    link = os.fspath(path)
    for _ in range(MOST_LINKS):
        if not os.path.islink(link):
            break
        folder = os.path.dirname(link) or "."
        status, holder = os.lstat(link), os.stat(folder)
        is_open = holder.st_mode & stat.S_ISVTX and holder.st_mode & stat.S_IWOTH
        if is_open and hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), holder.st_uid):
            raise W2VError(f"cannot write {path}: {link} is a link of another user; remove it, or name another file")
        link = os.path.join(folder, os.readlink(link))
    return Path(os.path.realpath(path))


def _check_kind(path: str | Path, names: Collection[str]) -> None:
    """Raise W2VError if a file, or a folder with these files, must not replace what is at `path`."""
    if not os.path.exists(path):
        return
    if not names and not os.path.isfile(path):
        raise W2VError(f"cannot write {path}: it is not a file; name a file")
    if names and not os.path.isdir(path):
        raise W2VError(f"cannot write {path}: it is not a folder; name a folder")
    others = sorted(set(os.listdir(path)) - set(names)) if names else []
    if others:
        raise W2VError(f"cannot write {path}: it holds other files, such as {others[0]}; name another folder")


def _make_temporary(target: Path, is_folder: bool) -> tuple[Path, int]:
    """Make and lock a file or a folder next to a target; return its path and its handle, -1 for a folder on Windows.

    The lock ends with the process. A temporary file without a lock is therefore a leftover.
    """
    while True:
        temporary = _temporary_name(target)
        if is_folder:
            temporary.mkdir()
            try:
                handle = os.open(temporary, os.O_RDONLY) if fcntl else -1
            except OSError:  # too many open files
                temporary.rmdir()
                raise
        else:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        if not fcntl:
            return temporary, handle
        with suppress(OSError):  # the file system has no locks, so no process can lock a leftover either
            fcntl.flock(handle, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):  # another process removed it as a leftover before it was locked
            if os.path.samestat(os.stat(temporary), os.fstat(handle)):
                return temporary, handle
        os.close(handle)


def _remove_leftovers(target: Path, names: Collection[str]) -> None:
    """Remove leftovers of killed processes that wrote to a target: unlocked, with a matching name and no other files.

    If an old folder was moved aside and its replacement is missing, the old folder is moved back.
    """
    if not fcntl:
        return
    leftover = re.compile(rf"\.{re.escape(target.name[:STEM])}\.[0-9a-f]{{8}}\.(part|old)")
    for entry in list(os.scandir(target.parent)):
        if not leftover.fullmatch(entry.name) or entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
            continue
        if entry.is_dir() and not all(name in names or TRIAL in name for name in os.listdir(entry.path)):
            continue
        with suppress(OSError):  # another process is writing it, or it belongs to another user
            handle = os.open(entry.path, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if entry.is_file():
                    os.unlink(entry.path)
                elif entry.name.endswith(".old") and not target.exists():  # killed between two renames
                    os.rename(entry.path, target)
                else:
                    _remove_folder(Path(entry.path))
            finally:
                os.close(handle)


def _temporary_name(target: Path) -> Path:
    # Random, because two containers can share a folder and have the same process number.
    return target.with_name(f".{target.name[:STEM]}.{secrets.token_hex(4)}.part")


def _exchange(new: Path, old: Path) -> None:
    """Swap two folders: in one step if the system can, else through a third name."""
    rename = c_function("renameat2")
    if rename and rename(AT_FDCWD, os.fsencode(new), AT_FDCWD, os.fsencode(old), RENAME_EXCHANGE) == 0:
        return
    aside = new.with_suffix(".old")
    old.rename(aside)
    try:
        new.rename(old)
    except OSError:
        aside.rename(old)
        raise
    _remove_folder(aside)


def _remove_folder(folder: Path) -> None:
    """Remove a folder if it exists, as far as possible."""
    for _ in range(2):  # rmtree ignores all errors except those of close; the second try removes what they left
        with suppress(OSError):
            shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.rmdir()  # removes an empty folder without opening it, in case too many files are open


def _refused(path: str | Path, error: OSError) -> W2VError:
    """Return the error for a file or folder that could not be written."""
    is_open = isinstance(error, PermissionError) and os.path.exists(path) and not fcntl
    cure = "; Windows does not replace a file that is open: close it, or name another file" if is_open else ""
    return W2VError(f"cannot write {path}: {error.strerror or error}{cure}")


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay the signals that Python handles until the end, so that an interrupt leaves no temporary file."""
    came: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()  # only the main thread gets interrupts
    numbers = [number for number in ENDING if is_main and callable(signal.getsignal(number))]
    earlier = [signal.signal(number, lambda number, _: came.append(number)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, earlier, strict=True):
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)


def read_together(folder: Path, names: Collection[str], read: Callable[[], Result]) -> Result:
    """Return the result of `read`, which reads files of a folder, with all files from the same moment.

    If the folder or one of the files was replaced during the reading, `read` is called again.

    Raises:
        W2VError: the files are replaced again and again.
    """
    for _ in range(READS):
        before = _marks_of(folder, names)
        try:
            result = read()
        except Exception:
            if _marks_of(folder, names) == before:
                raise
            continue
        if _marks_of(folder, names) == before:
            return result
    raise W2VError(f"{folder} is replaced again and again while it is read; try again later")


def _marks_of(folder: Path, names: Collection[str]) -> list[tuple[int, ...] | None]:
    """Return values that change when a folder or one of its files changes; None for a missing file."""
    found: list[tuple[int, ...] | None] = []
    for path in (folder, *(folder / name for name in names)):
        try:
            status = path.stat()
            found.append((status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:
            found.append(None)
    return found


def shown_size(n_bytes: float) -> str:
    """Return a number of bytes in a suitable unit.

    >>> shown_size(1_230), shown_size(5), shown_size(2e12)
    ('1.23 KB', '5 bytes', '2000.00 GB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if n_bytes >= scale:
            return f"{n_bytes / scale:.2f} {unit}"
    return f"{n_bytes:.0f} bytes"


def check_space(path: str | Path, n_bytes: int) -> None:
    """Raise W2VError if the disk of `path` has no space for n_bytes; for a store, the disk of the temporary folder."""
    folder = Path(tempfile.gettempdir()) if stores.url_of(path) else Path(os.path.realpath(path)).parent
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise W2VError(
            f"no space for {path}: it takes about {shown_size(n_bytes)}, and {shown_size(free)} are free in {folder}"
        )
