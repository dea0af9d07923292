"""PhraseConfig: every setting of the search for phrases. Numba is not needed to read it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from w2v.base.errors import option
from w2v.settings.fields import Setting, check_values, make_plain
from w2v.settings.train import Column, ForceText, Lowercase, Threads, TrainConfig, Words

THRESHOLDS = {"original": (10.0, 0.0, 1e300), "word2phrase": (100.0, 0.0, 1e300), "npmi": (0.5, -1.0, 1.0)}
"""Of each scorer of phrases: the default threshold, the least and the largest."""


def _in_scale(config: "PhraseConfig") -> str:
    _, low, high = THRESHOLDS[config.scorer]
    if low <= config.cutoff <= high:  # not so for NaN
        return ""
    upper = "" if high == 1e300 else f" and at most {high:g}"
    return f"must be at least {low:g}{upper} with {option('scorer', config.scorer)}, not {config.cutoff}"


def _without_whitespace(config: "PhraseConfig") -> str:
    is_right = config.delimiter.split() == [config.delimiter]
    return "" if is_right else f"must be one character or more without whitespace, not {config.delimiter!r}"


@dataclass(frozen=True, kw_only=True)
class PhraseConfig:
    """What makes a phrase; creating one validates it.

    Raises:
        SettingsError: a value is of the wrong type or out of range; the message names it.

    >>> PhraseConfig(scorer="npmi").cutoff
    0.5
    """

    min_count: Annotated[
        int,
        "Pairs that occur less often are not phrases; original and word2phrase also subtract it from each count.",
        Setting("Phrases", low=1, high=2**62),
    ] = 5
    scorer: Annotated[
        Literal["original", "word2phrase", "npmi"],
        "The score: original (as in gensim), word2phrase (as in the C program) or npmi.",
        Setting("Phrases"),
    ] = "original"
    threshold: Annotated[
        float | None,
        "Pairs with a score above this are phrases: a higher one joins fewer.",
        Setting("Phrases", unset="original 10, word2phrase 100, npmi 0.5", check=_in_scale),
    ] = None
    delimiter: Annotated[
        str, "Text between the words of a phrase.", Setting("Phrases", metavar="TEXT", check=_without_whitespace)
    ] = "_"
    passes: Annotated[
        int, "Number of passes: two join up to 4 words, three up to 8.", Setting("Phrases", low=1, high=100)
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
    def cutoff(self) -> float:
        """The threshold, or where none is given the default of the scorer."""
        return THRESHOLDS[self.scorer][0] if self.threshold is None else self.threshold

    def reading(self, min_count: int = 1) -> TrainConfig:
        """Return the settings to read a text with; every word stays in it."""
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
