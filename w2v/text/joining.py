"""Join the pairs of a token stream that are phrases, on all threads; `w2v.text.phrase_table` defines the rules."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import SENTENCE_END, Counts, Ids
from w2v.base.errors import option
from w2v.kernels.text import pairs as kernels
from w2v.kernels.text.tables import Pairs
from w2v.reports import Reporter
from w2v.settings.train import TrainConfig
from w2v.text.phrase_table import Phrase, PhraseTable
from w2v.text.stream import Spool
from w2v.text.word_table import WordTable

PIECE = 1 << 18
"""Number of tokens that a thread joins or spells at a time."""
LINKED = 1 << 20
"""Number of tokens whose second parts are looked up between two checks of the free space."""
SHOWN = 5
"""Number of phrases that a message lists."""

StageReport = Callable[[str, int, int | None], None]
"""Called with the stage (count, join or write), the number of tokens done, and their total number."""
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Links:
    """The second part of the pair that begins at each token: a word, or connector words and the next word."""

    seconds: Ids
    """The number of each part; may be shorter than the stream."""
    n_words: int
    """Numbers below this are words; number n_words + i is run i."""
    starts: npt.NDArray[np.int64]
    """(n_runs + 1,) where each run begins in `runs`."""
    runs: Ids
    """The words of the runs, concatenated."""

    @property
    def n_parts(self) -> int:
        """Number of possible parts."""
        return self.n_words + len(self.starts) - 1

    @property
    def last_words(self) -> Ids:
        """The last word of each part, (n_words + n_runs,)."""
        return np.concatenate([np.arange(self.n_words, dtype=np.int32), self.runs[self.starts[1:] - 1]])

    @property
    def widths(self) -> Ids:
        """The number of words of each part, (n_words + n_runs,)."""
        return np.concatenate([np.ones(self.n_words, np.int32), np.diff(self.starts).astype(np.int32)])

    def words_of(self, part: int) -> list[int]:
        """Return the words of a part."""
        run = part - self.n_words
        return [part] if run < 0 else self.runs[self.starts[run] : self.starts[run + 1]].tolist()


def link(ids: Ids, is_connector: npt.NDArray[np.uint8], runs: WordTable | None = None) -> Links:
    """Return the second parts of a stream's pairs; `runs` contains runs that occurred before, and gets new ones."""
    n_words = len(is_connector)
    if not is_connector.any():
        return Links(ids[1:], n_words, np.zeros(1, np.int64), np.empty(0, np.int32))
    runs = WordTable() if runs is None else runs
    seconds, key = np.empty(len(ids), np.int32), np.zeros(4 * (kernels.MOST_CONNECTORS + 1) + kernels.PADDING, np.uint8)
    for begin in range(0, len(ids), LINKED):
        until = min(begin + LINKED, len(ids))
        runs.make_room(0, 8 * (until - begin))
        at = kernels.link(ids, begin, until, is_connector, runs.arrays, key, seconds)
        while at < until:
            runs.make_room(len(runs), 8 * (until - at))
            at = kernels.link(ids, at, until, is_connector, runs.arrays, key, seconds)
    starts = runs.arrays.starts[: len(runs) + 1] // 4
    return Links(seconds, n_words, starts, runs.arrays.arena[: 4 * starts[-1]].view("<i4"))


def join_stream(
    ids: Ids,
    links: Links,
    phrases: Pairs,
    names: Ids,
    pool: ThreadPoolExecutor,
    threads: int,
    report: StageReport,
) -> tuple[Ids, Counts]:
    """Join phrases in a stream, in place; return the remaining stream, and how often each was joined, (n_phrases,).

    Phrase i is pair i, and becomes the word names[i].
    """
    report("join", 0, len(ids))
    bounds = [0]
    for at in range(PIECE, len(ids), PIECE):
        bounds.append(kernels.next_break(ids, links.seconds, max(at, bounds[-1]), phrases))
    ends, widths = [*bounds[1:], len(ids)], links.widths[phrases.seconds]
    is_shifted = len(links.seconds) < len(ids)

    def join_piece(bound: tuple[int, int]) -> tuple[Ids, Counts]:
        begin, end = bound
        piece, joined = ids[begin:end], np.zeros(len(names), np.int64)
        seconds = piece[1:] if is_shifted else links.seconds[begin:end]  # another thread changes ids[end]
        return piece[: kernels.join_pairs(piece, seconds, phrases, names, widths, joined)], joined

    total = np.zeros(len(names), np.int64)
    filled = 0
    pieces = map_ahead(pool, join_piece, zip(bounds, ends, strict=True), 2 * threads)
    for end, (piece, joined) in zip(ends, pieces, strict=True):
        ids[filled : filled + len(piece)] = piece
        filled += len(piece)
        total += joined
        report("join", end, len(ids))
    return ids[:filled], total


