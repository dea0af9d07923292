"""The kinds of errors, with the exit status of the command line for each kind."""

import re
from collections.abc import Mapping
from types import MappingProxyType

BEGIN, VALUE, END = "\ue000\ue001\ue002"
"""Characters that mark the name of a setting and its value in a message. They are private-use characters, which texts
should not contain."""
OPTION = re.compile(f"{BEGIN}([^{BEGIN}{VALUE}{END}]*)(?:{VALUE}([^{END}]*))?{END}")
NUMBER = re.compile(r"-?\d[\d.e+-]*|True|False")
"""Values that Python writes without quotes."""
FLAGS = {"True": "--", "False": "--no-"}
"""What a flag begins with, by the value of a setting that is yes or no."""

LONGEST = 2_000
"""Largest number of characters of a message, because a message can contain a word of any length."""
CONTROLS = (
    *(*range(0x20), *range(0x7F, 0xA0)),  # C0 and C1: escape codes
    *(0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),  # marks that change the text direction
    *(0x2028, 0x2029),  # line ends
    *range(0xD800, 0xE000),  # surrogates: bytes of file names that are not UTF-8
)
"""Characters that control a terminal instead of being shown, and characters that cannot be encoded."""
SHOWN_AS = {code: ascii(chr(code))[1:-1] for code in CONTROLS} | dict.fromkeys(map(ord, "\t\n\r"), " ")
URL = re.compile(
    r"""\b([a-z][a-z0-9+.-]+:/+)       # the scheme, of two letters at least: C:/ is a drive
        (?:[^/\s@?\#'"]*@)?            # user:password@
        ([^\s?\#'"]*)                 # the host and the path
        ([?\#](?!\.\.\.)(?:[^\s'"]*[^\s'";:,.)])?)?  # what may have a signature, and is not yet left out""",
    re.IGNORECASE | re.VERBOSE,
)
LONG_NUMBER = re.compile(r"(\d[\d,]{30})[\d,]{10,}")
"""A number longer than any count or size; its first digits are enough."""


def without_secrets(text: str) -> str:
    """Return a text, such as a message or a URL, without the passwords and signatures of its URLs.

    >>> without_secrets("no file https://me:pass@host/c.txt?X-Signature=5eed; check the name")
    'no file https://host/c.txt?...; check the name'
    """
    return URL.sub(lambda url: f"{url[1]}{url[2]}{'?...' if url[3] else ''}", text) if ":/" in text else text


def printable(text: str) -> str:
    r"""Return a text on one line, with control characters escaped.

    >>> printable("a\tb \x1b[2J")
    'a b \\x1b[2J'
    """
    return text.translate(SHOWN_AS)


def counted(n: int, what: str) -> str:
    """Return a number of things, in words.

    >>> counted(1, "row"), counted(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{n:,} {what}{'s' * (n != 1)}"


def option(name: str, value: object = None) -> str:
    """Return a marked setting, with an optional value, for a message; `as_keywords` and `as_flags` convert it.

    >>> as_keywords(f"raise {option('min_count')}"), as_flags(f"use {option('loss', 'hs')}")
    ('raise min_count', 'use --loss hs')
    >>> as_keywords(option("loss", "hs")), as_keywords(option("lr", 0.1))
    ("loss='hs'", 'lr=0.1')
    >>> as_keywords(option("line_names", False)), as_flags(option("line_names", False))
    ('line_names=False', '--no-line-names')
    """
    return f"{BEGIN}{name}{'' if value is None else f'{VALUE}{value}'}{END}"


def as_keywords(message: str) -> str:
    """Return a message with the names of settings as keywords: `loss='hs'`."""

    def keyword(part: re.Match[str]) -> str:
        if part[2] is None:
            return part[1]
        return f"{part[1]}={part[2] if NUMBER.fullmatch(part[2]) else repr(part[2])}"

    return OPTION.sub(keyword, message)


def as_flags(message: str, flags: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return a message with settings as flags, `--loss hs`; `flags` maps names to flags with other spellings."""

    def flag(part: re.Match[str]) -> str:
        shown = flags.get(part[1], f"--{part[1].replace('_', '-')}")
        if part[2] in FLAGS:
            return f"{FLAGS[part[2]]}{shown.removeprefix('--')}"
        return shown if part[2] is None else f"{shown} {part[2]}"

    return OPTION.sub(flag, message)


class W2VError(Exception):
    """An error of the data or the machine: a missing or invalid file, an unknown word, not enough space.

    The message is one line: what is wrong, where, and how to fix it.
    """

    exit_status = 1

    def __init__(self, message: str) -> None:
        """Take a message, which may contain names from `option`. Control characters are escaped, long messages cut."""
        message = LONG_NUMBER.sub(r"\1...", without_secrets(message))
        if len(message) > LONGEST:
            message = f"{message[: LONGEST // 2]} ... {message[-LONGEST // 2 :]}"
        self.message = printable(message)
        super().__init__(as_keywords(self.message))

    def __str__(self) -> str:
        return str(self.args[0])  # subclasses also derive from OSError or KeyError, which would format it


class SettingsError(W2VError, ValueError):
    """An error of the command: a flag, a value, a config key."""

    exit_status = 2

    def __init__(self, message: str, setting: str = "") -> None:
        """Take a message, and the name of the setting or parameter at fault if there is one."""
        super().__init__(message)
        self.setting = setting


class W2VWarning(UserWarning):
    """Data were dropped or changed, or a result can be misleading."""


class MissingFileError(W2VError, FileNotFoundError):
    """A file does not exist."""


class WrongTypeError(SettingsError, TypeError):
    """An argument has a wrong type."""


class UnknownSettingError(SettingsError, TypeError):
    """A keyword or key is not a setting."""


class UnknownWordError(W2VError, KeyError):
    """A word has no vector."""


class DivergedError(W2VError):
    """Training produced numbers that are not finite; a smaller learning rate helps."""
