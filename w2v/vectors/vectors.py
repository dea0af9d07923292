"""Vectors: words with their vectors, look-ups and neighbours. NumPy only, so that queries start quickly."""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never, overload
from unicodedata import normalize

import numpy as np
import numpy.typing as npt

from w2v.base.arguments import check_number, check_words
from w2v.base.arrays import Counts, Floats, Indices, Matrix
from w2v.base.cosines import all_lengths, best_rows, cosines_with, lengths, pair_cosines
from w2v.base.errors import SettingsError, UnknownWordError, W2VError, W2VWarning, as_keywords, option
from w2v.base.libraries import require
from w2v.formats import vector_files
from w2v.formats.common import check_finite
from w2v.formats.model import Lines, Model, Trained
from w2v.formats.registry import find, repeated_words, what_is_lost
from w2v.formats.vocab_table import VocabTable
from w2v.reports import Reporter, warn
from w2v.settings.aliases import VECTORS, check_known
from w2v.settings.evaluation import RESTRICT
from w2v.text.subwords import Subwords
from w2v.text.vocab import Vocab
from w2v.vectors.lookup import Key, WeightedKey, close_spellings, other_form, row_of, with_weights
from w2v.vectors.order import Order

if TYPE_CHECKING:
    import pandas
    from gensim.models import KeyedVectors

Keys = WeightedKey | Sequence[WeightedKey]

LOOKUPS = 64  # Number of look-ups in a table of millions of words, 10 ms each, before an index is built in 2 s
SAFE = 1e-30
"""Squared lengths between this number and 1 / SAFE are computed in float32."""
NORMS_DIFFER = 1e-3
"""A file is damaged if a vector's length and the length stored in the file differ by more than this, relatively."""


