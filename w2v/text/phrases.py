"""Phrases: pairs of words that occur together more often than by chance, found and joined.

`new york` becomes `new_york`, a word like any other. The text becomes a stream of the ids of all words; the pairs of
the stream are counted and scored, those above the threshold are joined from left to right, and the stream is spelled
out again. Each further pass does the same to the result of the one before: `new_york times` may become
`new_york_times`.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from w2v.base.arrays import Counts, Floats, Ids
from w2v.base.errors import SettingsError, option
from w2v.base.files import replacing
from w2v.base.machine import available_threads
from w2v.kernels.text import pairs as kernels
from w2v.kernels.text.tables import Pairs
from w2v.reports import Reporter
from w2v.settings.phrases import PhraseConfig
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode, map_ahead

CHUNK = 1 << 26
"""Tokens whose pairs are counted at a time, 4 bytes of memory each."""
PIECE = 1 << 18
"""Tokens that a thread joins, or spells, at a time."""
REFUSED_SUFFIXES = (".bz2", ".xz", ".zst", ".zip")

StageReport = Callable[[str, int, int | None], None]
"""Called with the stage (count, join or write), the tokens that are done, and how many there are."""


class PairCounts(NamedTuple):
    """The counts that a score is computed from."""

    together: Counts
    """(n,) occurrences of each pair."""
    first: Counts
    """(n,) occurrences of its first word."""
    second: Counts
    """(n,) occurrences of its second word."""
    min_count: int
    n_tokens: int
    """Tokens of the text."""
    n_distinct: int
    """Distinct words and distinct pairs of the text, together."""


def original(pairs: PairCounts) -> Floats:
    """Return the score of Mikolov et al. (2013) with gensim's scale, the number of distinct words and pairs."""
    return _above_chance(pairs) * pairs.n_distinct


def word2phrase(pairs: PairCounts) -> Floats:
    """Return the score of Mikolov et al. (2013) with the scale of word2phrase.c, the number of tokens."""
    return _above_chance(pairs) * pairs.n_tokens


def npmi(pairs: PairCounts) -> Floats:
    """Return the normalised pointwise mutual information of Bouma (2009), from -1 to 1."""
    together, first, second = (count / pairs.n_tokens for count in (pairs.together, pairs.first, pairs.second))
    scores: Floats = np.log(together / (first * second)) / -np.log(together)
    return scores


def _above_chance(pairs: PairCounts) -> Floats:
    """Return (count(ab) - min_count) / (count(a) count(b)); the discount keeps rare pairs out."""
    scores: Floats = (pairs.together - pairs.min_count) / (pairs.first.astype(np.float64) * pairs.second)
    return scores


SCORERS = {"original": original, "word2phrase": word2phrase, "npmi": npmi}


@dataclass(frozen=True)
class Phrase:
    """Two words that belong together."""

    phrase: str
    """The words, joined."""
    score: float
    count: int
    """How often they stand side by side; they may be joined less often, if one is joined to its other neighbour."""


@dataclass(frozen=True)
class Phrases:
    """What was found, and what became of the text."""

    found: list[Phrase]
    """Every phrase that was joined in the first pass, best first, then those of the second, and so on."""
    tokens_written: int
    """Tokens that are left when all is joined."""
    encoded: Encoded
    """What was read; without its stream."""

    def summary(self) -> Iterator[str]:
        """Yield how many phrases were joined, and the most frequent, in words."""
        read, n = self.encoded.tokens_read, len(self.found)
        yield (
            f"{n:,} phrase{'s' * (n != 1)} joined {read - self.tokens_written:,} times: "
            f"{read:,} tokens became {self.tokens_written:,}"
        )
        most = sorted(self.found, key=lambda phrase: -phrase.count)[:5]
        if most:
            yield f"most frequent: {', '.join(phrase.phrase for phrase in most)}"
        else:
            yield f"no pair of words is a phrase: a lower {option('threshold')} or {option('min_count')} finds more"


@dataclass
class Text:
    """A stream of ids, changed in place, the words they stand for, and how often each occurs."""

    ids: Ids
    index: dict[str, int]
    """The id of each word, in the order of the ids."""
    counts: Counts


