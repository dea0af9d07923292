"""The program: its commands, in the order of the help; `run` runs one and returns its exit status."""

import io
import os
import re
import sys
import warnings
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from itertools import takewhile
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from w2v.base.errors import SettingsError, W2VError, as_flags, option
from w2v.base.version import __version__
from w2v.commands.interrupts import INTERRUPTED, INTERRUPTS
from w2v.commands.screen import FLAGS, print_status
from w2v.commands.summaries import MODULES, SUMMARIES
from w2v.commands.values import ReadsValues
from w2v.settings import aliases as slips


class Program(ReadsValues, TyperGroup):
    """The commands, each of which is loaded when it is used: together they take .15 s, and `--help` .1 s in all."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401
        super().__init__(**attributes)
        names: dict[str, Any] = dict.fromkeys(SUMMARIES)
        self.commands = {**names, **self.commands}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Return a command, None if there is none of this name."""
        return load(cmd_name) if cmd_name in SUMMARIES else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the names and summaries."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@cache
def load(name: str) -> TyperCommand:
    """Return a command by its name."""
    from w2v.commands.options import GroupedCommand

    module = import_module(f"w2v.commands.{MODULES.get(name, name)}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name, cls=GroupedCommand)(getattr(module, name.replace("-", "_")))
    found = get_command(alone)
    assert isinstance(found, TyperCommand)
    return found


app = typer.Typer(
    cls=Program,
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
        if hint is None and len(flag) == 2:  # -o
            continue
        spelled = "--" + flag.lstrip("-").replace("_", "-")
        if hint is None and flag != spelled and spelled in own_flags():  # -dim, --min_count
            hint = f"use {spelled}"
        if hint is not None and flag not in own_flags():
            raise SettingsError(f"w2v has no {flag}: {hint}")


@cache
def own_flags() -> frozenset[str]:
    """Return the flags of all commands, which takes .15 s."""
    commands = map(load, SUMMARIES)
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
