"""Log: rows about the progress of a run. Checkpoints keep them, and a file gets them as JSON Lines."""

import errno
import json
import math
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from w2v import reports
from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.stores import url_of
from w2v.base.typed_json import member, parse
from w2v.reports import Progress

EVERY, EVERY_S = 0.001, 60.0
"""There is a row for each thousandth of a run, and at least one row per minute."""


class Log:
    """The log of a run: its rows, and optionally the file that they are written to.

    If the file cannot be written any more, for example because the disk is full, the run continues and one message
    reports it. The lines in the file are always complete.
    """

    def __init__(self, path: str | Path | None = None, warn: Callable[[str], None] = reports.warn) -> None:
        """Make an empty log. A pipe or a device is opened now; a file is emptied when the run begins.

        Args:
            path: the file, pipe or device; with None the rows are kept in memory only.
            warn: called with the reason if the file cannot be written any more.

        Raises:
            W2VError: the path is a pipe without a reader, cannot be opened, or is in a store.
        """
        if path is not None and url_of(path):
            raise W2VError(f"cannot write a log to {url_of(path)}: name a file of this machine")
        self.path, self._warn = path, warn
        self.rows: list[dict[str, Any]] = []
        self._file: IO[bytes] | None = None
        self._whole = 0
        self._is_last_held = False
        """Whether the last row is not written yet, because `finish` adds the times of the run."""
        if path is not None and not os.path.isfile(path) and os.path.exists(path):
            self._open(path)

    def begin(self, earlier: Iterable[dict[str, Any]] = ()) -> None:
        """Begin with the earlier rows of the run, if it is resumed.

        Raises:
            W2VError: the file cannot be opened.
        """
        if self.path is not None and self._file is None:
            self._open(self.path)
        self.rows += earlier
        for row in self.rows:
            self._write(row)

    def add(self, now: Progress, more: Mapping[str, Any] | None = None, is_last: bool = False) -> None:
        """Add a row if the last row is old enough, if the run has ended, or if there is more to log.

        Args:
            now: the progress of the run.
            more: further fields of the row, such as scores.
            is_last: whether the run stops early, after this row.
        """
        last = self.rows[-1] if self.rows else {"progress": -1.0, "seconds": 0.0}
        is_due = now.progress - last["progress"] >= EVERY or now.seconds - last["seconds"] >= EVERY_S
        if is_due or more or (now.progress == 1 and last["progress"] < 1):
            self.rows.append(_json(asdict(now)) | dict(more or {}))
            if is_last or now.progress == 1:
                self._is_last_held = True
            else:
                self._write(self.rows[-1])

    def finish(self, seconds: Mapping[str, float]) -> None:
        """Write the last row, with the seconds that each part of the run took."""
        if self._is_last_held:
            self.rows[-1].update(seconds)
            self._write_last()

    def _write_last(self) -> None:
        if self._is_last_held:
            self._is_last_held = False
            self._write(self.rows[-1])

    def _open(self, path: str | Path) -> None:
        try:
            # Windows does not have O_NONBLOCK. Without this flag, opening a pipe that nobody reads would block.
            flags = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o666)
            self._file = open(handle, "wb", buffering=0)
            if stat.S_ISREG(os.fstat(handle).st_mode):
                self._file.truncate()
        except OSError as error:
            if error.errno == errno.ENXIO:
                raise W2VError(f"nobody reads the pipe {path}: start its reader first, or name a file") from error
            raise W2VError(f"cannot write {path}: {error.strerror}") from error

    def _write(self, row: dict[str, Any]) -> None:
        if self._file is None:
            return
        line = f"{json.dumps(row)}\n".encode()
        try:
            if self._file.write(line) != len(line):
                full = errno.ENOSPC if os.path.isfile(self._file.fileno()) else errno.EAGAIN
                raise OSError(full, os.strerror(full))
            self._whole += len(line)
        except OSError as error:
            self._warn(f"cannot write {self.path}: {error.strerror}; training goes on without a log")
            with suppress(OSError):  # a device cannot be truncated
                self._file.truncate(self._whole)
            self.close()

    def close(self) -> None:
        """Write the last row and close the file."""
        self._write_last()
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None

    def __enter__(self) -> "Log":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.close()


def check_is_log(path: Path) -> None:
    """Raise SettingsError if a file that a checkpoint names as its log exists but is not the log of a run."""
    if not path.is_file():
        return
    with suppress(OSError, ValueError), path.open("rb") as file:
        line = file.readline(1 << 20)
        if not line or member(parse(line), "progress", float) >= 0:
            return
    raise SettingsError(
        f"the checkpoint names {path} as its log, which is another file; to replace it, name it again: "
        f"{option('log_json', path)}",
        "log_json",
    )


def _json(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with None instead of NaN, which JSON does not have; rows in lists are converted too."""
    return {
        key: [_json(one) for one in value]
        if isinstance(value, list)
        else None
        if isinstance(value, float) and math.isnan(value)
        else value
        for key, value in row.items()
    }
