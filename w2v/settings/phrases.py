"""PhraseConfig: all settings of finding phrases. This module does not need Numba."""

from dataclasses import dataclass
from typing import Annotated, Literal

from w2v.base.errors import option
from w2v.settings.fields import Setting, check_values, make_plain
from w2v.settings.train import Column, ForceText, Lowercase, Threads, TrainConfig, Words

THRESHOLDS = {"original": (10.0, 0.0, 1e300), "word2phrase": (100.0, 0.0, 1e300), "npmi": (0.5, -1.0, 1.0)}
"""For each scorer of phrases: the default, the smallest and the largest threshold."""


APPLIED: dict[str, tuple[object, ...]] = {"apply": ()}  # Phrases from a file are not searched again
ENGLISH = "a an the for of with without at from to in on by and or"
"""The connector words that `english` means: gensim's ENGLISH_CONNECTOR_WORDS."""


def _in_scale(config: "PhraseConfig") -> str:
    _, low, high = THRESHOLDS[config.scorer]
    if config.n_thresholds > config.passes:
        return f"has {config.n_thresholds} values for {option('passes', config.passes)}; give at most one for each pass"
    for cutoff in config.cutoffs:
        if not low <= cutoff <= high:  # also true for NaN
            upper = "" if high == 1e300 else f" and at most {high:g}"
            return f"must be at least {low:g}{upper} with {option('scorer', config.scorer)}, not {cutoff}"
    return ""


def _without_whitespace(config: "PhraseConfig") -> str:
    is_right = config.delimiter.split() == [config.delimiter]
    return "" if is_right else f"must be one character or more without whitespace, not {config.delimiter!r}"


@dataclass(frozen=True, kw_only=True)
class PhraseConfig:
    """Settings of finding phrases. Creating an instance validates it.

    Raises:
        SettingsError: a value has the wrong type or is out of range; the message names the setting.

    >>> PhraseConfig(scorer="npmi").cutoffs, PhraseConfig(threshold=[9, 5], passes=3).cutoffs
    ([0.5], [9, 5, 5])
    """

    min_count: Annotated[
        int,
        "Pairs that occur less often are not phrases; original and word2phrase also subtract it from each count.",
        Setting("Phrases", low=1, high=2**62, not_with=APPLIED),
    ] = 5
    scorer: Annotated[
        Literal["original", "word2phrase", "npmi"],
        "The score: original (as in gensim), word2phrase (as in the C program) or npmi.",
        Setting("Phrases", not_with=APPLIED),
    ] = "original"
    threshold: Annotated[
        float | list[float] | None,
        "Pairs with a score above this are phrases: a higher one joins fewer. May be repeated, for each pass; the last "
        "is that of all further passes.",
        Setting("Phrases", unset="original 10, word2phrase 100, npmi 0.5", check=_in_scale, not_with=APPLIED),
    ] = None
    delimiter: Annotated[
        str,
        "Text between the words of a phrase.",
        Setting("Phrases", metavar="TEXT", check=_without_whitespace, not_with=APPLIED),
    ] = "_"
    connector_words: Annotated[
        str,
        "Words that a phrase may have inside, such as of in bank_of_america, separated by spaces; english is a list of "
        "15. They begin and end no phrase.",
        Setting("Phrases", metavar="WORDS", unset="none", not_with=APPLIED),
    ] = ""
    passes: Annotated[
        int,
        "Number of passes: two join up to 4 words, three up to 8.",
        Setting("Phrases", low=1, high=100, not_with=APPLIED),
    ] = 1
    line_names: Annotated[
        bool, "Each line starts with its name and a tab, which stay as they are.", Setting("Lines")
    ] = False
    words: Words = False
    lowercase: Lowercase = False
    column: Column = None
    force_text: ForceText = False
    threads: Threads = None

    def __post_init__(self) -> None:
        make_plain(self)
        check_values(self)

    @property
    def cutoffs(self) -> list[float]:
        """The threshold of each pass; by default that of the scorer."""
        given = list(self.threshold) if isinstance(self.threshold, list | tuple) else [self.threshold]
        known = [THRESHOLDS[self.scorer][0] if one is None else one for one in given or [None]]
        return (known + known[-1:] * self.passes)[: max(self.passes, len(known))]

    @property
    def n_thresholds(self) -> int:
        """Number of given thresholds."""
        return len(self.threshold) if isinstance(self.threshold, list | tuple) else 1

    @property
    def connectors(self) -> frozenset[str]:
        """The connector words."""
        return frozenset((ENGLISH if self.connector_words == "english" else self.connector_words).split())

    def reading(self, min_count: int = 1) -> TrainConfig:
        """Return the settings for reading a text, which keep every word."""
        return TrainConfig(
            min_count=min_count,
            max_types=2**31 - 2,
            line_names=self.line_names,
            words=self.words,
            lowercase=self.lowercase,
            column=self.column,
            force_text=self.force_text,
            threads=self.threads,
        )
