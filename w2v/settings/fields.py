"""Settings: a described field of a frozen dataclass, and all that is read from it.

A setting is written once:

    dim: Annotated[int, Setting("Vector size.", group="Model", low=1, high=65_536)] = 100

From this field come the check of its value, the option of each command that takes it, and its line in the docs.
"""

import types
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from dataclasses import field as dataclass_field
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from w2v.base.errors import SettingsError

KINDS = (bool, int, float, str, Path)
"""The types that a setting may have."""


@dataclass(frozen=True)
class Setting:
    """What a setting means, beyond its name, type and default."""

    help: str
    group: str = "Options"
    """The heading in the help of a command."""
    low: float = -inf
    high: float = inf
    """Range of a number, both ends included."""
    unset: str = ""
    """What the default None means, where there is more to say than "none"."""
    only_with: Mapping[str, tuple[object, ...]] = dataclass_field(default_factory=dict)
    """The setting has an effect only if one of these settings has one of these values; () means any value."""
    not_with: Mapping[str, tuple[object, ...]] = dataclass_field(default_factory=dict)
    """The setting has no effect if one of these settings has one of these values."""
    flags: tuple[str, ...] = ()
    """The flags, where they are not made from the name."""
    metavar: str = ""
    """What stands for the value in the help, where it does not follow from the type."""
    bare: str = ""
    """The value that the flag means when it stands alone."""
    complete: Callable[[], Iterable[str]] | None = None
    """Returns what the shell completes a value to, where that is not the choices."""


