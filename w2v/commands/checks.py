"""Checks before a command begins: that it overwrites nothing that it reads, and that it can write its outputs."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from w2v.base.errors import SettingsError, W2VError
from w2v.base.files import STDOUT, check_writable, is_same
from w2v.base.stores import url_of
from w2v.commands.screen import print_status

if TYPE_CHECKING:
    from w2v.text.corpus import Corpus


def open_corpus(
    names: list[str],
    outputs: Mapping[str, Path | None],
    inputs: Mapping[str, Path | str | None],
    folder_files: Collection[str] = (),
) -> "Corpus":
    """Return the corpus, after checking that each output can be written and is not an input.

    Args:
        names: the files, folders and globs of the command line.
        outputs: the files to write, by flag.
        inputs: the files to read besides the corpus, by flag.
        folder_files: of the first output, as for check_outputs.
    """
    from w2v.text.corpus import Corpus

    source = Corpus(names, warn=print_status)
    check_outputs(outputs, inputs, folder_files)
    for flag, path in outputs.items():
        if path is not None and any(source.holds(part) for part in (path, *(path / name for name in folder_files))):
            raise SettingsError(f"{flag} {path} is a file of the corpus, which it would replace; name another")
    return source


def check_outputs(
    outputs: Mapping[str, Path | None],
    inputs: Mapping[str, Path | str | None],
    folder_files: Collection[str] = (),
) -> None:
    """Raise an error if an output cannot be written, or is an input or another output too.

    Args:
        outputs: the files to write, by flag.
        inputs: the files to read, by flag.
        folder_files: the names of its files, where the first output is to be a folder.
    """
    for flag, path in outputs.items():
        if str(path) == STDOUT:
            raise SettingsError(f"{flag} -: cannot write to standard output; name a file")
    others = {flag: Path(path) for flag, path in inputs.items() if path is not None}
    for number, (flag, path) in enumerate(outputs.items()):
        if path is None:
            continue
        check_writable(path, folder_files if number == 0 else ())
        parts = [path, *(path / name for name in folder_files if number == 0)]
        for other_flag, other in others.items():
            if any(is_same(part, other) for part in parts):
                raise SettingsError(f"{flag} and {other_flag} are the same file, {path}; name another")
        others[flag] = path


def require_argument(values: list[str] | None, argument: str, command: str) -> list[str]:
    """Return the values of an argument, or raise a SettingsError if there are none."""
    if not values:
        raise SettingsError(f"missing argument {argument}; see `w2v {command} --help`")
    return values


def require_file(path: Path, hint: str = "check the name") -> None:
    """Raise a W2VError if there is no file or folder of this name."""
    if url_of(path) is None and not os.path.lexists(path):
        raise W2VError(f"there is no file {path}; {hint}")


def unless_stdout(path: Path) -> Path | None:
    """Return the path, or None for `-`, standard output, which replaces nothing."""
    return None if str(path) == STDOUT else path


def unless_stream(path: Path | None) -> Path | None:
    """Return the path, or None for a pipe or a device, such as /dev/stderr, in which nothing can be lost."""
    return None if path and path.exists() and not (path.is_file() or path.is_dir()) else path


@contextmanager
def with_hint(command: str | None) -> Iterator[None]:
    """Add to an error the command that continues without a loss, if there is one."""
    try:
        yield
    except W2VError as error:
        if command is None:
            raise
        raise W2VError(f"{error}; correct that, and then: {command}") from error
