"""What one can look up or search with: words, rows and vectors, each with a weight; and words close to a wrong one."""

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np

from w2v.base.arrays import Matrix

Key = str | int | np.integer[Any] | Matrix  # A word, the number of a row, or a vector, (dim,)
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
WeightedKey = Key | tuple[Key, float]  # One of them, or a pair of it and its weight


def with_weights(keys: WeightedKey | Sequence[WeightedKey]) -> list[tuple[Key, float]]:
    """Return keys with their weights, 1 where there is none; one key alone is a list of one.

    Raises:
        TypeError: it is no key, and no sequence of keys.

    >>> with_weights("king"), with_weights(["king", ("man", 2.0)])
    ([('king', 1.0)], [('king', 1.0), ('man', 2.0)])
    """
    if isinstance(keys, str | int | np.integer) or (isinstance(keys, np.ndarray) and keys.ndim == 1):
        return [(keys, 1.0)]
    if isinstance(keys, tuple) and len(keys) == 2 and isinstance(keys[1], float):
        return [keys]  # type: ignore[list-item]
    if not isinstance(keys, Sequence | np.ndarray):
        raise TypeError(f"expected words or vectors, not {type(keys).__name__}: {keys!r:.80}")
    return [key if isinstance(key, tuple) else (key, 1.0) for key in keys]  # type: ignore[misc]


def row_of(key: object, n_rows: int, row_of_word: Callable[[str], int]) -> int:
    """Return the row of a word, as `row_of_word` finds it, or a row itself, counted from the end if it is negative.

    Raises:
        IndexError: there is no such row.
        TypeError: it is neither a word nor a row.

    >>> row_of(-1, 5, {"king": 2}.__getitem__), row_of("king", 5, {"king": 2}.__getitem__)
    (4, 2)
    """
    if isinstance(key, int | np.integer) and not isinstance(key, bool):
        if not -n_rows <= key < n_rows:
            raise IndexError(f"there is no row {key}; there are {n_rows:,}")
        return int(key) % n_rows
    if isinstance(key, str):
        return row_of_word(key)
    raise TypeError(f"a word or the number of a row is wanted, not {type(key).__name__}: {key!r:.80}")


def other_form(word: str, find: Callable[[str], int | None]) -> Form | None:
    r"""Return the Unicode form in which a word has a row, if it has none as it is written; None if there is none.

    An accented letter may be one character (NFC) or a letter and a mark (NFD): they look the same.

    >>> other_form("cafe\u0301", {"caf\u00e9": 0}.get)
    'NFC'
    """
    return next((form for form in FORMS if find(unicodedata.normalize(form, word)) is not None), None)


def close_spellings(word: str, words: Iterable[str]) -> list[str]:
    """Return up to three words that are spelled much like one.

    >>> close_spellings("kign", ["king", "queen"])
    ['king']
    """
    # difflib takes 10 us a word, so it is shown only words of about this length and beginning.
    by_lower: dict[str, str] = {}
    for other in words:
        if abs(len(other) - len(word)) <= 2 and other[:1].lower() == word[:1].lower():
            by_lower.setdefault(other.lower(), other)
    return [by_lower[key] for key in difflib.get_close_matches(word.lower(), by_lower, 3)]