@dataclass(frozen=True)
class Field:
    """A setting together with what Python says of it: name, type, default."""

    name: str
    setting: Setting
    default: Any
    """MISSING where a value must be given."""
    kind: type
    """bool, int, float, str or Path; of a list, that of its items."""
    choices: tuple[object, ...]
    """All values of a bool or a Literal; of an `int | Literal["full"]` those that are not of its kind."""
    may_be_none: bool
    is_list: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of its option; a switch has one more, which turns it off."""
        flag = f"--{self.name.replace('_', '-')}"
        off = "/--no-" + flag[2:] if self.kind is bool else ""
        return self.setting.flags or (flag + off,)

    @property
    def flag(self) -> str:
        """The flag that names it in a message: the longest."""
        return max(self.flags, key=len).partition("/")[0]

    @property
    def shown_default(self) -> str:
        """The default, in words; empty where there is nothing to say."""
        if self.setting.unset or self.default in (None, MISSING):
            return self.setting.unset
        return {True: "yes", False: "no"}[self.default] if self.kind is bool else str(self.default)

    def check(self, value: object, name: str = "") -> None:
        """Raise a SettingsError if a value is of the wrong type, out of range or not among the choices."""
        if value is None and self.may_be_none:
            return
        name = name or self.name
        if any(value is choice or (value == choice and isinstance(choice, str)) for choice in self.choices):
            return
        if self.choices and self.kind in (bool, str):
            known = "true or false" if self.kind is bool else f"one of {', '.join(map(str, self.choices))}"
            raise SettingsError(f"{name} must be {known}, not {value!r}")
        if not isinstance(value, (int, float) if self.kind is float else self.kind) or isinstance(value, bool):
            kind = {int: "a whole number", float: "a number"}.get(self.kind, "text")
            others = "".join(f' or "{choice}"' for choice in self.choices)
            raise SettingsError(f"{name} must be {kind}{others}, not {value!r}")
        if isinstance(value, int | float) and self.has_range and not self.setting.low <= value <= self.setting.high:
            raise SettingsError(f"{name} must be {self.range}, not {value:{',' if self.kind is int else ''}}")

    @property
    def has_range(self) -> bool:
        """Whether not every number will do. NaN is in no range."""
        return self.setting.low > -inf or self.setting.high < inf

    @property
    def range(self) -> str:
        """The range of a number, in words."""
        if not self.has_range:
            return "a number"
        low, high = self.setting.low, self.setting.high
        least, most = (f"{end:,}" if isinstance(end, int) else f"{end:g}" for end in (low, high))
        return f"at least {least}" if high == inf else f"from {least} to {most}"

    def from_text(self, value: Any) -> Any:  # noqa: ANN401
        """Return the value that the text of an option means: "5" is 5 where "full" is allowed too."""
        return int(value) if self.kind is int and isinstance(value, str) and value.isdecimal() else value


@lru_cache
def fields_of(cls: type, *names: str) -> tuple[Field, ...]:
    """Return the settings of a described dataclass: all in the order of their declaration, or those named."""
    hints = get_type_hints(cls, include_extras=True)
    found = {field.name: read_field(field.name, hints[field.name], field.default) for field in fields(cls)}
    return tuple(field for name in names or found if (field := found[name]) is not None)


def read_field(name: str, hint: Any, default: object) -> Field | None:  # noqa: ANN401
    """Return the setting that an annotation describes; None where it describes none."""
    if get_origin(hint) is not Annotated:
        return None
    base, *notes = get_args(hint)
    described = [note for note in notes if isinstance(note, Setting)]
    if not described:
        return None
    parts = list(get_args(base)) if get_origin(base) in (Union, types.UnionType) else [base]
    is_list = any(get_origin(part) is list for part in parts)
    parts = [get_args(part)[0] if get_origin(part) is list else part for part in parts]
    choices = tuple(choice for part in parts if get_origin(part) is Literal for choice in get_args(part))
    kind = next((part for part in parts if part in KINDS), str)
    return Field(
        name=name,
        setting=described[0],
        default=default,
        kind=kind,
        choices=(True, False) if kind is bool else choices,
        may_be_none=types.NoneType in parts,
        is_list=is_list,
    )


def check_values(config: object) -> None:
    """Raise a SettingsError if a described dataclass has a value that is wrong in itself."""
    cls: Any = type(config)
    for field in fields_of(cls):
        field.check(getattr(config, field.name))


def check_effect(
    known: Iterable[Field], given: Collection[str], values: Mapping[str, object], *, as_flags: bool = False
) -> None:
    """Raise a SettingsError if a setting was given that has no effect together with the others.

    Args:
        known: the settings that there are.
        given: the names of those that the user gave.
        values: the values to look at, given or not; what a setting says of others is passed over.
        as_flags: whether the message names them as flags.
    """
    by_name = {field.name: field for field in known}

    def shown(name: str, value: object = None) -> str:
        label = by_name[name].flag if as_flags and name in by_name else name
        return label if value is None else f"{label} {value}"

    for name in [name for name in by_name if name in given]:
        setting = by_name[name].setting
        for other, refused in setting.not_with.items():
            if other in values and values[other] in refused:
                raise SettingsError(f"{shown(name)} has no effect with {shown(other, values[other])}; leave one out")
        needs = {other: wanted for other, wanted in setting.only_with.items() if other in values}
        if needs and not any(values[other] in wanted if wanted else values[other] for other, wanted in needs.items()):
            ways = [shown(other, value) for other, wanted in needs.items() for value in wanted or (None,)]
            raise SettingsError(f"{shown(name)} has an effect only with {' or '.join(ways)}")


def optional(field: Field, **changes: Any) -> Field:  # noqa: ANN401
    """Return a setting that need not be given, whose default is not its own; `changes` are to its description."""
    return replace(field, default=None, may_be_none=True, setting=replace(field.setting, **changes))


def docs_table(known: Iterable[Field]) -> str:
    """Return a table in Markdown, one line per setting."""
    lines = ["| setting | default | values | |", "|---|---|---|---|"]
    for field in known:
        values = ["yes, no"] if field.kind is bool else [str(choice) for choice in field.choices]
        if field.kind in (int, float):
            values = [field.range.removeprefix("from "), *values]
        cells = (f"`{field.name}`", field.shown_default or "none", ", ".join(values) or "text", field.setting.help)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
