"""Questions: words, and sums of words, from the command line, from standard input or at a prompt."""

import io
import os
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from w2v.commands.screen import print_status

HISTORY_LENGTH = 1_000


@dataclass(frozen=True)
class Question:
    """A sum of words, of which there may be one."""

    positive: tuple[str, ...]
    negative: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The question as it is shown above its answer."""
        return " - ".join([" + ".join(self.positive), *self.negative]).strip()

    @property
    def is_word(self) -> bool:
        """Whether it is one word."""
        return len(self.positive) == 1 and not self.negative

    def as_dict(self) -> dict[str, object]:
        """Return the question, for JSON."""
        if self.is_word:
            return {"word": self.positive[0]}
        return {"positive": list(self.positive), "negative": list(self.negative)}


def parse_questions(tokens: Sequence[str]) -> list[Question]:
    """Return what is asked: words each on their own, or joined to a sum by a + or - that stands between two of them.

    >>> [question.title for question in parse_questions("paris king - man + woman".split())]
    ['paris', 'king + woman - man']
    """
    sums: list[tuple[list[str], list[str]]] = []
    sign = ""
    for place, token in enumerate(tokens):
        if token in ("+", "-") and not sign and place + 1 < len(tokens):
            sign = token
            continue
        if not sign or not sums:
            sums.append(([], []))
        sums[-1][sign == "-"].append(token)
        sign = ""
    return [Question(tuple(plus), tuple(minus)) for plus, minus in sums]


def is_terminal() -> bool:
    """Return whether a person types standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def piped_lines() -> Iterator[str]:
    """Yield the lines of standard input as they come, without those that are empty."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    return (line for line in sys.stdin or () if line.strip())


def prompted_lines(words: Iterable[str], prompt: str = "word> ") -> Iterator[str]:
    """Yield the lines that a person types until Ctrl-D, with completion and a history if Python has readline."""
    readline = _readline(words)
    print_status("a word, or a sum such as king - man + woman; Tab completes, Ctrl-D ends")
    try:
        while True:
            try:
                line = input(prompt)
            except EOFError:
                print()
                return
            if line.strip():
                yield line
    finally:
        if readline is not None:
            with suppress(OSError):
                history_file().parent.mkdir(parents=True, exist_ok=True)
                readline.set_history_length(HISTORY_LENGTH)
                readline.write_history_file(history_file())


def history_file() -> Path:
    """Return where the lines of earlier prompts are kept."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "w2v" / "history"


def _readline(words: Iterable[str]) -> ModuleType | None:
    """Return readline, set up to complete words; None where Python has none, as on Windows."""
    try:
        import readline
    except ImportError:
        return None
    with suppress(OSError):
        readline.read_history_file(history_file())
    complete = Completer(words)
    readline.set_completer_delims(" \t\n")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    return readline


class Completer:
    """Answers readline, which asks for the words that begin with some letters one by one, until there are no more.

    >>> complete = Completer(["queen", "king", "kingdom"])
    >>> complete("ki", 0), complete("ki", 1), complete("ki", 2)
    ('king', 'kingdom', None)
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = sorted(words)

    def __call__(self, start: str, number: int) -> str | None:
        """Return one of the words that begin with `start`, in the order of the alphabet."""
        place = bisect_left(self.words, start) + number
        return self.words[place] if place < len(self.words) and self.words[place].startswith(start) else None
