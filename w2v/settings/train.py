"""TrainConfig: all settings of a training run, validated when it is created."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from w2v.base.errors import option
from w2v.settings.fields import SearchRange, Setting, check_values, fields_of, make_plain

# Conditions that rules of other settings refer to.
NO_NEGATIVES = {"loss": ("full", "hs")}
NO_SCORES = {"loss": ("ccl", "full", "hs")}  # Scores cannot be corrected for probabilities of a sampler
NO_NOISE = {"sampler": ("batch",), **NO_NEGATIVES}
BCE = {"loss": ("bce",)}
CCL = {"loss": ("ccl",)}
WEIGHTED = {"loss": ("bce", "ccl")}
HARD = {"sampler": ("hard",)}
SUBWORDS = {"subwords": ("fasttext", "floret")}
FLORET = {"subwords": ("floret",)}
ALONE = {"line_vectors": ("alone",)}  # The only context of a word is its line

# Operations that take a setting, besides training.
READS = ("build-vocab", "infer", "embed")
INFERS = ("infer",)
SCORES_ITEMS = ("recommend", "evaluate")

BUCKETS = {"fasttext": 2_000_000, "floret": 50_000}  # The default of fastText, and spaCy's advice for floret
SUBWORDS_LR = 0.5
"""With subwords, a step moves each row of a word as far as it moves the word's single row otherwise:
docs/subwords.md."""
LINE_WEIGHT = {"none": 0.0, "alone": 1.0, "with-words": 0.3}
"""Measured in docs/items.md. A person's few items predict more than the person's own vector."""
LR = {"skipgram": 0.05, "cbow": 0.1}
"""Measured best values: docs/settings.md. CBOW needs a higher rate, because each context gets a part of the step."""
SHARPNESS_LOW = 0.01
"""With a smaller value, float32 cannot distinguish a mixture from the mean."""

# Settings of all operations that read a corpus.
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
    """Whether a sampler draws some of the output rows. Otherwise nothing can be sampled, rejected or corrected."""
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
    """The settings of a training run. Creating an instance validates it. docs/settings.md lists all settings.

    Raises:
        SettingsError: a value has the wrong type or is out of range; the message names the setting.

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
    shown: Annotated[
        str | None,
        "Draw the negatives of a line from what its person was shown and did not take: the same line of this file. A "
        "line may be empty; its negatives come from everywhere.",
        Setting(
            "Sampling",
            metavar="FILE",
            unset="none",
            is_of_model=False,
            not_with={**NO_NOISE, "ray": (), "negative_groups": ()},
        ),
    ] = None
    outside_share: Annotated[
        float,
        "Share of the negatives that come from all words all the same.",
        Setting("Sampling", low=0, high=1, only_with={"negative_groups": (), "shown": ()}),
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
            unset="yes with --sampler batch or --loss softmax, else no; no with --negative-groups or --shown",
            not_with={**NO_SCORES, "negative_groups": (), "shown": ()},
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
    ] = None  # type: ignore[assignment]  # __post_init__ sets it to the power that the sampler took out of the scores
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
        """Number of negatives that the hard sampler takes from its candidates."""
        return int(self.hard_share * self.negative + 0.5)

    @property
    def measured_prior(self) -> float:
        """The power of counts that the sampler took out of the scores, or half of it for a mixture: docs/items.md."""
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
        """Return the weight of the center in the loss gbce: beta of Petrov and Macdonald 2023."""
        share = min(1.0, self.negative / max(1, n_types - 1))  # alpha: negatives as a share of the other words
        return share * self.calibration + (1 - self.calibration)

    @property
    def radius(self) -> float:
        """The length of all rows with cosine scores; its square is 1 / temperature. Otherwise 0."""
        temperature = 1.0 if self.loss == "ccl" else self.temperature
        return 0.0 if temperature is None else temperature**-0.5

    @property
    def has_lines(self) -> bool:
        """Whether lines have vectors."""
        return self.line_vectors != "none"

    @property
    def files(self) -> dict[str, str]:
        """The files that settings name, by setting."""
        named = {field.name: getattr(self, field.name) for field in fields_of(TrainConfig) if field.setting.is_file}
        return {name: path for name, path in named.items() if path is not None}

    @property
    def setting_of_lines(self) -> str | None:
        """The first setting that gives each line its own data (a vector, a weight, negatives), or None."""
        found = {"line_vectors": self.has_lines, "weighted_lines": self.weighted_lines, "shown": self.shown is not None}
        return next((name for name, is_set in found.items() if is_set), None)

    @property
    def counts_lines(self) -> bool:
        """Whether empty lines are counted, because each line has its own data."""
        return self.setting_of_lines is not None

    @property
    def noise_scope(self) -> Literal["all", "group", "line"]:
        """The noise distribution depends on nothing (all), on the center's group, or on the line."""
        if self.shown is not None:
            return "line"
        return "all" if self.negative_groups is None else "group"

    @property
    def scores_are_likelihoods(self) -> bool:
        """Whether scores tend to log P(output | context), instead of log P(output | context) - log q of the sampler."""
        return self.uses_logq or not self.output_layer.has_negatives

    @property
    def uses_logq(self) -> bool:
        """Whether scores are corrected for the sampler's probabilities."""
        if not self.output_layer.has_negatives:
            return False
        if self.logq is None:
            if self.loss == "ccl" or self.noise_scope != "all":  # with a noise scope, q depends on the center
                return False
            return self.sampler == "batch" or self.loss == "softmax"
        return self.logq

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name, in the order of their declaration."""
        return asdict(self)
