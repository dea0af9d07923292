"""state.json: what a checkpoint says of its run. Each value is checked against the type that its field declares.

The file begins with a checksum of all that follows it, so that no byte of it can change unnoticed.
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

VERSION = 4  # The version of the schema. Only this one is read.
BEFORE, AFTER = b'{\n "checksum": "', b'",\n'
"""What stands around the checksum; the hash is taken of what follows."""
DIGITS = 32


class LogRow(TypedDict, total=False):
    """A row of the log; what else it has is kept as it is."""

    progress: Required[float]
    seconds: Required[float]


class Extra(TypedDict, total=False):
    """What a caller may leave in a checkpoint, beside keys of its own."""

    output: str | None
    save_output: bool | None
    log_json: str | None
    log: list[LogRow]


@dataclass(frozen=True)
class State:
    """The content of state.json."""

    version: int
    w2v: str
    """The version of w2v that wrote it."""
    config: dict[str, Any]
    position: Position
    corpus: list[Fingerprint] | None  # The files to read again; None if the stream is kept
    stream: str  # Checksum of the token stream
    extra: dict[str, Any]  # What the caller gets back when the run is resumed; see `Extra`
    checksums: dict[str, str]  # The checksum of each other file

    def as_json(self) -> bytes:
        """Return the content of the file."""
        return with_checksum(asdict(self))


def read_state(path: Path) -> State:
    """Read a state.json.

    Raises:
        OSError: it cannot be read.
        W2VError: another version of w2v wrote it, with another schema or with settings that this one does not know.
        ValueError: it is damaged; the message says where.
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
    """Return JSON with a checksum of itself."""
    content = json.dumps(values, indent=1).encode().removeprefix(b"{\n")
    return BEFORE + _digest(content) + AFTER + content


def _has_checksum(content: bytes) -> bool:
    """Return whether a file begins with the checksum of what follows it."""
    found, rest = content[len(BEFORE) :][:DIGITS], content[len(BEFORE) + DIGITS + len(AFTER) :]
    return content.startswith(BEFORE) and content == BEFORE + found + AFTER + rest and found == _digest(rest)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGITS // 2).hexdigest().encode()
