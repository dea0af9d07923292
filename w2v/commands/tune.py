"""`w2v tune`."""

from pathlib import Path
from typing import Annotated, Any

import w2v
from w2v.commands.options import (
    CORPUS_HELP,
    AnalogyFiles,
    ConfigName,
    CorpusFiles,
    NextFile,
    Quiet,
    SessionsFile,
    SimilarityFiles,
    command,
)
from w2v.commands.terminal import TerminalReporter
from w2v.settings.evaluation import EvaluationConfig
from w2v.settings.fields import Setting, fields_of, settings_for


@command(
    "Search for better settings on a part of a corpus.\n\n"
    "Trials train on that part and are scored; the best settings are written to a file for `w2v train --config`. "
    "Trial 0 has the base settings: the defaults, --config, and flags.\n\n"
    f"{CORPUS_HELP}\n\n"
    "Example: w2v tune corpus.txt --metric similarity --similarity wordsim353.tsv",
    *settings_for("tune"),
    *fields_of(EvaluationConfig, "restrict"),
)
def tune(
    corpus: CorpusFiles,
    metric: Annotated[
        str,
        Setting(
            "What to improve: similarity, analogies or next (with --sessions), measured on the files of that name; or "
            "loss, on text that is held out.",
            group="Search",
            complete=lambda: ["similarity", "analogies", "next", "loss"],
        ),
    ],
    output: Annotated[
        Path, Setting("The config file to write, TOML.", group="Output", flags=("-o", "--output"))
    ] = Path("tuned.toml"),
    trials: Annotated[
        int, Setting("Number of trials, the one with the base settings included.", group="Search", low=1)
    ] = 30,
    fraction: Annotated[
        float,
        Setting("Share of the corpus that the trials train on, taken evenly from all of it.", group="Search"),
    ] = 0.1,
    search: Annotated[
        list[str] | None,
        Setting(
            "Search this setting: ns_exponent, window, sample, negative, lr or epochs; may be repeated.",
            group="Search",
            unset="all six",
            complete=lambda: ["ns_exponent", "window", "sample", "negative", "lr", "epochs"],
        ),
    ] = None,
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    next: NextFile = None,
    sessions: SessionsFile = None,
    restrict: int = EvaluationConfig.restrict,
    config: ConfigName = None,
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Search, and write the best settings; after an interrupt, those found so far."""
    w2v.tune(
        corpus,
        metric,
        output,
        config=config,
        similarity=similarity or (),
        analogies=analogies or (),
        next=next,
        sessions=sessions,
        restrict=restrict,
        trials=trials,
        fraction=fraction,
        search=search or (),
        reporter=TerminalReporter(quiet),
        **settings,
    )
