"""`w2v train`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from w2v import api
from w2v.base.errors import SettingsError, option
from w2v.commands.options import CORPUS_HELP, ConfigName, Quiet, check_flags, command, is_given, require_argument
from w2v.commands.terminal import TerminalReporter
from w2v.settings.operations import parameters_for, settings_for

ITEM_PRESETS = ("items", "baskets")
"""The presets whose vectors are for `w2v recommend`."""


@command(
    f"{CORPUS_HELP}\n\nExample: w2v train corpus.txt.gz --dim 300 --epochs 10 -o big.bin",
    *settings_for("train"),
    *parameters_for("train"),
)
def train(
    context: typer.Context,
    corpus: Annotated[list[str] | None, typer.Argument(metavar="CORPUS", hidden=True)] = None,
    output: Path = Path("vectors.bin"),
    config: ConfigName = None,
    quiet: Quiet = False,
    **given: Any,  # noqa: ANN401
) -> None:
    """Train, and write the vectors."""
    reporter = TerminalReporter(quiet)
    if (folder := given.pop("resume", None)) is None:
        check_flags("train", config, given)
        if config in ITEM_PRESETS and not is_given(context, "output"):
            output = Path("vectors.w2v")  # where `w2v recommend` looks for output rows and counts
        if "runs" in given and not is_given(context, "output"):
            output = Path("runs.w2v")
        api.train(require_argument(corpus, "CORPUS", "train"), output, config=config, reporter=reporter, **given)
        return
    for name, value in (("corpus", corpus), ("config", config)):
        if value:
            raise SettingsError(f"{option(name)} cannot be used with {option('resume')}; leave one out", name)
    api.resume(folder, output if is_given(context, "output") else None, reporter=reporter, **given)
