"""`w2v tune`."""

from pathlib import Path
from typing import Annotated, Any

from w2v.commands.checks import open_corpus
from w2v.commands.interrupts import INTERRUPTS
from w2v.commands.options import (
    CORPUS_HELP,
    ConfigName,
    CorpusFiles,
    Quiet,
    command,
)
from w2v.commands.progress import scan_progress, tuning_progress
from w2v.commands.report import describe, describe_search
from w2v.commands.screen import print_status
from w2v.settings.evaluation import RESTRICT
from w2v.settings.fields import Setting
from w2v.settings.operations import parameters_for, settings_for
from w2v.settings.train import load_config

SEARCHED = [field.name for field in settings_for("tune") if field.setting.search]


@command(
    "Search for better settings on a part of a corpus.\n\n"
    "Trials train on that part and are scored; the best settings are written to a file for `w2v train --config`. "
    "Trial 0 has the base settings: the defaults, --config, and flags.\n\n"
    f"{CORPUS_HELP}\n\n"
    "Example: w2v tune corpus.txt --metric similarity --similarity wordsim353.tsv",
    *settings_for("tune"),
    *parameters_for("tune"),
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
            f"Search this setting: {', '.join(SEARCHED[:-1])} or {SEARCHED[-1]}; may be repeated.",
            group="Search",
            unset="all that have an effect",
            complete=lambda: SEARCHED,
        ),
    ] = None,
    similarity: list[Path] | None = None,
    analogies: list[Path] | None = None,
    next: Path | None = None,
    sessions: Path | None = None,
    restrict: int | None = RESTRICT,
    config_name: ConfigName = None,
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Search, and write the best settings; after an interrupt, those found so far."""
    config = load_config(config_name, settings, is_explicit=True)
    inputs: dict[str, Path | str | None] = {"--config": config_name, "--next": next, "--sessions": sessions}
    inputs |= {f"--similarity {path}": path for path in similarity or []}
    inputs |= {f"--analogies {path}": path for path in analogies or []}
    source = open_corpus(corpus, {"-o": output}, inputs)
    from w2v.text.encoding import encode
    from w2v.tuning.objective import Objective
    from w2v.tuning.search import Search
    from w2v.tuning.space import check_search

    check_search(config, search or (), fraction)
    objective = Objective.of(metric, similarity or (), analogies or (), next, sessions, restrict or None)
    with scan_progress(quiet) as report_scan:
        encoded = encode(source, config, report=report_scan)
    found = Search.begin(encoded, config, objective, fraction, search or ())
    if not quiet:
        describe(encoded, reused=False)
        print_status(
            f"{trials:,} trials on {found.vocab.n_tokens:,} tokens, {len(found.vocab):,} words, "
            f"searching {', '.join(found.names)}"
        )
    try:
        with (
            INTERRUPTS.during(f"the best settings so far are written to {output}", loses="them"),
            tuning_progress(quiet, trials) as report,
        ):
            found.run(trials, report)
    finally:
        if found.best:
            found.save(output)
            if not quiet:
                describe_search(found)
                print_status(f"wrote {output}: w2v train CORPUS --config {output}")
