"""Signals: Ctrl-C, SIGTERM and SIGHUP begin an orderly end; only the third gives it up.

This is imported before anything heavy, so that a signal never meets a program that cannot answer it.
"""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import CodeType, FrameType

INTERRUPTED = 130
"""Exit status of a run that was told to end."""
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""SIGHUP comes when a terminal closes or an ssh drops; Windows has none."""

AGAIN_S = 0.01
"""Time until a KeyboardInterrupt that was dropped is raised again."""


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
        self.first = 0
        """The number of the first signal."""
        self.was_dropped = False
        """Whether Python has dropped the KeyboardInterrupt, which is then raised again."""
        self.earlier = ExitStack()

    def install(self) -> None:
        """Answer signals from now on, but for those that are ignored, as SIGHUP is under nohup."""
        self.count = 0
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                with suppress(ValueError):  # in another thread than the main one
                    self.earlier.callback(signal.signal, number, signal.signal(number, self.answer))
        self.earlier.callback(setattr, sys, "unraisablehook", sys.unraisablehook)
        sys.unraisablehook = self.raise_again

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
        if self.was_dropped:
            if _is_below(frame, Interrupts.raise_again.__code__):  # too early: it would be dropped there
                self._send_again()
                return
            self.was_dropped = False
            raise KeyboardInterrupt
        self.count += 1
        if not self.command_runs:
            self.leave("interrupted" if self.count == 1 else "")
        if self.count == 1:
            self.first = number
            if self.ends:
                say_now(f"interrupted: {self.ends}")
            raise KeyboardInterrupt
        if self.count > 2:
            self.leave(f"gave up: lost {self.loses}")
        say_now(f"still ending; another interrupt ends it at once, and loses {self.loses}")

    def raise_again(self, dropped: "sys.UnraisableHookArgs") -> None:
        """Answer `sys.unraisablehook`: what is raised in a callback of C or a destructor, Python shows and drops.

        LLVM calls back while it compiles, so that a Ctrl-C in the first seconds of a run would be lost. It is raised
        again a moment later, outside of the callback.
        """
        if dropped.exc_type is KeyboardInterrupt:
            self.was_dropped = True
            self._send_again()
        elif not self.count:  # else what was cut short may fail in any way
            sys.__unraisablehook__(dropped)

    def _send_again(self) -> None:
        """Send the first signal to the main thread once more, a moment later."""
        main = threading.main_thread().ident
        if hasattr(signal, "pthread_kill") and main is not None:
            threading.Timer(AGAIN_S, signal.pthread_kill, [main, self.first]).start()
        else:  # Windows, where nothing ends a call that waits
            threading.Timer(AGAIN_S, _thread.interrupt_main, [self.first]).start()

    def leave(self, message: str = "") -> None:
        """End the process here and now, with a message if there is more to say."""
        if message:
            say_now(message)
        os._exit(INTERRUPTED)


def _is_below(frame: FrameType | None, code: CodeType) -> bool:
    """Return whether a frame is of this code, or of what it calls."""
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


def say_now(message: str) -> None:
    """Write a line to standard error; a signal may come in the midst of a print, so this goes past its buffer."""
    with suppress(OSError):
        line_of_its_own = "\n" if os.isatty(2) else ""
        os.write(2, f"{line_of_its_own}w2v: {message}\n".encode())


INTERRUPTS = Interrupts()
