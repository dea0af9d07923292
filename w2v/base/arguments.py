"""Checks of arguments that are not settings."""

from numbers import Integral

from w2v.base.errors import SettingsError, WrongTypeError


def check_type(name: str, value: object, expected: type, hint: str) -> None:
    """Raise WrongTypeError if an argument does not have the expected type; `hint` says how to make one."""
    if not isinstance(value, expected):
        raise WrongTypeError(f"{name} must be {expected.__name__}, not {type(value).__name__}; {hint}")


def check_number(name: str, value: object, least: int) -> None:
    """Raise SettingsError where a number of words is too small, and WrongTypeError where it is no whole number."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise WrongTypeError(f"{name} must be a whole number, not {value!r:.80}")
    if value < least:
        raise SettingsError(f"{name} must be at least {least}, not {value:,}")


def check_words(words: object) -> None:
    """Raise WrongTypeError for a text where a list of words is meant: its letters would be taken for words."""
    if isinstance(words, str):
        raise WrongTypeError(f"expected a list of words, not the text {words!r:.80}; split it")
