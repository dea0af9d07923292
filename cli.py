"""The command line: parse, make a TrainConfig, call, show. Everything else is in `w2v/`.

Heavy modules are imported by the command that needs them: `w2v --help` and `w2v similar` load no Numba.
Results go to standard output, progress and errors to standard error.
"""

import io
import json
import math
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import w2v
from w2v.config import TrainConfig, load_config
from w2v.errors import SettingsError, W2VError
from w2v.files import check_space, check_writable
from w2v.terminal import describe, say, scan_progress, table, training_progress

if TYPE_CHECKING:
    from w2v.corpus import Corpus
    from w2v.session import Session

app = typer.Typer(
    help="Learn embeddings by negative sampling, from text or any sequences of tokens.\n\n"
    "Try `w2v demo`; then `w2v train corpus.txt` and `w2v similar WORD`.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RESUMED_FLAGS = {"resume", "output", "epochs", "threads", "quiet", "log_json", "checkpoint_every"}
"""What may be given beside --resume."""


def setting(name: str, *flags: str, help: str, **more: Any) -> Any:  # noqa: ANN401
    """Return the option for a field of TrainConfig, whose default its help shows."""
    default = getattr(TrainConfig(), name)
    shown = help if default is None else f"{help}  [default: {'no' if default is False else default}]"
    metavar = {bool: None, float: "X"}.get(type(default), "N")
    return typer.Option(
        *(flags or (f"--{name.replace('_', '-')}",)), help=shown, show_default=False, metavar=metavar, **more
    )


# An argument is explained above the options, where no Python type stands beside it as in Typer's own list.
CorpusFiles = Annotated[list[str], typer.Argument(metavar="CORPUS", hidden=True)]
CORPUS_HELP = (
    "Each CORPUS is a file, a folder, a glob, or - for standard input; plain, .gz, .bz2, .xz or .zst, told by "
    "what is in it. Whitespace separates the words, and a newline ends a sentence."
)
MinCount = Annotated[int | None, setting("min_count", help="Leave out words seen less often than this.")]
MaxVocab = Annotated[
    int | None,
    setting("max_vocab", help="Keep at most this many words, the most frequent.  [default: all]"),
]
Lowercase = Annotated[
    bool | None,
    setting("lowercase", "--lowercase/--no-lowercase", help="Lowercase the text while it is read."),
]
Threads = Annotated[
    int | None,
    setting("threads", help="Threads to use.  [default: as many as the process may use]"),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Answer the flags that stand before a command."""
    if version:
        print(f"w2v {w2v.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command(help=f"Count the words of a corpus and write `word count` lines.\n\n{CORPUS_HELP}")
def build_vocab(
    context: typer.Context,
    corpus: CorpusFiles,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")] = Path(
        "vocab.txt"
    ),
    min_count: MinCount = None,
    max_vocab: MaxVocab = None,
    lowercase: Lowercase = None,
    threads: Threads = None,
    quiet: Quiet = False,
) -> None:
    """Write the vocabulary of a corpus."""
    config = load_config(None, given(context))
    source = open_corpus(corpus, {"-o": output}, {})
    from w2v.encoding import encode

    with scan_progress(quiet) as report:
        encoded = encode(source, config, keep_stream=False, report=report)
    encoded.vocab.save(output)
    if not quiet:
        describe(encoded, reused=False)
        say(f"wrote {output}: {len(encoded.vocab):,} words")


@app.command(help=f"Train vectors on a corpus and write them.\n\n{CORPUS_HELP}")
def train(
    context: typer.Context,
    corpus: Annotated[list[str] | None, typer.Argument(metavar="CORPUS", hidden=True)] = None,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The file to write: .bin (word2vec binary), .txt or .vec (word2vec text).",
        ),
    ] = Path("vectors.bin"),
    vocab: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Use the words and counts of this file, from `w2v build-vocab`, and no others.",
            show_default=False,
        ),
    ] = None,
    init_from: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|DIR",
            help="Start from these vectors, or the newest checkpoint of this folder, and its words.",
            show_default=False,
        ),
    ] = None,
    grow_vocab: Annotated[
        bool, typer.Option("--grow-vocab", help="With --init-from: add the new words that reach --min-count.")
    ] = False,
    config_name: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE|NAME",
            help="Settings from a TOML file or a preset; flags win over it.",
            show_default=False,
        ),
    ] = None,
    dim: Annotated[int | None, setting("dim", help="Numbers in a vector: more hold more, and take longer.")] = None,
    window: Annotated[
        int | None, setting("window", help="Largest distance in tokens of a context: wider is more topical.")
    ] = None,
    negative: Annotated[
        int | None, setting("negative", help="Noise words for each center: a small corpus wants more.")
    ] = None,
    sample: Annotated[
        float | None,
        setting("sample", help="Thin out words above this share of the text; 0 keeps all, small alphabets need 1e-2."),
    ] = None,
    noise_pool: Annotated[
        int | None,
        setting(
            "noise_pool", help="Noise words kept for reuse, a power of two, one renewed a center; 0 draws all afresh."
        ),
    ] = None,
    ns_exponent: Annotated[
        float | None,
        setting(
            "ns_exponent", help="Draw noise words by count to this power: 0 uniform, 1 by popularity, may be negative."
        ),
    ] = None,
    epochs: Annotated[int | None, setting("epochs", help="Passes over the text: a small corpus wants more.")] = None,
    lr: Annotated[float | None, setting("lr", help="Learning rate at the start; falls linearly to nothing.")] = None,
    min_count: MinCount = None,
    max_vocab: MaxVocab = None,
    lowercase: Lowercase = None,
    threads: Threads = None,
    seed: Annotated[
        int | None, setting("seed", help="Seeds every draw; with --threads 1 the same seed gives the same bytes.")
    ] = None,
    quiet: Quiet = False,
    log_json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write progress to this file, a JSON object a line.", show_default=False),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep checkpoints in this folder, to resume from.", show_default=False),
    ] = None,
    checkpoint_every: Annotated[
        str, typer.Option(metavar="TIME", help="Time between checkpoints: a number and s, m or h.")
    ] = "10m",
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Go on from the newest checkpoint of this folder, with its corpus and settings.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Train, and write the vectors."""
    from w2v import formats

    paths = resumed_paths(context, resume) if resume else {}
    output = Path(paths.get("output") or output)
    log_json = Path(paths["log_json"]) if paths.get("log_json") else log_json
    settings, every_s = given(context), seconds_of(checkpoint_every)
    if vocab is not None:
        w2v.refuse_pruning(settings)
    refuse_together(init_from, vocab, settings, grow_vocab)
    formats.check_suffix(output)
    written = {"-o": output, "--log-json": unless_stream(log_json)}
    if resume is None:
        config = load_config(config_name, settings)
        source = open_corpus(
            corpus or missing("CORPUS"), written, {"--vocab": vocab, "--config": config_name, "--init-from": init_from}
        )
        known = w2v.Vocab.load(vocab) if vocab is not None else None
    else:
        check_outputs(written)
    from w2v import session as sessions
    from w2v.training import kernel_name, train_embeddings

    kernel = kernel_name()
    with scan_progress(quiet) as report_scan:
        if resume is not None:
            session = sessions.resume(resume, settings, report_scan)
        elif init_from is not None:
            session, encoded = sessions.begin_from(init_from, source, config, grow_vocab, report_scan)
        else:
            session, encoded = sessions.begin(source, config, known, report_scan)
    if not quiet and resume is None:
        describe(encoded, reused=known is not None or init_from is not None)
    if not quiet:
        describe_training(session, kernel)
    check_space(output, formats.expected_bytes(output, session.vocab.words, session.config.dim))
    rows: list[dict[str, Any]] = session.extra.get("log", [])
    extra = {"output": os.path.abspath(output), "log_json": log_json and os.path.abspath(log_json), "log": rows}
    folder = resume or checkpoint
    with (
        sessions.keeping(session, folder, every_s, lambda: extra, say) as keeper,
        training_progress(quiet, log_json, rows) as report_training,
    ):
        embeddings = train_embeddings(
            session.stream, session.vocab, session.config, report_training, start=session.start, keeper=keeper
        )
    with suggesting(f"w2v train --resume {folder} -o FILE" if folder else None):
        formats.write(output, session.vocab.words, embeddings.vectors)
    if not quiet:
        say(f"wrote {output}: {len(session.vocab):,} words x {session.config.dim}")


@app.command(help="Show the words nearest to each WORD, by cosine.")
def similar(
    words: Annotated[list[str], typer.Argument(metavar="WORD", hidden=True)],
    n: Annotated[int, typer.Option("-n", metavar="N", min=1, help="Neighbours to show of each word.")] = 10,
    vectors: Annotated[Path, typer.Option(metavar="FILE", help="The vectors to look in: .bin, .txt or .vec.")] = Path(
        "vectors.bin"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show neighbours."""
    if not vectors.exists():
        raise W2VError(f"there is no file {vectors}; make one with `w2v train`, or name yours with --vectors")
    loaded = w2v.Vectors.load(vectors)
    answers = [(word, loaded.similar(word, n)) for word in words]
    if as_json:
        rows = [
            {"word": word, "neighbours": [{"word": other, "cosine": round(cosine, 6)} for other, cosine in neighbours]}
            for word, neighbours in answers
        ]
        print(json.dumps(rows, ensure_ascii=False))
        return
    print("\n\n".join(table(word, neighbours) for word, neighbours in answers))


@app.command(help="Make a small corpus, train on it and show neighbours.")
def demo() -> None:
    """Show in a few seconds that everything works."""
    from w2v.corpus import Corpus
    from w2v.demo import ASKED, sentences
    from w2v.encoding import encode
    from w2v.training import train_embeddings

    started = time.perf_counter()
    config = load_config("demo", {})
    say("making a corpus of 30,000 sentences; the first run also compiles, which is kept for the next")
    with scan_progress(quiet=False) as report_scan:
        encoded = encode(Corpus(sentences(30_000)), config, report=report_scan)
    describe(encoded, reused=False)
    with training_progress(quiet=False, log_json=None) as report_training:
        embeddings = train_embeddings(encoded.stream, encoded.vocab, config, report_training)
    vectors = w2v.Vectors(encoded.vocab.words, embeddings.vectors)
    print("\n\n".join(table(word, vectors.similar(word, 5)) for word in ASKED))
    say(
        f"done in {time.perf_counter() - started:.1f} s; now your own text: w2v train corpus.txt, then w2v similar WORD"
    )


def given(context: typer.Context) -> dict[str, Any]:
    """Return the settings that were given as flags."""
    names = TrainConfig().as_dict()
    return {name: value for name, value in context.params.items() if name in names and value is not None}


def open_corpus(
    names: list[str], outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | str | None]
) -> "Corpus":
    """Return the corpus, having seen that each output can be written and would replace nothing that is read.

    Args:
        names: the files, folders and globs of the command line.
        outputs: the files to write, by flag.
        inputs: the files to read besides the corpus, by flag.
    """
    from w2v.corpus import Corpus

    source = Corpus(names)
    check_outputs(outputs, inputs)
    for flag, path in outputs.items():
        if path is not None and source.holds(path):
            raise SettingsError(f"{flag} {path} is a file of the corpus, which it would replace; name another")
    return source


def check_outputs(outputs: Mapping[str, Path | None], inputs: Mapping[str, Path | str | None] | None = None) -> None:
    """Raise an error where an output cannot be written, or is an input or another output too."""
    others = {flag: Path(path) for flag, path in (inputs or {}).items() if path is not None}
    for flag, path in outputs.items():
        if path is None:
            continue
        check_writable(path)
        for other_flag, other in others.items():
            if os.path.realpath(path) == os.path.realpath(other):
                raise SettingsError(f"{flag} and {other_flag} are the same file, {path}; name another")
        others[flag] = path


def refuse_together(init_from: Path | None, vocab: Path | None, settings: dict[str, Any], grow_vocab: bool) -> None:
    """Raise SettingsError for flags that cannot go with --init-from, or not without it."""
    if init_from is None and grow_vocab:
        raise SettingsError("--grow-vocab goes with --init-from, whose words it adds to")
    if init_from is not None and vocab is not None:
        raise SettingsError("--vocab cannot go with --init-from, which brings its own words")
    for name in ("dim", "max_vocab"):
        if init_from is not None and name in settings:
            raise SettingsError(f"--{name.replace('_', '-')} cannot go with --init-from, whose vectors it follows")


def missing(argument: str) -> NoReturn:
    """Say that an argument is missing."""
    raise SettingsError(f"missing argument {argument}; see `w2v train --help`")


def resumed_paths(context: typer.Context, folder: Path) -> dict[str, Any]:
    """Return the output and log of the run that a folder's checkpoints are of, but for those given anew.

    Raises:
        SettingsError: a flag was given that cannot go with --resume.
    """
    from w2v.checkpoint import load_extra

    named = {name for name in context.params if context.get_parameter_source(name).name == "COMMANDLINE"}  # type: ignore[union-attr]
    for name in sorted(named - RESUMED_FLAGS):
        flag = "CORPUS" if name == "corpus" else f"--{name.removesuffix('_name').replace('_', '-')}"
        raise SettingsError(f"{flag} cannot go with --resume, which goes on with the corpus and settings it has")
    return {name: path for name, path in load_extra(folder).items() if name not in named}


@contextmanager
def suggesting(command: str | None) -> Iterator[None]:
    """Add to an error the command, if there is one, with which nothing is lost."""
    try:
        yield
    except W2VError as error:
        if command is None:
            raise
        raise W2VError(f"{error}; mend that, and then: {command}") from error


def seconds_of(text: str) -> float:
    """Return the seconds that `90s`, `10m` or `2h` mean."""
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    try:
        seconds = float(text[:-1]) * units[text[-1:]]
    except (ValueError, KeyError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise SettingsError(f"--checkpoint-every must be a number and s, m or h, such as 10m, not '{text}'")
    return seconds


def unless_stream(path: Path | None) -> Path | None:
    """Return the path, or None for a pipe or a device, such as /dev/stderr, in which nothing can be lost."""
    return None if path and path.exists() and not (path.is_file() or path.is_dir()) else path


def describe_training(session: "Session", kernel: str) -> None:
    """Say what is about to be trained, and with what."""
    from w2v.kernels import cache_is_writable
    from w2v.machine import available_threads

    if not cache_is_writable:
        say("compiled code cannot be kept, so each start compiles again: set NUMBA_CACHE_DIR to a folder")
    threads = session.config.threads or available_threads()
    say(
        f"training {len(session.vocab):,} words x {session.config.dim} "
        f"on {threads} thread{'s' * (threads > 1)}, {kernel} kernels"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status; a failure is one line on standard error."""
    # Closed by `>&-`, a stream would leave its number to the next file that is opened.
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    with suppress(ValueError):  # in another thread than the main one
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends a run as Ctrl-C does
    try:
        status = app(args=arguments, prog_name="w2v", standalone_mode=False)
        if status == 130:  # so Typer passes on a KeyboardInterrupt
            raise KeyboardInterrupt
        print(end="", flush=True)
    except W2VError as error:
        return failed(str(error), error.exit_status)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "w2v"
        return failed(f"{error.format_message().rstrip('.')}; see `{command} --help`", 2)
    except (KeyboardInterrupt, typer.Abort):
        return failed("interrupted", 130)
    except BrokenPipeError:  # `w2v similar king | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        return failed("out of memory; a smaller --dim or --max-vocab takes less", 1)
    except OSError as error:
        return failed(": ".join(str(part) for part in (error.filename, error.strerror or error) if part), 1)
    return status if isinstance(status, int) else 0


def failed(message: str, status: int) -> int:
    """Say why a command failed, on one line, and return its exit status."""
    say(" ".join(message.split()))
    return status


if __name__ == "__main__":
    sys.exit(main())
