"""Checks before an operation begins: outputs do not replace inputs, and can be written."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from w2v.base.errors import SettingsError, option
from w2v.base.files import STDOUT, check_writable, is_same
from w2v.base.replaced import is_there, shape_of, what_it_holds
from w2v.base.stores import url_of

Paths = Mapping[str, str | Path | Iterable[str | Path] | None]
"""One or more files by the name of their parameter; None if the parameter was not given."""


def check_outputs(
    outputs: Paths,
    inputs: Paths,
    tell: Callable[[str], None],
    holds: Callable[[str | Path], bool] = lambda path: False,
    folder_files: Collection[str] = (),
    *,
    can_stream: bool = False,
) -> None:
    """Check that outputs can be written and replace no input; report the files that they will replace.

    Pipes and devices are not checked, because writing to them replaces nothing.

    Args:
        outputs: the files to write, by parameter.
        inputs: the files to read, by parameter.
        tell: called with a message about each file that will be replaced and its content.
        holds: returns whether a file belongs to the corpus.
        folder_files: if the first output is a folder, the names of its files.
        can_stream: whether the first output may be standard output.

    Raises:
        SettingsError: an output is also an input or another output.
        W2VError: an output cannot be written.
    """
    others = [(name, path) for name, paths in inputs.items() for path in listed(paths)]
    for number, (name, paths) in enumerate(outputs.items()):
        for path in map(Path, listed(paths)):
            if str(path) == STDOUT and not (can_stream and number == 0):
                raise SettingsError(f"{option(name)} -: cannot write to standard output; name a file", name)
            if str(path) == STDOUT or (path.exists() and not (path.is_file() or path.is_dir())):
                continue
            names = folder_files if number == 0 else ()
            parts = [path, *(path / file for file in names)]
            if any(map(holds, parts)):
                raise SettingsError(
                    f"{option(name)} {path} is a file of the corpus, which it would replace; name another", name
                )
            check_writable(path, names)
            for other_name, other in others:
                if any(is_same(part, other) for part in parts):
                    raise SettingsError(
                        f"{option(name)} and {option(other_name)} are the same file, {path}; name another", name
                    )
            others.append((name, path))
    for output in (path for paths in outputs.values() for path in listed(paths)):
        if held := what_it_holds(output):
            tell(f"{output} will be replaced: it holds {held}")


def check_kept_output(name: str, path: str, shape: tuple[int, int] | None = None) -> None:
    """Raise SettingsError if an output that a checkpoint names must not be written without the user's consent.

    Otherwise the writer of a checkpoint could choose which file is overwritten. The output must be in the current
    folder. With a `shape`, (n_types, dim), it must also be missing or contain vectors of this shape, which the run
    itself wrote.
    """
    if path != STDOUT and not (url_of(path) is None and Path(os.path.realpath(path)).is_relative_to(os.getcwd())):
        raise SettingsError(
            f"the checkpoint names an output outside of the current folder, {path}; to write there, name it again: "
            f"{option(name, path)}",
            name,
        )
    if shape is not None and is_there(path) and shape_of(Path(path)) != shape:
        raise SettingsError(
            f"the checkpoint names {path} as the output, which holds something else ({what_it_holds(path)}); to "
            f"replace it, name it again: {option(name, path)}",
            name,
        )


def listed(paths: str | Path | Iterable[str | Path] | None) -> list[str | Path]:
    """Return one or more paths as a list.

    >>> listed(None), listed("a.txt"), listed(("a.txt", "b.txt"))
    ([], ['a.txt'], ['a.txt', 'b.txt'])
    """
    if paths is None:
        return []
    return [paths] if isinstance(paths, str | Path) else list(paths)
