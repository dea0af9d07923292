"""Which settings and parameters each operation takes, and how given ones are checked.

An operation is a function of the Python API or the command of the same name: "build-vocab", "phrases", "train",
"resume", "tune", "infer", "embed", "recommend" or "evaluate".
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from w2v.base.errors import SettingsError, option
from w2v.settings.aliases import check_known
from w2v.settings.embedding import EmbeddingConfig
from w2v.settings.evaluation import RESTRICT, EvaluationConfig, Restrict
from w2v.settings.fields import Field, Setting, check_effect, fields_of
from w2v.settings.phrases import PhraseConfig
from w2v.settings.train import TrainConfig

CONFIGS: Mapping[str, type] = {
    "phrases": PhraseConfig,
    "train": TrainConfig,
    "tune": TrainConfig,
    "evaluate": EvaluationConfig,
    "embed": EmbeddingConfig,
}
"""The config whose settings an operation takes. Further settings that it takes have `Setting.operations`."""
USES_MODEL = ("infer", "embed", "recommend", "evaluate")
"""Operations on trained vectors. Settings that are not given have the values of the training."""

CHECKPOINT_EVERY_S = 600.0

FREEZES = ("input", "output")
"""Values of `freeze` that are not files."""

RUNS = ("train", "resume")
SCORES = (*RUNS, "tune", "evaluate")


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Parameters of operations that belong to no config but that other rules refer to."""

    output: Annotated[
        Path,
        "The file to write: .bin, .txt or .vec (word2vec), .w2v (a folder with counts and settings), or another "
        "suffix that `w2v convert` knows; - is standard output, as text.",
        Setting(
            "Output",
            unset="vectors.bin; vectors.w2v with --config items or baskets; runs.w2v with --runs",
            flags=("-o", "--output"),
            operations=RUNS,
            is_common=True,
        ),
    ] = Path("vectors.bin")
    save_output: Annotated[
        bool | None,
        "Write the output rows too, in a second file (vectors.output.bin) if the format cannot store them.",
        Setting("Output", unset="yes if the format stores them", operations=RUNS),
    ] = None
    vocab: Annotated[
        Path | None,
        "Use the words and counts of this file, from `w2v build-vocab`, and no others.",
        Setting("Corpus", operations=("train",), not_with={"init_from": ()}),
    ] = None
    init_from: Annotated[
        Path | None,
        "Start from these vectors and their words, or from the newest checkpoint in this folder.",
        Setting("Training", metavar="FILE|DIR", operations=("train",), not_with={"ray": ()}, is_common=True),
    ] = None
    from_: Annotated[
        str | None,
        "The format of the --init-from file, if neither its content nor its name shows it.",
        Setting("Training", flags=("--from",), metavar="FORMAT", operations=("train",), only_with={"init_from": ()}),
    ] = None
    grow_vocab: Annotated[
        bool,
        "With --init-from: add the new words that occur at least --min-count times.",
        Setting("Training", flags=("--grow-vocab",), operations=("train",), only_with={"init_from": ()}),
    ] = False
    freeze: Annotated[
        str | None,
        "With --init-from: do not move the vectors of its words (input), their output rows (output), or both for the "
        "words of a file, one per line.",
        Setting(
            "Training",
            metavar="input|output|FILE",
            operations=("train",),
            only_with={"init_from": ()},
            not_with={"checkpoint": ()},
            complete=lambda: FREEZES,
        ),
    ] = None
    runs: Annotated[
        int | None,
        "Train this many models on one reading of the corpus, with the seeds --seed, --seed + 1 and so on, and write "
        "them to one .w2v folder.",
        Setting(
            "Training",
            low=2,
            high=1_000,
            unset="one model",
            operations=("train",),
            not_with=dict.fromkeys(
                ("ray", "checkpoint", "log_json", "similarity", "analogies", "next", "keep_best", "patience"), ()
            ),
        ),
    ] = None
    bootstrap: Annotated[
        Literal["lines"] | None,
        "With --runs: train each model on lines of the corpus that are drawn with replacement, as many as there are.",
        Setting("Training", operations=("train",), only_with={"runs": ()}),
    ] = None
    save: Annotated[
        Path | None,
        "Write the phrases to this file, for --apply, and for --phrases of w2v train and others.",
        Setting("Output", operations=("phrases",), not_with={"apply": ()}),
    ] = None
    apply: Annotated[
        Path | None,
        "Join the phrases of this file, from --save, instead of finding phrases.",
        Setting("Phrases", operations=("phrases",)),
    ] = None
    log_json: Annotated[
        Path | None,
        "Write the progress to this file, one JSON object per line.",
        Setting("Output", operations=RUNS, is_common=True),
    ] = None
    checkpoint: Annotated[
        Path | None,
        "Save checkpoints in this folder, to resume from.",
        Setting("Checkpoints", metavar="DIR", operations=("train",), is_common=True),
    ] = None
    checkpoint_every: Annotated[
        str | None,
        "Time between checkpoints: a number and s, m or h.",
        Setting(
            "Checkpoints",
            metavar="TIME",
            unset=f"{CHECKPOINT_EVERY_S / 60:g}m",
            operations=RUNS,
            only_with={"checkpoint": (), "resume": ()},
        ),
    ] = None
    resume: Annotated[
        Path | None,
        "Continue from the newest checkpoint in this folder, with its corpus and settings.",
        Setting("Checkpoints", metavar="DIR", operations=RUNS, is_common=True),
    ] = None
    ray: Annotated[
        str | None,
        "Train on a Ray cluster: its address; auto for the one of this machine; local to start one here.",
        Setting("Cluster", metavar="ADDRESS", operations=RUNS),
    ] = None
    nodes: Annotated[
        int | None,
        "Number of machines to train on, each with all its cores.",
        Setting("Cluster", low=1, high=10_000, unset="all of the cluster", operations=RUNS, only_with={"ray": ()}),
    ] = None
    similarity: Annotated[
        list[Path] | None,
        "Score by the word pairs in this file; may be repeated.",
        Setting("Evaluation", operations=SCORES, is_common=True),
    ] = None
    analogies: Annotated[
        list[Path] | None,
        "Score by the analogies in this file; may be repeated.",
        Setting("Evaluation", operations=SCORES, is_common=True),
    ] = None
    next: Annotated[
        Path | None,
        "Score by the next items of each person, one person per line.",
        Setting("Evaluation", operations=SCORES),
    ] = None
    sessions: Annotated[
        Path | None,
        "The items of the same people before that, in order, one person per line.",
        Setting("Evaluation", operations=SCORES),
    ] = None
    restrict: Restrict = RESTRICT
    each_epoch: Annotated[
        bool,
        "Score after each epoch too; training pauses meanwhile.",
        Setting(
            "Evaluation",
            flags=("--each-epoch",),
            operations=RUNS,
            only_with={"similarity": (), "analogies": (), "next": ()},
        ),
    ] = False
    keep_best: Annotated[
        bool,
        "Write the vectors of the epoch with the best score, of which a copy is in memory. Training pauses while each "
        "epoch is scored.",
        Setting("Evaluation", flags=("--keep-best",), operations=("train",), not_with={"ray": (), "checkpoint": ()}),
    ] = False
    patience: Annotated[
        int | None,
        "Stop when the best score is this many epochs old.",
        Setting("Evaluation", low=1, high=1_000_000, unset="never", operations=RUNS, not_with={"ray": ()}),
    ] = None


