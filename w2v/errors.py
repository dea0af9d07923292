"""What can go wrong, each kind with the exit status the command line gives it."""

LONGEST = 2_000
"""Characters of a message: a word in it may be of any length."""


def printable(text: str) -> str:
    """Return a text as it can be printed on one line: words and names of files may hold anything."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


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


class UnknownWordError(W2VError, KeyError):
    """A word that has no vector."""

    def __str__(self) -> str:
        """Return the message itself; KeyError would show its repr."""
        return str(self.args[0])


class DivergedError(W2VError):
    """Training left the finite numbers; a smaller learning rate is the cure."""
