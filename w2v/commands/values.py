"""The values of options and arguments, read without pydantic."""

from collections.abc import Callable
from functools import partial
from typing import Any


class ReadsValues:
    """A command or program that reads the values of its parameters by `read_value`.

    Typer builds a pydantic type for each parameter, given or not: for `w2v train` that takes .2 s, and the import of
    pydantic .15 s.
    """

    callback: Any
    get_params: Callable[[Any], list[Any]]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Read the command line."""
        kinds = getattr(self.callback, "kinds", {})
        for param in self.get_params(ctx):
            param.process_value = partial(read_value, param, kinds.get(param.name))
        found: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
        return found


def read_value(param: Any, kind: type | None, context: Any, value: Any) -> Any:  # noqa: ANN401
    """Return the value of a parameter: int, float, str or Path as `kind` says.

    Switches, and the errors about values that are missing or wrong, are left to Typer.
    """
    is_list = param.multiple or param.nargs == -1
    if param.required and param.value_is_missing(value):
        return type(param).process_value(param, context, value)
    try:
        found = read_text(value, kind, is_list)
    except ValueError:
        return type(param).process_value(param, context, value)
    return found if param.callback is None else param.callback(context, param, found)


def read_text(value: Any, kind: type | None, is_list: bool) -> Any:  # noqa: ANN401
    """Return what the text of a value means.

    Raises:
        ValueError: it is not of this kind; or kind is None, and there is a value.

    >>> read_text("3", int, False), read_text(["3", "4"], int, True), read_text(None, None, True)
    (3, (3, 4), ())
    """
    if value is None:
        return () if is_list else None
    if kind is None:
        raise ValueError
    return tuple(map(kind, value)) if is_list else kind(value)
