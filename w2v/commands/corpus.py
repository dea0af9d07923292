"""`w2v build-vocab` and `w2v phrases`."""

from pathlib import Path
from typing import Annotated, Any

from w2v import api
from w2v.commands.options import CORPUS_HELP, CorpusFiles, Quiet, command
from w2v.commands.terminal import TerminalReporter
from w2v.settings.fields import Setting
from w2v.settings.operations import parameters_for, settings_for


@command(
    f"{CORPUS_HELP}\n\nExample: w2v build-vocab corpus.txt -o words.txt --min-count 10",
    *settings_for("build-vocab"),
)
def build_vocab(
    corpus: CorpusFiles,
    output: Annotated[Path, "The file to write; - is standard output.", Setting(flags=("-o", "--output"))] = Path(
        "vocab.txt"
    ),
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Write the vocabulary of a corpus."""
    api.build_vocab(corpus, output, reporter=TerminalReporter(quiet), **settings)


@command(
    "The text is written with these pairs joined. Every other word stays as it is, and each sentence stays on one "
    f"line.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v phrases corpus.txt -o phrased.txt --save phrases.tsv   (then w2v train phrased.txt)",
    *settings_for("phrases"),
    *parameters_for("phrases"),
)
def phrases(
    corpus: CorpusFiles,
    output: Annotated[
        Path, "The text to write; .gz is compressed; - is standard output.", Setting(flags=("-o", "--output"))
    ] = Path("phrased.txt"),
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Find phrases, and write the text with them joined."""
    api.find_phrases(corpus, output, reporter=TerminalReporter(quiet), **settings)
