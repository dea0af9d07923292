"""A small corpus with a known structure: words of a group stand in the same sentences.

So the nearest words of each must be of its own group, which `w2v demo` shows and a test asserts.
"""

import time
from collections.abc import Iterator

import numpy as np

import w2v
from w2v.commands.options import command
from w2v.commands.progress import scan_progress, training_progress
from w2v.commands.report import describe, format_neighbours
from w2v.commands.screen import print_status
from w2v.config import load_config

GROUPS = {
    "animal": "cat dog horse cow sheep fox wolf rabbit goat deer",
    "fruit": "apple pear plum cherry lemon peach grape melon orange fig",
    "city": "paris london rome madrid vienna berlin oslo lisbon prague athens",
    "instrument": "violin piano guitar flute cello drum trumpet harp organ banjo",
    "colour": "red blue green yellow purple white black grey pink brown",
    "weather": "rain snow wind fog thunder hail sunshine frost drizzle mist",
}
"""The words of each group."""

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
"""The sentences that the words of each group stand in."""

ASKED = ("horse", "paris", "violin")
"""The words whose neighbours the demo shows."""


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


@command("Make a small corpus, train on it and show neighbours.\n\nExample: w2v demo")
def demo() -> None:
    """Show in a few seconds that everything works."""
    from w2v.text.corpus import Corpus
    from w2v.text.encoding import encode
    from w2v.training.loop import train_embeddings

    started = time.perf_counter()
    config = load_config("demo", {})
    print_status("making a corpus of 30,000 sentences; the first run also compiles, which is kept for the next")
    with scan_progress(quiet=False) as report_scan:
        encoded = encode(Corpus(sentences(30_000)), config, report=report_scan)
    describe(encoded, reused=False)
    with training_progress(quiet=False) as report_training:
        embeddings = train_embeddings(encoded.stream, encoded.vocab, config, report_training)
    vectors = w2v.Vectors(encoded.vocab.words, embeddings.vectors)
    print("\n\n".join(format_neighbours(word, vectors.similar(word, 5)) for word in ASKED))
    print_status(
        f"done in {time.perf_counter() - started:.1f} s; now your own text: w2v train corpus.txt, then w2v similar WORD"
    )
