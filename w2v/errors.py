"""What can go wrong, each kind with the exit status the command line gives it."""

LONGEST = 2_000
"""Characters of a message: a word in it may be of any length."""
CONTROLS = (
    *(*range(0x20), *range(0x7F, 0xA0)),  # C0 and C1: escape codes
    *(0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)),  # marks that turn the text around
    *(0x2028, 0x2029),  # line ends
    *range(0xD800, 0xE000),  # surrogates: bytes of file names that are not UTF-8
)
"""The characters that a terminal obeys instead of showing them, and those that cannot be encoded."""
SHOWN_AS = {code: ascii(chr(code))[1:-1] for code in CONTROLS} | dict.fromkeys(map(ord, "\t\n\r"), " ")


def printable(text: str) -> str:
    r"""Return a text as it can be shown on one line: words and names of files may hold anything.

    >>> printable("a\tb \x1b[2J")
    'a b \\x1b[2J'
    """
    return text.translate(SHOWN_AS)


class W2VError(Exception):
    """The data or the machine said no: a missing or bad file, an unknown word, no space.

    The message is one line that says what, where, and how to mend it.
    """

    exit_status = 1

    def __init__(self, message: str) -> None:
        """Take a message, of which what cannot be printed on a line is replaced and what is too long is left out."""
        if len(message) > LONGEST:
            message = f"{message[: LONGEST // 2]} ... {message[-LONGEST // 2 :]}"
        super().__init__(printable(message))


class SettingsError(W2VError, ValueError):
    """The command was wrong: a flag, a value, a config key."""

    exit_status = 2


class MissingFileError(W2VError, FileNotFoundError):
    """A file that is not there."""

    def __str__(self) -> str:
        """Return the message itself; OSError would look for a number and a name."""
        return str(self.args[0])


class WrongTypeError(SettingsError, TypeError):
    """An argument of a type that cannot be meant."""


class UnknownSettingError(SettingsError, TypeError):
    """A keyword or key that is no setting."""


class UnknownWordError(W2VError, KeyError):
    """A word that has no vector."""

    def __str__(self) -> str:
        """Return the message itself; KeyError would show its repr."""
        return str(self.args[0])


class DivergedError(W2VError):
    """Training left the finite numbers; a smaller learning rate is the cure."""
