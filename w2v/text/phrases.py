"""Phrases: find and join pairs of words that occur together more often than by chance.

`new york` becomes `new_york`, a word like any other. The text becomes a stream of the ids of all words. The pairs of
the stream are counted and scored, pairs above the threshold are joined from left to right, and the stream is written as
text again. Each further pass does the same with the result of the pass before: `new_york times` can become
`new_york_times`. Connector words are never at the beginning or end of a phrase, but can be inside: `bank of america`.
"""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Counts, Floats, Ids
from w2v.base.errors import SettingsError, counted, option
from w2v.base.files import replacing
from w2v.base.machine import available_threads
from w2v.kernels.text import pairs as kernels
from w2v.kernels.text.tables import Pairs
from w2v.reports import Reporter
from w2v.settings.phrases import PhraseConfig
from w2v.text import joining
from w2v.text.corpus import Corpus
from w2v.text.encoding import Encoded, encode
from w2v.text.joining import SHOWN, Links, StageReport, join_stream, link, map_ahead
from w2v.text.phrase_table import Phrase, PhraseTable

CHUNK = 1 << 26
"""Number of tokens whose pairs are counted at a time; they take 4 bytes of memory each."""
REFUSED_SUFFIXES = (".bz2", ".xz", ".zst", ".zip")


class PairCounts(NamedTuple):
    """The counts from which a score is computed."""

    together: Counts
    """(n,) occurrences of each pair."""
    first: Counts
    """(n,) occurrences of the first word of each pair."""
    second: Counts
    """(n,) occurrences of the second word of each pair."""
    min_count: int
    n_tokens: int
    """Number of tokens of the text."""
    n_distinct: int
    """Number of distinct words plus number of distinct pairs of the text, without connector words."""


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
    """Return (count(ab) - min_count) / (count(a) count(b)). Subtracting min_count excludes rare pairs."""
    scores: Floats = (pairs.together - pairs.min_count) / (pairs.first.astype(np.float64) * pairs.second)
    return scores


SCORERS = {"original": original, "word2phrase": word2phrase, "npmi": npmi}


@dataclass(frozen=True)
class Phrases:
    """The phrases that were found, and the resulting text."""

    found: list[Phrase]
    """All phrases that were joined: those of the first pass, best first, then those of the second pass, and so on."""
    tokens_written: int
    """Number of tokens after joining."""
    encoded: Encoded
    """A report of what was read, without the stream."""
    table: PhraseTable
    """All phrases, also those that were never joined in this text."""

    def save(self, path: str | Path) -> None:
        """Write the phrases to a file, for `phrases` of `w2v.train` and others. Raises W2VError if that fails."""
        self.table.save(path)

    def summary(self) -> Iterator[str]:
        """Yield messages with the number of joined phrases and the most frequent ones."""
        if self.encoded.joined is not None:  # the phrases come from a file
            return
        read, n = self.encoded.tokens_read, len(self.found)
        yield (
            f"{counted(n, 'phrase')} joined {read - self.tokens_written:,} times: "
            f"{read:,} tokens became {self.tokens_written:,}"
        )
        most = sorted(self.found, key=lambda phrase: -phrase.joined)[:SHOWN]
        if most:
            yield f"most frequent: {', '.join(f'{phrase.phrase} {phrase.joined:,}' for phrase in most)}"
        else:
            yield f"no pair of words is a phrase: a lower {option('threshold')} or {option('min_count')} finds more"


@dataclass
class Text:
    """A stream of ids, changed in place, with the words of the ids and their counts."""

    ids: Ids
    index: dict[str, int]
    """The id of each word, in the order of the ids."""
    counts: Counts

    def flags(self, words: Iterable[str]) -> npt.NDArray[np.uint8]:
        """Return 1 for each of these words, 0 for others, (n_types,)."""
        found = np.zeros(len(self.counts), np.uint8)
        found[[self.index[word] for word in words if word in self.index]] = 1
        return found