def find_phrases(
    corpus: Corpus, config: PhraseConfig, output: str | Path | None = None, told: Reporter | None = None
) -> Phrases:
    """Find the phrases of a text, and write the text with its phrases joined; compressed if the name ends in .gz.

    Each line stays one, an empty one too, with a space between tokens. Raises W2VError if the corpus cannot be read or
    has no words, or if the output cannot be written.
    """
    told = told or Reporter()
    threads = config.threads or available_threads()
    encoded = encode(corpus, config.reading(), keep_lines=True, report=told.reading)
    text, found = Text(encoded.stream, dict(encoded.vocab.index), encoded.vocab.counts), list[Phrase]()
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(config.passes):
            phrases, scores = score_pairs(count_pairs(text, pool, threads, told.joining), text.counts, config)
            if len(scores) == 0:
                break
            found += join(text, phrases, scores, config.delimiter, pool, threads, told.joining)
        if output is not None:
            write(text, output, pool, threads, told.joining, encoded.line_names)
    return Phrases(found, int(text.counts.sum()), replace(encoded, stream=np.empty(0, np.int32)))


def count_pairs(text: Text, pool: ThreadPoolExecutor, threads: int, report: StageReport) -> list[tuple[int, Pairs]]:
    """Count pairs within sentences; return for each thread its first word, and the pairs that begin with its words."""
    upto = np.cumsum(text.counts)
    bounds = np.searchsorted(upto, upto[-1] * np.arange(1, threads) / threads)
    bounds = np.unique([0, *bounds, len(upto)])
    parts = [
        (int(low), Pairs(np.zeros(high - low + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.int64)))
        for low, high in zip(bounds[:-1], bounds[1:], strict=True)
    ]
    report("count", 0, len(text.ids))
    for begin in range(0, len(text.ids), CHUNK):
        end = min(begin + CHUNK, len(text.ids))

        parts = list(pool.map(partial(_count_part, text, begin, end), parts))
        report("count", end, len(text.ids))
    return parts


def _count_part(text: Text, begin: int, end: int, part: tuple[int, Pairs]) -> tuple[int, Pairs]:
    """Return a part of `count_pairs` with the pairs of ids[begin:end] that begin with one of its words."""
    low, old = part
    n = len(old.starts) - 1
    room = min(end - begin, int(text.counts[low : low + n].sum()))
    # Untouched memory costs nothing, so there is room for as many pairs as there can be.
    size = len(old.seconds) + room
    new = Pairs(np.empty(n + 1, np.int64), np.empty(size, np.int32), np.empty(size, np.int64))
    ends, buckets, tally = np.empty(n + 1, np.int64), np.empty(room, np.int32), np.zeros(len(text.counts), np.int64)
    kernels.count_pairs(text.ids, begin, end, low, old, new, ends, buckets, tally)
    filled = int(new.starts[n])
    return low, Pairs(new.starts, new.seconds[:filled], new.counts[:filled])


def score_pairs(parts: list[tuple[int, Pairs]], counts: Counts, config: PhraseConfig) -> tuple[Pairs, Floats]:
    """Return the pairs whose score is above the threshold, seconds ascending, and their scores, (n_phrases,)."""
    firsts, seconds, together = [], [], []
    for low, pairs in parts:
        frequent = np.flatnonzero(pairs.counts >= config.min_count)
        firsts.append(low + np.searchsorted(pairs.starts, frequent, "right") - 1)
        seconds.append(pairs.seconds[frequent])
        together.append(pairs.counts[frequent])
    first, second, count = np.concatenate(firsts), np.concatenate(seconds), np.concatenate(together)
    n_distinct = np.count_nonzero(counts) + sum(len(pairs.seconds) for _, pairs in parts)
    counted = PairCounts(count, counts[first], counts[second], config.min_count, int(counts.sum()), int(n_distinct))
    scores = SCORERS[config.scorer](counted)
    above = np.flatnonzero(scores > config.cutoff)
    above = above[np.lexsort((second[above], first[above]))]
    starts = np.searchsorted(first[above], np.arange(len(counts) + 1))
    return Pairs(starts, second[above], count[above]), scores[above]


