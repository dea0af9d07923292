"""Signals: Ctrl-C, SIGTERM and SIGHUP begin an orderly end; only the third gives it up.

This is imported before anything heavy, so that a signal never meets a program that cannot answer it.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType

INTERRUPTED = 130
"""Exit status of a run that was told to end."""
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""SIGHUP comes when a terminal closes or an ssh drops; Windows has none."""


class Interrupts:
    """Answers signals. There is one of it, because a process has one set of handlers.

    The first raises KeyboardInterrupt in the main thread, where `finally` and `with` blocks do what an orderly end
    needs. From then on none raises again, so that nothing cuts the end short: the second says what a third would lose.
    """

    def __init__(self) -> None:
        self.count = 0
        """Signals since the command began."""
        self.command_runs = False
        """Before and after a command nothing can be lost: then a signal ends the process at once."""
        self.ends, self.loses = "", "the rest of its work"
        self.earlier = ExitStack()

    def install(self) -> None:
        """Answer signals from now on, but for those that are ignored, as SIGHUP is under nohup."""
        self.count = 0
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                with suppress(ValueError):  # in another thread than the main one
                    self.earlier.callback(signal.signal, number, signal.signal(number, self.answer))

    def restore(self) -> None:
        """Answer signals as before `install`."""
        self.earlier.close()

    @contextmanager
    def during(self, ends: str, loses: str) -> Iterator[None]:
        """Say what an orderly end means for a part of a command.

        Args:
            ends: what happens after the first signal: "the best settings so far are written to tuned.toml".
            loses: what a third signal would lose: "these settings".
        """
        before = self.ends, self.loses
        self.ends, self.loses = ends, loses
        try:
            yield
        finally:
            if not self.count:  # else it is still true of the end
                self.ends, self.loses = before

    def answer(self, number: int, frame: FrameType | None) -> None:
        """Begin the end of a command, or say how it goes on.

        Raises:
            KeyboardInterrupt: at the first signal of a command.
        """
        self.count += 1
        if not self.command_runs:
            self.leave("interrupted" if self.count == 1 else "")
        if self.count == 1:
            if self.ends:
                say_now(f"interrupted: {self.ends}")
            raise KeyboardInterrupt
        if self.count > 2:
            self.leave(f"gave up: lost {self.loses}")
        say_now(f"still ending; another interrupt ends it at once, and loses {self.loses}")

    def leave(self, message: str = "") -> None:
        """End the process here and now, with a message if there is more to say."""
        if message:
            say_now(message)
        os._exit(INTERRUPTED)


def say_now(message: str) -> None:
    """Write a line to standard error; a signal may come in the midst of a print, so this goes past its buffer."""
    with suppress(OSError):
        line_of_its_own = "\n" if os.isatty(2) else ""
        os.write(2, f"{line_of_its_own}w2v: {message}\n".encode())


INTERRUPTS = Interrupts()
