"""Words of a test set and of a model that differ in case alone."""

from collections.abc import Callable, Iterable


def folding(match_case: bool) -> Callable[[str], str]:
    """Return the function that makes two spellings of a word equal: none, or upper case as in gensim."""
    return str if match_case else str.upper


def find_spellings(words: Iterable[str], wanted: set[str], fold: Callable[[str], str]) -> dict[str, list[int]]:
    """Return the places among `words` of each wanted word's spellings, in order; words that have none are left out."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        if (key := fold(word)) in wanted:
            places.setdefault(key, []).append(place)
    return places
