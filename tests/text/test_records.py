"""A column of JSON Lines or Parquet is the text that its rows hold, and what else stands there is named."""

import csv
import gzip
import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2v.base.errors import SettingsError, W2VError, W2VWarning, as_keywords
from w2v.settings.train import TrainConfig
from w2v.text import corpus
from w2v.text import records as rows
from w2v.text.corpus import Corpus
from w2v.text.encoding import encode

Write = Callable[[Path, list[Any]], Path]
TEXTS = ["the cat sat", "on thé mat\nand slept", "", "世界 \U0001f600", "two  spaces\tand\u3000more"]
EXPECTED = [line.split() for text in TEXTS for line in text.split("\n") if line.split()]


def write_json(path: Path, values: list[Any]) -> Path:
    lines = [json.dumps({"id": number, "text": value}) for number, value in enumerate(values)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_parquet(path: Path, values: list[Any]) -> Path:
    pq.write_table(pa.table({"id": list(range(len(values))), "text": values}), path)
    return path


each_kind = pytest.mark.parametrize("write", [write_json, write_parquet], ids=["json", "parquet"])


def read(source: Any, column: str = "text") -> bytes:  # noqa: ANN401
    return b"".join(Corpus(source).blocks(column))


def sentences(source: Any, column: str = "text") -> list[list[str]]:  # noqa: ANN401
    lines = read(source, column).decode("utf-8", "replace").split("\n")
    return [line.split() for line in lines if line.split()]


def complaint(source: Any, column: str = "text") -> str:  # noqa: ANN401
    with pytest.raises(W2VError) as caught:
        read(source, column)
    message = str(caught.value)
    assert message.splitlines() == [message]
    return message


# Both kinds.


@each_kind
def test_a_row_is_a_sentence_at_least(tmp_path: Path, write: Write) -> None:
    assert sentences(write(tmp_path / "a", TEXTS)) == EXPECTED


@each_kind
def test_lists_of_strings_are_tokens(tmp_path: Path, write: Write) -> None:
    assert sentences(write(tmp_path / "a", [["b", "a"], [], ["世界"]])) == [["b", "a"], ["世界"]]


@each_kind
def test_rows_of_nothing_are_passed_over_and_counted(tmp_path: Path, write: Write) -> None:
    path = write(tmp_path / "a", [None, "one two", None, "three"])
    encoded = encode(Corpus([path, path]), TrainConfig(min_count=1, column="text"))
    assert encoded.rows_empty == 4
    assert encoded.tokens_read == 6


@each_kind
def test_tokens_that_are_no_words_are_named_with_their_row(tmp_path: Path, write: Write) -> None:
    assert "2: column 'text'" in (said := complaint(write(tmp_path / "a", [["fine"], ["New York"]])))
    assert "'New York' has whitespace" in said
    assert "an empty token" in complaint(write(tmp_path / "a", [["a", ""]]))
    assert "None, which is neither a string" in complaint(write(tmp_path / "a", [["a", None]]))


@each_kind
def test_a_column_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path, write: Write) -> None:
    assert complaint(write(tmp_path / "some", TEXTS), "txt").endswith("some has no column 'txt'; it has 'id', 'text'")


@each_kind
def test_integers_are_ids(tmp_path: Path, write: Write) -> None:
    assert sentences(write(tmp_path / "a", [5, -1])) == [["5"], ["-1"]]
    assert sentences(write(tmp_path / "b", [[1, 22], [], [3]])) == [["1", "22"], ["3"]]


@each_kind
def test_numbers_are_no_text(tmp_path: Path, write: Write) -> None:
    said = complaint(write(tmp_path / "some", [5.5]))
    assert "some" in said and "column 'text'" in said and "neither text nor" in said


@each_kind
def test_folders_and_globs_of_files(tmp_path: Path, write: Write) -> None:
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep/a.part", ["one"])
    write(tmp_path / "deep/b.part", ["two"])
    assert sentences(tmp_path) == sentences(str(tmp_path / "**/*.part")) == [["one"], ["two"]]


@each_kind
def test_bytes_read_come_to_the_size_of_the_files(tmp_path: Path, write: Write) -> None:
    path = write(tmp_path / "a", ["word " * 100] * 3_000)
    source = Corpus([path, path])
    with patch.object(rows, "BLOCK", 10_000):
        done = [source.bytes_read for _ in source.blocks("text")]
    assert done == sorted(done) and len(set(done)) > 3
    assert source.bytes_read == source.bytes_total == 2 * path.stat().st_size


