"""state.json: what a checkpoint says of its run. Each value is checked against the type that its field declares."""

import json
import types
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Required, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

from w2v.base.errors import W2VError
from w2v.base.version import __version__
from w2v.checkpoints.fingerprints import Fingerprint
from w2v.checkpoints.snapshots import Position
from w2v.settings.train import TrainConfig

VERSION = 3  # The version of the schema. Only this one is read.
KINDS = {str: "a string", bool: "true or false", int: "a whole number", float: "a number", dict: "an object"}
KINDS |= {list: "a list", types.NoneType: "null"}
LARGEST = 2**63 - 1


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
        return json.dumps(asdict(self), indent=1).encode()


def read_state(path: Path) -> State:
    """Read a state.json.

    Raises:
        OSError: it cannot be read.
        W2VError: another version of w2v wrote it, with another schema or with settings that this one does not know.
        ValueError: it is damaged; the message says where.
    """
    values = json.loads(path.read_bytes())
    version = _member(values, "version", int)
    if version != VERSION:
        writer = f"w2v {_member(values, 'w2v', str)}" if "w2v" in values else "the w2v that wrote it"
        raise W2VError(
            f"{path.parent} has schema version {version}, and this w2v {__version__} reads version {VERSION}; "
            f"install {writer} to resume it"
        )
    state: State = _checked(values, State, "")
    _checked(state.extra, Extra, "extra")
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


def _checked(value: Any, hint: Any, name: str) -> Any:  # noqa: ANN401  (what JSON has)
    """Return a value of a JSON file as the type that a hint says.

    Raises:
        ValueError: it is of another type, or a number is out of range; `name` is where it stands in the file.
    """
    if isinstance(hint, types.UnionType):
        return None if value is None else _checked(value, get_args(hint)[0], name)
    kind = get_origin(hint) or (dict if is_dataclass(hint) or is_typeddict(hint) else hint)
    if kind is not Any and (type(value) not in ((int, float) if kind is float else (kind,))):
        raise ValueError(f"`{name}` is not {KINDS[kind]}" if name else "it is not an object")
    if kind in (int, float) and not -LARGEST <= value <= LARGEST:  # false for NaN too
        raise ValueError(f"`{name}` is out of range")
    if kind is list:
        return [_checked(item, get_args(hint)[0], name) for item in value]
    if get_origin(hint) is dict:
        return {key: _checked(item, get_args(hint)[1], f"{name}.{key}") for key, item in value.items()}
    if kind is dict:
        return _object(value, hint, name)
    return value


def _object(values: dict[str, Any], cls: Any, name: str) -> Any:  # noqa: ANN401
    """Return an object of JSON as a dataclass, or as a typed dictionary with what else it has."""
    hints = get_type_hints(cls)
    required = getattr(cls, "__required_keys__", hints)
    checked = {key: _member(values, key, hint, name) for key, hint in hints.items() if key in values or key in required}
    return values | checked if is_typeddict(cls) else cls(**checked)


def _member(values: Any, key: str, hint: Any, parent: str = "") -> Any:  # noqa: ANN401
    """Return a member of an object, checked."""
    if not isinstance(values, dict):
        raise ValueError("it is not an object")
    name = f"{parent}.{key}" if parent else key
    if key not in values:
        raise ValueError(f"`{name}` is missing")
    return _checked(values[key], hint, name)
