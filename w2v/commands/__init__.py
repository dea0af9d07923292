"""The command line. The commands, in the order of the help; `main` runs one and returns its exit status.

Heavy modules are imported by the command that needs them: `w2v --help` and `w2v similar` load no Numba.
Results go to standard output, progress and errors to standard error.
"""

import io
import os
import signal
import sys
from contextlib import suppress
from typing import Annotated

import typer

import w2v
from w2v.commands.convert import convert
from w2v.commands.corpus import build_vocab, phrases
from w2v.commands.demo import demo
from w2v.commands.evaluate import evaluate
from w2v.commands.info import info
from w2v.commands.options import GroupedCommand
from w2v.commands.plot import plot
from w2v.commands.query import analogy, similar
from w2v.commands.screen import say
from w2v.commands.train import train
from w2v.commands.tune import tune
from w2v.errors import W2VError

app = typer.Typer(
    help="Learn embeddings by negative sampling, from text or any sequences of tokens.\n\n"
    "Try `w2v demo`; then `w2v train corpus.txt` and `w2v similar WORD`.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


for command in (build_vocab, phrases, train, tune, similar, analogy, evaluate, convert, info, plot, demo):
    app.command(cls=GroupedCommand if command in (train, tune) else None)(command)


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status; a failure is one line on standard error."""
    # Closed by `>&-`, a stream would leave its number to the next file that is opened.
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    with suppress(ValueError):  # in another thread than the main one
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends a run as Ctrl-C does
    # Else Numba starts colorama, where there is one, which writes an escape code to a terminal at the end.
    os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")
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
