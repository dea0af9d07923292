"""TrainConfig: every setting of a run, validated once, from flags, TOML or Python."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from w2v.base.errors import SettingsError, W2VError, option
from w2v.base.typed_json import member, parse
from w2v.settings.aliases import check_known
from w2v.settings.fields import SearchRange, Setting, check_effect, check_values, fields_of, make_plain
from w2v.settings.presets import find_config

# The settings that others depend on, with the values that they depend on.
NO_NEGATIVES = {"loss": ("full", "hs")}
NO_SCORES = {"loss": ("ccl", "full", "hs")}  # No probabilities of a sampler to correct for
NO_NOISE = {"sampler": ("batch",), **NO_NEGATIVES}
BCE = {"loss": ("bce",)}
CCL = {"loss": ("ccl",)}
WEIGHTED = {"loss": ("bce", "ccl")}
HARD = {"sampler": ("hard",)}
SUBWORDS = {"subwords": ("fasttext", "floret")}
FLORET = {"subwords": ("floret",)}
ALONE = {"line_vectors": ("alone",)}  # A word's only context is its line

# The operations that take a setting, besides training.
READS = ("build-vocab", "infer", "embed")
INFERS = ("infer",)
SCORES_ITEMS = ("recommend", "evaluate")

BUCKETS = {"fasttext": 2_000_000, "floret": 50_000}  # fastText's default, and what spaCy recommends for floret
SUBWORDS_LR = 0.5
"""With subwords a step moves all rows of a word by as much as it moves its one row without: docs/subwords.md."""
LINE_WEIGHT = {"none": 0.0, "alone": 1.0, "with-words": 0.3}
"""Measured: docs/items.md. A person's few items say more than their vector."""
LR = {"skipgram": 0.05, "cbow": 0.1}
"""Measured best: docs/settings.md. CBOW takes more, because each context gets a part of the step."""
SHARPNESS_LOW = 0.01
"""Below this float32 cannot tell a mixture from the mean."""
MODEL = "config.json"  # What a .w2v folder keeps its settings in
LONGEST, MOST_DOTS = 1 << 16, 100
"""Bytes of a config, and points in a line of it; a config has one line per setting."""

# Settings of every operation that reads a corpus.
Words = Annotated[
    bool,
    "Separate words from punctuation: letters, digits, marks, and apostrophes and hyphens inside words. Otherwise "
    "only whitespace separates words.",
    Setting("Corpus", operations=READS, is_common=True),
]
Lowercase = Annotated[bool, "Lowercase the text while it is read.", Setting("Corpus", operations=READS, is_common=True)]
Column = Annotated[
    str | None,
    "The column that holds the text; the files are JSON Lines, CSV, TSV or Parquet.",
    Setting("Corpus", unset="none: the files are plain text", operations=READS, is_common=True),
]
ForceText = Annotated[bool, "Read files even if they look like binary data.", Setting("Corpus", operations=READS)]
Threads = Annotated[
    int | None,
    "Number of threads.",
    Setting(
        "Training",
        low=1,
        high=4_096,
        unset="as many as this process may use",
        operations=(*READS, "resume"),
        is_of_model=False,
        is_common=True,
    ),
]


@dataclass(frozen=True)
class OutputLayer:
    """Which output rows a center is scored against (Python side)."""

    kernel: str  # Its name in `kernels.cpu.structs.Variant`
    loss: str  # The loss of its kernel
    has_negatives: bool = True
    """Whether a sampler draws some of the output rows. Otherwise there is nothing to sample, reject or correct."""
    outputs_are_words: bool = True  # Whether output row i belongs to word i, so that n_output = n_types


def _lengths_in_order(config: "TrainConfig") -> str:
    if config.subwords == "none" or config.min_n <= config.max_n:
        return ""
    return f"must be at most {option('max_n')}, which is {config.max_n}, not {config.min_n}"


