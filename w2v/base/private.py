"""Folders and files that no other user can write to, for code that is loaded and for secrets."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

KEY, KEY_BYTES = "key", 32
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def make_private_folder(folder: Path) -> None:
    """Make a folder and its missing parents, accessible to this user only.

    Raises:
        OSError: the folder cannot be made, or it exists and other users can change its content.
    """
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    if reason := why_not_private(folder):
        raise PermissionError(1, reason, str(folder))


def why_not_private(path: Path) -> str:
    """Return why other users can change a file or folder; an empty string if only this user and root can.

    All folders above it are checked too, because whoever can write to one of them can replace the file. A folder such
    as /tmp, in which only owners can remove their files, is safe. Windows separates the files of users itself.
    """
    if not hasattr(os, "getuid"):
        return ""
    real = Path(os.path.realpath(path))
    for one in (real, *real.parents):
        status = one.stat()
        if status.st_uid not in (0, os.getuid()):
            return f"{one} belongs to another user"
        is_sticky = one != real and bool(status.st_mode & stat.S_ISVTX)
        if status.st_mode & _forbidden(status.st_gid) and not is_sticky:
            return f"other users may write to {one}"
    return ""


def read_private(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        OSError: the file cannot be read, is a link, or could have been written by another user.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if hasattr(os, "getuid") and (status.st_uid not in (0, os.getuid()) or status.st_mode & OTHERS_WRITE):
            raise PermissionError(1, "other users may write to it", str(path))
        return file.read()


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only this user can read, completely or not at all. Raises OSError."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(content)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def secret_key(folder: Path) -> bytes:
    """Return the random key that is stored in a private folder; the first call creates it.

    If two processes create it at the same time, they may get different keys; the later one is kept.

    Raises:
        OSError: the key can be neither read nor created.
    """
    make_private_folder(folder)
    path = folder / KEY
    with suppress(FileNotFoundError):
        if len(key := read_private(path)) == KEY_BYTES:
            return key
    write_private(path, secrets.token_bytes(KEY_BYTES))
    return read_private(path)


def _forbidden(group: int) -> int:
    """Return the permissions that others must not have. A group with only this user may write, as with umask 002."""
    return stat.S_IWOTH if _is_own_group(group) else OTHERS_WRITE


def _is_own_group(group: int) -> bool:
    """Return whether a group has the name of this user and no other members."""
    try:
        import grp
        import pwd
    except ImportError:  # Windows
        return False
    try:
        user, found = pwd.getpwuid(os.getuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return found.gr_gid == user.pw_gid and found.gr_name == user.pw_name and {*found.gr_mem} <= {user.pw_name}
