"""Settings: documented fields of frozen dataclasses, and everything that is derived from them.

A setting is declared once:

    dim: Annotated[int, "Vector size.", Setting("Model", low=1, high=65_536)] = 100

The text is its help. The check of the value, the option of each command that takes the setting, and its line in the
docs are made from this field. The field also has all rules of the setting: which operations take it, and what it cannot
be combined with.
"""

import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from dataclasses import field as dataclass_field
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from w2v.base.errors import SettingsError, option

FILE = "FILE"  # The metavar of the path of a file
KINDS = (bool, int, float, str, Path)  # The allowed types of settings


@dataclass(frozen=True)
class SearchRange:
    """The range in which `w2v tune` searches a setting."""

    low: float
    high: float
    is_log: bool = True  # Whether the scale is logarithmic: 1 to 2 is as wide as 10 to 20


@dataclass(frozen=True)
class Setting:
    """The meaning and the rules of a setting, beyond its name, type, default and help."""

    group: str = "Options"  # The heading in the help of a command
    low: float = -inf
    high: float = inf  # The range of a number includes `low` and `high`
    unset: str = ""
    """What the default None means, if it means more than "none"."""
    operations: tuple[str, ...] = ()
    """Operations that take the setting, besides those that take all settings of its config: see operations.py."""
    only_with: Mapping[str, tuple[object, ...]] = dataclass_field(default_factory=dict)
    """The setting has an effect only if one of these settings has one of these values; () means any value."""
    not_with: Mapping[str, tuple[object, ...]] = dataclass_field(default_factory=dict)
    """The setting has no effect if one of these settings has one of these values; () means any value."""
    is_strict: bool = False  # Whether `not_with` is an error for every value except the default, even if not explicit
    one_machine: tuple[object, ...] = ()  # Values that a cluster does not support
    check: Callable[[Any], str] | None = None
    """Takes a config; returns what is wrong with the value in combination with others, or an empty string."""
    may_fall: bool = True  # Whether a resumed run may have a lower value
    is_of_model: bool = True
    """Whether operations on a trained model use the value of its training; otherwise they use the default."""
    search: SearchRange | None = None  # The range for `w2v tune`; None if it does not search the setting
    flags: tuple[str, ...] = ()  # Default: made from the name
    metavar: str = ""  # The name of the value in the help; default: made from the type
    bare: str = ""  # The value if the flag is given without a value
    complete: Callable[[], Iterable[str]] | None = None
    """Returns the shell completions of a value; default: the choices."""
    is_common: bool = False  # Whether --help shows it for a command with many options; --help-all shows all

    @property
    def is_file(self) -> bool:
        """Whether the value is the path of a file to read."""
        return self.metavar == FILE