def _enough_candidates(config: "TrainConfig") -> str:
    if config.sampler != "hard" or config.candidates > config.n_hard:
        return ""
    taken = f"{option('hard_share')} times {option('negative')}"
    return f"must be above {config.n_hard}, which is {taken}, not {config.candidates}"


def _power_of_two(config: "TrainConfig") -> str:
    is_power = not config.noise_pool & (config.noise_pool - 1)
    return "" if is_power else f"must be 0 or a power of two, not {config.noise_pool:,}"


def _sharp_enough(config: "TrainConfig") -> str:
    return f"must be 0 or at least {SHARPNESS_LOW}" if 0 < config.sharpness < SHARPNESS_LOW else ""


def _above_zero(config: "TrainConfig") -> str:
    return "" if config.lr else "must be above 0: at 0 nothing is learned"


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of one training run; creating one validates it. docs/settings.md lists them all.

    Raises:
        SettingsError: a value is of the wrong type or out of range; the message names it.

    Examples:
        >>> TrainConfig(dim=300).window
        5
    """

    dim: Annotated[
        int,
        "Vector size: a longer vector holds more and takes longer.",
        Setting("Model", low=1, high=65_536, not_with={"init_from": ()}, is_common=True),
    ] = 100
    model: Annotated[
        Literal["skipgram", "cbow"],
        "skipgram scores each context on its own. cbow scores the mean of the contexts: faster, and needs a higher "
        "--lr.",
        Setting("Model", not_with=ALONE, is_common=True),
    ] = "skipgram"
    window: Annotated[
        int | Literal["full"],
        "Largest distance, in tokens, between a center and its contexts: a wide window learns topics, a narrow one "
        "similar use. full is the whole line.",
        Setting("Model", low=1, high=1_000_000, not_with=ALONE, search=SearchRange(1, 20), is_common=True),
    ] = 5
    shrink_window: Annotated[
        bool,
        "For each center, draw the radius from 1 to --window, which gives near contexts more weight; or always "
        "use all of it.",
        Setting("Model", not_with={"window": ("full",), **ALONE}),
    ] = True
    window_side: Annotated[
        Literal["both", "before"],
        "Where contexts stand: on both sides of the center, or only before it, to predict what comes next.",
        Setting("Model", not_with=ALONE),
    ] = "both"
    subwords: Annotated[
        Literal["none", "fasttext", "floret"],
        "Learn vectors of n-grams of characters too, so that words outside the vocabulary have vectors: fasttext "
        "(words have rows of their own) or floret (all are hashed into a small table). Alone it means fasttext.",
        Setting("Subwords", bare="fasttext", one_machine=("fasttext", "floret"), is_common=True),
    ] = "none"
    min_n: Annotated[
        int,
        "Shortest n-gram, in characters.",
        Setting("Subwords", low=1, high=64, only_with=SUBWORDS, check=_lengths_in_order),
    ] = 3
    max_n: Annotated[int, "Longest n-gram, in characters.", Setting("Subwords", low=1, high=64, only_with=SUBWORDS)] = 6
    buckets: Annotated[
        int | None,
        "Number of buckets that n-grams are hashed into. Only buckets in use take memory.",
        Setting(
            "Subwords", low=1, high=100_000_000, only_with=SUBWORDS, unset="2,000,000; 50,000 with --subwords floret"
        ),
    ] = None
    hash_count: Annotated[int, "Buckets of each n-gram.", Setting("Subwords", low=1, high=4, only_with=FLORET)] = 2
    line_vectors: Annotated[
        Literal["none", "alone", "with-words"],
        "Learn a vector for each line too: a person, a document. alone: it predicts each word of the line. "
        "with-words: it is one more context of each center.",
        Setting("Lines", not_with=SUBWORDS, is_strict=True, one_machine=("alone", "with-words"), is_common=True),
    ] = "none"
    line_names: Annotated[
        bool,
        "Each line starts with its name and a tab; otherwise lines are numbered from 1.",
        Setting("Lines", operations=(*INFERS, "embed", *SCORES_ITEMS)),
    ] = False
    weighted_lines: Annotated[
        bool,
        "Each line has a weight before its words, after its name: a number above 0 and a tab. It multiplies the "
        "learning rate.",
        Setting("Lines", operations=SCORES_ITEMS, one_machine=(True,)),
    ] = False
    sampler: Annotated[
        Literal["noise", "batch", "hard"],
        "Where negatives come from: noise (the vocabulary), batch (other places in the text) or hard (the noise "
        "words with the highest scores).",
        Setting("Sampling", not_with=NO_NEGATIVES, is_strict=True),
    ] = "noise"
    negative: Annotated[
        int,
        "Negatives per center: a small corpus needs more.",
        Setting(
            "Sampling",
            low=1,
            high=10_000,
            operations=INFERS,
            not_with=NO_NEGATIVES,
            search=SearchRange(1, 30),
            is_common=True,
        ),
    ] = 5
    negative_weight: Annotated[
        float,
        "Weight of each negative in the loss: 2 has the effect of twice as many negatives at no extra cost. With "
        "--loss ccl, weight of the mean of the negatives.",
        Setting("Sampling", low=0.001, high=1_000, only_with=WEIGHTED),
    ] = 1.0
    candidates: Annotated[
        int,
        "Noise words per center from which the hard sampler selects the negatives.",
        Setting("Sampling", low=1, high=10_000, only_with=HARD, check=_enough_candidates),
    ] = 20
    hard_share: Annotated[
        float,
        "Share of the negatives that the hard sampler selects by score; the others are plain noise.",
        Setting("Sampling", low=0, high=1, only_with=HARD),
    ] = 0.5
    reject_positives: Annotated[
        bool,
        "Leave out negatives that occur in the same line as the center: for short lines, such as sessions.",
        Setting("Sampling", not_with=NO_NEGATIVES, is_strict=True),
    ] = False
    negative_groups: Annotated[
        str | None,
        "Draw the negatives of a word from its own group, such as a market or a type. Each line of the file has a "
        "word, a tab and its group. Other words have negatives from everywhere.",
        Setting("Sampling", metavar="FILE", unset="none", is_of_model=False, not_with={**NO_NOISE, "ray": ()}),
    ] = None
    outside_share: Annotated[
        float,
        "Share of the negatives that come from all words and not from the group.",
        Setting("Sampling", low=0, high=1, only_with={"negative_groups": ()}),
    ] = 0.2
    loss: Annotated[
        Literal["bce", "gbce", "bpr", "softmax", "ccl", "full", "hs"],
        "bce (pointwise), gbce (pointwise, calibrated), bpr (pairwise), softmax (over the sampled words), ccl "
        "(contrastive, of cosines), full (softmax over the whole vocabulary: slow) or hs (hierarchical softmax: no "
        "negatives).",
        Setting("Model", one_machine=("hs",), is_common=True),
    ] = "bce"
    calibration: Annotated[
        float,
        "The t of gbce: 0 is bce; with 1 and uniform noise, sigmoid(score) is the probability.",
        Setting("Model", low=0, high=1, only_with={"loss": ("gbce",)}),
    ] = 0.75
    temperature: Annotated[
        float | None,
        "Make scores cosines divided by this number, and all rows equally long.",
        Setting(
            "Model",
            low=0.001,
            high=1_000,
            unset="none: scores are dot products; 1 with --loss ccl",
            not_with={**SUBWORDS, "loss": ("ccl", "hs")},
            is_strict=True,
        ),
    ] = None
    margin: Annotated[
        float,
        "Negatives with a larger cosine are pushed away.",
        Setting("Model", low=-1, high=1, only_with=CCL),
    ] = 0.5
    logq: Annotated[
        bool | None,
        "Correct scores for how often the sampler draws a word.",
        Setting(
            "Model",
            unset="yes with --sampler batch or --loss softmax, else no; no with --negative-groups",
            not_with={**NO_SCORES, "negative_groups": ()},
            is_strict=True,
        ),
    ] = None
    sample: Annotated[
        float,
        "Subsampling threshold: words that are more than this share of the text are thinned out; 0 keeps all. A "
        "vocabulary of few tokens needs 0 or 1e-2.",
        Setting("Sampling", low=0, high=1, operations=INFERS, search=SearchRange(1e-5, 1e-1), is_common=True),
    ] = 1e-4
    noise_pool: Annotated[
        int,
        "Size of the pool of reused noise words (a power of two); one is replaced per center. 0 draws every "
        "negative anew.",
        Setting("Sampling", low=0, high=1 << 16, not_with=NO_NOISE, check=_power_of_two),
    ] = 1024
    ns_exponent: Annotated[
        float,
        "Noise words are drawn in proportion to their count to this power: 0 is uniform, 1 as in the text; may be "
        "negative.",
        Setting("Sampling", low=-16, high=16, not_with=NO_NOISE, search=SearchRange(-1.0, 1.25, is_log=False)),
    ] = 0.75
    uniform_share: Annotated[
        float,
        "Share of the noise words that are drawn uniformly; the others follow --ns-exponent.",
        Setting("Sampling", low=0, high=1, not_with=NO_NOISE),
    ] = 0.0
    logq_center: Annotated[
        bool,
        "With --logq, correct the score of the center like those of negatives.",
        Setting("Model", not_with=NO_SCORES),
    ] = True
    epochs: Annotated[
        int,
        "Passes over the text: a small corpus needs more.",
        Setting(
            "Training",
            low=1,
            high=1_000_000,
            operations=("infer", "resume"),
            may_fall=False,
            search=SearchRange(1, 20),
            is_common=True,
        ),
    ] = 5
    lr: Annotated[
        float,
        "Learning rate at the start; it falls linearly to almost 0.",
        Setting(
            "Training",
            low=0,
            high=100,
            operations=INFERS,
            check=_above_zero,
            search=SearchRange(0.005, 0.5),
            unset="0.05; 0.1 with --model cbow; half of that with --subwords",
            is_common=True,
        ),
    ] = None  # type: ignore[assignment]  # __post_init__ sets it
    min_count: Annotated[
        int,
        "Leave out words that occur less often than this.",
        Setting("Corpus", low=1, high=2**62, operations=("build-vocab",), not_with={"vocab": ()}, is_common=True),
    ] = 5
    max_vocab: Annotated[
        int | None,
        "Keep at most this many words, the most frequent.",
        Setting(
            "Corpus",
            low=1,
            high=2**31 - 2,
            unset="all",
            operations=("build-vocab",),
            not_with={"vocab": (), "init_from": ()},
        ),
    ] = None
    max_types: Annotated[
        int,
        "Most distinct words to count at once, to limit memory: above this the rarest are dropped during the reading.",
        Setting("Corpus", low=1, high=2**31 - 2, operations=("build-vocab",)),
    ] = 50_000_000
    words: Words = False
    lowercase: Lowercase = False
    column: Column = None
    force_text: ForceText = False
    phrases: Annotated[
        str | None,
        "Join the phrases of this file, from `w2v phrases --save`.",
        Setting("Corpus", metavar="FILE", unset="none", operations=READS, is_of_model=False, not_with={"ray": ()}),
    ] = None
    threads: Threads = None
    history: Annotated[
        int,
        "Number of most recent items used to predict the next one.",
        Setting("Items", low=1, high=1_000_000, operations=SCORES_ITEMS),
    ] = 8
    decay: Annotated[
        float,
        "Weight of each item relative to the next more recent one, 0 to 1.",
        Setting("Items", low=0, high=1, operations=SCORES_ITEMS),
    ] = 0.7
    prior: Annotated[
        float,
        "Weight of the logarithm of an item's count in its score.",
        Setting(
            "Items",
            low=-16,
            high=16,
            operations=SCORES_ITEMS,
            unset="half of --ns-exponent, or all with --sharpness 0; 0 with --logq or --loss full",
        ),
    ] = None  # type: ignore[assignment]  # __post_init__ sets it: what the sampler has taken out of the scores
    sharpness: Annotated[
        float,
        "How the scores for each of a person's items are combined: 0 takes their mean; a higher value gives the "
        "highest ones more weight, so that an item may fit one of several interests.",
        Setting("Items", low=0, high=100, operations=SCORES_ITEMS, check=_sharp_enough),
    ] = 1.5
    line_weight: Annotated[
        float,
        "Weight of a person's own vector in their score, next to the mean of their items: 0 is the mean alone, 1 "
        "the vector alone.",
        Setting(
            "Items",
            low=0,
            high=1,
            operations=SCORES_ITEMS,
            unset="1 with --line-vectors alone; 0 without line vectors; else 0.3",
        ),
    ] = None  # type: ignore[assignment]  # __post_init__ sets it
    seed: Annotated[
        int,
        "Seed of every draw; with --threads 1 the same seed gives the same bytes.",
        Setting("Training", low=0, high=2**63 - 1, operations=INFERS, is_common=True),
    ] = 1

    def __post_init__(self) -> None:
        make_plain(self)
        if isinstance(self.subwords, bool):
            object.__setattr__(self, "subwords", "fasttext" if self.subwords else "none")
        if self.buckets is None:
            object.__setattr__(self, "buckets", BUCKETS.get(self.subwords))
        if self.lr is None:
            slower = 1.0 if self.subwords == "none" else SUBWORDS_LR
            object.__setattr__(self, "lr", slower * LR.get(self.model, LR["skipgram"]))
        prior_is_unset = self.prior is None
        if prior_is_unset:
            object.__setattr__(self, "prior", 0.0)
        if self.line_weight is None:
            object.__setattr__(self, "line_weight", LINE_WEIGHT.get(self.line_vectors, 0.0))
        check_values(self)
        if prior_is_unset:
            object.__setattr__(self, "prior", self.measured_prior)

    @property
    def n_hard(self) -> int:
        """Negatives that the hard sampler takes from its candidates."""
        return int(self.hard_share * self.negative + 0.5)

    @property
    def measured_prior(self) -> float:
        """The power of counts that the sampler has taken out of the scores; half of it for a mixture: docs/items.md."""
        if self.scores_are_likelihoods:
            return 0.0
        power = 1.0 if self.sampler == "batch" else self.ns_exponent
        return power / 2 if self.sharpness else power

    @property
    def output_layer(self) -> OutputLayer:
        """Which output rows a center is scored against."""
        if self.loss == "full":
            return OutputLayer("all", "softmax", has_negatives=False)
        if self.loss == "hs":
            return OutputLayer("path", "hs", has_negatives=False, outputs_are_words=False)
        return OutputLayer("sampled", self.loss)

    def center_weight(self, n_types: int) -> float:
        """The weight of the center in the loss gbce, for a vocabulary: beta of Petrov and Macdonald 2023."""
        share = min(1.0, self.negative / max(1, n_types - 1))  # alpha, the share of the other words that are negatives
        return share * self.calibration + (1 - self.calibration)

    @property
    def radius(self) -> float:
        """With cosine scores the length of all rows: its square is 1 / temperature. Otherwise 0."""
        temperature = 1.0 if self.loss == "ccl" else self.temperature
        return 0.0 if temperature is None else temperature**-0.5

    @property
    def has_lines(self) -> bool:
        """Whether lines have vectors."""
        return self.line_vectors != "none"

    @property
    def counts_lines(self) -> bool:
        """Whether empty lines count, because lines have vectors or weights."""
        return self.has_lines or self.weighted_lines

    @property
    def scores_are_likelihoods(self) -> bool:
        """Whether a score tends to log P(output | context), not to that less the logarithm of the sampler's q."""
        return self.uses_logq or not self.output_layer.has_negatives

    @property
    def uses_logq(self) -> bool:
        """Whether scores are corrected for the sampler's probabilities."""
        if not self.output_layer.has_negatives:
            return False
        if self.logq is None:
            if self.loss == "ccl" or self.negative_groups is not None:  # where q depends on the center
                return False
            return self.sampler == "batch" or self.loss == "softmax"
        return self.logq

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name, in the order they are declared."""
        return asdict(self)


def _read_text(path: Path) -> str:
    """Return the text of a TOML file that can be parsed in no time.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not UTF-8, too long, or has a key of many parts, for which Python takes quadratic time.
    """
    with path.open("rb") as file:
        text = file.read(LONGEST + 1).decode("utf-8-sig")
    if len(text) > LONGEST:
        raise ValueError(f"it has more than {LONGEST:,} bytes")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS and not line.lstrip().startswith("#"):
            raise ValueError(f"line {number:,} has more than {MOST_DOTS} points")
    return text


def settings_of_model(folder: str | Path) -> dict[str, Any]:
    """Return the settings that a .w2v folder keeps of its training.

    Raises:
        W2VError: it cannot be read, is damaged, or keeps none.
    """
    path = Path(folder) / MODEL
    try:
        found = parse(path.read_bytes())
        trained = member(found, "trained", dict[str, Any] | None)
        settings: dict[str, Any] = member(trained, "settings", dict[str, Any], "trained") if trained else {}
    except OSError as error:
        raise W2VError(f"cannot read the config {path}: {error.strerror}") from error
    except ValueError as error:
        raise W2VError(f"{path} is damaged: {error}") from None
    if not settings:
        raise W2VError(f"{folder} does not keep the settings of its training")
    return settings


def load_config(
    source: str | Path | None, overrides: Mapping[str, Any] = MappingProxyType({}), *, is_explicit: bool = False
) -> TrainConfig:
    """Return the settings of a preset or a TOML file, with `overrides` on top.

    Args:
        source: a preset's name (`large`), the path of a TOML file or of a .w2v folder, or None for the defaults.
        overrides: settings by name, which win over the file's.
        is_explicit: whether an override that has no effect is an error even if it is the default, as for flags.

    Raises:
        SettingsError: an unknown preset or key, a bad value, or one that has no effect together with the others.
        W2VError: the file cannot be read, or is no TOML.
    """
    settings: dict[str, Any] = {}
    if source is not None and os.path.isfile(os.path.join(source, MODEL)):
        settings = settings_of_model(source)
    elif source is not None:
        path = find_config(source)
        try:
            settings = tomllib.loads(_read_text(path))
        except OSError as error:
            raise W2VError(f"cannot read the config {path}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:  # TOML, UTF-8, a number too long or lists too deep for Python
            raise W2VError(f"the config {path} is not TOML: {error}") from error
    known = [field.name for field in fields_of(TrainConfig)]
    check_known(settings, known, str(source))
    check_known(overrides, known)
    try:
        config = TrainConfig(**{**settings, **overrides})
        _check_effect(settings, TrainConfig().as_dict() | settings)  # with the file's own, which a flag may replace
        _check_effect(overrides, config.as_dict(), is_explicit)
        return config
    except SettingsError as error:
        if error.setting in settings and error.setting not in overrides:  # then the file is at fault
            raise SettingsError(f"{source}: {error}", error.setting) from None
        raise


def _check_effect(given: Mapping[str, Any], values: Mapping[str, Any], is_explicit: bool = False) -> None:
    """Check that the given settings have an effect.

    A default that is written out, as in a copy of a preset, needs none, unless it was given explicitly.
    """
    known = fields_of(TrainConfig)
    defaults = {} if is_explicit else {field.name: field.default for field in known}
    check_effect(known, {name: given[name] for name in given if given[name] != defaults.get(name, ...)}, values)
