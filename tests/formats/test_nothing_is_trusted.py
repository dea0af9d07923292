"""What a file says is checked before it is believed: types of JSON, sizes, and that its parts belong together."""

import gzip
import itertools
import json
import multiprocessing
import os
import struct
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

import w2v
from w2v import Vectors
from w2v.base.errors import W2VError
from w2v.base.files import read_together
from w2v.formats import vector_files
from w2v.formats.fasttext import HEADER, _Header
from w2v.formats.model import Model, Trained
from w2v.settings.train import TrainConfig
from w2v.text.subwords import NGrams, Subwords

ODD: list[Any] = [None, True, -1, 0, 10**12, 10**30, 1.5, float("nan"), "many", "", [], [1], {}, {"a": [1]}]


def with_subwords(buckets: int = 50, **settings: Any) -> Model:  # noqa: ANN401
    """Return a small model with n-grams."""
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    subwords = Subwords(NGrams("fasttext", 3, 4, buckets), np.array([1, buckets - 1]), rows)
    trained = Trained({"w2v": "0", "settings": TrainConfig(dim=3, subwords="fasttext").as_dict() | settings})
    return Model(["the", "cat"], rows[:2] + 1, np.array([5, 2]), rows[:2], subwords, trained=trained)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield where each value of a JSON object is, the object itself included."""
    yield at
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*at, key))


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:  # noqa: ANN401
    """Return JSON with one value replaced."""
    if not at:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], new)
    return copy


def is_refused(action: Callable[[], object]) -> bool:
    """Return whether an action ends in an error of one line; it may give no warnings."""
    with warnings.catch_warnings(action="error"):
        try:
            action()
        except W2VError as error:
            assert len(str(error).splitlines()) == 1 and len(str(error)) < 2_100
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suffix", "file"),
    [(".w2v", "config.json"), (".safetensors", "tokenizer.json"), (".safetensors", "model.safetensors")],
)
def test_json_with_odd_types_is_read_or_refused_and_can_be_written(tmp_path: Path, suffix: str, file: str) -> None:
    path = tmp_path / f"a{suffix}"
    model = with_subwords()
    vector_files.write(path, model)
    data = (path / file).read_bytes()
    length = int.from_bytes(data[:8], "little") if file == "model.safetensors" else 0
    whole = json.loads(data[8 : 8 + length] if length else data)
    for at, new in itertools.product(places(whole), ODD):
        text = json.dumps(replaced(whole, at, new)).encode()
        (path / file).write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :] if length else text)

        def use() -> None:
            vectors = Vectors.load(path)
            assert all(isinstance(word, str) for word in vectors.words)
            "there" in vectors  # noqa: B015
            for name in ("b.fasttext.bin", "b.safetensors"):
                vector_files.write(tmp_path / name, vectors.model)

        is_refused(use)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5_000, '{"format": ' + "9" * 5_000 + "}", "\\"]
)
def test_json_that_python_cannot_parse_is_damage(tmp_path: Path, text: str) -> None:
    vector_files.write(tmp_path / "a.w2v", with_subwords())
    (tmp_path / "a.w2v" / "config.json").write_text(text)
    with pytest.raises(W2VError, match=r"config.json is damaged") as caught:
        vector_files.read(tmp_path / "a.w2v")
    assert len(str(caught.value)) < 500


def test_a_header_of_an_array_that_nests_deeply_is_damage(tmp_path: Path) -> None:
    vector_files.write(tmp_path / "a.w2v", with_subwords())
    for text in ("(" * 3_000, "[" * 60_000):
        header = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
        (tmp_path / "a.w2v" / "vectors.npy").write_bytes(header + bytes(1000))
        with pytest.raises(W2VError, match=r"vectors.npy is damaged"):
            vector_files.read(tmp_path / "a.w2v")


def test_bytes_that_are_not_utf8_in_a_column_of_strings_are_one_line(tmp_path: Path) -> None:
    words = pyarrow.array([b"a", b"\xff\xfe"], pyarrow.binary()).view(pyarrow.string())
    vectors = pyarrow.array([[1.0], [2.0]], pyarrow.list_(pyarrow.float32(), 1))
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"word": words, "vector": vectors}), path)
    assert is_refused(lambda: vector_files.read(path))
    lists = pyarrow.ListArray.from_arrays(pyarrow.array([0, 1, 2], pyarrow.int32()), words)
    pyarrow.parquet.write_table(pyarrow.table({"word": words, "list": lists}), path)
    for column in ("word", "list"):
        assert is_refused(partial(w2v.build_vocab, path, column=column, min_count=1))


@pytest.mark.parametrize("buckets", [2**31 - 1, 2**27])
def test_buckets_that_nobody_has_take_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, buckets: int) -> None:
    vector_files.write(tmp_path / "a.w2v", with_subwords(buckets))
    vectors = Vectors.load(tmp_path / "a.w2v")
    tracemalloc.start()
    try:
        assert "there" not in vectors or vectors["there"].shape == (3,)
        assert vectors.subwords is not None
        assert vectors.subwords.rows_of(np.array([0, 1, buckets - 2, buckets - 1])).tolist() == [-1, 0, -1, 1]
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=123_456))
    with pytest.raises(W2VError, match=r"no space for .* GB, and 123.46 KB are free"):
        vector_files.write(tmp_path / "a.fasttext.bin", Vectors.load(tmp_path / "a.w2v").model)
    assert os.listdir(tmp_path) == ["a.w2v"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.bin.gz", "a.txt.gz", "a.glove.txt.gz", "a.floret"])
def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path, name: str) -> None:
    head = {
        "a.bin.gz": b"60000 1000\n" + b"a " + bytes(4000),
        "a.txt.gz": b"60000 2000\n",
        "a.floret": b"60000 2000 3 4 1 2166136261 < >\n",
    }
    line = {"a.bin.gz": b"a " + bytes(4000)}.get(name, b"1" + b" 0" * 2000 + b"\n")
    (tmp_path / name).write_bytes(gzip.compress(head.get(name, b"") + line * 60_000))
    assert (tmp_path / name).stat().st_size < 2_000_000
    tracemalloc.start()
    try:
        with pytest.raises(W2VError, match=r"times its size|takes at least|cut short or damaged"):
            vector_files.read(tmp_path / name)
        assert tracemalloc.get_traced_memory()[1] < 150_000_000
    finally:
        tracemalloc.stop()


HEADERS = [
    {"model": 1, "loss": 1, "window": 3, "epochs": 7, "negative": 7, "sample": 1e-3, "min_count": 4},
    {"model": 2, "loss": 2, "window": 9, "epochs": 1, "negative": 20, "sample": 0.0, "min_count": 1},
    {"model": 1, "loss": 3, "window": 5, "epochs": 5, "negative": 5, "sample": 1e-4, "min_count": 5},
    {"model": 2, "loss": 2, "window": 0, "epochs": 0, "negative": 0, "sample": 0.0, "min_count": 0},
]


@pytest.mark.parametrize("settings", HEADERS)
def test_a_model_of_fasttext_keeps_its_settings(tmp_path: Path, settings: dict[str, Any]) -> None:
    vector_files.write(tmp_path / "a.fasttext.bin", with_subwords())
    data = (tmp_path / "a.fasttext.bin").read_bytes()
    header = _Header(*HEADER.unpack_from(data, 8))._replace(**settings)
    (tmp_path / "a.fasttext.bin").write_bytes(data[:8] + HEADER.pack(*header) + data[8 + HEADER.size :])
    model = vector_files.read(tmp_path / "a.fasttext.bin")
    vector_files.write(tmp_path / "b.fasttext.bin", model)
    vector_files.write(tmp_path / "b.w2v", model)
    vector_files.write(tmp_path / "c.fasttext.bin", vector_files.read(tmp_path / "b.w2v"))
    for name in ("b.fasttext.bin", "c.fasttext.bin"):
        assert _Header(*HEADER.unpack_from((tmp_path / name).read_bytes(), 8)) == header
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as that settings are left out
        w2v.convert(tmp_path / "a.fasttext.bin", tmp_path / "d.fasttext.bin")
    known = model.trained.settings if model.trained else {}
    shown = ("window", "epochs", "negative", "min_count")
    assert {name: known.get(name, 0) for name in shown} == {name: settings[name] for name in shown}
    assert struct.calcsize(HEADER.format) == HEADER.size


def save_in_turns(path: Path, suffix: str, stop: Any) -> None:  # noqa: ANN401
    """Save two models under one name, again and again."""
    models = [Model([f"{name}{row}" for row in range(50)], np.full((50, 4), name, np.float32)) for name in (1, 2)]
    for model in itertools.cycle(models):
        vector_files.write(path, model)
        if stop.is_set():
            return


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".w2v", ".safetensors", ".projector"])
def test_a_folder_that_is_replaced_while_it_is_read_is_never_mixed(tmp_path: Path, suffix: str) -> None:
    n_loads = int(os.environ.get("W2V_LOADS", 300))
    path = tmp_path / f"a{suffix}"
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    writer = context.Process(target=save_in_turns, args=(path, suffix, stop))
    writer.start()
    try:
        while not path.exists():
            assert writer.is_alive()
        seen = set()
        for _ in range(n_loads):
            model = vector_files.read(path)
            assert {f"{word[0]}.0" for word in model.words} == {
                str(float(number)) for number in np.unique(model.vectors)
            }
            seen.add(model.words[0])
        assert seen == {"10", "20"}
    finally:
        stop.set()
        writer.join()


def test_what_is_replaced_meanwhile_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    reads = []

    def read() -> str:
        reads.append((tmp_path / "a").read_text())
        if len(reads) < 3:
            (tmp_path / "a").write_text("1" + "2" * len(reads))
        if len(reads) == 1:
            raise W2VError("a file of another moment")
        return reads[-1]

    assert read_together(tmp_path, ["a", "b"], read) == "122"
    with pytest.raises(W2VError, match="again and again"):
        read_together(
            tmp_path, ["a"], lambda: (tmp_path / "a").write_text("x" * (1 + len((tmp_path / "a").read_text())))
        )
