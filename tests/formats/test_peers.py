"""Each format is read by the program that it belongs to; gensim's part is in test_formats.py."""

import json
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from w2v.base.errors import W2VError
from w2v.formats import safetensors, vector_files
from w2v.formats.model import Model, Trained
from w2v.text.words import JOINERS, split_words

WORDS = ["the", "世界", "It's", "</s>", "🙂", "#x"]
MATRIX = np.random.default_rng(1).standard_normal((6, 5), np.float32)
COUNTS = np.array([9, 5, 5, 3, 2, 1])


def test_a_native_folder_is_what_numpy_and_json_read(tmp_path: Path) -> None:
    settings = {"w2v": "0.1.0", "settings": {"seed": 3}, "corpus": [{"name": "ü.txt"}]}
    vector_files.write(tmp_path / "a.w2v", Model(WORDS, MATRIX, COUNTS, MATRIX * 2, trained=Trained(settings)))
    np.testing.assert_array_equal(np.load(tmp_path / "a.w2v/vectors.npy"), MATRIX)
    np.testing.assert_array_equal(np.load(tmp_path / "a.w2v/output.npy"), MATRIX * 2)
    lines = (tmp_path / "a.w2v/vocab.tsv").read_text(encoding="utf-8")
    assert lines == "".join(f"{word}\t{count}\n" for word, count in zip(WORDS, COUNTS, strict=True))
    config = json.loads((tmp_path / "a.w2v/config.json").read_bytes())
    assert config == {"format": 1, "trained": settings}