def find_phrases(
    corpus: Corpus, config: PhraseConfig, output: str | Path | None = None, told: Reporter | None = None
) -> Phrases:
    """Find the phrases of a text and write the text with joined phrases; compressed if the name ends in .gz.

    Each line of the text becomes one line, also an empty one, with a space between tokens. Raises W2VError if the
    corpus cannot be read or has no words, or if the output cannot be written.
    """
    told = told or Reporter()
    threads = config.threads or available_threads()
    encoded = encode(corpus, config.reading(), keep_lines=True, report=told.reading)
    text, found = Text(encoded.stream, dict(encoded.vocab.index), encoded.vocab.counts), list[Phrase]()
    with ThreadPoolExecutor(threads) as pool:
        for number, cutoff in enumerate(config.cutoffs, 1):
            is_connector = text.flags(config.connectors)
            links = link(text.ids, is_connector)
            parts = count_pairs(text, links, pool, threads, told.joining)
            phrases, scores = score_pairs(parts, text.counts, links, is_connector, config, cutoff)
            if len(scores) == 0:
                break
            found += join(text, links, phrases, scores, config.delimiter, number, pool, threads, told.joining)
        if output is not None:
            write(text, output, pool, threads, told.joining, encoded.line_names)
    table = PhraseTable(found, config.delimiter, config.connectors, config.words, config.lowercase)
    joined = [phrase for phrase in found if phrase.joined]
    return Phrases(joined, int(text.counts.sum()), _without_stream(encoded), table)


def apply_phrases(
    corpus: Corpus, phrases: str | Path, config: PhraseConfig, output: str | Path, told: Reporter | None = None
) -> Phrases:
    """Write a text with the phrases of a file joined, as `find_phrases` does, with the same errors."""
    told = told or Reporter()
    threads = config.threads or available_threads()
    reading = replace(config.reading(), phrases=str(phrases))
    encoded = encode(corpus, reading, keep_lines=True, report=told.reading)
    assert encoded.joined is not None
    text = Text(encoded.stream, encoded.vocab.index, encoded.vocab.counts)
    with ThreadPoolExecutor(threads) as pool:
        write(text, output, pool, threads, told.joining, encoded.line_names)
    encoded.joined.tell(told)
    joined = encoded.joined
    return Phrases(joined.found, joined.tokens_after, _without_stream(encoded), joined.table)


def _without_stream(encoded: Encoded) -> Encoded:
    return replace(encoded, stream=np.empty(0, np.int32))


def count_pairs(
    text: Text, links: Links, pool: ThreadPoolExecutor, threads: int, report: StageReport
) -> list[tuple[int, Pairs]]:
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

        parts = list(pool.map(partial(_count_part, text, links, begin, end), parts))
        report("count", end, len(text.ids))
    return parts


def _count_part(text: Text, links: Links, begin: int, end: int, part: tuple[int, Pairs]) -> tuple[int, Pairs]:
    """Return a part of `count_pairs`, updated with the pairs in ids[begin:end] that begin with one of its words."""
    low, old = part
    n = len(old.starts) - 1
    room = min(end - begin, int(text.counts[low : low + n].sum()))
    # Memory that is never touched costs nothing, so there is room for the largest possible number of pairs.
    size = len(old.seconds) + room
    new = Pairs(np.empty(n + 1, np.int64), np.empty(size, np.int32), np.empty(size, np.int64))
    ends, buckets, tally = np.empty(n + 1, np.int64), np.empty(room, np.int32), np.zeros(links.n_parts, np.int64)
    kernels.count_pairs(text.ids, links.seconds, begin, end, low, old, new, ends, buckets, tally)
    filled = int(new.starts[n])
    return low, Pairs(new.starts, new.seconds[:filled], new.counts[:filled])


