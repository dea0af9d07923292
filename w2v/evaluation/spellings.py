"""Words of a test set and of a model that differ only in case."""

from collections.abc import Callable, Iterable


def folding(match_case: bool) -> Callable[[str], str]:
    """Return the function that makes two spellings of a word equal: no change, or upper case as in gensim."""
    return str if match_case else str.upper


def find_spellings(words: Iterable[str], wanted: set[str], fold: Callable[[str], str]) -> dict[str, list[int]]:
    """Return the positions of each wanted word's spellings in `words`, in order; words without any are left out."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        if (key := fold(word)) in wanted:
            places.setdefault(key, []).append(place)
    return places
