"""Signals: Ctrl-C, SIGTERM and SIGHUP begin an orderly end; only the third gives it up.

This is imported before anything heavy, so that a signal never meets a program that cannot answer it.
"""

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import CodeType, FrameType

INTERRUPTED = 130  # Exit status after an interrupt
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""SIGHUP comes when a terminal closes or an ssh drops; Windows has none."""

AGAIN = getattr(signal, "SIGURG", getattr(signal, "SIGBREAK", signal.SIGINT))
"""Asks for a KeyboardInterrupt that was dropped: nobody else sends it, and where it is not answered it does nothing."""
AGAIN_S = 0.01  # Seconds between two signals AGAIN


class Interrupts:
    """Answers signals. There is one of it, because a process has one set of handlers.

    The first raises KeyboardInterrupt in the main thread, where `finally` and `with` blocks do what an orderly end
    needs. From then on none raises again, so that nothing cuts the end short: the second says what a third would lose.
    """

    def __init__(self) -> None:
        self.count = 0  # Signals since the command began
        self.command_runs = False
        """Before and after a command nothing can be lost: then a signal ends the process at once."""
        self.ends, self.loses = "", "the rest of its work"
        self.was_dropped = False  # Whether Python has dropped the KeyboardInterrupt, which is then raised again
        self.earlier = ExitStack()

    def install(self) -> None:
        """Answer signals from now on, but for those that are ignored, as SIGHUP is under nohup."""
        self.count = 0
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                with suppress(ValueError):  # in another thread than the main one
                    self.earlier.callback(signal.signal, number, signal.signal(number, self.answer))
        with suppress(ValueError):
            self.earlier.callback(signal.signal, AGAIN, signal.signal(AGAIN, self.raise_dropped))
        self.earlier.callback(setattr, sys, "unraisablehook", sys.unraisablehook)
        sys.unraisablehook = self.raise_again

    def restore(self) -> None:
        """Answer signals as before `install`."""
        self.earlier.close()

    @contextmanager
    def during(self, ends: str, loses: str) -> Iterator[None]:
        """Set what an orderly end means for a part of a command; see `Reporter.interruptible`."""
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

    def raise_again(self, dropped: "sys.UnraisableHookArgs") -> None:
        """Answer `sys.unraisablehook`: what is raised in a callback of C or a destructor, Python shows and drops.

        LLVM calls back while it compiles, so that a Ctrl-C in the first seconds of a run would be lost. It is raised
        again a moment later, outside of the callback.
        """
        if dropped.exc_type is KeyboardInterrupt:
            self.was_dropped = True
            threading.Thread(target=self._ask_until_raised, daemon=True).start()
        elif not self.count:  # else what was cut short may fail in any way
            sys.__unraisablehook__(dropped)

    def _ask_until_raised(self) -> None:
        """Ask the main thread for what was dropped, again and again.

        Once is not enough: a signal that comes just before a call that waits, Python answers only when that call ends.
        """
        main = threading.main_thread().ident
        while self.was_dropped:
            time.sleep(AGAIN_S)
            if hasattr(signal, "pthread_kill") and main is not None:
                signal.pthread_kill(main, AGAIN)
            else:  # Windows, where nothing ends a call that waits
                _thread.interrupt_main(AGAIN)

    def raise_dropped(self, number: int, frame: FrameType | None) -> None:
        """Answer `AGAIN`.

        Raises:
            KeyboardInterrupt: if one was dropped, and it would not be dropped here too.
        """
        if self.was_dropped and not _is_below(frame, Interrupts.raise_again.__code__):
            self.was_dropped = False
            raise KeyboardInterrupt

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
