"""`w2v convert`."""

from pathlib import Path
from typing import Annotated

import typer

from w2v.commands.checks import check_outputs, require_file, unless_stdout
from w2v.commands.options import FORMATS_HELP, FormatName, Quiet, command
from w2v.commands.screen import print_status
from w2v.settings import Setting
from w2v.stores import url_of


@command(
    f"Convert vectors to another format.\n\n{FORMATS_HELP} DST - is standard output: word2vec-text, or with --to "
    "word2vec, glove or word2vec-vocab.\n\nExample: w2v convert vectors.bin vectors.parquet"
)
def convert(
    source: Annotated[Path, typer.Argument(metavar="SRC", hidden=True)],
    target: Annotated[Path, typer.Argument(metavar="DST", hidden=True)],
    from_: FormatName = None,
    to: Annotated[
        str | None,
        Setting("The format to write, if the name of DST does not show it.", metavar="FORMAT"),
    ] = None,
    skip_words: Annotated[
        bool, Setting("Leave out the words that the format cannot hold.", flags=("--skip-words",))
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Convert vectors."""
    from w2v import formats

    require_file(source)
    format = formats.find(target, to)
    check_outputs({"DST": unless_stdout(target)}, {"SRC": source}, formats.folder_files(format))
    if format.name == "word2vec-vocab" and from_ is None and source.suffix == ".txt":
        from_ = format.name
    contents = formats.read(source, from_)
    if skip_words and (rows := formats.unsupported_words(format, contents.words)):
        print_status(
            f"left out {len(rows):,} words that {format.title} cannot hold, such as {contents.words[rows[0]]!r}"
        )
        contents = formats.drop_rows(contents, rows)
    written = formats.write(target, contents, format.name)
    if quiet:
        return
    if lost := formats.left_out(format, contents):
        print_status(f"{format.title} has no place for {lost}, which were left out")
    size = f" x {contents.vectors.shape[1]}" if contents.vectors.shape[1] else ""
    for path in written:
        print_status(f"wrote {url_of(path) or path}: {len(contents.words):,} words{size}, {format.title}")