def test_a_native_folder_is_mapped_and_stays_so_when_it_is_replaced(tmp_path: Path) -> None:
    for factor in (1, 2):
        vector_files.write(tmp_path / "a.w2v", Model(WORDS, MATRIX * factor, output=MATRIX if factor == 1 else None))
        held = vector_files.read(tmp_path / "a.w2v")
        assert isinstance(held.vectors, np.memmap)
        if factor == 1:
            before = held
    np.testing.assert_array_equal(before.vectors, MATRIX)
    np.testing.assert_array_equal(held.vectors, MATRIX * 2)
    assert held.output is None and [path.name for path in tmp_path.iterdir()] == ["a.w2v"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("vectors.npy", b"\x80\x04N.", "damaged"),
        ("config.json", b'{"format": 2, "trained": null}', "version 2"),
        ("config.json", b"[" * 100_000, "damaged"),
        ("config.json", b'{"format": 1, "trained": {"settings": 5}}', "damaged"),
        (
            "vectors.npy",
            b"\x93NUMPY\x01\x00\x3e\x00{'descr': 'a', 'fortran_order': False, 'shape': (1,), }     \n",
            "damaged",
        ),
        ("vectors.npy", b"PK\x05\x06" + bytes(18), "damaged"),
        ("vocab.tsv", b"a\t1\nb\n", "a count is missing"),
        ("vocab.tsv", b"a\tx\n", "damaged"),
        ("vocab.tsv", b"a\n", "for 1 words"),
    ],
)
def test_damage_to_a_native_folder_is_named(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    vector_files.write(tmp_path / "a.w2v", Model(WORDS, MATRIX))
    (tmp_path / "a.w2v" / name).write_bytes(data)
    with pytest.raises(W2VError, match=said):
        vector_files.read(tmp_path / "a.w2v")


def test_nothing_pickled_is_loaded(tmp_path: Path) -> None:
    vector_files.write(tmp_path / "a.w2v", Model(WORDS, MATRIX))
    np.save(tmp_path / "a.w2v/vectors.npy", np.array([{}] * 6, object), allow_pickle=True)
    with pytest.raises(W2VError, match="damaged"):
        vector_files.read(tmp_path / "a.w2v")


@pytest.mark.parametrize("lowercase", [False, True])
def test_model2vec_has_the_mean_of_the_words_vectors(tmp_path: Path, lowercase: bool) -> None:
    StaticModel = pytest.importorskip("model2vec", reason="needs the extra `test-all`").StaticModel

    trained = Trained({"settings": {"lowercase": lowercase}})
    vector_files.write(tmp_path / "a.safetensors", Model(WORDS, MATRIX, trained=trained))
    model = StaticModel.from_pretrained(tmp_path / "a.safetensors")
    text = ["the 世界", "It's #x", "The", "unknown", "\u3000🙂\n"]
    means = [
        MATRIX[:2].mean(0),
        MATRIX[5] if lowercase else MATRIX[[2, 5]].mean(0),
        MATRIX[0] * lowercase,
        0,
        MATRIX[4],
    ]
    for found, expected in zip(model.encode(text), means, strict=True):
        np.testing.assert_allclose(found, np.broadcast_to(expected, 5), atol=1e-6)


def test_a_tokenizer_separates_words_as_the_training_did(tmp_path: Path) -> None:
    Tokenizer = pytest.importorskip("tokenizers", reason="needs the extra `test-all`").Tokenizer
    text = (
        "The cat's 'well-known' Egypt--no, 3.14! new_york l\u2019\u00e9t\u00e9 \u0627\u064f\u0628 "
        "\u0928\u092e\u0938\u094d\u0924\u0947 a\u200db -x- y_ \u2167"
    )
    words = sorted({*split_words(text)})
    trained = Trained({"settings": {"words": True}})
    matrix = np.ones((len(words), 2), np.float32)
    vector_files.write(tmp_path / "a.safetensors", Model(words, matrix, trained=trained))
    tokenizer = Tokenizer.from_file(str(tmp_path / "a.safetensors/tokenizer.json"))
    assert tokenizer.encode(text).tokens == split_words(text)


def test_joiners_are_those_of_words() -> None:
    assert {*safetensors.JOINERS} - {"\\"} == JOINERS


def test_safetensors_library_and_tokenizers_agree(tmp_path: Path) -> None:
    load_file = pytest.importorskip("safetensors.numpy", reason="needs the extra `test-all`").load_file
    Tokenizer = pytest.importorskip("tokenizers", reason="needs the extra `test-all`").Tokenizer
    vector_files.write(tmp_path / "a.safetensors", Model([*WORDS[:5], "[UNK]"], MATRIX))
    np.testing.assert_array_equal(load_file(tmp_path / "a.safetensors/model.safetensors")["embeddings"], MATRIX)
    tokenizer = Tokenizer.from_file(str(tmp_path / "a.safetensors/tokenizer.json"))
    assert tokenizer.encode("It's the other").ids == [2, 0, 5]
    assert vector_files.read(tmp_path / "a.safetensors").words == [*WORDS[:5], "[UNK]"]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_what_model2vec_writes_is_read(tmp_path: Path, dtype: type[np.float32]) -> None:
    StaticModel = pytest.importorskip("model2vec", reason="needs the extra `test-all`").StaticModel

    vector_files.write(tmp_path / "a.safetensors", Model(WORDS, MATRIX))
    model = StaticModel.from_pretrained(tmp_path / "a.safetensors")
    model.embedding = model.embedding.astype(dtype)
    model.save_pretrained(tmp_path / "b")
    for held in (
        vector_files.read(tmp_path / "b", "safetensors"),
        vector_files.read(tmp_path / "b/model.safetensors"),
    ):
        assert held.words == [*WORDS, "[UNK]"]
        np.testing.assert_array_equal(held.vectors[:6], MATRIX.astype(dtype))


def test_tokens_that_are_not_one_a_row_are_refused(tmp_path: Path) -> None:
    vector_files.write(tmp_path / "a.safetensors", Model(WORDS, MATRIX))
    path = tmp_path / "a.safetensors/tokenizer.json"
    text = path.read_text(encoding="utf-8")
    for broken in (
        text.replace('"the": 0', '"the": 1'),
        text.replace('"the": 0, ', ""),
        text.replace(": 0,", ': "0",'),
    ):
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(W2VError, match="one a row|not a tokenizer"):
            vector_files.read(tmp_path / "a.safetensors")


@pytest.mark.parametrize("counts", [None, COUNTS])
def test_the_projectors_tables_have_as_many_lines(tmp_path: Path, counts: npt.NDArray[np.int64] | None) -> None:
    vector_files.write(tmp_path / "a.projector", Model(WORDS, MATRIX, counts))
    metadata = (tmp_path / "a.projector/metadata.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    # TensorBoard's rule: a header where there are tabs, none where there are none.
    if counts is None:
        assert metadata == WORDS
    else:
        assert metadata == ["word\tcount", *(f"{word}\t{count}" for word, count in zip(WORDS, counts, strict=True))]
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "a.projector/vectors.tsv", dtype=np.float32), MATRIX)
    (tmp_path / "a.projector/metadata.tsv").write_text("one\ntwo\n")
    with pytest.raises(W2VError, match="more vectors than words"):
        vector_files.read(tmp_path / "a.projector")


@pytest.mark.parametrize("counts", [None, COUNTS])
def test_pyarrow_reads_the_columns(tmp_path: Path, counts: npt.NDArray[np.int64] | None) -> None:
    vector_files.write(tmp_path / "a.parquet", Model(WORDS, MATRIX, counts))
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.column_names == ["word", *(["count"] if counts is not None else []), "vector"]
    assert table.schema.field("vector").type == pa.list_(pa.float32(), 5)
    assert table["word"].to_pylist() == WORDS
    np.testing.assert_array_equal(np.array(table["vector"].to_pylist(), np.float32), MATRIX)
    if counts is not None:
        assert table["count"].to_pylist() == counts.tolist()


@pytest.mark.parametrize("kind", [pa.list_(pa.float64()), pa.list_(pa.float32(), 5), pa.large_list(pa.float16())])
def test_lists_as_others_write_them_are_read(tmp_path: Path, kind: pa.DataType) -> None:
    halves = MATRIX.astype(np.float16)
    table = pa.table({"other": range(6), "vector": pa.array(list(halves), kind), "word": WORDS})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2)
    held = vector_files.read(tmp_path / "a.parquet")
    assert held.words == WORDS and held.counts is None
    np.testing.assert_array_equal(held.vectors, halves)


