"""What Windows lacks or refuses, taken away from this process: `import like_windows`, or pytest's `-p like_windows`.

Modules, functions, constants and signals are gone; open and mapped files cannot be replaced, renamed or removed, nor
can the folders that they are in. This is not Windows: paths, line ends of text files and the console are those of this
system, which must be Linux.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import shutil
import signal
import subprocess  # noqa: F401  (takes a system that has msvcrt for Windows)
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

MODULES = ("fcntl", "resource", "readline", "termios", "tty", "pty", "pwd", "grp")
OF_OS = ("O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "fork", "forkpty", "mkfifo", "sched_getaffinity",
         "killpg", "setsid", "pread", "pwrite", "posix_fallocate")  # fmt: skip
OF_SIGNAL = ("SIGHUP", "SIGQUIT", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGALRM", "pthread_kill", "pthread_sigmask")
IN_USE = "The process cannot access the file because it is being used by another process"
FLOCK, GETFL, EXCLUSIVE = fcntl.flock, fcntl.F_GETFL, fcntl.LOCK_EX | fcntl.LOCK_NB

_open, _fsync, _rename, _replace = os.open, os.fsync, os.rename, os.replace
_unlink, _rmdir, _signal, _fcntl = os.unlink, os.rmdir, signal.signal, fcntl.fcntl


class CDLL(ctypes.CDLL):
    """Refuses the process itself, as Windows does, to this program."""

    def __init__(self, name: Any, *args: Any, **more: Any) -> None:  # noqa: ANN401
        if name is None and str(sys._getframe(1).f_globals.get("__name__")).startswith("w2v"):
            raise TypeError("argument of type 'NoneType' is not iterable")
        super().__init__(name, *args, **more)


def held() -> set[str]:
    """Return the files that this process has open or mapped."""
    paths = {
        line.split(maxsplit=5)[5] for line in Path("/proc/self/maps").read_text("utf-8").splitlines() if "/" in line
    }
    for number in os.listdir("/proc/self/fd"):
        try:
            paths.add(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:  # that of the list
            continue
    return {path for path in paths if not os.path.isdir(path)}


def refuse_if_held(path: Any) -> None:  # noqa: ANN401
    """Raise PermissionError if a file is open, or one in this folder is."""
    real = os.path.realpath(os.fspath(path))
    if any(file == real or file.startswith(f"{real}/") for file in held()):
        raise PermissionError(errno.EACCES, IN_USE, os.fspath(path))


def open_(path: Any, flags: int, *args: Any, **more: Any) -> int:  # noqa: ANN401
    if os.path.isdir(path):
        raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
    return _open(path, flags, *args, **more)


def fsync(file: Any) -> None:  # noqa: ANN401
    number = file if isinstance(file, int) else file.fileno()
    if _fcntl(number, GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, "Bad file descriptor")
    _fsync(number)


def rename(old: Any, new: Any, **more: Any) -> None:  # noqa: ANN401
    refuse_if_held(old)
    if os.path.lexists(new):
        raise FileExistsError(errno.EEXIST, "Cannot create a file when that file already exists", os.fspath(new))
    _rename(old, new, **more)


def replace(old: Any, new: Any, **more: Any) -> None:  # noqa: ANN401
    refuse_if_held(old)
    refuse_if_held(new)
    if os.path.isdir(new):
        raise PermissionError(errno.EACCES, "Access is denied", os.fspath(new))
    _replace(old, new, **more)


def removing(remove: Callable[..., None]) -> Callable[..., None]:
    def remove_(path: Any, **more: Any) -> None:  # noqa: ANN401
        if sys._getframe(1).f_globals.get("__name__") != "tempfile":  # whose files have no name here
            refuse_if_held(path)
        remove(path, **more)

    return remove_


def signal_(number: int, handler: Any) -> Any:  # noqa: ANN401
    if number not in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK, signal.SIGABRT):  # type: ignore[attr-defined]
        raise ValueError("invalid signal value")
    return _signal(number, handler)


def locking(handle: int, mode: int, n_bytes: int) -> None:
    """Lock a file as msvcrt does: also against this process."""
    try:
        FLOCK(handle, EXCLUSIVE)
    except BlockingIOError as error:
        raise PermissionError(errno.EACCES, "Permission denied") from error


def cut(file: Any, *size: int) -> int:  # noqa: ANN401
    """Stand for `truncate` of a temporary file, which is refused while the file is mapped."""
    if any(os.path.realpath(file.name) in line for line in Path("/proc/self/maps").read_text("utf-8").splitlines()):
        raise PermissionError(errno.EACCES, IN_USE)
    return int(file.file.truncate(*size))


@contextmanager
def refused(kind: type[Exception], message: str) -> Iterator[None]:
    """Check that what follows is refused, with a message that says so."""
    try:
        yield
    except kind as error:
        assert message in str(error), error
    else:
        raise AssertionError(f"it was not refused: {message}")


STAND_INS: tuple[tuple[Any, str, Any], ...] = (
    (signal, "SIGBREAK", signal.SIGTTIN),
    (signal, "signal", signal_),
    (ctypes, "CDLL", CDLL),
    (os, "open", open_),
    (os, "fsync", fsync),
    (os, "rename", rename),
    (os, "replace", replace),
    (os, "unlink", removing(_unlink)),
    (os, "remove", removing(_unlink)),
    (os, "rmdir", removing(_rmdir)),
    (shutil, "_use_fd_functions", False),
    (tempfile, "TemporaryFile", tempfile.NamedTemporaryFile),
    (tempfile._TemporaryFileWrapper, "truncate", cut),
)


def install() -> None:
    """Take it all away."""
    sys.modules.update(dict.fromkeys(MODULES))  # type: ignore[arg-type]  # None: import raises ImportError
    sys.modules["msvcrt"] = SimpleNamespace(LK_NBLCK=2, locking=locking)  # type: ignore[assignment]
    for module, names in ((os, OF_OS), (signal, OF_SIGNAL)):
        for name in names:
            delattr(module, name)
    for name in [name for name in dir(mmap) if name.startswith("MADV_")]:
        delattr(mmap, name)
    for module, name, stand_in in STAND_INS:
        setattr(module, name, stand_in)


install()
