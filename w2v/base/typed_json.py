"""JSON whose values are checked against declared types, because files are not trusted."""

import json
import types
from dataclasses import is_dataclass
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

KINDS = {str: "a string", bool: "true or false", int: "a whole number", float: "a number", dict: "an object"}
KINDS |= {list: "a list", types.NoneType: "null"}
LARGEST = 2**63 - 1


def parse(data: bytes) -> Any:  # noqa: ANN401  (what JSON has)
    """Return the content of JSON.

    Raises:
        ValueError: the data are not JSON in UTF-8, or are nested deeper than Python can read.
    """
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def checked(value: Any, hint: Any, name: str = "") -> Any:  # noqa: ANN401
    """Return a JSON value as the type that a hint declares: a dataclass is made; a TypedDict keeps its unknown keys.

    Raises:
        ValueError: the value has another type, or a number is out of range; `name` is its path in the file.

    >>> checked({"a": [1, "x"]}, dict[str, list[int]])
    Traceback (most recent call last):
    ValueError: `a` is not a whole number
    """
    if isinstance(hint, types.UnionType):
        return None if value is None else checked(value, get_args(hint)[0], name)
    kind = get_origin(hint) or (dict if is_dataclass(hint) or is_typeddict(hint) else hint)
    if kind is Any:
        return value
    if type(value) not in ((int, float) if kind is float else (kind,)):
        raise ValueError(f"`{name}` is not {KINDS[kind]}" if name else f"it is not {KINDS[kind]}")
    if kind in (int, float) and not -LARGEST <= value <= LARGEST:  # also refuses NaN
        raise ValueError(f"`{name}` is out of range")
    if kind is list:
        return [checked(item, get_args(hint)[0], name) for item in value]
    if get_origin(hint) is dict:
        return {key: checked(item, get_args(hint)[1], _inside(name, key)) for key, item in value.items()}
    return _object(value, hint, name) if kind is dict else value


def member(values: Any, key: str, hint: Any, parent: str = "") -> Any:  # noqa: ANN401
    """Return a checked member of an object. Raises ValueError if it is missing or has another type."""
    name = _inside(parent, key)
    if not isinstance(values, dict):
        raise ValueError("it is not an object")
    if key not in values:
        raise ValueError(f"`{name}` is missing")
    return checked(values[key], hint, name)


def _object(values: dict[str, Any], cls: Any, name: str) -> Any:  # noqa: ANN401
    """Return a JSON object as a dataclass, or as a typed dictionary with its unknown keys."""
    hints = get_type_hints(cls)
    required = getattr(cls, "__required_keys__", hints)
    found = {key: member(values, key, hint, name) for key, hint in hints.items() if key in values or key in required}
    return values | found if is_typeddict(cls) else cls(**found)


def _inside(parent: str, key: str) -> str:
    return f"{parent}.{key[:80]}" if parent else key[:80]