class Vectors:
    """Words with their vectors.

    Names that gensim's KeyedVectors has too have the same meaning: `in`, `len`, `[]`, `similarity`, `most_similar`,
    `vectors`, `index_to_key` and others, except that iterating yields the words. For an attribute that only
    KeyedVectors has, the error says what to use. `np.asarray` returns the matrix.

    Examples:
        >>> vectors = Vectors(["up", "high", "low"], np.array([[1, 0], [1, 0.1], [-1, 0]], np.float32))
        >>> [(word, round(cosine, 3)) for word, cosine in vectors.similar("up", n=1)]
        [('high', 0.995)]
    """

    def __init__(
        self, words: Sequence[str], matrix: npt.ArrayLike, counts: Counts | None = None, output: Matrix | None = None
    ) -> None:
        """Take words and their vectors. Nothing is copied, and the matrix can be memory-mapped.

        Args:
            words: (n_types,)
            matrix: (n_types, dim) float32, the vectors; other arrays are converted.
            counts: (n_types,) int64, the occurrences.
            output: (n_types, dim) float32, the output rows.
        """
        self._take(Model(words, np.asanyarray(matrix, np.float32), counts, output), "the vectors")

    @classmethod
    def of(cls, model: Model, name: str = "the vectors") -> "Vectors":
        """Return the vectors of a model; error messages use `name`."""
        vectors = cls.__new__(cls)
        vectors._take(model, name)
        return vectors

    def _take(self, model: Model, name: str) -> None:
        if model.vectors.ndim != 2 or len(model.words) != len(model.vectors):
            raise ValueError(f"{len(model.words)} words and vectors of shape {model.vectors.shape}")
        self._model = model
        self.name = name  # Used in error messages: the file that the vectors were read from
        self._norms: Matrix = np.empty(0, np.float32) if model.norms is None else model.norms
        """Lengths of the first rows, as far as they were needed so far."""
        self._lookups = 0
        self._has_told = False  # Whether it was already reported that answers are restricted
        self._vocab_file: Path | None = None  # A vocabulary next to the file, which may contain the counts

    @classmethod
    def load(
        cls,
        path: str | Path,
        format: str | None = None,
        *,
        limit: int | None = None,
        skip_bad_rows: bool = False,
        encoding: str = "utf-8",
        reporter: Reporter | None = None,
    ) -> "Vectors":
        """Read a vector file.

        Args:
            path: the file or folder, compressed or not, or a pipe. A w2v folder (.w2v) is memory-mapped and read as
                needed.
            format: the name of its format, if neither its content nor its suffix shows it; docs/formats.md lists them.
            limit: load at most this many of the first words, which are the most frequent in almost every file.
            skip_bad_rows: whether to leave out rows that cannot be read or have a number that is not finite.
            encoding: encoding of the words in word2vec's and GloVe's files.
            reporter: receives messages about what was left out or changed, instead of `warnings`.

        Raises:
            W2VError: the file is missing, is damaged, or has a number that is not finite; numbers of a mapped file are
                checked when they are used.
            SettingsError: the format or the encoding is unknown, or limit is below 1.
        """
        check_number("limit", 1 if limit is None else limit, 1)
        tell = warn if reporter is None else reporter.warn
        model = vector_files.read(path, format, limit, skip_bad_rows=skip_bad_rows, encoding=encoding, warn=tell)
        vectors = cls.of(model, str(path))
        vectors._vocab_file = Path(path).with_name("vocab.txt")
        return vectors

    def save(self, path: str | Path, format: str | None = None, *, save_output: bool | None = None) -> None:
        """Write a vector file, completely or not at all.

        Args:
            path: the file or folder.
            format: the name of its format, if the suffix does not show it; docs/formats.md lists the names.
            save_output: whether to write the output rows, in a second file (vectors.output.bin for vectors.bin) if the
                format cannot store them. With None, they are written only if the format can store them.

        Raises:
            W2VError: the file cannot be written.

        Warns:
            W2VWarning: the format cannot store the rows of n-grams or the line vectors.
        """
        model = self.model
        if lost := what_is_lost(find(path, format), model.parts):
            warnings.warn(f"{path}: {lost}", W2VWarning, stacklevel=2)
        vector_files.write(path, model, format, save_output=save_output)

    @property
    def model(self) -> Model:
        """All data of the vectors, as `save` writes them."""
        return self._model if self._model.counts is not None else replace(self._model, counts=self.counts)

    @property
    def matrix(self) -> Matrix:
        """(n_types, dim) float32, the vectors."""
        return self._model.vectors

    @property
    def output(self) -> Matrix | None:
        """(n_types, dim) float32, the output rows; None if they were not saved."""
        return self._model.output

    @property
    def subwords(self) -> Subwords | None:
        """The rows of n-grams, from which vectors of other words are composed."""
        return self._model.subwords

    @property
    def lines(self) -> Lines | None:
        """The vectors of lines."""
        return self._model.lines

    @property
    def trained(self) -> Trained | None:
        """How the vectors were trained: version, config and corpus; None if unknown."""
        return self._model.trained

    @property
    def settings(self) -> dict[str, Any] | None:
        """How the vectors were trained, for JSON: `w2v` (the version), `settings`, `corpus` (file checksums)."""
        return None if self.trained is None else dict(self.trained.json)

    @property
    def dim(self) -> int:
        """Numbers per vector."""
        return int(self.matrix.shape[1])

    @property
    def wv(self) -> "Vectors":
        """These vectors, as in `model.wv` of gensim."""
        return self

    vectors, vector_size = matrix, dim
    index_to_key = property(lambda self: self.words, doc="The words, by gensim's name.")
    key_to_index = property(lambda self: self.index, doc="The row of each word, by gensim's name.")

    @cached_property
    def words(self) -> list[str]:
        """The words, (n_types,)."""
        return list(self._model.words)

    @property
    def counts(self) -> Counts | None:
        """(n_types,) the occurrences of the words; None if unknown.

        If the file has no counts, they are read from `vocab.txt` next to it, if its words are the same in the same
        order.
        """
        path, self._vocab_file = self._vocab_file, None
        if self._model.counts is None and path is not None and path.is_file():
            try:
                vocab = Vocab.load(path)
            except W2VError:  # another file with this name
                return None
            if vocab.words[: len(self)] == self.words:
                self._model = replace(self._model, counts=vocab.counts[: len(self)])
        return self._model.counts

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word; for duplicate words, the first row."""
        return dict(zip(reversed(self.words), reversed(range(len(self.words))), strict=True))

    @cached_property
    def _repeated(self) -> Indices:
        """Rows of words that also have an earlier row; they are never answers. A VocabTable has no duplicates."""
        words = self._model.words
        return np.array([] if isinstance(words, VocabTable) else repeated_words(words), np.int64)

    @cached_property
    def order(self) -> Order:
        """The order of the words."""
        return Order.of(self._model.words, self.counts)

    def most_frequent(self, n: int) -> range | Indices:
        """Return the rows of the n most frequent words; all rows if n is 0 or the most frequent words are not known."""
        if n == 0 or n >= len(self) or not self.order.is_known:
            return range(len(self))
        if self.order is Order.FREQUENCY or self.counts is None:
            return range(n)
        found: Indices = np.argsort(-self.counts, kind="stable")[:n]
        return found

    def restriction(self, restrict: int) -> str:
        """Return a sentence about the words that cannot be answers; empty if all can."""
        if not 0 < restrict < len(self):
            return ""
        if not self.order.is_known:
            order = "in the order of the alphabet" if self.order is Order.ALPHABET else "not in the order of frequency"
            return (
                f"the words of {self.name} are {order} and have no counts, so that the most frequent are not known: "
                f"answers are among all {len(self):,}"
            )
        return f"answers are among the {restrict:,} most frequent of {len(self):,} words; {option('restrict')} 0: all"

    def tell_of_restriction(self, restrict: int, warn: Callable[[str], None], tell: Callable[[str], None]) -> None:
        """Report which words cannot be answers; warn if it is not known which words are the most frequent."""
        if message := self.restriction(restrict):
            self._has_told = True
            (tell if self.order.is_known else warn)(message)

    @property
    def norms(self) -> Matrix:
        """(n_types,) the length of each vector; 1 for vectors of length 0, so that their cosines are 0.

        Raises:
            W2VError: a number of a vector is not finite; for a mapped file this is first noticed here.
        """
        return self._first_norms(len(self))

    def _first_norms(self, n: int) -> Matrix:
        if (known := len(self._norms)) < n:
            more = all_lengths(self.matrix[known:n])
            self._check_rows(known + np.flatnonzero(~np.isfinite(more)))
            self._norms = np.concatenate([self._norms, more])
        return self._norms[:n]

    def _check_rows(self, rows: Sequence[int] | Indices) -> None:
        """Raise W2VError if a number in one of these rows is not finite."""
        for row in map(int, rows):
            check_finite(self.name, self._model.words, self.matrix, row, row + 1)

    def check_all(self) -> None:
        """Raise W2VError if a number of any vector is not finite. All vectors are read, once."""
        self._first_norms(len(self))

    def take(self, rows: Sequence[int] | Indices) -> Matrix:
        """Return some rows, (n, dim).

        Raises:
            W2VError: a number in these rows is not finite.
        """
        found: Matrix = self.matrix[rows]
        if not np.isfinite(found).all():
            self._check_rows(rows)
        return found

    def find(self, word: str) -> int | None:
        """Return the row of a word; None if it has no vector."""
        if self._lookups < LOOKUPS:
            self._lookups += 1
            if isinstance(words := self._model.words, VocabTable):
                return words.find(word)
        return self.index.get(word)

    def row(self, word: str) -> int:
        """Return the row of a word.

        Raises:
            UnknownWordError: the word has no row; the message has similar spellings.
        """
        if not isinstance(word, str):
            raise TypeError(f"a word must be text, not {type(word).__name__}: {word!r}")
        row = self.find(word)
        if row is None:
            raise UnknownWordError(self._unknown(word))
        return row

    def get_vector(self, key: Key, norm: bool = False) -> Matrix:
        """Return the vector of a word or a row, (dim,), as `[]` does; with `norm`, scaled to length 1."""
        vector = self[key]
        return vector / lengths(vector[None])[0] if norm else vector

    def similar(self, word: str, n: int = 10, *, restrict: int = RESTRICT) -> list[tuple[str, float]]:
        """Return the n words nearest to a word by cosine, without the word itself. Otherwise as `most_similar`."""
        return self.most_similar([word], topn=n, restrict=restrict)

    def analogy(self, a: str, b: str, c: str, n: int = 10, *, restrict: int = RESTRICT) -> list[tuple[str, float]]:
        """Return the n words nearest to a - b + c (what is to c as a is to b?), without the three words.

        `analogy("king", "man", "woman")` asks: who is to woman as king is to man? This is 3CosAdd (Mikolov et al.
        2013): each vector is scaled to length 1 before they are added. Arguments and errors are those of
        `most_similar`.
        """
        return self.most_similar([a, c], [b], n, restrict=restrict)

    @overload
    def most_similar(
        self, positive: Keys = ..., negative: Keys = ..., topn: int = ..., *, restrict: int = ..., **slips: Never
    ) -> list[tuple[str, float]]: ...
    @overload
    def most_similar(
        self, positive: Keys = ..., negative: Keys = ..., *, topn: None, restrict: int = ..., **slips: Never
    ) -> Matrix: ...
    def most_similar(
        self,
        positive: Keys = (),
        negative: Keys = (),
        topn: int | None = 10,
        *,
        restrict: int = RESTRICT,
        **slips: object,
    ) -> list[tuple[str, float]] | Matrix:
        """Return the words nearest by cosine to a sum of vectors, as gensim's `most_similar` does.

        Args:
            positive: words to add, each scaled to length 1, or vectors (dim,), which are not scaled; each can be a pair
                with its weight: `[("king", 2.0), "woman"]`.
            negative: words or vectors to subtract.
            topn: number of words to return; the words of the question are left out. None returns the cosines of all
                words, (n_types,), as in gensim, and ignores restrict.
            restrict: only this many of the most frequent words can be answers; 0 means all. The logger `w2v` reports
                once, at the level INFO, that words are left out.
            slips: keywords of gensim; the error names the right ones.

        Raises:
            UnknownWordError: a word has no vector.
            SettingsError: positive and negative are both empty, restrict is below 0, or a keyword is unknown.
        """
        check_known(slips, ("positive", "negative", "topn", "restrict"))
        scores, asked = self.cosines_to(positive, negative, 0 if topn is None else restrict)
        return scores if topn is None else self._answer(scores, asked, topn)

    def cosines_to(self, positive: Keys, negative: Keys, restrict: int) -> tuple[Matrix, list[int]]:
        """Return the cosines of the first words with a sum, and the rows of the question; used by `most_similar`.

        The cosine of a word that can never be an answer is -inf.
        """
        asked = self._asked(positive, negative)
        query = np.sum([weight * vector for weight, vector, _ in asked], axis=0)
        scores = self._cosines(query / lengths(query[None])[0], restrict)
        return scores, _rows_asked(asked, len(scores))

    def most_similar_cosmul(
        self, positive: Keys = (), negative: Keys = (), topn: int = 10, *, restrict: int = RESTRICT
    ) -> list[tuple[str, float]]:
        """Return the best words by 3CosMul (Levy and Goldberg 2014): products of cosines instead of sums.

        The arguments and errors are those of `most_similar`; weights are exponents. The scores are not cosines.
        """
        asked = self._asked(positive, negative)
        scores: Matrix = np.ones(1, np.float32)
        for weight, vector, _ in asked:
            shifted = (1 + self._cosines(vector / lengths(vector[None])[0], restrict)) / 2
            powers = np.power(shifted if weight > 0 else shifted + np.float32(1e-6), weight)
            scores = (scores * powers).astype(np.float32)
        return self._answer(scores, _rows_asked(asked, len(scores)), topn)

    def doesnt_match(self, words: Sequence[str]) -> str:
        """Return the word farthest from the mean of all words by cosine. Errors are those of `most_similar`."""
        check_words(words)
        if not words:
            raise SettingsError("name words, of which one does not match the others")
        units = self[list(words)] / lengths(self[list(words)])[:, None]
        return words[int(np.argmin(units @ units.mean(axis=0)))]

    def mean(self, words: Sequence[str] | Sequence[int] | Indices) -> Matrix:
        """Return the mean of the vectors of words or rows, each scaled to length 1, (dim,); for example for a sentence.

        Words without a vector are left out; if none has a vector, the mean is 0.
        """
        check_words(words)
        are_rows = len(words) and not isinstance(words[0], str)
        rows: Any = words if are_rows else [*map(self.index.get, words)]  # type: ignore[arg-type]
        if not are_rows and None in rows:
            rows = [row for row in rows if row is not None]
        if self.subwords is not None and len(rows) < len(words):
            return _mean_of_units(self[[str(word) for word in words if word in self]])
        found = np.asarray(self.matrix).take(rows, axis=0) if len(rows) else self.matrix[:0]
        with np.errstate(over="ignore"):
            squares = np.vecdot(found, found)
        own = sorted(squares.tolist())
        if own and SAFE < own[0] and own[-1] < 1 / SAFE:
            mean: Matrix = ((squares * np.float32(len(own) ** 2)) ** np.float32(-0.5)).dot(found)
            return mean
        self._check_rows(rows)
        return _mean_of_units(found)

    def similarity(self, a: str, b: str) -> float:
        """Return the cosine between two words. Raises UnknownWordError if a word has no vector."""
        return float(pair_cosines(self[[a]], self[[b]])[0])

    def to_dataframe(self) -> "pandas.DataFrame":
        """Return a pandas DataFrame with one row per word, the words as its index, and one column per number.

        Raises:
            W2VError: pandas is not installed.
        """
        require("pandas", "to_dataframe")
        import pandas

        return pandas.DataFrame(self.matrix, index=pandas.Index(self.words, name="word"))

    def to_gensim(self) -> "KeyedVectors":
        """Return gensim's KeyedVectors with these words, vectors and counts; the matrix is shared, not copied.

        Raises:
            W2VError: gensim is not installed.
        """
        require("gensim", "to_gensim")
        from gensim.models import KeyedVectors

        found = KeyedVectors(self.dim)
        found.vectors, found.index_to_key, found.key_to_index = np.asarray(self.matrix), [*self.words], {**self.index}
        if self.counts is not None:
            found.expandos["count"] = np.array(self.counts)
        return found

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """Return the matrix, for NumPy and other code that takes arrays."""
        return np.array(self.matrix, dtype, copy=copy)

    if not TYPE_CHECKING:  # otherwise a type checker would accept every name as an attribute

        def __getattr__(self, name: str) -> Never:
            """Raise AttributeError; for a name of another program, the message has the name in w2v."""
            hint = f": use {VECTORS[name]}" if name in VECTORS else ""
            raise AttributeError(f"Vectors has no attribute '{name}'{hint}", name=name, obj=self)

    def _asked(self, positive: Keys, negative: Keys) -> list[tuple[float, Floats, int | None]]:
        """Return the weight, the vector and, if there is one, the row of each part of a question."""
        found: list[tuple[float, Floats, int | None]] = []
        for part, sign in ((positive, 1.0), (negative, -1.0)):
            for key, weight in with_weights(part):
                if isinstance(key, np.ndarray):
                    if key.shape != (self.dim,):
                        raise ValueError(f"a vector must have the shape ({self.dim},), not {key.shape}")
                    found.append((sign * weight, key.astype(np.float64), None))
                    continue
                vector, row = self._look_up(key)
                found.append((sign * weight, (vector / lengths(vector[None])).astype(np.float64), row))
        if not found:
            raise SettingsError("name a word to search with, positive or negative")
        return found

    def _cosines(self, query: Floats, restrict: int) -> Matrix:
        """Return the cosines of the first rows with a vector of length 1, (dim,)."""
        check_number("restrict", restrict, 0)
        if not self._has_told:
            log = logging.getLogger("w2v")
            self.tell_of_restriction(restrict, warn, lambda message: log.info(as_keywords(message)))
        rows = self.most_frequent(restrict)
        n = len(rows) if isinstance(rows, range) else len(self)
        scores = cosines_with(self.matrix[:n], self._first_norms(n), query)
        bad = np.flatnonzero(~np.isfinite(scores))
        self._check_rows(bad)
        scores[bad] = 0  # vectors are finite, but their product is not
        scores[self._repeated[self._repeated < n]] = -np.inf
        if not isinstance(rows, range):
            scores[np.delete(np.arange(n), rows)] = -np.inf
        return scores

    def _answer(self, scores: Matrix, asked: Sequence[int], n: int) -> list[tuple[str, float]]:
        """Return the n words with the highest scores, without the rows of the question."""
        best = best_rows(scores, asked, n)
        self.check_norms(best)
        return [(self._model.words[row], float(scores[row])) for row in best.tolist()]

    def check_norms(self, best: Indices) -> None:
        """Raise W2VError if the stored lengths of these rows, which were used, differ from those of the vectors."""
        if not np.allclose(lengths(self.take(best)), self._norms[best], rtol=NORMS_DIFFER, atol=0):
            raise W2VError(f"{self.name}: norms.npy is not that of vectors.npy; remove it, and w2v computes it anew")

    def __getitem__(self, words: Key | slice | Sequence[str] | Sequence[int] | Indices) -> Matrix:
        """Return the vector of a word or a row, (dim,), or the vectors of a list of them or a slice, (n, dim)."""
        if isinstance(words, slice):
            return self.take(range(*words.indices(len(self))))
        if isinstance(words, list | tuple | np.ndarray):
            if self.subwords is None:
                return self.take([row_of(word, len(self), self.row) for word in words])
            return np.array([self._look_up(word)[0] for word in words], np.float32).reshape(len(words), self.dim)
        return self._look_up(words)[0]

    def _look_up(self, key: object) -> tuple[Matrix, int | None]:
        """Return the vector of a word or a row, (dim,), and its row; None for a vector composed of n-grams."""
        if isinstance(key, str) and self.subwords is not None and self.find(key) is None:
            vector = self.subwords.of(key)
            if vector is None or not np.isfinite(vector).all():
                raise UnknownWordError(self._unknown(key))
            return vector, None
        row = row_of(key, len(self), self.row)
        return self.take([row])[0], row

    def __contains__(self, word: object) -> bool:
        """Return whether a word has a vector: its own, or one composed of n-grams."""
        if not isinstance(word, str) or self.subwords is None:
            return isinstance(word, str) and self.find(word) is not None
        return self.find(word) is not None or self.subwords.of(word) is not None

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self._model.words)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the words, most frequent first."""
        return iter(self.words)

    def __repr__(self) -> str:
        """Return a text with the shape."""
        return f"Vectors({len(self):,} words x {self.dim})"

    def _unknown(self, word: str) -> str:
        reason = f" of {len(self):,} words" if self.subwords is None else f", and {self.subwords.why_none(word)}"
        if (form := other_form(word, self.find)) is not None:
            return (
                f"'{word}' is not in the vocabulary, but the same letters in the Unicode form {form} are: ask for "
                f"{ascii(normalize(form, word))} in place of {ascii(word)}"
            )
        if close := close_spellings(word, self.words):
            reason = f"{reason if self.subwords else ''}; did you mean {' or '.join(close)}?"
        return f"'{word}' is not in the vocabulary{reason}"


def _mean_of_units(rows: Matrix) -> Matrix:
    """Return the mean of rows, each scaled to length 1, (dim,); 0 without rows."""
    mean: Matrix = np.sum(rows / lengths(rows)[:, None], axis=0) / np.float32(max(1, len(rows)))
    return mean


def _rows_asked(asked: Sequence[tuple[float, Floats, int | None]], n: int) -> list[int]:
    """Return the rows of a question that are among the first n."""
    return [row for _, _, row in asked if row is not None and row < n]
