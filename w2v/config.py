"""TrainConfig: every setting of a run, validated once, from flags, TOML or Python."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from w2v.errors import SettingsError, W2VError

CONFIG_FOLDERS = (Path(__file__).parent / "configs", Path(__file__).parent.parent / "configs")
"""Where the presets live: inside an installed package, or beside it in a checkout."""


WHOLE_NUMBERS = (
    ("dim", 1, 65_536),
    ("window", 1, 1_000_000),
    ("negative", 1, 10_000),
    ("candidates", 1, 10_000),
    ("noise_pool", 0, 1 << 16),
    ("epochs", 1, 1_000_000),
    ("min_count", 1, 2**62),
    ("max_vocab", 1, 2**31 - 2),
    ("max_types", 1, 2**31 - 2),
    ("threads", 1, 4_096),
    ("history", 1, 1_000_000),
    ("seed", 0, 2**63 - 1),
)
"""Settings with their least and largest values."""
SWITCH = (True, False)
CHOICES: dict[str, tuple[object, ...]] = {
    "model": ("skipgram", "cbow"),
    "sampler": ("noise", "batch", "hard"),
    "loss": ("bce", "bpr", "softmax", "full"),
    "shrink_window": SWITCH,
    "window_side": ("both", "before"),
    "reject_positives": SWITCH,
    "logq": (*SWITCH, None),
    "lowercase": SWITCH,
    "force_text": SWITCH,
}
"""Settings that are one of a few things."""
NUMBERS = (
    ("sample", 0.0, 1.0),
    ("hard_share", 0.0, 1.0),
    ("ns_exponent", -16.0, 16.0),
    ("lr", 0.0, 100.0),
    ("decay", 0.0, 1.0),
    ("prior", -16.0, 16.0),
)
OPTIONAL = ("max_vocab", "threads")
LR = {"skipgram": 0.05, "cbow": 0.1}
"""Measured best: docs/settings.md. CBOW takes more, because each context gets a part of the step."""


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of one training run; creating one validates it.

    Raises:
        SettingsError: a value is of the wrong type or out of range; the message names it.

    Examples:
        >>> TrainConfig(dim=300).window
        5
    """

    dim: int = 100
    """Numbers in a vector."""
    model: str = "skipgram"
    """skipgram scores each context on its own, cbow their mean."""
    window: int | str = 5
    """Largest distance, in tokens, between a center and its contexts; "full" is the whole line."""
    shrink_window: bool = True
    """Draw the distance from 1 to window for each center, which gives near contexts more weight."""
    window_side: str = "both"
    """Where contexts stand: both sides of the center, or before it, so that scores tell what comes next."""
    sampler: str = "noise"
    """Where negatives come from: noise (the vocabulary), batch (other places of the text), hard (top-scoring noise)."""
    negative: int = 5
    """Negatives for each center."""
    candidates: int = 20
    """Noise words drawn for each center by the hard sampler, which takes the best-scoring of them."""
    hard_share: float = 0.5
    """Share of the negatives that the hard sampler takes so; the others are plain noise."""
    reject_positives: bool = False
    """Leave out negatives that stand in the center's own line."""
    loss: str = "bce"
    """bce (pointwise), bpr (pairwise), softmax (over the sample), or full (softmax over the whole vocabulary)."""
    logq: bool | None = None
    """Correct scores for the sampler's probabilities; None means yes for the batch sampler and the softmax loss."""
    sample: float = 1e-4
    """Subsampling threshold t, as a share of the text: words above it are thinned; 0 keeps all."""
    noise_pool: int = 1024
    """Noise words kept for reuse, of which each center renews one: a power of two; 0 draws all of them afresh."""
    ns_exponent: float = 0.75
    """Noise words are drawn in proportion to count ** ns_exponent."""
    epochs: int = 5
    """Passes over the text."""
    lr: float = None  # type: ignore[assignment]  # __post_init__ sees to it
    """Learning rate at the start; it falls linearly to a ten-thousandth of this. By default that of LR."""
    min_count: int = 5
    """Words seen less often than this are left out."""
    max_vocab: int | None = None
    """Keep at most this many words, the most frequent; None keeps all."""
    max_types: int = 50_000_000
    """Distinct words that are counted at a time: beyond it the rarest are dropped as they come, to bound the memory."""
    lowercase: bool = False
    """Lowercase the text while it is read."""
    column: str | None = None
    """The column of JSON Lines or Parquet files that holds the text; None reads plain text."""
    force_text: bool = False
    """Read files too whose bytes say that they are no text."""
    threads: int | None = None
    """Threads to use; None means as many as the process may use."""
    history: int = 8
    """Last items of a person that count when the next one is told (`w2v evaluate --next`)."""
    decay: float = 0.7
    """There each item counts so many times as much as the one after it."""
    prior: float = None  # type: ignore[assignment]  # __post_init__ sees to it
    """There the weight of the logarithm of an item's count. By default what the sampler has taken out of the scores:
    ns_exponent; 1 with the batch sampler; 0 where the loss has put it back, with logq or full."""
    seed: int = 1
    """Seeds every draw; with one thread the same seed gives the same bytes."""

    def __post_init__(self) -> None:
        """Check every value against its type and range."""
        if self.lr is None:
            object.__setattr__(self, "lr", LR.get(self.model, LR["skipgram"]))
        if self.prior is None:
            object.__setattr__(self, "prior", self._popularity_in_scores)
        for name, low, high in WHOLE_NUMBERS:
            if name != "window" or self.window != "full":
                _check_whole(name, getattr(self, name), low, high, ' or "full"' * (name == "window"))
        for name, lowest, highest in NUMBERS:
            _check_number(name, getattr(self, name), lowest, highest)
        for name, known in CHOICES.items():
            _check_choice(name, getattr(self, name), known)
        if self.lr == 0:
            raise SettingsError("lr must be above 0: at 0 nothing is learned")
        if self.noise_pool & (self.noise_pool - 1):
            raise SettingsError(f"noise_pool must be 0 or a power of two, not {self.noise_pool:,}")
        self._check_sampling()

    def _check_sampling(self) -> None:
        """Check what cannot go together."""
        if self.loss == "full" and (self.sampler != "noise" or self.logq or self.reject_positives):
            raise SettingsError(
                "loss full takes every word for a negative: it goes without sampler, logq and reject_positives"
            )
        if self.sampler == "hard" and self.candidates <= self.n_hard:
            raise SettingsError(
                f"candidates must be above {self.n_hard}, which hard_share of negative takes, not {self.candidates}"
            )
        if self.column is not None and not isinstance(self.column, str):
            raise SettingsError(f"column must be a name, not {self.column!r}")

    @property
    def n_hard(self) -> int:
        """Negatives that the hard sampler takes from its candidates."""
        return int(self.hard_share * self.negative + 0.5)

    @property
    def _popularity_in_scores(self) -> float:
        """The power of counts that the sampler has taken out of the scores, and that `prior` puts back."""
        if self.corrects or self.loss == "full":
            return 0.0
        return 1.0 if self.sampler == "batch" else self.ns_exponent

    @property
    def corrects(self) -> bool:
        """Whether scores are corrected for the sampler's probabilities."""
        if self.logq is None:
            return self.sampler == "batch" or self.loss == "softmax"
        return self.logq

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name, in the order they are declared."""
        return asdict(self)


def _check_whole(name: str, value: object, low: int, high: int, otherwise: str = "") -> None:
    if value is None and name in OPTIONAL:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingsError(f"{name} must be a whole number{otherwise}, not {value!r}")
    if not low <= value <= high:
        raise SettingsError(f"{name} must be from {low:,} to {high:,}, not {value:,}")


def _check_choice(name: str, value: object, known: tuple[object, ...]) -> None:
    if any(value is one or (value == one and isinstance(one, str)) for one in known):
        return
    shown = "true or false" if True in known else f"one of {', '.join(map(str, known))}"
    raise SettingsError(f"{name} must be {shown}, not {value!r}")


def _check_number(name: str, value: object, low: float, high: float) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise SettingsError(f"{name} must be a number, not {value!r}")
    if not low <= value <= high:  # nor is NaN
        raise SettingsError(f"{name} must be from {low:g} to {high:g}, not {value}")


def load_config(source: str | Path | None, overrides: Mapping[str, Any]) -> TrainConfig:
    """Return the settings of a preset or a TOML file, with `overrides` on top.

    Args:
        source: a preset's name (`large`), the path of a TOML file, or None for the defaults.
        overrides: settings by name that win over the file's.

    Raises:
        SettingsError: an unknown preset or key, or a bad value.
        W2VError: the file cannot be read, or is no TOML.
    """
    settings: dict[str, Any] = {}
    if source is not None:
        path = find_config(source)
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise W2VError(f"cannot read the config {path}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:  # TOML, UTF-8, a number too long or lists too deep for Python
            raise W2VError(f"the config {path} is not TOML: {error}") from error
    known = [field.name for field in fields(TrainConfig)]
    unknown = [name for name in [*settings, *overrides] if name not in known]
    if unknown:
        where = f" in {source}" if unknown[0] in settings else ""
        raise SettingsError(f"unknown setting '{unknown[0]}'{where}; known are: {', '.join(known)}")
    try:
        return TrainConfig(**{**settings, **overrides})
    except SettingsError as error:
        # Name the file where the value at fault came from it alone.
        at_fault = str(error).split(" ", 1)[0]
        if at_fault in settings and at_fault not in overrides:
            raise SettingsError(f"{source}: {error}") from None
        raise


def presets() -> dict[str, Path]:
    """Return the presets that come with w2v, by name."""
    for folder in CONFIG_FOLDERS:
        found = sorted(folder.glob("*.toml"))
        if found:
            return {path.stem: path for path in found}
    return {}


def find_config(source: str | Path) -> Path:
    """Return the file a `--config` value means: a path that exists, else a preset's name."""
    if os.path.isfile(source):
        return Path(source)
    known = presets()
    if str(source) in known:
        return known[str(source)]
    raise SettingsError(f"no config '{source}': not a file, and the presets are {', '.join(known)}")
