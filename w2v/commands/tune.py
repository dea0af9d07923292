"""`w2v tune`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2v.commands.checks import open_corpus
from w2v.commands.options import (
    CORPUS_HELP,
    AnalogyFiles,
    Column,
    ConfigName,
    CorpusFiles,
    Dim,
    ForceText,
    Loss,
    Lowercase,
    MaxVocab,
    MinCount,
    Model,
    NextFile,
    Quiet,
    Restrict,
    Sampler,
    Seed,
    SessionsFile,
    SimilarityFiles,
    Threads,
    explained,
    given,
)
from w2v.commands.progress import scan_progress, tuning_progress
from w2v.commands.report import describe, describe_search
from w2v.commands.screen import say
from w2v.config import load_config

if TYPE_CHECKING:
    pass


@explained(
    "Search for better settings on a part of a corpus.\n\n"
    "Trials train on that part and are scored; the best settings are written for `w2v train --config`. "
    "Trial 0 has the base settings: the defaults, --config, and flags.\n\n"
    f"{CORPUS_HELP}\n\n"
    "Example: w2v tune corpus.txt --metric similarity --similarity wordsim353.tsv",
)
def tune(
    context: typer.Context,
    corpus: CorpusFiles,
    metric: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What makes settings better: similarity, analogies, next (with --sessions), by the files so named, "
            "or loss, on text that is held out.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The config file to write, TOML.")
    ] = Path("tuned.toml"),
    trials: Annotated[
        int, typer.Option(metavar="N", min=1, help="Runs of training, that with the base settings included.")
    ] = 30,
    fraction: Annotated[
        float, typer.Option(metavar="X", help="Share of the corpus that they train on, taken from everywhere in it.")
    ] = 0.1,
    search: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Search this setting; may be repeated: ns_exponent, window, sample, negative, lr or epochs.  "
            "[default: all six]",
            show_default=False,
        ),
    ] = None,
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    next: NextFile = None,
    sessions: SessionsFile = None,
    restrict: Restrict = 30_000,
    config_name: ConfigName = None,
    model: Model = None,
    dim: Dim = None,
    sampler: Sampler = None,
    loss: Loss = None,
    min_count: MinCount = None,
    max_vocab: MaxVocab = None,
    lowercase: Lowercase = None,
    column: Column = None,
    force_text: ForceText = None,
    threads: Threads = None,
    seed: Seed = None,
    quiet: Quiet = False,
) -> None:
    """Search, and write the best settings; after an interrupt, those found so far."""
    config = load_config(config_name, given(context))
    inputs: dict[str, Path | str | None] = {"--config": config_name, "--next": next, "--sessions": sessions}
    inputs |= {f"--similarity {path}": path for path in similarity or []}
    inputs |= {f"--analogies {path}": path for path in analogies or []}
    source = open_corpus(corpus, {"-o": output}, inputs)
    from w2v.text.encoding import encode
    from w2v.tuning.objective import Objective
    from w2v.tuning.search import Search
    from w2v.tuning.space import check_search

    check_search(config, search or (), fraction)
    objective = Objective.of(metric, similarity or (), analogies or (), next, sessions, restrict or None)
    with scan_progress(quiet) as report_scan:
        encoded = encode(source, config, report=report_scan)
    found = Search.begin(encoded, config, objective, fraction, search or ())
    if not quiet:
        describe(encoded, reused=False)
        say(
            f"{trials:,} trials on {found.vocab.n_tokens:,} tokens, {len(found.vocab):,} words, "
            f"searching {', '.join(found.names)}"
        )
    try:
        with tuning_progress(quiet, trials) as report:
            found.run(trials, report)
    finally:
        if found.best:
            found.save(output)
            if not quiet:
                describe_search(found)
                say(f"wrote {output}: w2v train CORPUS --config {output}")
