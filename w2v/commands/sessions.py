"""`w2v sessions`."""

from pathlib import Path
from typing import Annotated

import typer

from w2v import api
from w2v.commands.options import Quiet, command
from w2v.commands.terminal import TerminalReporter
from w2v.settings.fields import Setting


@command(
    "The items of each person are on one line, oldest first.\n\n"
    "Each EVENTS is a file, a folder, a glob, or - for standard input: CSV, TSV, JSON Lines or Parquet, plain or "
    "compressed. Each line that is written is the person's name, a tab, and the items: train with --line-names.\n\n"
    "Example: w2v sessions events.csv -o sessions.txt --hold-out last"
)
def sessions(
    events: Annotated[list[str], typer.Argument(metavar="EVENTS", hidden=True)],
    output: Annotated[
        Path, "The file to write; compressed if its name ends in .gz.", Setting(flags=("-o", "--output"))
    ] = Path("sessions.txt"),
    user: Annotated[str | None, "The column of people.", Setting(unset="guessed")] = None,
    item: Annotated[str | None, "The column of items.", Setting(unset="guessed")] = None,
    time: Annotated[
        str | None, "The column of times: numbers or dates.", Setting(unset="guessed; else the rows are in order")
    ] = None,
    weight: Annotated[
        str | None,
        "A column of numbers above 0. Write the mean of those of a line's items before the items: train with "
        "--weighted-lines.",
        Setting(metavar="NAME"),
    ] = None,
    gap: Annotated[
        str | None, "Begin a new line after a pause longer than this: a number and s, m or h.", Setting(metavar="TIME")
    ] = None,
    hold_out: Annotated[
        str | None,
        "Write the items to be found to a second file, line by line: the last of each person; a fraction, such as "
        "0.2; or `after TIME`, all from that time on.",
        Setting(metavar="last|X|after TIME"),
    ] = None,
    next: Annotated[
        Path | None,
        "The file to write these items to.",
        Setting(unset="sessions.next.txt for sessions.txt", only_with={"hold_out": ()}),
    ] = None,
    min_items: Annotated[int, "Leave out people with fewer distinct items.", Setting(low=1, high=2**31 - 2)] = 1,
    min_people: Annotated[
        int,
        "Leave out items of fewer people. With --min-items it is repeated until both hold.",
        Setting(low=1, high=2**31 - 2),
    ] = 1,
    drop_repeats: Annotated[
        bool, "Keep only the first event of a person with an item.", Setting(flags=("--drop-repeats",))
    ] = False,
    names: Annotated[bool, "Write the name of the person and a tab before the items."] = True,
    escape: Annotated[
        bool,
        "Write whitespace in items as in URLs: %20. Otherwise such items are refused.",
        Setting(flags=("--escape",)),
    ] = False,
    skip_malformed: Annotated[
        bool, "Leave out malformed rows, and report how many.", Setting(flags=("--skip-malformed",))
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make sessions."""
    api.sessions(
        events,
        output,
        user=user,
        item=item,
        time=time,
        weight=weight,
        gap=gap,
        hold_out=hold_out,
        next_output=next,
        min_items=min_items,
        min_people=min_people,
        drop_repeats=drop_repeats,
        names=names,
        escape=escape,
        skip_malformed=skip_malformed,
        reporter=TerminalReporter(quiet),
    )
