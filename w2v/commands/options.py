"""Settings become options; the options that several commands share."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import typer
from typer.core import TyperCommand
from typer.models import ArgumentInfo

from w2v.base.errors import SettingsError, W2VError
from w2v.commands.screen import FLAGS
from w2v.commands.summaries import SUMMARIES
from w2v.commands.values import ReadsValues
from w2v.formats.registry import help_text, keepers
from w2v.settings.config_files import load_config
from w2v.settings.fields import Field, Setting, check_effect, fields_of, read_field
from w2v.settings.operations import Parameters, settings_for
from w2v.settings.presets import presets
from w2v.settings.train import TrainConfig

Command = Callable[..., None]
NONE = inspect.Parameter.empty  # The default of a parameter that has none

HEADINGS = (
    "Search Corpus Model Subwords Lines Sampling Training Items Output Evaluation Checkpoints Cluster Options".split()
)
"""The headings in the help of a command with many options, in order."""
WIDEST = 28  # In the help, flags that are wider than this have a line of their own
MANY_OPTIONS = 30
"""In commands with more options than this, --help shows those that are common, and --help-all shows all."""
SHOWS_ALL = "w2v.shows_all"  # In the `meta` of a context: whether the help shows all options
METAVARS = {bool: None, int: "N", float: "X", str: "NAME", Path: "FILE"}


class GroupedCommand(ReadsValues, TyperCommand):
    """A command whose help has a heading for each group, if it has many options.

    Typer's own headings need Rich, which takes long to load.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Read the command line, after flags that may stand alone have got their value."""
        return super().parse_args(ctx, with_bare_values(args))

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the options under their headings, all in two columns."""
        rare = vars(self.callback)["rare"]
        if not rare:
            super().format_options(ctx, formatter)
            return
        groups: dict[str, list[tuple[str, str]]] = {heading: [] for heading in HEADINGS}
        left_out = () if SHOWS_ALL in ctx.meta else rare
        for param in self.get_params(ctx):
            if param.name not in left_out and (record := param.get_help_record(ctx)) is not None:
                groups.setdefault(getattr(param, "rich_help_panel", None) or "Options", []).append(record)
        width = max(len(flags) for rows in groups.values() for flags, _ in rows if len(flags) <= WIDEST)
        for heading, rows in groups.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl([(flags.ljust(width), text) for flags, text in rows])


def command(help: str, *settings: Field) -> Callable[[Command], Command]:
    """Make a function a command: give it its help, which follows its summary, and make options of the settings.

    A parameter whose annotation describes a setting becomes an option too. The function gets the settings that the
    user gave as `**settings`, and a setting that it has a parameter for in any case.
    """

    def decorate(function: Command) -> Command:
        parameters = inspect.signature(function).parameters
        defaults = {name: MISSING if one.default is NONE else one.default for name, one in parameters.items()}
        found = (read_field(name, one.annotation, defaults[name]) for name, one in parameters.items())
        own = [field for field in found if field is not None]
        known = [*own, *settings]
        decisive = {field.name for field in (*own, *fields_of(Parameters))}  # a config file may change the others
        expected = {name for name, one in parameters.items() if one.kind is not one.VAR_KEYWORD}
        arguments = arguments_of(parameters)
        names = {field.name: field.flag for field in known} | {name: shown for name, (shown, _) in arguments.items()}
        FLAGS.update(names)

        def run(context: typer.Context, help_all: bool = False, **values: Any) -> None:  # noqa: ANN401
            FLAGS.update(names)
            given = {name for name in values if is_given(context, name)}
            for field in known:
                if field.name in given:
                    values[field.name] = field.from_text(values[field.name])
                if field.name in expected and (value := values[field.name]) is not None:
                    for one in value if isinstance(value, list) else [value]:
                        field.check(one)
            decided = {name: values[name] for name in values if name in decisive}
            check_effect(known, {name: values[name] for name in values if name in given}, decided)
            for field in settings:
                if field.name not in given | expected:
                    del values[field.name]
            try:
                function(**({"context": context} if "context" in expected else {}), **values)
            except EOFError as error:  # for Typer an interrupt
                raise W2VError("a file ended before it should; it may be damaged") from error

        rare = {field.name for field in known if not field.setting.is_common} if len(known) > MANY_OPTIONS else set()
        signature = signature_of(parameters, own, settings, has_help_all=bool(rare))
        run.__name__ = function.__name__
        run.__doc__ = f"{SUMMARIES[function.__name__.replace('_', '-')]}\n\n{help}"
        kinds = {field.name: type_of(field) for field in known if field.kind is not bool}
        kinds |= {name: kind for name, (_, kind) in arguments.items()}
        run.__signature__, run.rare, run.kinds = signature, rare, kinds  # type: ignore[attr-defined]
        return run

    return decorate


def check_flags(operation: str, config: str | None, given: Mapping[str, Any]) -> None:
    """Raise a SettingsError if a flag has no effect, even with the value that it has by default."""
    names = {field.name for field in settings_for(operation)}
    load_config(config, {name: given[name] for name in given if name in names}, is_explicit=True)


def with_bare_values(args: Sequence[str]) -> list[str]:
    """Return the arguments with the value of each flag that stands alone: `--subwords` is `--subwords=fasttext`."""
    may_stand_alone = {field.flag: field for field in fields_of(TrainConfig) if field.setting.bare}
    found = list[str]()
    for arg, after in pairwise([*args, ""]):
        field = may_stand_alone.get(arg)
        found.append(arg if field is None or after in field.choices else f"{arg}={field.setting.bare}")
    return found


def arguments_of(parameters: Mapping[str, inspect.Parameter]) -> dict[str, tuple[str, type]]:
    """Return how the help names each argument, and the type of a value: `corpus` is CORPUS, of str."""
    found = dict[str, tuple[str, type]]()
    for name, one in parameters.items():
        hint, *notes = get_args(one.annotation) if get_origin(one.annotation) is Annotated else (one.annotation,)
        for note in notes:
            if isinstance(note, ArgumentInfo):
                found[name] = str(note.metavar), Path if hint is Path else str
    return found


def type_of(field: Field) -> type:
    """Return the type of the text of an option.

    A choice is text: `Field.check` checks it, with the same message in a config file and in Python.
    """
    return str if field.choices and field.kind is not bool else field.kind


def is_given(context: typer.Context, name: str) -> bool:
    """Return whether an option or argument stands on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def signature_of(
    parameters: Mapping[str, inspect.Parameter], own: Sequence[Field], settings: Sequence[Field], has_help_all: bool
) -> inspect.Signature:
    """Return the signature that Typer reads: arguments as they are, and an option for each setting."""
    options = {field.name: option(field, field.default if field.name in parameters else None) for field in settings}
    options |= {field.name: option(field, field.default) for field in own}
    signature = {"context": keyword("context", typer.Context)}
    for name, parameter in parameters.items():
        if name not in signature and parameter.kind is not parameter.VAR_KEYWORD:
            plain = keyword(name, parameter.annotation, parameter.default)
            signature[name] = options.pop(name, plain)
    if has_help_all:
        options["help_all"] = keyword("help_all", HelpAll, False)
    return inspect.Signature([*signature.values(), *options.values()])


