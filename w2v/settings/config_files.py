"""Config files: settings from a preset, a TOML file or a .w2v folder, updated with overrides.

A file can have a table `[long_lines]` with settings for a corpus of long lines, because the number of items per person
decides which model is best.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.typed_json import member, parse
from w2v.settings.aliases import check_known
from w2v.settings.fields import check_effect, fields_of
from w2v.settings.presets import find_config
from w2v.settings.train import TrainConfig

MODEL = "config.json"  # The file in a .w2v folder that contains the settings
LONGEST, MOST_DOTS = 1 << 16, 100
"""Limits of a config: its bytes, and the dots in one of its lines. A config has one line per setting."""
LONG_LINES, LEAST = "long_lines", "words_per_line"
"""Name of a config's table for long lines, and of the key with the mean number of words of such lines."""
NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class LongLines:
    """What a config changes for a corpus with long lines."""

    source: str
    """Name of the config."""
    words_per_line: float
    """Lines are long from this mean number of words."""
    changes: Mapping[str, Any]
    """Settings with other values for long lines."""

    def are_in(self, words_per_line: float) -> bool:
        """Return whether lines with this mean number of words are long."""
        return words_per_line >= self.words_per_line

    def adapt(self, config: TrainConfig, words_per_line: float) -> TrainConfig:
        """Return the settings for a corpus, given the settings it was read with."""
        return replace(config, **self.changes) if self.are_in(words_per_line) else config

    def message(self, words_per_line: float) -> str:
        """Return a message that names the chosen settings and the reason."""
        are = f"lines have {words_per_line:.1f} words on average"
        if not self.are_in(words_per_line):
            return f"{are}, fewer than {self.words_per_line:g}: settings of {self.source} for short lines"
        chosen = " ".join(option(name, value) for name, value in self.changes.items())
        return f"{are}, at least {self.words_per_line:g}: settings of {self.source} for long lines: {chosen}"


def _read_text(path: Path) -> str:
    """Return the text of a TOML file that can be parsed quickly.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not UTF-8, is too long, or has a key with many parts, which takes quadratic time to
            parse.
    """
    with path.open("rb") as file:
        text = file.read(LONGEST + 1).decode("utf-8-sig")
    if len(text) > LONGEST:
        raise ValueError(f"it has more than {LONGEST:,} bytes")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS and not line.lstrip().startswith("#"):
            raise ValueError(f"line {number:,} has more than {MOST_DOTS} points")
    return text


def settings_of_model(folder: str | Path) -> dict[str, Any]:
    """Return the training settings that a .w2v folder stores.

    Raises:
        W2VError: the folder cannot be read, is damaged, or stores no settings.
    """
    path = Path(folder) / MODEL
    try:
        found = parse(path.read_bytes())
        trained = member(found, "trained", dict[str, Any] | None)
        settings: dict[str, Any] = member(trained, "settings", dict[str, Any], "trained") if trained else {}
    except OSError as error:
        raise W2VError(f"cannot read the config {path}: {error.strerror}") from error
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
    if not settings:
        raise W2VError(f"{folder} does not keep the settings of its training")
    return settings


def load_config(
    source: str | Path | None, overrides: Mapping[str, Any] = NONE, *, is_explicit: bool = False
) -> TrainConfig:
    """Return the settings of a preset or a TOML file, updated with `overrides`.

    Settings for long lines are ignored here; `load_long_lines` reads them.

    Args:
        source: a preset's name (`large`), the path of a TOML file or of a .w2v folder, or None for the defaults.
        overrides: settings by name, which replace those of the file. A setting of the file that has no effect with
            them, or cannot be used with them, is left out.
        is_explicit: whether an override without effect is an error even if it is the default, as for flags.

    Raises:
        SettingsError: a preset or key is unknown, a value is invalid, or it has no effect together with the others.
        W2VError: the file cannot be read or is not TOML.
    """
    settings, _ = _read(source)
    return _merge(settings, overrides, str(source), is_explicit)


def load_long_lines(source: str | Path | None, overrides: Mapping[str, Any] = NONE) -> LongLines | None:
    """Return what a preset or a TOML file changes for a corpus of long lines; None if it changes nothing.

    The arguments are those of `load_config`, which returns the settings for all other corpora. Overrides are applied
    too.

    Raises:
        SettingsError: as in `load_config`; or one of the settings decides how the corpus is read.
        W2VError: as in `load_config`.
    """
    settings, table = _read(source)
    if table is None:
        return None
    name = f"{source}, [{LONG_LINES}]"
    least = table.pop(LEAST, None)
    if not isinstance(least, int | float) or isinstance(least, bool) or not least > 0:
        raise SettingsError(f"{name}: {LEAST} must be a number above 0, not {least!r}")
    known = fields_of(TrainConfig)
    check_known(table, [field.name for field in known], name)
    for field in known:
        if field.name in table and field.setting.group == "Corpus":
            raise field.error(f"cannot depend on the length of lines, which is known after the reading: {name}")
    others, these = (_merge(one, overrides, name).as_dict() for one in (settings, settings | table))
    changes = {name: value for name, value in these.items() if value != others[name]}
    return LongLines(str(source), float(least), changes)


def _read(source: str | Path | None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the settings of a config, and its table for long lines if it has one."""
    if source is None:
        return {}, None
    if os.path.isfile(os.path.join(source, MODEL)):
        return settings_of_model(source), None
    path = find_config(source)
    try:
        settings = tomllib.loads(_read_text(path))
    except OSError as error:
        raise W2VError(f"cannot read the config {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # not TOML or UTF-8; or a number is too long or lists too deep
        raise W2VError(f"the config {path} is not TOML: {error}") from error
    table = settings.pop(LONG_LINES, None)
    if table is not None and not isinstance(table, dict):
        raise SettingsError(f"{source}: {LONG_LINES} must be a table of settings, not {table!r}")
    return settings, table


def _merge(
    settings: Mapping[str, Any], overrides: Mapping[str, Any], source: str, is_explicit: bool = False
) -> TrainConfig:
    """Return the config with a file's settings and overrides; see `load_config`."""
    fields = fields_of(TrainConfig)
    known = [field.name for field in fields]
    check_known(settings, known, source)
    check_known(overrides, known)
    defaults = TrainConfig().as_dict()
    values = defaults | dict(settings) | dict(overrides)
    kept = dict(settings)
    try:
        _check_effect(settings, defaults | dict(settings))  # without overrides, which may replace settings of the file
        for field in fields:
            if field.name in kept and field.conflict(values[field.name], values):
                del kept[field.name]
        config = TrainConfig(**{**kept, **overrides})
        _check_effect(overrides, config.as_dict(), is_explicit)
        return config
    except SettingsError as error:
        if error.setting in settings and error.setting not in overrides:  # the error is in the file
            raise SettingsError(f"{source}: {error}", error.setting) from None
        raise


def _check_effect(given: Mapping[str, Any], values: Mapping[str, Any], is_explicit: bool = False) -> None:
    """Check that the given settings have an effect.

    A setting that is given with its default value, as in a copy of a preset, needs no effect, except for explicit
    flags.
    """
    known = fields_of(TrainConfig)
    defaults = {} if is_explicit else {field.name: field.default for field in known}
    check_effect(known, {name: given[name] for name in given if given[name] != defaults.get(name, ...)}, values)
