"""`w2v build-vocab` and `w2v phrases`."""

from pathlib import Path
from typing import Annotated

import typer

from w2v.commands.checks import open_corpus
from w2v.commands.options import (
    CORPUS_HELP,
    Column,
    CorpusFiles,
    ForceText,
    Lowercase,
    MaxTypes,
    MaxVocab,
    MinCount,
    Quiet,
    Threads,
    explained,
    given,
    setting,
)
from w2v.commands.progress import phrase_progress, scan_progress
from w2v.commands.report import describe, describe_phrases
from w2v.commands.screen import say
from w2v.config import load_config


@explained(
    f"Count the words of a corpus and write `word count` lines.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v build-vocab corpus.txt -o words.txt --min-count 10"
)
def build_vocab(
    context: typer.Context,
    corpus: CorpusFiles,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")] = Path(
        "vocab.txt"
    ),
    min_count: MinCount = None,
    max_vocab: MaxVocab = None,
    max_types: MaxTypes = None,
    lowercase: Lowercase = None,
    column: Column = None,
    force_text: ForceText = None,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Write the vocabulary of a corpus."""
    config = load_config(None, given(context))
    source = open_corpus(corpus, {"-o": output}, {})
    from w2v.text.encoding import encode

    with scan_progress(quiet) as report:
        encoded = encode(source, config, keep_stream=False, report=report)
    encoded.vocab.save(output)
    if not quiet:
        describe(encoded, reused=False)
        say(f"wrote {output}: {len(encoded.vocab):,} words")


@explained(
    "Join pairs of words that belong together, new_york, and write the text.\n\n"
    f"Every other word stays as it is, and a sentence stays a line.\n\n{CORPUS_HELP}\n\n"
    "Example: w2v phrases corpus.txt -o phrased.txt   (then w2v train phrased.txt)"
)
def phrases(
    context: typer.Context,
    corpus: CorpusFiles,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The text to write; .gz is compressed.")
    ] = Path("phrased.txt"),
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help="Write the phrases too: phrase, score and count a line, tabs between.",
            show_default=False,
        ),
    ] = None,
    min_count: Annotated[
        int | None, setting("min_count", help="Pairs seen less often are no phrases; scores are discounted by it too.")
    ] = None,
    scorer: Annotated[
        str,
        typer.Option(metavar="NAME", help="The score: original (as gensim's), word2phrase (as the C program's), npmi."),
    ] = "original",
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Pairs with a score above this are phrases: higher joins fewer.  "
            "[default: original 10, word2phrase 100, npmi 0.5]",
            show_default=False,
        ),
    ] = None,
    delimiter: Annotated[str, typer.Option(metavar="TEXT", help="What stands between the words of a phrase.")] = "_",
    passes: Annotated[int, typer.Option(metavar="N", help="Passes: two join up to four words, three up to eight.")] = 1,
    lowercase: Lowercase = None,
    column: Column = None,
    force_text: ForceText = None,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Find phrases, and write the text with them joined."""
    source = open_corpus(corpus, {"-o": output, "--list": list_file}, {})
    from w2v.text import phrases as phrasing

    config = phrasing.PhraseConfig(
        scorer=scorer, threshold=threshold, delimiter=delimiter, passes=passes, **given(context)
    )
    phrasing.check_output(output)
    with phrase_progress(quiet) as report:
        found = phrasing.find_phrases(source, config, output, report)
    if list_file is not None:
        phrasing.write_list(found.found, list_file)
    if not quiet:
        describe_phrases(found)
        say(f"wrote {output}: {found.tokens_written:,} tokens")
