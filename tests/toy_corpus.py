"""A small corpus with a known structure: the words of a group occur in the same sentences.

So a model that has learned anything finds the nearest words of each in its own group.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

GROUPS = {
    "animal": "cat dog horse cow sheep fox wolf rabbit goat deer",
    "fruit": "apple pear plum cherry lemon peach grape melon orange fig",
    "city": "paris london rome madrid vienna berlin oslo lisbon prague athens",
    "instrument": "violin piano guitar flute cello drum trumpet harp organ banjo",
    "colour": "red blue green yellow purple white black grey pink brown",
    "weather": "rain snow wind fog thunder hail sunshine frost drizzle mist",
}
GROUP_OF = {word: group for group, words in GROUPS.items() for word in words.split()}
"""The group of each word."""

TEMPLATES = {
    "animal": (
        "the {} slept in the barn",
        "a hungry {} ran across the field",
        "the farmer fed her {}",
        "we saw a wild {} in the forest",
    ),
    "fruit": (
        "she ate a ripe {} for breakfast",
        "a basket of {} and {} stood on the table",
        "slice the {} and add sugar",
        "juice from a sweet {}",
    ),
    "city": (
        "the train to {} leaves at noon",
        "they flew from {} to {}",
        "the mayor of {} opened a museum",
        "hotels in {} are full this summer",
    ),
    "instrument": (
        "he played the {} in the orchestra",
        "lessons for {} and {} cost little",
        "she tuned her old {} before the concert",
        "a melody for {} alone",
    ),
    "colour": (
        "the walls were painted {}",
        "a {} dress with {} buttons",
        "mix {} paint with oil",
        "her {} coat hung by the door",
    ),
    "weather": (
        "heavy {} is expected tonight",
        "the forecast says {} and then {}",
        "roads closed because of {}",
        "after days of {} the sky cleared",
    ),
}
"""The sentences in which the words of each group occur."""

SETTINGS: dict[str, Any] = {"dim": 32, "window": 5, "negative": 5, "sample": 1e-2, "epochs": 5, "min_count": 5}
"""What trains it well: the default `sample`, 1e-4, would leave little of so small a vocabulary."""


def sentences(n: int, seed: int = 1) -> Iterator[list[str]]:
    """Yield n sentences as token lists: a group's sentence with words of the group in its gaps.

    >>> len(list(sentences(3)))
    3
    """
    generator = np.random.default_rng(seed)
    words = {group: listed.split() for group, listed in GROUPS.items()}
    patterns = [(group, pattern) for group, listed in TEMPLATES.items() for pattern in listed]
    for which in generator.integers(len(patterns), size=n).tolist():
        group, pattern = patterns[which]
        chosen = generator.permutation(words[group])
        yield pattern.format(*chosen).split()
