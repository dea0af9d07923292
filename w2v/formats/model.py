"""The model: everything that a vector file contains. Loading, saving, converting and training use this object."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from w2v.base.arrays import Counts, Matrix
from w2v.base.errors import SettingsError, without_secrets
from w2v.base.typed_json import checked
from w2v.base.version import __version__
from w2v.settings.fields import fields_of
from w2v.settings.train import TrainConfig
from w2v.text.subwords import Subwords


@dataclass(frozen=True)
class Trained:
    """How vectors were trained: the object `trained` in config.json of a .w2v folder.

    It is written back unchanged, including what this version does not know.

    Raises:
        ValueError: it is not an object, or its `settings` are not one.

    >>> found = Trained({"w2v": "9.1", "settings": {"dim": 50, "epochs": "many", "warp": 9}})
    >>> found.version, found.config.dim, found.config.epochs
    ('9.1', 50, 5)
    """

    json: Mapping[str, Any]  # `w2v` (the version), `settings` and `corpus`, if known

    def __post_init__(self) -> None:
        found = checked(self.json, dict[str, Any], "trained")
        checked(found.get("settings", {}), dict[str, Any], "trained.settings")

    @classmethod
    def of(cls, config: TrainConfig, corpus: list[dict[str, Any]] | None = None) -> "Trained":
        """Return the record of a training by this version with these settings, on files with these fingerprints.

        For the file of phrases, only the name is stored, so that a copy can be given away.
        """
        settings = config.as_dict()
        if config.phrases is not None:
            settings["phrases"] = without_secrets(Path(config.phrases).name)
        return cls({"w2v": __version__, "settings": settings, "corpus": corpus})

    def with_seed_after(self, n: int) -> "Trained":
        """Return the same record with the seed increased by n, if the seed is known."""
        seed = self.settings.get("seed")
        if not isinstance(seed, int):
            return self
        return Trained({**self.json, "settings": {**self.settings, "seed": seed + n}})

    def with_facts(self, **facts: object) -> "Trained":
        """Return the same record with more facts, such as `scores`, and `run` with the date, the machine and times."""
        return Trained({**self.json, **facts})

    @property
    def reproducible(self) -> dict[str, Any]:
        """The part that is the same for equal runs: everything except `run`."""
        return {name: value for name, value in self.json.items() if name != "run"}

    @property
    def version(self) -> str | None:
        """The version of w2v; None if unknown."""
        return version if isinstance(version := self.json.get("w2v"), str) else None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as they were read, without checks."""
        return dict(self.json.get("settings", {}))

    @property
    def corpus(self) -> list[dict[str, Any]] | None:
        """The name, size and checksum of each file of the corpus; None if unknown."""
        corpus = self.json.get("corpus")
        is_known = isinstance(corpus, list) and all(isinstance(file, dict) for file in corpus)
        return corpus if is_known else None

    @cached_property
    def known(self) -> dict[str, Any]:
        """The stored settings whose values this version accepts; each is checked separately."""
        found: dict[str, Any] = {}
        for field in fields_of(TrainConfig):
            with suppress(KeyError, SettingsError):
                field.check(self.settings[field.name])
                found[field.name] = self.settings[field.name]
        return found

    @cached_property
    def config(self) -> TrainConfig:
        """The settings; defaults replace missing values and those that this version does not accept."""
        try:
            return TrainConfig(**self.known)
        except SettingsError:  # the settings cannot be combined
            return TrainConfig()


@dataclass(frozen=True, eq=False)
class Lines:
    """The vectors of lines."""

    vectors: Matrix  # (n_lines, dim)
    names: list[str] | None  # (n_lines,) names of the lines; None if they are the line numbers, from 1


@dataclass(frozen=True, eq=False)
class Model:
    """Words with their vectors and all other known data. A matrix may be mapped from a file."""

    words: Sequence[str]
    vectors: Matrix  # (n_types, dim)
    counts: Counts | None = None  # (n_types,) the occurrences of the words
    output: Matrix | None = None  # (n_types, dim) the output rows
    subwords: Subwords | None = None  # Rows of n-grams, from which vectors of other words are composed
    lines: Lines | None = None  # The vectors of lines
    trained: Trained | None = None  # How the vectors were trained
    norms: Matrix | None = None
    """(n_types,) the lengths of the vectors as stored in their file, with 1 for length 0. They are not written."""

    dtype: str | None = None  # Type of the stored numbers in formats with a choice; None means float32

    n_repeated: int | None = None
    """Number of rows of the file that were left out because an earlier row has the same word; None if none were."""

    @property
    def parts(self) -> list[str]:
        """Names of the optional fields that are present."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]

    def mapped(self, function: Callable[[Matrix], Matrix]) -> "Model":
        """Return the model with a linear function of rows applied to each of its matrices."""
        output, subwords, lines = self.output, self.subwords, self.lines
        return replace(
            self,
            vectors=function(self.vectors),
            norms=None,
            output=None if output is None else function(output),
            subwords=None if subwords is None else replace(subwords, input=function(subwords.input)),
            lines=None if lines is None else replace(lines, vectors=function(lines.vectors)),
        )

    def first(self, n: int) -> "Model":
        """Return the model of the first n words, without copying."""
        rows = ("words", "vectors", "counts", "output", "norms")
        return replace(self, **{name: held[:n] for name in rows if (held := getattr(self, name)) is not None})

    def without(self, rows: Sequence[int]) -> "Model":
        """Return the model without the words of these rows."""
        kept = np.delete(np.arange(len(self.words)), rows)
        return replace(
            self,
            words=[self.words[row] for row in kept.tolist()],
            vectors=self.vectors[kept],
            norms=None,
            counts=None if self.counts is None else self.counts[kept],
            output=None if self.output is None else self.output[kept],
            subwords=None if self.subwords is None else self.subwords.without_words(rows),
        )