@each_kind
def test_one_row_as_long_as_a_book_comes_in_blocks(tmp_path: Path, write: Write) -> None:
    path = write(tmp_path / "a", ["short", "word " * 10_000, "last"])
    with patch.object(corpus, "BLOCK", 1_000), patch.object(rows, "BLOCK", 1_000):
        blocks = list(Corpus(path).blocks("text"))
    assert max(map(len, blocks)) <= 4_000
    assert b"".join(blocks).split() == [b"short", *[b"word"] * 10_000, b"last"]


@each_kind
def test_half_a_character_is_mended(tmp_path: Path, write: Write) -> None:
    path = tmp_path / "a"
    if write is write_json:
        path.write_bytes(b'{"text": "bad\\ud800 fine"}\n{"text": "caf\xe9"}\n')
    else:
        values = pa.array([b"bad\xed\xa0\x80 fine", b"caf\xe9"], pa.binary())
        pq.write_table(pa.table({"text": values}), path)
    encoded = encode(Corpus(path), TrainConfig(min_count=1, column="text"))
    assert encoded.tokens_mended == 2
    assert encoded.vocab.words == ["bad\ufffd\ufffd\ufffd", "caf\ufffd", "fine"]


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(texts=st.lists(st.text(max_size=20), min_size=1, max_size=20), block=st.integers(1, 40))
def test_any_text_is_that_of_str_split(tmp_path_factory: pytest.TempPathFactory, texts: list[str], block: int) -> None:
    folder = tmp_path_factory.getbasetemp()
    expected = [line.split() for text in texts for line in text.split("\n") if line.split()]
    for write, name in ((write_json, "any.jsonl"), (write_parquet, "any.parquet")):
        with patch.object(rows, "BLOCK", block), patch.object(corpus, "BLOCK", block):
            assert sentences(write(folder / name, texts)) == expected


def test_token_lists_have_no_columns() -> None:
    with pytest.raises(SettingsError, match="column needs files"):
        read([["a", "b"]])


# JSON Lines.


def test_json_lines_packed_and_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(write_json(tmp_path / "a", TEXTS).read_bytes())
    (tmp_path / "a.jsonl.gz").write_bytes(packed)
    assert sentences(tmp_path / "a.jsonl.gz") == EXPECTED
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(packed)))
    assert sentences("-") == EXPECTED


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_blank_lines_a_bom_and_other_keys_do_not_matter(tmp_path: Path, end: bytes) -> None:
    data = b'\xef\xbb\xbf{"text": "one"}\n\n \n{"id": {"text": 5}, "text": "two", "rest": [NaN, null]}' + end
    (tmp_path / "a").write_bytes(data)
    assert sentences(tmp_path / "a") == [["one"], ["two"]]


@pytest.mark.parametrize(
    "line", [b"{", b"plain text", b'["text"]', b'"text"', b"5", b"null", b'{"text": "a"} more', b"[" * 100_000]
)
def test_a_line_that_is_no_object_is_named(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "some.jsonl").write_bytes(b'{"text": "fine"}\n\n' + line + b"\n")
    assert "some.jsonl, line 3 is no JSON object" in complaint(tmp_path / "some.jsonl")


def test_an_object_without_the_column_is_a_row_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"id": 1}\n{"text": "one"}\n{"id": 2}\n')
    source = Corpus(tmp_path / "a")
    assert b"".join(source.blocks("text")) == b"one\n"
    assert source.rows_empty == 2


