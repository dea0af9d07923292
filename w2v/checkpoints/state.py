"""state.json: what a checkpoint records about its run. Each value is checked against the declared type of its field.

The file begins with a checksum of the rest of the file, so any changed byte is noticed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Required, TypedDict

from w2v.base.errors import W2VError
from w2v.base.typed_json import checked, member, parse
from w2v.base.version import __version__
from w2v.checkpoints.fingerprints import Fingerprint
from w2v.checkpoints.snapshots import Position
from w2v.settings.train import TrainConfig

VERSION = 4  # Version of the schema. Other versions cannot be read.
BEFORE, AFTER = b'{\n "checksum": "', b'",\n'
"""The text before and after the checksum. The hash covers everything after AFTER."""
DIGITS = 32


class LogRow(TypedDict, total=False):
    """A row of the log. Other fields are kept unchanged."""

    progress: Required[float]
    seconds: Required[float]


class Extra(TypedDict, total=False):
    """The known keys of the caller's data in a checkpoint; the caller may add others."""

    output: str | None
    save_output: bool | None
    log_json: str | None
    log: list[LogRow]


@dataclass(frozen=True)
class State:
    """The content of state.json."""

    version: int
    w2v: str
    """The version of w2v that wrote the file."""
    config: dict[str, Any]
    position: Position
    corpus: list[Fingerprint] | None  # Files to read again; None if the token stream is saved
    stream: str  # Checksum of the token stream
    extra: dict[str, Any]  # What the caller gets back when the run is resumed; see `Extra`
    checksums: dict[str, str]  # Checksums of the other files, by name

    def as_json(self) -> bytes:
        """Return the content of the file."""
        return with_checksum(asdict(self))


def read_state(path: Path) -> State:
    """Read a state.json.

    Raises:
        OSError: the file cannot be read.
        W2VError: another version of w2v wrote it, with another schema or with unknown settings.
        ValueError: the file is damaged; the message says where.
    """
    content = path.read_bytes()
    is_whole = _has_checksum(content)
    if content.startswith(BEFORE) and not is_whole:
        raise ValueError("its checksum is not that of its content")
    values = parse(content)
    version = member(values, "version", int)
    if version != VERSION:
        writer = f"w2v {member(values, 'w2v', str)}" if "w2v" in values else "the w2v that wrote it"
        raise W2VError(
            f"{path.parent} has schema version {version}, and this w2v {__version__} reads version {VERSION}; "
            f"install {writer} to resume it"
        )
    if not is_whole:
        raise ValueError("it does not begin with its checksum")
    state: State = checked(values, State)
    checked(state.extra, Extra, "extra")
    position = asdict(state.position)
    if min([*position.pop("also_done"), *(value for value in position.values() if type(value) is int)]) < 0:
        raise ValueError("`position` is out of range")
    known = {field.name for field in fields(TrainConfig)}
    unknown = ", ".join(f"'{name}'" for name in state.config if name not in known)
    if unknown:
        raise W2VError(
            f"{path.parent} was written by w2v {state.w2v} with the setting {unknown}, which this w2v {__version__} "
            f"does not know; install w2v {state.w2v} or newer"
        )
    return state


def with_checksum(values: dict[str, Any]) -> bytes:
    """Return JSON that begins with a checksum of the rest."""
    content = json.dumps(values, indent=1).encode().removeprefix(b"{\n")
    return BEFORE + _digest(content) + AFTER + content


def _has_checksum(content: bytes) -> bool:
    """Return whether a file begins with the checksum of the rest."""
    found, rest = content[len(BEFORE) :][:DIGITS], content[len(BEFORE) + DIGITS + len(AFTER) :]
    return content.startswith(BEFORE) and content == BEFORE + found + AFTER + rest and found == _digest(rest)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGITS // 2).hexdigest().encode()
