"""`w2v convert`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2v.base.errors import SettingsError, W2VError
from w2v.base.files import replacing
from w2v.base.stores import url_of
from w2v.commands.checks import check_outputs, require_file, unless_stdout
from w2v.commands.options import FORMATS_HELP, FormatName, Quiet, SaveOutput, command
from w2v.commands.screen import print_status
from w2v.formats.registry import PARTS, STREAMED, files_of, find, listed, what_is_lost
from w2v.settings.fields import Setting

if TYPE_CHECKING:
    from w2v.formats.model import Model


@command(
    f"Convert vectors to another format.\n\n{FORMATS_HELP} DST - is standard output: {STREAMED[0]}, or with --to "
    f"{listed(STREAMED[1:], 'or')}.\n\nExample: w2v convert vectors.bin vectors.parquet"
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
            "Add this share of the output rows, which a .w2v folder has, to the vectors; 0.5 is good for similarity "
            "and analogies.",
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
    save_output: SaveOutput = None,
    quiet: Quiet = False,
) -> None:
    """Convert vectors."""
    from w2v.formats.vector_files import read, write

    require_file(source)
    if classes is not None:
        if to is not None or skip_words:
            raise SettingsError(f"{'--to' if to else '--skip-words'} cannot go with --classes, which writes no vectors")
        check_outputs({"DST": unless_stdout(target)}, {"SRC": source})
        write_classes(target, prepared(read(source, from_), add_output, all_but_the_top, quiet), classes)
        if not quiet:
            print_status(f"wrote {target}: {classes:,} classes of words")
        return
    format = find(target, to)
    files = files_of(target, format, save_output=save_output)
    outputs = zip(("DST", "--save-output"), map(unless_stdout, files), strict=False)
    check_outputs(dict(outputs), {"SRC": source}, format.files)
    if "vectors" not in format.stores and from_ is None and source.suffix == ".txt":
        from_ = format.name
    model = prepared(read(source, from_), add_output, all_but_the_top, quiet)
    if skip_words and (rows := format.unsupported_words(model.words)):
        print_status(f"left out {len(rows):,} words that {format.title} cannot hold, such as {model.words[rows[0]]!r}")
        model = model.without(rows)
    written = write(target, model, format.name, save_output=save_output)
    if quiet:
        return
    parts = [part for part in model.parts if part != "output" or (save_output is None and "vectors" in format.stores)]
    if lost := what_is_lost(format, parts, PARTS):
        print_status(lost)
    size = f" x {model.vectors.shape[1]}" if model.vectors.shape[1] else ""
    for path in written:
        print_status(f"wrote {url_of(path) or path}: {len(model.words):,} words{size}, {format.title}")


def prepared(model: "Model", share: float | None, n_directions: int | None, quiet: bool) -> "Model":
    """Return what was read; with a share of the output rows added, and without so many directions, where asked for."""
    if share is None and n_directions is None:
        return model
    from w2v.vectors.transforms import with_output_added, without_top_directions

    vectors = model.vectors
    if share is not None:
        if model.output is None:
            raise W2VError("there are no output rows to add: train with -o FILE.w2v, which has them")
        vectors = with_output_added(vectors, model.output, share)
    if n_directions is not None:
        vectors = without_top_directions(vectors, n_directions)
    lost = [PARTS[part] for part in ("output", "subwords") if part in model.parts]
    if lost and not quiet:
        print_status(f"left out {listed(lost, 'and')}, which belong to the vectors as they were")
    return replace(model, vectors=vectors, norms=None, output=None, subwords=None)


def write_classes(path: Path, model: "Model", n_classes: int) -> None:
    """Write `word class` lines, in the order of the words."""
    from w2v.vectors.classes import word_classes

    classes = word_classes(model.vectors, n_classes).tolist()
    with replacing(path) as file:
        file.writelines(f"{word} {number}\n".encode() for word, number in zip(model.words, classes, strict=True))