def join(
    text: Text,
    phrases: Pairs,
    scores: Floats,
    delimiter: str,
    pool: ThreadPoolExecutor,
    threads: int,
    report: StageReport,
) -> list[Phrase]:
    """Join the phrases in the text, in place; return those that were joined, best first.

    A phrase that is spelled like a word becomes that word.
    """
    report("join", 0, len(text.ids))
    words = list(text.index)
    firsts = np.repeat(np.arange(len(words)), np.diff(phrases.starts))
    spelled = [
        f"{words[a]}{delimiter}{words[b]}" for a, b in zip(firsts.tolist(), phrases.seconds.tolist(), strict=True)
    ]
    names = np.array([text.index.setdefault(name, len(text.index)) for name in spelled], np.int32)
    bounds = [0]
    for at in range(PIECE, len(text.ids), PIECE):
        bounds.append(kernels.next_break(text.ids, max(at, bounds[-1]), phrases))
    pieces = np.split(text.ids, bounds)[1:]

    def join_piece(piece: Ids) -> tuple[Ids, Counts]:
        joined = np.zeros(len(names), np.int64)
        return piece[: kernels.join_pairs(piece, phrases, names, joined)], joined

    total = np.zeros(len(names), np.int64)
    filled = 0
    for end, (piece, joined) in zip(
        [*bounds[1:], len(text.ids)], map_ahead(pool, join_piece, pieces, 2 * threads), strict=True
    ):
        text.ids[filled : filled + len(piece)] = piece
        filled += len(piece)
        total += joined
        report("join", end, len(text.ids))
    text.ids = text.ids[:filled]
    text.counts = np.append(text.counts, np.zeros(len(text.index) - len(words), np.int64))
    for rows, change in ((names, total), (firsts, -total), (phrases.seconds, -total)):
        np.add.at(text.counts, rows, change)
    found = [Phrase(spelled[i], float(scores[i]), int(phrases.counts[i])) for i in np.flatnonzero(total).tolist()]
    return sorted(found, key=lambda phrase: (-phrase.score, phrase.phrase, phrase.count))


def write(
    text: Text,
    output: str | Path,
    pool: ThreadPoolExecutor,
    threads: int,
    report: StageReport,
    names: Sequence[str] | None = None,
) -> None:
    """Write a text, a sentence per line, compressed if the name ends in .gz; raise W2VError if that fails.

    Each line gets its name and a tab, if there are names.
    """
    report("write", 0, len(text.ids))
    pack = partial(gzip.compress, compresslevel=6, mtime=0) if str(output).endswith(".gz") else memoryview
    spelled = np.array(bytearray(("\n".join(text.index) + "\n" * kernels.PADDING).encode()))
    starts = np.append(0, np.flatnonzero(spelled == 10)[: len(text.index)] + 1)
    lengths = np.append(np.diff(starts), 1)  # the last is that of SENTENCE_END, -1

    def spell(begin: int) -> memoryview:
        end = min(begin + PIECE, len(text.ids))
        out = np.empty(int(lengths[text.ids[begin:end]].sum()) + kernels.PADDING, np.uint8)
        return out.data[: kernels.spell(text.ids, begin, end, starts, spelled, out)]

    begins = range(0, len(text.ids), PIECE)
    if names is None:
        pieces = map_ahead(pool, lambda begin: pack(spell(begin)), begins, 2 * threads)
    else:
        pieces = map_ahead(pool, pack, _with_names(map_ahead(pool, spell, begins, 2 * threads), names), 2 * threads)
    with replacing(output) as file:
        for number, piece in enumerate(pieces, 1):
            file.write(piece)
            report("write", min(number * PIECE, len(text.ids)), len(text.ids))


def _with_names(pieces: Iterable[memoryview], names: Sequence[str]) -> Iterator[bytes]:
    """Yield the pieces of a text with the name of each line and a tab before the line."""
    heads = iter([name.encode() + b"\t" for name in names])
    starts_line = True
    for piece in pieces:
        *lines, last = bytes(piece).split(b"\n")
        found = []
        for line in lines:
            found.append((next(heads) if starts_line else b"") + line)
            starts_line = True
        if last:
            found.append((next(heads) if starts_line else b"") + last)
            starts_line = False
        else:
            found.append(b"")
        yield b"\n".join(found)


def write_list(found: list[Phrase], path: str | Path) -> None:
    """Write lines of phrase, score and count, separated by tabs; raise W2VError if that fails."""
    with replacing(path) as file:
        file.writelines(f"{phrase}\t{score:.6g}\t{count}\n".encode() for phrase, score, count in map(astuple, found))


def check_suffix(output: str | Path | None) -> None:
    """Raise SettingsError for a suffix that promises a compression other than gzip's."""
    if output is not None and Path(output).suffix in REFUSED_SUFFIXES:
        raise SettingsError(f"cannot write {Path(output).suffix}: the output is plain text, or .gz")