@lru_cache
def settings_for(operation: str) -> tuple[Field, ...]:
    """Return the settings that an operation takes, in the order of their declaration.

    >>> [field.name for field in settings_for("resume")]
    ['epochs', 'threads']
    """
    own = fields_of(CONFIGS[operation]) if operation in CONFIGS else ()
    others = [field for field in fields_of(TrainConfig) if operation in field.setting.operations]
    return tuple(_field_for(operation, field) for field in (*own, *others))


@lru_cache
def parameters_for(operation: str) -> tuple[Field, ...]:
    """Return the Parameters that an operation takes."""
    found = [field for field in fields_of(Parameters) if operation in field.setting.operations]
    return tuple(_field_for(operation, field) for field in found)


def _field_for(operation: str, field: Field) -> Field:
    """Return a setting with the changes for an operation."""
    changes: dict[str, Any] = {}
    setting, is_of_training = field.setting, field in fields_of(TrainConfig)
    if operation == "train" and "resume" not in setting.operations:
        changes["not_with"] = {"resume": (), **setting.not_with}
    if operation == "evaluate" and is_of_training:
        changes["only_with"] = {"next": ()}
    if operation in USES_MODEL and is_of_training and setting.is_of_model:
        return replace(field, default=MISSING, setting=replace(setting, unset="that of the training", **changes))
    return replace(field, setting=replace(setting, **changes))


def check_request(operation: str, given: Mapping[str, object]) -> None:
    """Raise an error if an operation does not take the given names, or not in combination.

    The config of the operation checks the values of settings, and `load_config` checks settings that depend on each
    other.

    `given` contains settings and Parameters; a Parameter that is None, False or empty counts as not given.

    Raises:
        UnknownSettingError: a name is unknown. The message says what to use instead.
        SettingsError: a name belongs to other operations, has no effect, or cannot be used together with another one.

    >>> check_request("train", {"dim": 50, "init_from": "old.bin"})
    Traceback (most recent call last):
    w2v.base.errors.SettingsError: dim cannot be used with init_from; leave one out
    """
    settings, parameters = settings_for(operation), parameters_for(operation)
    known = {field.name: field for field in (*settings, *parameters)}
    for name in given:
        if name not in known and name in _names():
            takes = ", ".join(option(field.name) for field in settings)
            raise SettingsError(f"{option(name)} cannot be used with {operation}, which takes {takes}", name)
    check_known(given, known)
    names = {field.name for field in settings}
    for field in parameters:
        if given.get(field.name) is not None and (field.has_range or (field.choices and field.kind is not bool)):
            field.check(given[field.name])
    values = {field.name: given.get(field.name, field.default) for field in parameters}
    if operation == "resume":
        values["resume"] = True
    check_effect(known.values(), {name: given[name] for name in given if name in names or given[name]}, values)


@lru_cache
def _names() -> frozenset[str]:
    """Return the names of all settings and parameters."""
    return frozenset(field.name for cls in (*CONFIGS.values(), Parameters) for field in fields_of(cls))
