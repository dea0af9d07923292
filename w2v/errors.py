"""What can go wrong, each kind with the exit status the command line gives it."""


class W2VError(Exception):
    """The data or the machine said no: a missing or bad file, an unknown word, no space.

    The message is one line that says what, where, and how to mend it.
    """

    exit_status = 1


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
