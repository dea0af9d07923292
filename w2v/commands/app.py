"""The program: its commands, in the order of the help; `run` runs one and returns its exit status."""

import io
import os
import re
import sys
import warnings
from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from typing import Annotated

import typer
from typer.main import get_command

from w2v.base.errors import SettingsError, W2VError, as_flags, option
from w2v.base.version import __version__
from w2v.commands.convert import convert
from w2v.commands.corpus import build_vocab, phrases
from w2v.commands.demo import demo
from w2v.commands.embed import embed
from w2v.commands.evaluate import evaluate
from w2v.commands.infer import infer
from w2v.commands.info import info
from w2v.commands.interrupts import INTERRUPTED, INTERRUPTS
from w2v.commands.options import GroupedCommand
from w2v.commands.plot import plot
from w2v.commands.query import analogy, similar, vector
from w2v.commands.recommend import recommend
from w2v.commands.screen import FLAGS, print_status
from w2v.commands.train import train
from w2v.commands.tune import tune
from w2v.settings import aliases as slips

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
        print(f"w2v {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())


for command in (
    *(build_vocab, phrases, train, tune, similar, analogy, vector, recommend, infer, embed),
    *(evaluate, convert, info, plot, demo),
):
    app.command(cls=GroupedCommand if command in (train, tune) else None)(command)


def run(arguments: list[str] | None) -> int:
    """Run a command and return its exit status; a failure is one line on standard error."""
    # Closed by `>&-`, a stream would leave its number to the next file that is opened.
    sys.stdout, sys.stderr = (stream or open(os.devnull, "w", encoding="utf-8") for stream in (sys.stdout, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    # Else Numba starts colorama, where there is one, which writes an escape code to a terminal at the end.
    os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")
    INTERRUPTS.command_runs = True
    show_warning, warnings.showwarning = warnings.showwarning, lambda message, *_: print_status(str(message))
    try:
        refuse_slips(sys.argv[1:] if arguments is None else arguments)
        status = app(args=arguments, prog_name="w2v", standalone_mode=False)
        if status == INTERRUPTED:  # so Typer passes on a KeyboardInterrupt
            raise KeyboardInterrupt
        print(end="", flush=True)  # here, where an error can still be said
        return status if isinstance(status, int) else 0
    except (Exception, KeyboardInterrupt) as error:
        return exit_status(error)
    finally:
        drop_what_is_not_taken()
        INTERRUPTS.command_runs = False
        warnings.showwarning = show_warning


def drop_what_is_not_taken() -> None:
    """Empty the buffers of standard output and error, which Python would write at exit, and end with status 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def refuse_slips(arguments: Sequence[str]) -> None:
    """Raise SettingsError for a flag or command of another program; Typer would read `-size` as -s -i -z -e."""
    if arguments and arguments[0] in slips.COMMANDS:
        raise SettingsError(f"w2v has no command {arguments[0]}: use `w2v {slips.COMMANDS[arguments[0]]}`")
    for argument in takewhile(lambda argument: argument != "--", arguments):
        flag = argument.partition("=")[0]
        if not re.fullmatch(r"--?[A-Za-z][\w-]*", flag):
            continue
        hint = slips.answer(flag)
        spelled = "--" + flag.lstrip("-").replace("_", "-")
        if hint is None and flag != spelled and spelled in own_flags():  # -dim, --min_count
            hint = f"use {spelled}"
        if hint is not None and flag not in own_flags():
            raise SettingsError(f"w2v has no {flag}: {hint}")


@cache
def own_flags() -> frozenset[str]:
    """Return the flags of all commands."""
    commands = vars(get_command(app))["commands"].values()
    return frozenset(flag for one in commands for param in one.params for flag in param.opts + param.secondary_opts)


def exit_status(error: BaseException) -> int:
    """Say why a command failed, and return its exit status.

    Raises:
        BaseException: `error`, where it is a mistake in the program.
    """
    if isinstance(error, W2VError):
        return exit_with(as_flags(error.message, FLAGS), error.exit_status)
    # What was being imported or compiled when a signal came may fail in any way.
    if isinstance(error, KeyboardInterrupt) or INTERRUPTS.count:
        return exit_with("interrupted", INTERRUPTED)
    match error:
        case typer.TyperException():
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "w2v"
            return exit_with(f"{error.format_message().rstrip('.')}; see `{command} --help`", 2)
        case BrokenPipeError():  # `w2v similar king | head -1`
            return 1
        case MemoryError():
            hint = f"a smaller {option('dim')} or {option('max_vocab')} takes less"
            return exit_with(as_flags(f"out of memory; {hint}", FLAGS), 1)
        case ImportError():  # little memory, or an installation that is broken
            return exit_with(f"cannot load {error.name or 'a library'}: {error}", 1)
        case OSError():
            parts = (error.filename, error.strerror or error)
            return exit_with(": ".join(str(part) for part in parts if part), 1)
    raise error


def exit_with(message: str, status: int) -> int:
    """Print a message on one line, and return the exit status."""
    print_status(" ".join(message.split()))
    return status
