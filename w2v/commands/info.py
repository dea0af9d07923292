"""`w2v info`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from w2v import api
from w2v.commands.options import FORMATS_HELP, AsJson, FormatName, Limit, SkipBadRows, command
from w2v.commands.tables import format_summary
from w2v.commands.terminal import TerminalReporter


@command(f"{FORMATS_HELP}\n\nExample: w2v info vectors.bin")
def info(
    path: Annotated[Path, typer.Argument(metavar="FILE", hidden=True)],
    from_: FormatName = None,
    limit: Limit = None,
    skip_bad_rows: SkipBadRows = False,
    as_json: AsJson = False,
) -> None:
    """Show what a file holds."""
    found = api.info(path, from_=from_, limit=limit, skip_bad_rows=skip_bad_rows, reporter=TerminalReporter())
    print(json.dumps(found, ensure_ascii=False) if as_json else format_summary(found))
