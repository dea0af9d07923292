"""Types of keyword arguments for settings, for type checkers and editors.

Made from the configs: `UPDATE_DOCS=1 pytest tests/settings/test_keywords.py` writes this file.
"""

from typing import Literal, TypedDict


class VocabSettings(TypedDict, total=False):
    """Settings of `w2v.build_vocab`."""

    min_count: int
    max_vocab: int | None
    max_types: int
    words: bool
    lowercase: bool
    column: str | None
    force_text: bool
    phrases: str | None
    threads: int | None


class ItemSettings(TypedDict, total=False):
    """Settings of `w2v.recommend`."""

    line_names: bool
    weighted_lines: bool
    history: int
    decay: float
    prior: float | None
    sharpness: float
    line_weight: float | None


class TrainSettings(VocabSettings, ItemSettings, total=False):
    """Settings of `w2v.train` and `w2v.tune`."""

    dim: int
    model: Literal["skipgram", "cbow"]
    window: int | Literal["full"]
    shrink_window: bool
    window_side: Literal["both", "before"]
    subwords: bool | Literal["none", "fasttext", "floret"]
    min_n: int
    max_n: int
    buckets: int | None
    hash_count: int
    line_vectors: Literal["none", "alone", "with-words"]
    sampler: Literal["noise", "batch", "hard"]
    negative: int
    negative_weight: float
    candidates: int
    hard_share: float
    reject_positives: bool
    negative_groups: str | None
    shown: str | None
    outside_share: float
    loss: Literal["bce", "gbce", "bpr", "softmax", "ccl", "full", "hs"]
    calibration: float
    temperature: float | None
    margin: float
    logq: bool | None
    sample: float
    noise_pool: int
    ns_exponent: float
    uniform_share: float
    logq_center: bool
    epochs: int
    lr: float | None
    seed: int


class ResumeSettings(TypedDict, total=False):
    """Settings of `w2v.resume`."""

    epochs: int
    threads: int | None


class PhraseSettings(TypedDict, total=False):
    """Settings of `w2v.find_phrases`."""

    min_count: int
    scorer: Literal["original", "word2phrase", "npmi"]
    threshold: float | list[float] | None
    delimiter: str
    connector_words: str
    passes: int
    line_names: bool
    words: bool
    lowercase: bool
    column: str | None
    force_text: bool
    threads: int | None


class InferenceSettings(ResumeSettings, total=False):
    """Settings of `w2v.infer`."""

    line_names: bool
    negative: int
    sample: float
    lr: float | None
    words: bool
    lowercase: bool
    column: str | None
    force_text: bool
    phrases: str | None
    seed: int


class EmbeddingSettings(TypedDict, total=False):
    """Settings of `w2v.embed`."""

    weights: Literal["sif", "mean"]
    sif_a: float
    line_names: bool
    words: bool
    lowercase: bool
    column: str | None
    force_text: bool
    phrases: str | None
    threads: int | None


class EvaluationSettings(ItemSettings, total=False):
    """Settings of `w2v.evaluate`."""

    restrict: int | None
    method: Literal["3cosadd", "3cosmul"]
    phrases: str | None
    match_case: bool
    k: int
