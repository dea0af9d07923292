"""The registry of formats: what is derived from it, and that it loads nothing."""

from dataclasses import fields
from pathlib import Path

import pytest
from helpers import python

from w2v.base.errors import SettingsError
from w2v.formats import registry
from w2v.formats.model import Model
from w2v.formats.registry import FORMATS, PARTS, files_of, find, what_is_lost


def test_it_does_not_load_numpy() -> None:
    code = "import sys, w2v.formats.registry; print({'numpy', 'pyarrow', 'w2v.formats.native'} & {*sys.modules})"
    assert python(code) == "set()\n"


def test_parts_are_fields_of_the_model() -> None:
    names = {field.name for field in fields(Model)}
    assert {*PARTS} | {"words", "vectors", "norms", "n_repeated", "dtype"} == names
    for format in FORMATS.values():
        assert {*format.stores} <= names


def test_suffixes_lead_to_one_format_each() -> None:
    suffixes = [suffix for format in FORMATS.values() for suffix in format.suffixes]
    assert len(suffixes) == len(set(suffixes))
    for format in FORMATS.values():
        assert all(find(f"v{suffix}") is format for suffix in format.suffixes)
        assert all(find(f"v{suffix}.gz") is format for suffix in format.suffixes if format.can_gzip)
        assert find("v", format.name) is format


def test_messages_name_what_there_is() -> None:
    with pytest.raises(SettingsError, match=r"v\.tgz ends in '\.tgz'.*\.w2v.*\.gz after \.bin, \.txt, \.vec, \.glove"):
        find("v.tgz")
    with pytest.raises(SettingsError, match="a w2v folder cannot go to standard output; word2vec-text, word2vec, "):
        find("-", "native")
    assert find("-").name == "word2vec-text"


def test_the_help_has_every_format() -> None:
    for format in FORMATS.values():
        assert " ".join([format.name, *format.suffixes]) in registry.help_text()


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_what_is_lost_is_what_is_not_stored(format: registry.Format) -> None:
    for part, text in PARTS.items():
        assert (text in what_is_lost(format, [part], PARTS)) == (part not in format.stores)
    assert what_is_lost(format, ["words", "vectors", "counts", "trained"]) == "", "said when converting alone"


def test_the_sentence_names_formats_that_keep_it_all() -> None:
    said = what_is_lost(FORMATS["glove"], ["subwords", "lines"])
    assert said == "GloVe text cannot store the rows of n-grams and line vectors, which are left out; .w2v can"
    assert what_is_lost(FORMATS["glove"], ["subwords"]).endswith("; .w2v or .fasttext.bin can")


def test_output_rows_take_a_second_file_only_where_asked_for_and_needed() -> None:
    two = [Path("a/v.bin"), Path("a/v.output.bin")]
    assert files_of("a/v.bin", FORMATS["word2vec"], save_output=True) == two
    for save_output in (None, False):
        assert files_of("a/v.bin", FORMATS["word2vec"], save_output=save_output) == two[:1]
    for name in ("native", "fasttext", "word2vec-vocab"):
        assert files_of("v", FORMATS[name], save_output=True) == [Path("v")]
    with pytest.raises(SettingsError, match="save_output needs a file to write to"):
        files_of("-", FORMATS["word2vec"], save_output=True)