@dataclass(frozen=True)
class Field:
    """A setting with its name, type and default in Python."""

    name: str
    help: str
    setting: Setting
    default: Any  # MISSING if there is no default
    kind: type  # bool, int, float, str or Path; for a list, the type of its items
    choices: tuple[object, ...]
    """All values of a bool or a Literal; for `int | Literal["full"]`, the values that are not of its kind."""
    may_be_none: bool
    is_list: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags of the option. A switch has an additional flag that turns it off."""
        flag = f"--{self.name.replace('_', '-')}"
        off = "/--no-" + flag[2:] if self.kind is bool else ""
        return self.setting.flags or (flag + off,)

    @property
    def flag(self) -> str:
        """The first flag, which messages use."""
        return self.flags[0].partition("/")[0]

    @property
    def shown_default(self) -> str:
        """The default as a text; empty if there is nothing to show."""
        if self.setting.unset or self.default in (None, MISSING):
            return self.setting.unset
        return {True: "yes", False: "no"}[self.default] if self.kind is bool else str(self.default)

    def check(self, value: object) -> None:
        """Raise a SettingsError if a value has the wrong type, is out of range, or is not one of the choices."""
        if value is None and self.may_be_none:
            return
        if self.is_list and isinstance(value, list | tuple):
            for one in value:
                self.check(one)
            return
        if any(value is choice or (value == choice and isinstance(choice, str)) for choice in self.choices):
            return
        if self.choices and self.kind in (bool, str):
            known = "true or false" if self.kind is bool else f"one of {', '.join(map(str, self.choices))}"
            raise self.error(f"must be {known}, not {value!r}")
        if not isinstance(value, (int, float) if self.kind is float else self.kind) or isinstance(value, bool):
            kind = {int: "a whole number", float: "a number"}.get(self.kind, "text")
            others = "".join(f' or "{choice}"' for choice in self.choices)
            raise self.error(f"must be {kind}{others}, not {value!r}")
        if isinstance(value, int | float) and self.has_range and not self.setting.low <= value <= self.setting.high:
            raise self.error(f"must be {self.range}, not {value:{',' if self.kind is int else ''}}")

    def error(self, what: str, value: object = None) -> SettingsError:
        """Return an error about the setting, or about one of its values."""
        return SettingsError(f"{option(self.name, value)} {what}", self.name)

    def conflict(self, value: object, values: Mapping[str, object]) -> SettingsError | None:
        """Return an error if a value has no effect, or cannot be used, together with the values of other settings.

        None means that the setting is not used.
        """
        if value is None:
            return None
        for other, refused in self.setting.not_with.items():
            if not refused and values.get(other):
                return self.error(f"cannot be used with {option(other)}; leave one out")
            if other in values and values[other] in refused:
                return self.error(f"has no effect with {option(other, values[other])}; leave one out")
        if values.get("ray") and value in self.setting.one_machine:
            return self.error(f"cannot be used with {option('ray')}; train on one machine", value)
        needs = {other: wanted for other, wanted in self.setting.only_with.items() if other in values}
        if needs and not any(values[other] in wanted if wanted else values[other] for other, wanted in needs.items()):
            ways = [option(other, value) for other, wanted in needs.items() for value in wanted or (None,)]
            return self.error(f"has an effect only with {' or '.join(ways)}")
        return None

    @property
    def has_range(self) -> bool:
        """Whether the numbers are limited. NaN is in no range."""
        return self.setting.low > -inf or self.setting.high < inf

    @property
    def range(self) -> str:
        """The range of a number as a text."""
        if not self.has_range:
            return "a number"
        low, high = self.setting.low, self.setting.high
        least, most = (f"{end:,}" if isinstance(end, int) else f"{end:g}" for end in (low, high))
        return f"at least {least}" if high == inf else f"from {least} to {most}"

    def from_text(self, value: Any) -> Any:  # noqa: ANN401
        """Return the value of an option's text: "5" becomes 5, even if "full" is allowed too."""
        return int(value) if self.kind is int and isinstance(value, str) and value.isdecimal() else value


@lru_cache
def fields_of(cls: type) -> tuple[Field, ...]:
    """Return the settings of a documented dataclass, in the order of their declaration."""
    hints = get_type_hints(cls, include_extras=True)
    found = (read_field(field.name, hints[field.name], field.default) for field in fields(cls))
    return tuple(field for field in found if field is not None)


def read_field(name: str, hint: Any, default: object) -> Field | None:  # noqa: ANN401
    """Return the setting that an annotation describes; None if it has no help text."""
    base, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    help = next((note for note in notes if isinstance(note, str)), None)
    if help is None:
        return None
    setting = next((note for note in notes if isinstance(note, Setting)), Setting())
    parts = get_args(base) if get_origin(base) in (Union, types.UnionType) else (base,)
    is_list = any(get_origin(part) is list for part in parts)
    parts = tuple(get_args(part)[0] if get_origin(part) is list else part for part in parts)
    choices = tuple(choice for part in parts if get_origin(part) is Literal for choice in get_args(part))
    kind = next((part for part in parts if part in KINDS), str)
    choices = (True, False) if kind is bool else choices
    return Field(name, help, setting, default, kind, choices, types.NoneType in parts, is_list)


def make_plain(config: object) -> None:
    """Replace NumPy scalars and paths in a documented dataclass by plain values, which all formats support."""
    cls: Any = type(config)
    for field in fields_of(cls):
        value = getattr(config, field.name)
        if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
            object.__setattr__(config, field.name, value.item())
        elif field.kind is str and isinstance(value, Path):
            object.__setattr__(config, field.name, str(value))


def check_values(config: object) -> None:
    """Raise a SettingsError if a documented dataclass has an invalid value, alone or in combination with others."""
    cls: Any = type(config)
    known = fields_of(cls)
    for field in known:
        field.check(getattr(config, field.name))
    for field in known:
        check = field.setting.check
        if check is not None and (wrong := check(config)):
            raise field.error(wrong)
    values = {field.name: getattr(config, field.name) for field in known}
    strict = [field for field in known if field.setting.is_strict and values[field.name] != field.default]
    check_effect(strict, values, values)


def check_effect(known: Iterable[Field], given: Mapping[str, object], values: Mapping[str, object]) -> None:
    """Raise a SettingsError if a given setting has no effect, or cannot be used, together with the others.

    Args:
        known: all settings.
        given: the settings that the user gave, with their values.
        values: values of settings, given or not. Rules about settings that are not in `values` are ignored.
    """
    for field in known:
        if field.name in given and (error := field.conflict(given[field.name], values)):
            raise error
