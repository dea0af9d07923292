"""`w2v build-vocab` and `w2v phrases`."""

from pathlib import Path
from typing import Annotated, Any

from w2v.commands.checks import open_corpus, unless_stdout
from w2v.commands.options import CORPUS_HELP, CorpusFiles, Quiet, command
from w2v.commands.progress import phrase_progress, scan_progress
from w2v.commands.report import describe, describe_phrases
from w2v.commands.screen import print_status
from w2v.settings.fields import Setting
from w2v.settings.operations import settings_for
from w2v.settings.phrases import PhraseConfig
from w2v.settings.train import load_config


@command(
    f"Count the words of a corpus and write `word count` lines.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v build-vocab corpus.txt -o words.txt --min-count 10",
    *settings_for("build-vocab"),
)
def build_vocab(
    corpus: CorpusFiles,
    output: Annotated[Path, Setting("The file to write; - is standard output.", flags=("-o", "--output"))] = Path(
        "vocab.txt"
    ),
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Write the vocabulary of a corpus."""
    config = load_config(None, settings, is_explicit=True)
    source = open_corpus(corpus, {"-o": unless_stdout(output)}, {})
    from w2v.text.encoding import encode

    with scan_progress(quiet) as report:
        encoded = encode(source, config, keep_stream=False, report=report)
    encoded.vocab.save(output)
    if not quiet:
        describe(encoded, reused=False)
        print_status(f"wrote {output}: {len(encoded.vocab):,} words")


@command(
    "Join pairs of words that belong together, as in new_york, and write the text.\n\n"
    f"Every other word stays as it is, and each sentence stays on one line.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v phrases corpus.txt -o phrased.txt   (then w2v train phrased.txt)",
    *settings_for("phrases"),
)
def phrases(
    corpus: CorpusFiles,
    output: Annotated[
        Path, Setting("The text to write; .gz is compressed; - is standard output.", flags=("-o", "--output"))
    ] = Path("phrased.txt"),
    list_file: Annotated[
        Path | None,
        Setting(
            "Write the phrases to this file too: phrase, score and count per line, with tabs between.",
            flags=("--list",),
        ),
    ] = None,
    quiet: Quiet = False,
    **settings: Any,  # noqa: ANN401
) -> None:
    """Find phrases, and write the text with them joined."""
    source = open_corpus(corpus, {"-o": unless_stdout(output), "--list": list_file}, {})
    from w2v.text import phrases as phrasing

    config = PhraseConfig(**settings)
    phrasing.check_output(output)
    with phrase_progress(quiet) as report:
        found = phrasing.find_phrases(source, config, output, report)
    if list_file is not None:
        phrasing.write_list(found.found, list_file)
    if not quiet:
        describe_phrases(found)
        print_status(f"wrote {output}: {found.tokens_written:,} tokens")
