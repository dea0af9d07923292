"""Read and write vector files in all formats of the registry."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from w2v.base import stores
from w2v.base.arrays import Matrix
from w2v.base.errors import MissingFileError, SettingsError, W2VError, counted, option
from w2v.base.files import STDOUT, check_space, read_together, trial_path
from w2v.formats import native
from w2v.formats.common import check_finite
from w2v.formats.model import Model, Trained
from w2v.formats.options import ReadOptions
from w2v.formats.recognition import beginning, recognised
from w2v.formats.registry import FORMATS, Format, files_of, find, repeated_words, suffix_of
from w2v.formats.unpacking import STDIN, is_unreadable, on_this_machine
from w2v.formats.vocab_table import VocabTable
from w2v.reports import warn
from w2v.text.kinds import refusal
from w2v.text.subwords import NGrams, Subwords

TRIAL_WORDS = 10_000  # Number of words written in a trial. All words are checked for whether they can be stored.


def find_source(path: str | Path, name: str | None = None) -> Format:
    """Return the format of a file to read: by this name, otherwise by its content, otherwise by its suffix.

    Raises:
        W2VError: the file does not exist.
        SettingsError: the format is unknown.
    """
    path = str(path)
    if stores.url_of(path) is None and path != STDIN and not os.path.exists(path):
        if os.path.islink(path):
            raise W2VError(f"the link {path} points to a missing file; fix or remove it")
        raise MissingFileError(f"there is no file {path}; check the name")
    try:
        if name is None and (os.path.isfile(path) or os.path.isdir(path)):
            name = recognised(Path(path))
        return find(path, name)
    except OSError as error:
        raise W2VError(f"cannot read {path}: {error.strerror}") from error
    except SettingsError as error:
        what = refusal(beginning(Path(path))) if name is None and os.path.isfile(path) else None
        hint = f"it is {what[0]}" if what else f"or name the format with {option('from_')}"
        raise SettingsError(f"{error.message}; {hint}", "from_") from None


def read(
    path: str | Path,
    name: str | None = None,
    limit: int | None = None,
    *,
    skip_bad_rows: bool = False,
    encoding: str = "utf-8",
    warn: Callable[[str], None] = warn,
) -> Model:
    """Return the content of a vector file, without duplicate words.

    Args:
        path: the file or folder, compressed or not; a pipe; or - for standard input.
        name: the name of its format, if neither its content nor its suffix shows it.
        limit: return at most this many of the first words; word2vec's and GloVe's files are not read further.
        skip_bad_rows: whether to leave out rows that cannot be read or contain a number that is not finite.
        encoding: encoding of the words in word2vec's and GloVe's files.
        warn: called with messages about what was left out or changed.

    Raises:
        SettingsError: the format is unknown.
        W2VError: the file is missing, is damaged, or has a number that is not finite. Numbers of a mapped matrix (a w2v
            folder or safetensors) are checked when they are used.
    """
    options = ReadOptions(limit=limit, skip_bad_rows=skip_bad_rows, encoding=encoding, warn=warn)
    copy = Path(path)
    try:
        copy = on_this_machine(path, _files_in_store(path, name))
        format = find_source(copy, name)
        module = format.load()
        if format.files:
            folder = copy if copy.is_dir() else copy.parent
            model: Model = read_together(folder, format.files, lambda: module.read(copy, options))
        else:
            model = module.read(copy, options)
    except MissingFileError:
        raise
    except W2VError as error:
        raise type(error)(error.message.replace(str(copy), str(path))) from error
    except MemoryError as error:
        raise W2VError(f"cannot read {path}: not enough memory; convert it to .w2v, which is mapped") from error
    except Exception as error:
        if not is_unreadable(error):
            raise
        raise W2VError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    if limit is not None and limit < len(model.words):
        model = model.first(limit)
    return _without_repeated(path, model, options)


def _files_in_store(path: str | Path, name: str | None) -> tuple[str, ...]:
    """Return the names of the files to download if the path is a folder in a store; empty for a file.

    A file with an unknown suffix is recognised by its content after the download.
    """
    if stores.url_of(path) is None:
        return ()
    try:
        return find(path, name).files
    except SettingsError:
        if name is not None:
            raise
        return ()


def _without_repeated(path: str | Path, model: Model, options: ReadOptions) -> Model:
    """Return a model without the rows of words that an earlier row has.

    A table of words that stays on the disk is not checked, because w2v itself wrote it.
    """
    if isinstance(model.words, VocabTable) or len(set(model.words)) == len(model.words):
        return model
    rows = repeated_words(model.words)
    word = model.words[rows[0]]
    options.warn(
        f"{path}: left out {counted(len(rows), 'row')} with the word of an earlier row, such as row {rows[0] + 1:,}, "
        f"'{word[:80]}', which is in row {model.words.index(word) + 1:,}"
    )
    return replace(model.without(rows), n_repeated=len(rows))


def read_runs(path: str | Path) -> tuple[list[Model], str | None] | None:
    """Return the models of a folder of several runs, and how the corpus was resampled; None for other paths.

    Raises:
        W2VError: the folder is damaged.
    """
    folder = Path(path)
    if stores.url_of(path) or not folder.is_dir() or recognised(folder) != "native":
        return None
    try:
        return read_together(folder, FORMATS["native"].files, lambda: native.read_runs(folder))
    except W2VError:
        raise
    except Exception as error:
        if not is_unreadable(error):
            raise
        raise W2VError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def write(path: str | Path, model: Model, name: str | None = None, *, save_output: bool | None = None) -> list[Path]:
    """Write a vector file, completely or not at all; return the written files.

    Args:
        path: the file or folder.
        model: the model to write.
        name: the name of its format, if the suffix does not show it.
        save_output: whether to write the output rows, in a second file, `output_rows_path`, if the format cannot
            store them. With None, they are written only if the format can store them.

    Raises:
        SettingsError: the format is unknown, or output rows would need a second file next to standard output.
        W2VError: the file cannot be written, the format cannot store some of the words, or a number is not finite.
    """
    format = find(path, name)
    module = format.load()
    _check_words(path, format, model.words)
    check_finite(path, model.words, model.vectors)
    files = files_of(path, format, save_output=bool(save_output and model.output is not None))
    module.write(files[0], model if save_output is not False else replace(model, output=None))
    for second in files[1:]:
        assert model.output is not None
        module.write(second, replace(model, vectors=model.output, output=None))
    return files


def check(
    path: str | Path,
    words: Sequence[str],
    dim: int,
    trained: Trained | None = None,
    *,
    save_output: bool | None = None,
    name: str | None = None,
    ngrams: NGrams | None = None,
    n_lines: int = 0,
    n_models: int = 1,
) -> None:
    """Raise the errors that `write` would raise for these words and settings, before there are vectors to lose.

    The settings and the first words are written next to `path`, with vectors of one number, and then removed.

    Args:
        path: the file or folder that will be written.
        words: (n_types,) the words that will be written.
        dim: the size of their vectors, to compute the needed space.
        trained: how they will be trained.
        save_output: as for `write` if the model has output rows; False if it has none.
        name: the name of its format, if the suffix does not show it.
        ngrams: the n-grams whose rows will be written too.
        n_lines: number of lines with vectors, which are written if the format can store them.
        n_models: number of models of these words in the folder.

    Raises:
        SettingsError: the format is unknown.
        W2VError: the file cannot be written, the format cannot store some of the words, or there is not enough space.
    """
    format = find(path, name)
    module = format.load()
    _check_words(path, format, words)
    if str(path) == STDOUT:
        return
    few = list(words[:TRIAL_WORDS])
    rows, counts = np.ones((len(few), 1), np.float32), np.ones(len(few), np.int64)
    has_output = save_output is not False and "output" in format.stores
    model = Model(few, rows, counts, rows if has_output else None, no_buckets(ngrams, rows), trained=trained)
    with trial_path(path, format.files) as trial:
        try:
            module.write(trial, model)
        except Exception as error:  # any error of a library; later it would cost the vectors
            reason = str(error).replace(str(trial), str(path))
            raise W2VError(reason if isinstance(error, W2VError) else f"cannot write {path}: {reason}") from error
    if suffix_of(path).endswith(".gz"):
        return  # the size is unknown
    n_matrices = ("vectors" in format.stores) + has_output + len(files_of(path, format, save_output=save_output)) - 1
    n_buckets = ngrams.buckets if ngrams is not None and format.every_bucket else 0
    n_rows = len(words) * n_matrices + n_buckets + n_lines * ("lines" in format.stores)
    check_space(path, sum(map(len, words)) + n_models * n_rows * dim * format.number_bytes)


def no_buckets(ngrams: NGrams | None, rows: Matrix) -> Subwords | None:
    """Return n-grams without rows, for words with these rows, (n, dim)."""
    if ngrams is None:
        return None
    return Subwords(replace(ngrams, buckets=1), np.empty(0, np.int64), rows if ngrams.has_word_rows else rows[:0])


def _check_words(path: str | Path, format: Format, words: Sequence[str]) -> None:
    """Raise W2VError if a format cannot store some of the words; the message has the first three."""
    rows = format.unsupported_words(words)
    if rows:
        shown = ", ".join(repr(words[row])[:40] for row in rows[:3]) + ", ..." * (len(rows) > 3)
        raise W2VError(
            f"cannot write {path}: {format.title} cannot hold {len(rows):,} of the words: {shown}; "
            f"rename them, or leave them out: convert with {option('skip_words')}"
        )
