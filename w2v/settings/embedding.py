"""EmbeddingConfig: how the vectors of words are combined into the vector of a line."""

from dataclasses import dataclass
from typing import Annotated, Literal

from w2v.settings.fields import Setting, check_values, make_plain


@dataclass(frozen=True, kw_only=True)
class EmbeddingConfig:
    """How the vectors of words are combined into the vector of a line. Creating an instance validates it.

    Raises:
        SettingsError: a value has the wrong type or is out of range; the message names the setting.
    """

    weights: Annotated[
        Literal["sif", "mean"],
        "sif weights a word by a / (a + its share of the training text), and removes the first component of all lines. "
        "mean is the plain mean of vectors of length 1.",
        Setting(),
    ] = "sif"
    sif_a: Annotated[
        float,
        "The a of sif: a word that is this share of the training text has the weight 0.5.",
        Setting(low=1e-9, high=1, only_with={"weights": ("sif",)}, is_strict=True),
    ] = 1e-3

    def __post_init__(self) -> None:
        make_plain(self)
        check_values(self)