@dataclass(frozen=True)
class Joined:
    """The result of joining the phrases of a file in a text."""

    table: PhraseTable
    found: list[Phrase]
    """The phrases that were joined, most frequent first."""
    tokens_before: int
    tokens_after: int
    doubts: Sequence[str] = ()
    """Messages about differences between the ways this text and that of the phrases were read."""

    @classmethod
    def in_stream(
        cls,
        table: PhraseTable,
        spool: Spool,
        words: WordTable,
        config: TrainConfig,
        pool: ThreadPoolExecutor,
        threads: int,
    ) -> "Joined":
        """Join the phrases of a table in a stream of numbers of `words`; add phrases and counts to `words`."""
        before = int(words.counts().sum())
        found: list[Phrase] = []
        for known in filter(None, table.passes):
            step = _Pass(table, [*known.values()], words, found)
            spool.change(partial(step.join, pool=pool, threads=threads))
        found.sort(key=lambda phrase: (-phrase.joined, phrase.phrase))
        doubts = [
            f"the phrases of {table.name} were found {'with' if was else 'without'} {option(name)}, and this text is "
            f"read {'without' if was else 'with'} it"
            for name, was, now in (
                ("words", table.words, config.words),
                ("lowercase", table.lowercase, config.lowercase),
            )
            if was != now
        ]
        return cls(table, found, before, int(words.counts().sum()), doubts)

    def summary(self) -> str:
        """Return a text with the number of joins and the most frequent phrases."""
        n = len(self.found)
        shown = ", ".join(f"{phrase.phrase} {phrase.joined:,}" for phrase in self.found[:SHOWN])
        return (
            f"{n:,} of {len(self.table.phrases):,} phrases joined {self.n_joined:,} times ({shown}): "
            f"{self.tokens_before:,} tokens became {self.tokens_after:,}"
        )

    @property
    def n_joined(self) -> int:
        """Total number of joins."""
        return sum(phrase.joined for phrase in self.found)

    def tell(self, told: Reporter) -> None:
        """Report what was joined; warn if nothing was joined, or if the text was read in a different way."""
        if self.found:
            told.tell(self.summary())
        else:
            told.warn(f"none of the {len(self.table.phrases):,} phrases of {self.table.name} is in the text")
        for doubt in self.doubts:
            told.warn(doubt)


@dataclass
class _Pass:
    """The phrases of one pass, to be joined in a stream of the numbers of `words`."""

    table: PhraseTable
    phrases: Sequence[Phrase]
    words: WordTable
    found: list[Phrase]
    """Receives the phrases that were joined."""

    def join(self, ids: Ids, pool: ThreadPoolExecutor, threads: int) -> Ids:
        """Join the phrases in a stream, in place; return the remaining stream."""
        lengths = np.array([len(phrase.words) for phrase in self.phrases])
        parts = np.split(
            self.words.number([word for phrase in self.phrases for word in phrase.words]), np.cumsum(lengths)[:-1]
        )
        names = self.words.number([phrase.phrase for phrase in self.phrases])
        is_connector = self._flags()
        runs = WordTable()
        # Each phrase is linked like a sentence, so that its second part gets a number.
        sentences = np.concatenate([np.append(part, SENTENCE_END) for part in parts]).astype(np.int32)
        begins = np.cumsum(lengths + 1) - lengths - 1
        firsts, seconds = sentences[begins], link(sentences, is_connector, runs).seconds[begins]
        links = link(ids, is_connector, runs)
        order = np.lexsort((seconds, firsts))
        order = order[seconds[order] != SENTENCE_END]
        starts = np.searchsorted(firsts[order], np.arange(len(self.words) + 1))
        pairs = Pairs(starts, seconds[order], np.zeros(len(order), np.int64))
        ids, total = join_stream(ids, links, pairs, names[order], pool, threads, lambda *_: None)
        counts = self.words.counts()
        for place, n in zip(order.tolist(), total.tolist(), strict=True):
            if n:
                counts[names[place]] += n
                np.subtract.at(counts, parts[place], n)
                self.found.append(replace(self.phrases[place], joined=n))
        return ids

    def _flags(self) -> npt.NDArray[np.uint8]:
        """Return 1 for each connector word, 0 for others, (n_words,)."""
        connectors = self.words.number(sorted(self.table.connector_words))
        found = np.zeros(len(self.words), np.uint8)
        found[connectors] = 1
        return found


def map_ahead(
    pool: ThreadPoolExecutor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """Yield function(item) in the order of the items; at most `ahead` items are taken in advance."""
    running: deque[Future[Result]] = deque()
    for item in items:
        running.append(pool.submit(function, item))
        if len(running) > ahead:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()
