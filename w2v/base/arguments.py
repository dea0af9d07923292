"""Checks of arguments that are not settings."""

import math
from contextlib import suppress
from numbers import Integral  # and not NumPy, which takes 0.1 s to import

from w2v.base.errors import SettingsError, WrongTypeError, option


def check_type(name: str, value: object, expected: type, hint: str) -> None:
    """Raise WrongTypeError if an argument does not have the expected type; `hint` says how to get a valid value."""
    if not isinstance(value, expected):
        raise WrongTypeError(f"{option(name)} must be {expected.__name__}, not {type(value).__name__}; {hint}")


def check_number(name: str, value: object, least: int) -> None:
    """Raise WrongTypeError if a value is not a whole number, and SettingsError if it is below `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise WrongTypeError(f"{option(name)} must be a whole number, not {value!r:.80}")
    if value < least:
        raise SettingsError(f"{option(name)} must be at least {least}, not {value:,}", name)


def check_words(words: object) -> None:
    """Raise WrongTypeError for a text instead of a list of words, because its letters would be taken for words."""
    if isinstance(words, str):
        raise WrongTypeError(f"expected a list of words, not the text {words!r:.80}; split it")


def seconds_of(name: str, duration: float | str) -> float:
    """Return a duration in seconds, from a number above 0 or a text such as `90s`, `10m` or `2h`; else SettingsError.

    >>> seconds_of("checkpoint_every", "10m")
    600.0
    """
    seconds = math.nan
    if isinstance(duration, str):
        with suppress(ValueError, KeyError):
            seconds = float(duration[:-1]) * {"s": 1.0, "m": 60.0, "h": 3600.0}[duration[-1:]]
    elif isinstance(duration, int | float):
        seconds = duration
    if not 0 < seconds < math.inf:
        raise SettingsError(f"{option(name)} must be a number and s, m or h, such as 10m, not '{duration}'", name)
    return seconds