@pytest.mark.parametrize(
    "columns",
    [
        {"word": ["a"]},
        {"word": ["a", "b"], "vector": [[1.0], [1.0, 2.0]]},
        {"word": ["a", None], "vector": [[1.0], [2.0]]},
        {"word": ["a", "b"], "vector": [[1.0], None]},
        {"word": ["a", "b"], "vector": [[1.0], [None]]},
        {"word": ["a"], "vector": [[]]},
        {"word": ["a"], "vector": ["x"]},
        {"word": [1], "vector": [[1.0]]},
        {"word": ["a"], "vector": [[1.0]], "count": [None]},
        {"word": ["a"], "vector": [[1.0]], "count": [-1]},
        {"word": ["a"], "vector": [[1.0]], "count": [1.5]},
        {"word": pa.array([], pa.string()), "vector": pa.array([], pa.list_(pa.float32()))},
    ],
)
def test_tables_of_another_kind_are_refused(tmp_path: Path, columns: dict[str, list[object]]) -> None:
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(W2VError, match=r"a\.parquet") as caught:
        vector_files.read(tmp_path / "a.parquet")
    assert len(str(caught.value).splitlines()) == 1


def test_finalfusion_bytes_are_those_of_its_specification(tmp_path: Path) -> None:
    vector_files.write(tmp_path / "a.fifu", Model(["a", "世"], np.array([[3, 4], [0, 0]], np.float32)))
    words = struct.pack("<Q", 2) + struct.pack("<I", 1) + b"a" + struct.pack("<I", 3) + "世".encode()
    head = b"FiFu" + struct.pack("<5I", 0, 3, 1, 2, 6) + struct.pack("<IQ", 1, len(words)) + words
    vectors = struct.pack("<4f", 0.6, 0.8, 0, 0)
    pad = bytes(4 - (len(head) + 12 + 16) % 4)
    head += struct.pack("<IQQII", 2, 16 + len(pad) + 16, 2, 2, 10) + pad + vectors
    pad = bytes(4 - (len(head) + 12 + 12) % 4)
    head += struct.pack("<IQQI", 6, 12 + len(pad) + 8, 2, 10) + pad + struct.pack("<2f", 5, 0)
    assert (tmp_path / "a.fifu").read_bytes() == head
    assert vector_files.read(tmp_path / "a.fifu").vectors.tolist() == [[3, 4], [0, 0]]


def test_finalfusion_reads_it_and_is_read(tmp_path: Path) -> None:
    finalfusion = pytest.importorskip("finalfusion", reason="a package that must be compiled")
    vector_files.write(tmp_path / "a.fifu", Model(WORDS, MATRIX))
    theirs = finalfusion.load_finalfusion(str(tmp_path / "a.fifu"))
    assert theirs.vocab.words == WORDS
    norms = np.linalg.norm(MATRIX, axis=1)
    np.testing.assert_allclose(theirs.storage, MATRIX / norms[:, None], rtol=1e-6)
    np.testing.assert_allclose(theirs.norms, norms, rtol=1e-6)
    theirs.metadata = finalfusion.metadata.Metadata({"made": "here"})
    theirs.write(str(tmp_path / "b.fifu"))
    held = vector_files.read(tmp_path / "b.fifu")
    assert held.words == WORDS
    np.testing.assert_allclose(held.vectors, MATRIX, rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_a_vector_without_a_length_is_no_finalfusion(tmp_path: Path, value: float) -> None:
    with pytest.raises(W2VError, match="finite (length|number)"):
        vector_files.write(tmp_path / "a.fifu", Model(["a"], np.full((1, 3), value, np.float32)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [3, 4, 9])
def test_finalfusion_of_another_kind_is_named(tmp_path: Path, kind: int) -> None:
    (tmp_path / "a.fifu").write_bytes(b"FiFu" + struct.pack("<3I", 0, 1, kind) + struct.pack("<IQ", kind, 0))
    with pytest.raises(W2VError, match="(subword|quantized) vectors; w2v reads plain ones"):
        vector_files.read(tmp_path / "a.fifu")


def test_a_vocabulary_begins_with_the_end_of_a_sentence(tmp_path: Path) -> None:
    vector_files.write(
        tmp_path / "v", Model(["the", "cat"], np.empty((2, 0), np.float32), COUNTS[:2]), "word2vec-vocab"
    )
    assert (tmp_path / "v").read_text() == "</s> 0\nthe 9\ncat 5\n"
    assert vector_files.read(tmp_path / "v", "word2vec-vocab").words == ["the", "cat"]
    vector_files.write(tmp_path / "v", Model(WORDS[:4], MATRIX[:4], COUNTS[:4]), "word2vec-vocab")
    assert (tmp_path / "v").read_text(encoding="utf-8") == "</s> 3\nthe 9\n世界 5\nIt's 5\n"
    with pytest.raises(W2VError, match="needs counts"):
        vector_files.write(tmp_path / "v", Model(WORDS, MATRIX), "word2vec-vocab")
