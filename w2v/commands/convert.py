"""`w2v convert`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2v.base.errors import SettingsError, W2VError
from w2v.base.files import replacing
from w2v.base.stores import url_of
from w2v.commands.checks import check_outputs, require_file, unless_stdout
from w2v.commands.options import FORMATS_HELP, FormatName, Quiet, command
from w2v.commands.screen import print_status
from w2v.settings.fields import Setting

if TYPE_CHECKING:
    from w2v.formats import Contents


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
    add_output: Annotated[
        float | None,
        Setting(
            "Add this share of their output rows to the vectors; 0.5 is good for similarity and analogies. The file "
            "must have them: `train --save-output`.",
            low=0,
            high=1,
        ),
    ] = None,
    all_but_the_top: Annotated[
        int | None,
        Setting(
            "Take away the mean of the vectors, and this many of the directions in which they vary most.",
            low=0,
            high=65_535,
        ),
    ] = None,
    classes: Annotated[
        int | None,
        Setting(
            "Write `word class` lines instead of vectors: this many classes, by k-means, as word2vec.c's -classes.",
            low=1,
            high=2**31 - 2,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Convert vectors."""
    from w2v import formats

    require_file(source)
    if classes is not None:
        if to is not None or skip_words:
            raise SettingsError(f"{'--to' if to else '--skip-words'} cannot go with --classes, which writes no vectors")
        check_outputs({"DST": unless_stdout(target)}, {"SRC": source})
        write_classes(target, prepared(formats.read(source, from_), add_output, all_but_the_top, quiet), classes)
        if not quiet:
            print_status(f"wrote {target}: {classes:,} classes of words")
        return
    format = formats.find(target, to)
    check_outputs({"DST": unless_stdout(target)}, {"SRC": source}, formats.folder_files(format))
    if format.name == "word2vec-vocab" and from_ is None and source.suffix == ".txt":
        from_ = format.name
    contents = prepared(formats.read(source, from_), add_output, all_but_the_top, quiet)
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


def prepared(contents: "Contents", share: float | None, n_directions: int | None, quiet: bool) -> "Contents":
    """Return what was read; with a share of the output rows added, and without so many directions, where asked for."""
    if share is None and n_directions is None:
        return contents
    from w2v.vectors.transforms import with_output_added, without_top_directions

    vectors = contents.vectors
    if share is not None:
        if contents.output is None:
            raise W2VError(
                "there are no output rows to add: train with --save-output, or convert what has them (w2v info)"
            )
        vectors = with_output_added(vectors, contents.output, share)
    if n_directions is not None:
        vectors = without_top_directions(vectors, n_directions)
    parts = {"output rows": contents.output, "rows of n-grams": contents.subwords}
    lost = [name for name, part in parts.items() if part is not None]
    if lost and not quiet:
        print_status(f"left out {' and '.join(lost)}, which belong to the vectors as they were")
    return replace(contents, vectors=vectors, norms=None, output=None, subwords=None)


def write_classes(path: Path, contents: "Contents", n_classes: int) -> None:
    """Write `word class` lines, in the order of the words."""
    from w2v.vectors.classes import word_classes

    classes = word_classes(contents.vectors, n_classes).tolist()
    with replacing(path) as file:
        file.writelines(f"{word} {number}\n".encode() for word, number in zip(contents.words, classes, strict=True))
