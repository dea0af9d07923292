"""`w2v tune`."""

from pathlib import Path
from typing import Annotated, Any

from w2v import api
from w2v.commands.options import CORPUS_HELP, ConfigName, CorpusFiles, Quiet, check_flags, command
from w2v.commands.terminal import TerminalReporter
from w2v.settings.fields import Setting
from w2v.settings.operations import parameters_for, settings_for

SEARCHED = [field.name for field in settings_for("tune") if field.setting.search]


@command(
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
        "What to improve: similarity, analogies or next (with --sessions), measured on the files of that name; or "
        "loss, on text that is held out.",
        Setting("Search", complete=lambda: ["similarity", "analogies", "next", "loss"]),
    ],
    output: Annotated[Path, "The config file to write, TOML.", Setting("Output", flags=("-o", "--output"))] = Path(
        "tuned.toml"
    ),
    trials: Annotated[int, "Number of trials, the one with the base settings included.", Setting("Search", low=1)] = 30,
    fraction: Annotated[
        float, "Share of the corpus that the trials train on, taken evenly from all of it.", Setting("Search")
    ] = 0.1,
    search: Annotated[
        list[str] | None,
        f"Search this setting: {', '.join(SEARCHED[:-1])} or {SEARCHED[-1]}; may be repeated.",
        Setting("Search", unset="all that have an effect", complete=lambda: SEARCHED),
    ] = None,
    config: ConfigName = None,
    quiet: Quiet = False,
    **given: Any,  # noqa: ANN401
) -> None:
    """Search, and write the best settings; after an interrupt, those found so far."""
    check_flags("tune", config, given)
    given |= {"config": config, "trials": trials, "fraction": fraction, "search": search or ()}
    api.tune(corpus, metric, output, reporter=TerminalReporter(quiet), **given)