def score_pairs(
    parts: list[tuple[int, Pairs]],
    counts: Counts,
    links: Links,
    is_connector: npt.NDArray[np.uint8],
    config: PhraseConfig,
    cutoff: float,
) -> tuple[Pairs, Floats]:
    """Return the pairs with scores above the cutoff, with ascending seconds, and their scores, (n_phrases,)."""
    firsts, seconds, together = [], [], []
    for low, pairs in parts:
        frequent = np.flatnonzero(pairs.counts >= config.min_count)
        firsts.append(low + np.searchsorted(pairs.starts, frequent, "right") - 1)
        seconds.append(pairs.seconds[frequent])
        together.append(pairs.counts[frequent])
    first, second, count = np.concatenate(firsts), np.concatenate(seconds), np.concatenate(together)
    n_distinct = np.count_nonzero(counts[is_connector == 0]) + sum(len(pairs.seconds) for _, pairs in parts)
    ends = counts[links.last_words[second]]
    counted = PairCounts(count, counts[first], ends, config.min_count, int(counts.sum()), int(n_distinct))
    scores = SCORERS[config.scorer](counted)
    above = np.flatnonzero(scores > cutoff)
    above = above[np.lexsort((second[above], first[above]))]
    starts = np.searchsorted(first[above], np.arange(len(counts) + 1))
    return Pairs(starts, second[above], count[above]), scores[above]


def join(
    text: Text,
    links: Links,
    phrases: Pairs,
    scores: Floats,
    delimiter: str,
    number: int,
    pool: ThreadPoolExecutor,
    threads: int,
    report: StageReport,
) -> list[Phrase]:
    """Join the phrases in the text, in place; return all of them, best first.

    A phrase with the same spelling as a word becomes that word.
    """
    words = list(text.index)
    firsts = np.repeat(np.arange(len(words)), np.diff(phrases.starts)).tolist()
    rows = [(a, *links.words_of(b)) for a, b in zip(firsts, phrases.seconds.tolist(), strict=True)]
    spelled = [tuple(words[row] for row in one) for one in rows]
    names = np.array([text.index.setdefault(delimiter.join(one), len(text.index)) for one in spelled], np.int32)
    text.ids, total = join_stream(text.ids, links, phrases, names, pool, threads, report)
    text.counts = np.append(text.counts, np.zeros(len(text.index) - len(words), np.int64))
    np.add.at(text.counts, names, total)
    lengths = [*map(len, rows)]
    np.subtract.at(text.counts, np.array([row for one in rows for row in one]), np.repeat(total, lengths))
    found = [
        Phrase(delimiter.join(one), float(score), int(count), int(joined), one, number)
        for one, score, count, joined in zip(spelled, scores, phrases.counts, total, strict=True)
    ]
    return sorted(found, key=lambda phrase: (-phrase.score, phrase.phrase, phrase.count))


def write(
    text: Text,
    output: str | Path,
    pool: ThreadPoolExecutor,
    threads: int,
    report: StageReport,
    names: Sequence[str] | None = None,
) -> None:
    """Write a text, one sentence per line, compressed if the name ends in .gz. Raises W2VError if it cannot be written.

    If there are names, each line begins with its name and a tab.
    """
    report("write", 0, len(text.ids))
    pack = partial(gzip.compress, compresslevel=6, mtime=0) if str(output).endswith(".gz") else memoryview
    spelled = np.array(bytearray(("\n".join(text.index) + "\n" * kernels.PADDING).encode()))
    starts = np.append(0, np.flatnonzero(spelled == 10)[: len(text.index)] + 1)
    lengths = np.append(np.diff(starts), 1)  # the last length is that of SENTENCE_END, -1

    def spell(begin: int) -> memoryview:
        end = min(begin + joining.PIECE, len(text.ids))
        out = np.empty(int(lengths[text.ids[begin:end]].sum()) + kernels.PADDING, np.uint8)
        return out.data[: kernels.spell(text.ids, begin, end, starts, spelled, out)]

    begins = range(0, len(text.ids), joining.PIECE)
    if names is None:
        pieces = map_ahead(pool, lambda begin: pack(spell(begin)), begins, 2 * threads)
    else:
        pieces = map_ahead(pool, pack, _with_names(map_ahead(pool, spell, begins, 2 * threads), names), 2 * threads)
    with replacing(output) as file:
        for number, piece in enumerate(pieces, 1):
            file.write(piece)
            report("write", min(number * joining.PIECE, len(text.ids)), len(text.ids))


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


def check_suffix(output: str | Path | None) -> None:
    """Raise SettingsError for a suffix of a compression other than gzip."""
    if output is not None and Path(output).suffix in REFUSED_SUFFIXES:
        raise SettingsError(f"cannot write {Path(output).suffix}: the output is plain text, or .gz")