def test_a_wrong_name_is_found_out_early(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text('{"id": 1}\n' * rows.ROWS_BEFORE_MISSING + "no JSON at all\n")
    assert complaint(path).endswith("has no column 'text'; it has 'id'")
    path.write_text('{"id": 1}\n' * (rows.ROWS_BEFORE_MISSING - 1) + '{"text": "late"}\n')
    assert sentences(path) == [["late"]]


def test_what_looks_like_json_lines_is_said_once(tmp_path: Path) -> None:
    paths = [write_json(tmp_path / name, TEXTS) for name in ("a.jsonl", "b.txt")]
    said: list[str] = []
    assert b"".join(Corpus(paths, said.append).blocks()).startswith(b'{"id": 0, "text": "the cat sat"}\n')
    assert len(said) == 1 and "a.jsonl looks like JSON Lines" in said[0] and "column" in as_keywords(said[0])
    with pytest.warns(W2VWarning, match="looks like JSON Lines.*; column NAME reads"):
        list(Corpus(paths[1]).blocks())


@pytest.mark.parametrize("text", [b"{ brace } and text", b"{}", b"", b"[1] says: hello", b'{"a quote" is no key}'])
def test_text_that_begins_almost_like_json_is_text(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "a").write_bytes(text)
    said: list[str] = []
    assert b"".join(Corpus(tmp_path / "a", said.append).blocks()) == text + b"\n"
    assert said == []


# Parquet.


def string_types() -> list[Any]:
    return [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.binary(),
        pa.dictionary(pa.int32(), pa.string()),
    ]


@pytest.mark.parametrize("kind", string_types(), ids=str)
def test_strings_of_every_type(tmp_path: Path, kind: Any) -> None:  # noqa: ANN401
    values = pa.array([*TEXTS, None], pa.string()).cast(kind)
    pq.write_table(pa.table({"text": values}), tmp_path / "a", row_group_size=2)
    assert sentences(tmp_path / "a") == EXPECTED


def test_rows_are_numbered_through_batches(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a", [["fine"]] * 25 + [["no word"]])
    with patch.object(rows, "BATCH", 10):
        assert ", row 26: column 'text'" in complaint(tmp_path / "a")


def test_parquet_without_a_column_is_refused(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a", TEXTS)
    with pytest.raises(W2VError, match="is a Parquet file; name the column to read with column"):
        list(Corpus(tmp_path / "a").blocks())


def test_parquet_is_read_from_a_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_parquet(tmp_path / "a", TEXTS).read_bytes()
    (tmp_path / "a.gz").write_bytes(gzip.compress(data))
    assert "not packed or piped" in complaint(tmp_path / "a.gz")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert "standard input is a Parquet file" in complaint("-")


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    data = write_parquet(tmp_path / "some", [os.urandom(20).hex() for _ in range(2_000)]).read_bytes()
    for length in (5, 8, len(data) // 2, len(data) - 1):
        (tmp_path / "some").write_bytes(data[:length])
        assert "cannot read" in (said := complaint(tmp_path / "some")) and "some" in said
    (tmp_path / "some").write_bytes(data[:1_000] + bytes(10_000) + data[11_000:])
    assert "cannot read" in complaint(tmp_path / "some")


def test_no_rows_are_no_words(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "a")
    assert sentences(tmp_path / "a") == []


def test_without_pyarrow_the_way_to_get_it_is_said(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a", TEXTS)
    with patch.dict(sys.modules, {"pyarrow": None}):
        assert "pip install pyarrow" in complaint(tmp_path / "a")


def test_parquet_with_two_columns_of_one_name(tmp_path: Path) -> None:
    columns = [pa.array(["a b"]), pa.array(["c d"]), pa.array(["e f"])]
    pq.write_table(pa.Table.from_arrays(columns, names=["text", "text", "other"]), tmp_path / "a")
    with pytest.raises(W2VError, match="a has 2 columns named 'text'; rename or drop one"):
        list(Corpus(tmp_path / "a").blocks("text"))
    assert b"".join(Corpus(tmp_path / "a").blocks("other")).split() == [b"e", b"f"]


# CSV and TSV.


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_are_read_as_python_writes_them(tmp_path: Path, delimiter: str) -> None:
    with (tmp_path / "a").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([["id", "text"], *([number, text] for number, text in enumerate([*TEXTS, 'a "quote", b'], 1))])
    assert sentences(tmp_path / "a") == [*EXPECTED, ["a", '"quote",', "b"]]
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + (tmp_path / "a").read_bytes()))
    assert sentences(tmp_path / "a.gz") == sentences(tmp_path / "a")


def test_empty_fields_are_rows_of_nothing_and_blank_lines_are_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("id,text\n1,a b\n\n2,\n3,c\n")
    encoded = encode(Corpus(tmp_path / "a"), TrainConfig(min_count=1, column="text"))
    assert (encoded.rows_empty, encoded.tokens_read) == (1, 3)


def test_a_table_of_one_column(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text\na b\nc\n")
    assert sentences(tmp_path / "a") == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("id,text\n1,a,b\n", "line 2: expected 2 fields, found 3"),
        ('id,text\n1,"a\nb"\n2\n', "line 4: expected 2 fields, found 1"),
        ('id,text\n1,"a"b\n', "line 2: .*quotes in a field must be doubled"),
        ('id,text\n1,"a', "line 2: "),
        ("id,body\n1,a\n", "no column 'text'; it has 'id', 'body'"),
        ("text,text\n1,a\n", "2 columns named 'text'"),
        ('[{"text": "a"}]', "is no JSON object.*jq"),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, data: str, said: str) -> None:
    (tmp_path / "a").write_text(data)
    assert re.search(said, complaint(tmp_path / "a"))