def keyword(name: str, annotation: object, default: object = NONE) -> inspect.Parameter:
    """Return a parameter that is given by its name."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def option(field: Field, default: object) -> inspect.Parameter:
    """Return the parameter that Typer makes an option of."""
    setting, is_switch = field.setting, field.kind is bool
    is_on = is_switch and not any("/" in flag for flag in field.flags)
    kind: Any = type_of(field)
    hint = list[kind] if field.is_list else kind
    offered = None if is_switch or not field.choices else [str(choice) for choice in field.choices]
    described = typer.Option(
        *field.flags,
        help=field.help + (f"  [default: {field.shown_default}]" if field.shown_default and not is_on else ""),
        show_default=False,
        metavar=setting.metavar or METAVARS[field.kind],
        rich_help_panel=setting.group,
        autocompletion=setting.complete or (None if offered is None else lambda: offered),
    )
    return keyword(
        field.name,
        Annotated[hint | None if default is None else hint, described],
        NONE if default is MISSING else default,
    )


def show_all(context: typer.Context, is_wanted: bool) -> None:
    """Print the help with all options, if --help-all is given."""
    if is_wanted:
        context.meta[SHOWS_ALL] = True
        print(context.get_help())
        raise typer.Exit


HelpAll = Annotated[
    bool, typer.Option("--help-all", help="Show all options and exit.", is_eager=True, callback=show_all)
]
# The help explains an argument above the options, because Typer's own list shows its Python type.
CorpusFiles = Annotated[list[str], typer.Argument(metavar="CORPUS", hidden=True)]
CORPUS_HELP = (
    "Each CORPUS is a file, a folder, a glob, or - for standard input; plain, .gz, .bz2, .xz or .zst, recognised by "
    "its content. Whitespace separates the words, and a newline ends a sentence. "
    "With --column it is JSON Lines, CSV, TSV or Parquet."
)
FORMATS_HELP = help_text()

ConfigName = Annotated[
    str | None,
    "Settings from a TOML file, a preset or a .w2v folder, whose run is repeated; flags win over it.",
    Setting(
        "Training",
        flags=("--config",),
        metavar="FILE|NAME|DIR",
        complete=lambda: list(presets()),
        not_with={"resume": ()},
        is_common=True,
    ),
]
VectorsFile = Annotated[Path, "The file of vectors, in any format."]
Neighbours = Annotated[int, "Number of neighbours to show per word.", Setting(low=1, flags=("-n",))]
Restrict = Annotated[
    int, "Answer with this many words, the most frequent; 0 takes all.", Setting(low=0, high=2**31 - 2)
]
SaveOutput = Annotated[
    bool | None,
    "Write the output rows too, in a second file (vectors.output.bin) where the format cannot store them.",
    Setting("Output", unset=f"in {keepers('output')}"),
]
AsJson = Annotated[bool, "Print JSON.", Setting(flags=("--json",))]
Quiet = Annotated[bool, "Print only warnings and errors.", Setting("Output", flags=("--quiet",), is_common=True)]
FormatName = Annotated[
    str | None,
    "The format of the file, if neither its content nor its name shows it.",
    Setting(flags=("--from",), metavar="FORMAT"),
]
Limit = Annotated[int | None, "Read at most this many words, the first.", Setting(low=1, unset="all")]
SkipBadRows = Annotated[
    bool,
    "Leave out rows that cannot be read or have a number that is not finite.",
    Setting(flags=("--skip-bad-rows",)),
]


def require_argument(values: list[str] | None, argument: str, command: str) -> list[str]:
    """Return the values of an argument, or raise a SettingsError if there are none."""
    if not values:
        raise SettingsError(f"missing argument {argument}; see `w2v {command} --help`")
    return values
