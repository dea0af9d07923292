"""Keys for look-ups and searches: words, rows and vectors with weights; and words with a similar spelling."""

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np

from w2v.base.arrays import Matrix

Key = str | int | np.integer[Any] | Matrix  # A word, a row number, or a vector, (dim,)
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")
WeightedKey = Key | tuple[Key, float]  # A key, or a pair of a key and its weight


def with_weights(keys: WeightedKey | Sequence[WeightedKey]) -> list[tuple[Key, float]]:
    """Return keys with their weights, 1 by default; a single key becomes a list of one.

    Raises:
        TypeError: the argument is neither a key nor a sequence of keys.

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
    """Return the row of a word by `row_of_word`, or a row number itself, counted from the end if negative.

    Raises:
        IndexError: the row does not exist.
        TypeError: the key is neither a word nor a row number.

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
    r"""Return the Unicode form in which an unknown word has a row; None if it has no row in any form.

    An accented letter can be one character (NFC) or a letter and a mark (NFD), which look the same.

    >>> other_form("cafe\u0301", {"caf\u00e9": 0}.get)
    'NFC'
    """
    return next((form for form in FORMS if find(unicodedata.normalize(form, word)) is not None), None)


def close_spellings(word: str, words: Iterable[str]) -> list[str]:
    """Return up to three words with a spelling similar to a word.

    >>> close_spellings("kign", ["king", "queen"])
    ['king']
    """
    # difflib takes 10 us per word, so it only gets words with a similar length and the same first letter.
    by_lower: dict[str, str] = {}
    for other in words:
        if abs(len(other) - len(word)) <= 2 and other[:1].lower() == word[:1].lower():
            by_lower.setdefault(other.lower(), other)
    return [by_lower[key] for key in difflib.get_close_matches(word.lower(), by_lower, 3)]
