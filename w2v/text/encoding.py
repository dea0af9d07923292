"""From a corpus to a Vocab and a stream of word ids, in one pass over the text.

The main thread reads blocks. A pool of threads cleans and scans them; each thread has its own table, which counts words
and numbers them. At the end the tables are merged, pruned and sorted, and the numbers are replaced by the words' rows.
The result depends only on the text, unless it has more distinct words than `max_types`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt

from w2v.base.arrays import Ids, Matrix
from w2v.base.errors import W2VError, option
from w2v.base.machine import available_memory, available_threads
from w2v.kernels.text import scan as kernels
from w2v.reports import Reporter
from w2v.settings.train import TrainConfig
from w2v.text.corpus import Corpus
from w2v.text.joining import Joined, map_ahead
from w2v.text.line_names import LineNames
from w2v.text.phrase_table import PhraseTable
from w2v.text.stream import Spool
from w2v.text.vocab import Vocab, sorted_vocab
from w2v.text.word_table import WordTable

ScanReport = Callable[[int, int | None], None]
"""Called with the number of bytes read, and the total number of bytes if known."""

MOST_MENDED, MENDED_SHARE = 4, 0.05
"""If more tokens than this and a larger share than this are not UTF-8, the text has another encoding: 10% of German
words and 20% of French words have a letter that is not ASCII."""

PUNCTUATED, FEWEST_PUNCTUATED, PUNCTUATED_OF = 0.1, 5, 10_000
"""In a sample of about PUNCTUATED_OF words, the vocabulary of raw text has more than this share of words with
punctuation, and at least FEWEST_PUNCTUATED such words; books have 30 to 50%."""

LONE_SURROGATE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Encoded:
    """A text in the form for training, with the numbers of tokens that were kept, dropped or changed."""

    vocab: Vocab
    stream: Ids
    """Rows of the vocabulary, with SENTENCE_END (-1) between sentences; stored on disk if it is large."""
    tokens_read: int
    """Number of tokens of the text, before any were dropped."""
    types_read: int
    """Number of distinct tokens of the text."""
    tokens_kept: int
    """Number of tokens that are in the vocabulary."""
    tokens_mended: int
    """Number of tokens with bytes that are not UTF-8, which became U+FFFD."""
    dropped_count: int
    """Words with at most this count were dropped during the reading, because there were more than max_types; otherwise
    0. types_read counts a dropped word again if it occurs again."""
    rows_empty: int
    """Number of rows of JSON Lines or Parquet with nothing in the column."""
    line_names: list[str] | None = None
    """With line_names, the name of each line; several lines can have the same name."""
    line_weights: Matrix | None = None
    """(n_lines,) with weighted_lines, the weight of each line."""
    has_words: bool = False
    """Whether words were separated from punctuation."""
    words_absent: int = 0
    """Number of words left out of a vocabulary without counts because the text does not contain them."""
    joined: Joined | None = None
    """Result of joining the phrases of a file; the numbers of tokens above are those after joining."""

    def tell(self, told: Reporter, is_reused: bool = False) -> None:
        """Report what was read, dropped and changed; `is_reused` if the vocabulary was not built from the text."""
        if self.joined is not None:
            self.joined.tell(told)
        told.tell(self.summary(is_reused))
        for flaw in self.flaws():
            told.warn(flaw)
        if not (is_reused or self.has_words) and (share := punctuated_share(self.vocab.words)) > PUNCTUATED:
            told.warn(
                f"{100 * share:.0f}% of the vocabulary begin or end with punctuation, so 'end' and 'end.' are two "
                f"words; {option('words')} separates them"
            )

    def summary(self, is_reused: bool = False) -> str:
        """Return a text with the numbers of tokens that were read and kept."""
        share = 100 * self.tokens_kept / self.tokens_read
        if is_reused:
            dropped = self.tokens_read - self.tokens_kept
            return f"{self.tokens_read:,} tokens, of which the vocabulary covers {share:.1f}%; {dropped:,} were dropped"
        return (
            f"{self.tokens_read:,} tokens; kept {len(self.vocab):,} of {self.types_read:,} distinct words, "
            f"{share:.1f}% of the tokens"
        )

    def flaws(self) -> Iterator[str]:
        """Yield messages about what was dropped or changed in the text."""
        if self.dropped_count:
            yield (
                f"too many distinct words: those seen up to {self.dropped_count:,} times were dropped during the "
                f"reading; counts may be too low and depend on {option('threads')}; a larger {option('max_types')} "
                "keeps them"
            )
        if self.tokens_mended:
            yield f"{self.tokens_mended:,} tokens had bytes that are not UTF-8; those became U+FFFD"
        if self.rows_empty:
            rows = "1 row" if self.rows_empty == 1 else f"{self.rows_empty:,} rows"
            yield f"skipped {rows} with nothing in the column"
        if self.words_absent:
            yield f"left out {self.words_absent:,} words of the vocabulary: the text does not have them"


def encode(
    corpus: Corpus,
    config: TrainConfig,
    *,
    vocab: Vocab | None = None,
    keep_stream: bool = True,
    keep_lines: bool = False,
    sort_words: bool = True,
    report: ScanReport | None = None,
    spool_above: int | None = None,
) -> Encoded:
    """Read the corpus once; return its vocabulary and its token stream.

    Args:
        corpus: the text.
        config: uses min_count, max_vocab, max_types, words, lowercase, phrases, column, threads, line_vectors,
            line_names and weighted_lines.
        vocab: use this vocabulary with its counts instead of the text's own. A vocabulary without counts gets those of
            the text, and loses words that do not occur in the text.
        keep_stream: if False, the stream stays empty and takes no memory.
        keep_lines: whether empty lines have a SENTENCE_END too, as with line vectors.
        sort_words: whether to sort the words of the vocabulary. For 312,000 words, sorting takes half of the time of a
            text of 17 million words.
        report: called with the progress of the reading.
        spool_above: number of bytes from which the stream is stored on disk; by default a quarter of the free memory.

    Raises W2VError if the text cannot be read, is empty or not UTF-8, or if all words are dropped.
    """
    if spool_above is None:
        spool_above = available_memory() // 4
    threads = config.threads or available_threads()
    phrases = None if config.phrases is None else PhraseTable.load(config.phrases)
    keep_empty = config.counts_lines or keep_lines
    has_heads = config.line_names or config.weighted_lines
    heads = LineNames(config.has_lines or keep_lines, named=config.line_names, weighted=config.weighted_lines)
    names = heads if has_heads else None
    with Spool(spool_above, keep_empty) as spool, ThreadPoolExecutor(threads) as pool:
        tables = [WordTable() for _ in range(threads)]
        is_kept = keep_stream or phrases is not None
        scan = _Scan(config, tables, pool, spool if is_kept else None, vocab, names, keep_empty)
        scan.read(corpus, report)
        merged, numbers = scan.merge()
        joined = None
        if phrases is not None:
            scan.rewrite(numbers)
            joined = Joined.in_stream(phrases, spool, merged, config, pool, threads)
            numbers = [np.arange(len(merged))]
        counts = merged.counts()
        tokens_read = int(counts.sum()) + scan.dropped_tokens
        if tokens_read == 0:
            raise W2VError("the corpus has no words: nothing in it but whitespace")
        types_read = int(np.count_nonzero(counts)) + scan.dropped_types
        if len(counts) == 0:
            raise W2VError(f"all words were dropped, because too many are equally rare: raise {option('max_types')}")
        n_known = 0 if vocab is None else len(vocab)
        if vocab is None or not vocab.has_counts:
            known = np.flatnonzero(counts[:n_known])
            wanted = _wanted(counts, config.min_count, config.max_vocab) if vocab is None else known
            words = merged.words(wanted)
            row_of = np.full(len(merged), -1, np.int32)
            counts = counts[wanted]
            del merged  # it takes as much memory as the Python strings of the words
            vocab, order = Vocab(words, counts), np.arange(len(words))
            if sort_words:
                vocab, order = sorted_vocab(words, counts, config.max_vocab)
            row_of[wanted[order]] = np.arange(len(order))
            tokens_kept = vocab.n_tokens
        else:
            row_of = np.arange(len(counts), dtype=np.int32)
            row_of[n_known:] = -1
            tokens_kept = int(counts[:n_known].sum())
        if tokens_kept == 0:
            raise W2VError(f"none of the {tokens_read:,} tokens of the corpus is in the vocabulary")
        rows = [row_of[number] for number in numbers]
        stream = np.empty(0, np.int32)
        if keep_stream:
            stream = spool.finish(lambda table, ids: kernels.renumber(ids, rows[table], keep_empty), pool.map)
    line_names, dropped = heads.names, scan.dropped_count
    empty, absent = corpus.rows_empty, max(0, n_known - len(vocab))
    return Encoded(
        *(vocab, stream, tokens_read, types_read, tokens_kept, scan.mended, dropped, empty, line_names),
        has_words=config.words,
        words_absent=absent,
        joined=joined,
        line_weights=heads.weights,
    )


@dataclass
class _Scan:
    """Tables that count the words of a text, one per thread, and the numbers of tokens that were dropped or changed.

    If there are more distinct words than `max_types`, the rarest are dropped. Only then does the result depend on the
    number of threads, and counts can be too low.
    """

    config: TrainConfig
    tables: list[WordTable]
    pool: ThreadPoolExecutor
    spool: Spool | None
    vocab: Vocab | None
    names: LineNames | None
    keep_empty: bool
    mended: int = 0
    scanned: int = 0
    """Number of tokens so far."""
    dropped_tokens: int = 0
    dropped_types: int = 0
    dropped_count: int = 0

    def __post_init__(self) -> None:
        self.known = self.vocab.words if self.vocab is not None else []
        self.full = self.max_types = self.config.max_types + len(self.known)

    def read(self, corpus: Corpus, report: ScanReport | None) -> None:
        """Scan a corpus block by block; the ids of the blocks are added to the spool in the order of the text."""
        config, ahead = self.config, 2 * len(self.tables)
        idle: SimpleQueue[int] = SimpleQueue()
        for number in range(len(self.tables)):
            idle.put(number)

        def scan_block(block: bytes) -> tuple[int, Ids, int]:
            text, mended = clean(block, config.lowercase)
            number = idle.get()
            try:
                return number, self.tables[number].scan(text, self.keep_empty, config.words), mended
            finally:  # otherwise the next block would wait for this table, and the pool for the block
                idle.put(number)

        blocks = corpus.blocks(
            config.column, force_text=config.force_text, count_lines=self.keep_empty or self.names is not None
        )
        if self.names is not None:
            blocks = self.names.take_from(blocks)
        try:
            while True:
                for number, ids, mended in map_ahead(self.pool, scan_block, self._until_full(blocks), ahead):
                    self.mended += mended
                    self.scanned += int(np.count_nonzero(ids >= 0))
                    self._check_encoding(corpus)
                    if self.spool is not None:
                        self.spool.append(number, ids)
                    if report is not None:
                        report(corpus.bytes_read, corpus.bytes_total)
                if not self._is_full:
                    return
                blocks = self._make_room_for(blocks)
        except BaseException:
            self.pool.shutdown(cancel_futures=True)
            raise

    def _check_encoding(self, corpus: Corpus) -> None:
        """Raise W2VError if too many tokens so far were not UTF-8, because their letters are lost."""
        if self.mended > max(MOST_MENDED, MENDED_SHARE * self.scanned) and not self.config.force_text:
            raise W2VError(
                f"{corpus.name} has another encoding than UTF-8: {self.mended:,} of the first {self.scanned:,} tokens "
                f"are not UTF-8; convert it: iconv -f ENCODING -t UTF-8; or read it anyway with {option('force_text')}"
            )

    def merge(self) -> tuple[WordTable, list[npt.NDArray[np.int64]]]:
        """Return one table of all words, and for each table the new numbers of its words; empties the tables.

        The words of a vocabulary come first, in its order.
        """
        tables, self.tables = self.tables, []
        if not self.known:
            return tables[0], [np.arange(len(tables[0])), *(tables[0].absorb(table) for table in tables[1:])]
        merged = WordTable(self.known)
        return merged, [merged.absorb(table) for table in tables]

    def rewrite(self, numbers: list[npt.NDArray[np.int64]]) -> None:
        """Replace the numbers of the words in each table by these."""
        if self.spool is not None:
            rows = [number.astype(np.int32) for number in numbers]
            self.spool.rewrite(lambda table, ids: kernels.renumber(ids, rows[table], self.keep_empty), self.pool.map)

    @property
    def _is_full(self) -> bool:
        return sum(map(len, self.tables)) > self.full

    def _until_full(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield blocks until there are no more or the tables are full."""
        while not self._is_full and (block := next(blocks, None)) is not None:
            yield block

    def _make_room_for(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Drop the rarest words and return the following blocks; if there are none, keep as many words as allowed."""
        following = next(blocks, None)
        if following is None:
            self._make_room(self.config.max_types, keep_ties=True)
            return iter(())
        self._make_room(max(1, self.max_types // 2))
        return chain([following], blocks)

    def _make_room(self, most: int, keep_ties: bool = False) -> None:
        """Merge the tables; if there are more than max_types words, keep the `most` most frequent ones.

        Words as frequent as the first dropped word are dropped too, so that the table is not full again soon. With
        keep_ties the first of these words are kept.
        """
        threads = len(self.tables)
        merged, numbers = self.merge()
        if len(merged) > self.max_types:
            counts = merged.counts()
            rest = counts[len(self.known) :]
            highest = int(np.partition(rest, -most)[-most]) if most <= len(rest) else 0
            n_ties = most - int(np.count_nonzero(rest > highest)) if keep_ties else 0
            ties = len(self.known) + np.flatnonzero(rest == highest)[:n_ties]
            counts[ties] += 1  # so that they are kept
            kept = WordTable()
            mapping = kept.absorb(merged, least=highest + 1, always=len(self.known))
            kept.counts()[mapping[ties]] -= 1
            counts[ties] -= 1
            numbers = [mapping[number] for number in numbers]
            self.dropped_tokens += int(counts[mapping < 0].sum())
            self.dropped_types += int((mapping < 0).sum())
            self.dropped_count = max(self.dropped_count, highest)
            merged = kept
        self.rewrite(numbers)
        self.tables = [merged, *(WordTable() for _ in range(threads - 1))]
        self.full = max(self.max_types, len(merged) + self.max_types // 4)


def punctuated_share(words: Sequence[str]) -> float:
    """Return the share, among some thousand words, of words with letters or digits that begin or end with punctuation.

    >>> punctuated_share(["end", "end.", "(so", "..."] * 10)
    0.5
    """
    some = words[:: max(1, len(words) // PUNCTUATED_OF)]
    found = sum(
        any(end != "_" and unicodedata.category(end)[0] == "P" for end in (word[0], word[-1]))
        and any(map(str.isalnum, word))
        for word in some
    )
    return found / len(some) if found >= FEWEST_PUNCTUATED else 0.0


def renumber(stream: Ids, row_of: Ids, keep_empty: bool = False) -> Ids:
    """Return a stream with each row replaced by row_of[row]; mutates it.

    Rows that become negative are removed; so are repeated sentence ends, except with keep_empty.
    """
    return stream[: kernels.renumber(stream, row_of, keep_empty)]


def clean(block: bytes, lowercase: bool) -> tuple[bytes, int]:
    """Return a block as valid UTF-8, lowercased if requested, and the number of tokens with invalid bytes."""
    if block.isascii():
        return (block.lower() if lowercase else block), 0
    mended = 0
    try:
        text = block.decode()
    except UnicodeDecodeError:
        marked = block.decode("utf-8", "surrogateescape")
        mended = sum(LONE_SURROGATE.search(token) is not None for token in marked.split() if not token.isascii())
        text = block.decode("utf-8", "replace")
        block = text.encode()
    return (text.lower().encode() if lowercase else block), mended


def _wanted(counts: npt.NDArray[np.int64], min_count: int, max_vocab: int | None) -> npt.NDArray[np.int64]:
    """Return the numbers of the words that reach min_count and are not cut by max_vocab; ties at the cut are kept."""
    wanted = np.flatnonzero(counts >= min_count)
    if len(wanted) == 0:
        most = f"the most frequent has a count of {counts.max():,}"
        raise W2VError(f"no word reaches {option('min_count', min_count)}: {most}; lower it")
    if max_vocab is not None and len(wanted) > max_vocab:
        # Ties at the cut are resolved later by the words' bytes, so all of them are kept for now.
        cut = np.partition(counts[wanted], -max_vocab)[-max_vocab]
        wanted = wanted[counts[wanted] >= cut]
    return wanted
