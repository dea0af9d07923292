"""Checkpoints: whole or not at all, the last two kept, and no damage that goes unseen."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v.base.errors import W2VError
from w2v.base.version import __version__
from w2v.checkpoints import checkpoint
from w2v.checkpoints.checkpoint import Checkpoint
from w2v.checkpoints.fingerprints import Fingerprint, stream_checksum
from w2v.checkpoints.folder import check_space, locked
from w2v.checkpoints.snapshots import Position, Snapshot
from w2v.checkpoints.state import VERSION, with_checksum
from w2v.settings.train import TrainConfig
from w2v.text.vocab import Vocab


def _state(seed: int = 0, **more: Any) -> Checkpoint:  # noqa: ANN401
    generator = np.random.default_rng(seed)
    rows = [generator.normal(size=(3, 16)).astype(np.float32)[:, :5] for _ in range(2)]  # views, as training has them
    state = {
        "config": TrainConfig(dim=5, lr=0.07, max_vocab=3),
        "vocab": Vocab(["</s>", "b", "ç"], np.array([9, 2, 2])),
        "snapshot": Snapshot(rows[0], rows[1], Position(7, [9, 12], 1_000, 2.5, 1, 0.25, 3)),
        "corpus": None,
        "stream": "5eed",
        "extra": {"log": [{"progress": 0.5, "seconds": 2.0}], "output": "/a/b.bin"},
    }
    return Checkpoint(**{**state, **more})


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    before = _state(corpus=[Fingerprint("/x y/ü.txt", 5, 123, "ab")])
    checkpoint.save(tmp_path, before)
    after = checkpoint.load(tmp_path)
    assert (after.config, after.snapshot.position, after.corpus, after.stream, after.extra) == (
        before.config,
        before.snapshot.position,
        before.corpus,
        before.stream,
        before.extra,
    )
    assert after.vocab.words == before.vocab.words
    np.testing.assert_array_equal(after.vocab.counts, before.vocab.counts)
    np.testing.assert_array_equal(after.snapshot.input, before.snapshot.input)
    np.testing.assert_array_equal(after.snapshot.output, before.snapshot.output)
    assert checkpoint.load_extra(tmp_path) == before.extra


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    for seed in range(4):
        checkpoint.save(tmp_path, _state(seed))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-000003", "checkpoint-000004"]
    np.testing.assert_array_equal(checkpoint.load(tmp_path).snapshot.input, _state(3).snapshot.input)


@pytest.mark.parametrize("name", ["input.npy", "output.npy", "vocab.txt", "state.json"])
@pytest.mark.parametrize("how", ["cut", "altered", "gone"])
def test_damage_is_named(tmp_path: Path, name: str, how: str) -> None:
    checkpoint.save(tmp_path, _state(0))
    damaged = checkpoint.save(tmp_path, _state(1)) / name
    data = damaged.read_bytes()
    if how == "cut":
        damaged.write_bytes(data[: len(data) // 2])
    elif how == "altered" and name == "state.json":
        damaged.write_bytes(data.replace(b'"dim": 5', b'"dim": 0'))
    elif how == "altered":
        damaged.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])
    else:
        damaged.unlink()
    said = "missing" if how == "gone" else "damaged"
    cure = "remove checkpoint-000002 to go on from checkpoint-000001"
    with pytest.raises(W2VError, match=rf"checkpoint-000002.{name} is {said}.*{cure}"):
        checkpoint.load(tmp_path)
    shutil.rmtree(damaged.parent)
    np.testing.assert_array_equal(checkpoint.load(tmp_path).snapshot.input, _state(0).snapshot.input)


def _edited(tmp_path: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    """Save a checkpoint, change its state.json, and return where it is."""
    where = checkpoint.save(tmp_path, _state())
    state = json.loads((where / "state.json").read_text())
    edit(state)
    del state["checksum"]
    (where / "state.json").write_bytes(with_checksum(state))
    return where


@pytest.mark.parametrize("writer", [{"w2v": "9.1"}, {}])
def test_another_version_of_the_schema_is_refused(tmp_path: Path, writer: dict[str, str]) -> None:
    where = checkpoint.save(tmp_path, _state())
    (where / "state.json").write_text(json.dumps({"version": VERSION + 1, **writer}))
    with pytest.raises(W2VError) as caught:
        checkpoint.load(tmp_path)
    assert str(caught.value) == (
        f"{where} has schema version {VERSION + 1}, and this w2v {__version__} reads version {VERSION}; "
        f"install {'w2v 9.1' if writer else 'the w2v that wrote it'} to resume it"
    )


def test_a_setting_of_another_w2v_is_named(tmp_path: Path) -> None:
    def later(state: dict[str, Any]) -> None:
        state["config"] |= {"foo": 1}
        state["w2v"] = "9.1"

    where = _edited(tmp_path, later)
    for read in (checkpoint.load, checkpoint.load_extra, checkpoint.files_read):
        with pytest.raises(W2VError) as caught:
            read(tmp_path)
        assert str(caught.value) == (
            f"{where} was written by w2v 9.1 with the setting 'foo', which this w2v {__version__} does not know; "
            "install w2v 9.1 or newer"
        )


@pytest.mark.parametrize(
    ("keys", "value", "said"),
    [
        (("extra", "output"), 5, "`extra.output` is not a string"),
        (("extra", "log"), [{"progress": "x", "seconds": 1}], "`extra.log.progress` is not a number"),
        (("extra", "log"), [{"progress": 1}], "`extra.log.seconds` is missing"),
        (("extra",), [], "`extra` is not an object"),
        (("position", "next_job"), -1, "`position` is out of range"),
        (("position", "also_done"), [3, -2], "`position` is out of range"),
        (("position", "words"), 1.5, "`position.words` is not a whole number"),
        (("position", "words"), True, "`position.words` is not a whole number"),
        (("position", "pairs"), 2**63, "`position.pairs` is out of range"),
        (("position", "seconds"), float("nan"), "`position.seconds` is out of range"),
        (("position", "also_done"), 3, "`position.also_done` is not a list"),
        (("position",), {}, "`position.next_job` is missing"),
        (
            ("corpus",),
            [{"path": "a", "size": 1, "modified_ns": "", "sample": ""}],
            "`corpus.modified_ns` is not a",
        ),
        (("corpus",), ["a.txt"], "`corpus` is not an object"),
        (("stream",), None, "`stream` is not a string"),
        (("checksums",), {"input.npy": 1}, "`checksums.input.npy` is not a string"),
        (("config", "dim"), 0, "dim must be from 1"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, keys: tuple[str, ...], value: object, said: str) -> None:
    def spoil(state: dict[str, Any]) -> None:
        for key in keys[:-1]:
            state = state[key]
        state[keys[-1]] = value

    where = _edited(tmp_path, spoil)
    with pytest.raises(W2VError) as caught:
        checkpoint.load(tmp_path)
    assert str(caught.value).startswith(f"{where / 'state.json'} is damaged: {said}")


@pytest.mark.parametrize("text", ["[]", "null", "{}", "3", f'{{"version": {VERSION}}}', '{"version": "1"}'])
def test_a_state_of_another_shape_is_damage(tmp_path: Path, text: str) -> None:
    path = checkpoint.save(tmp_path, _state()) / "state.json"
    path.write_text(text)
    with pytest.raises(W2VError, match="damaged"):
        checkpoint.load(tmp_path)


def test_a_folder_without_any_says_how_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-notes.txt").write_text("mine")
    with pytest.raises(W2VError, match="no checkpoint; start one with checkpoint='"):
        checkpoint.load(tmp_path)


@pytest.mark.parametrize("fails", ["write_array", "write_lines", "sync_folder"])
def test_a_failure_leaves_the_older_ones_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    checkpoint.save(tmp_path, _state(0))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(W2VError, match="No space left"):
        patch.setattr(checkpoint, fails, full)
        checkpoint.save(tmp_path, _state(1))
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-000001"]
    np.testing.assert_array_equal(checkpoint.load(tmp_path).snapshot.input, _state(0).snapshot.input)


def test_space_is_checked_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_space(tmp_path, 1_000, 2_000, 100, 0)
    with pytest.raises(W2VError, match=r"no space.*take 2400\d\d\.\d+ GB"):
        check_space(tmp_path, 10**9, 2 * 10**9, 10_000, 0)


@pytest.mark.parametrize(
    "name",
    ["checkpoint-best", "checkpoint-000001.bak", "checkpoint-000001x", "checkpoint-12", "checkpoint-000001 copy"],
)
def test_only_what_the_program_names_so_is_touched(tmp_path: Path, name: str) -> None:
    checkpoint.save(tmp_path, _state(0))
    shutil.copytree(tmp_path / "checkpoint-000001", tmp_path / name)
    (tmp_path / f".{name}.part").mkdir()
    with locked(tmp_path):
        for seed in range(1, 4):
            checkpoint.save(tmp_path, _state(seed))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"checkpoint-000003", "checkpoint-000004", name, f".{name}.part"}
    np.testing.assert_array_equal(checkpoint.load(tmp_path).snapshot.input, _state(3).snapshot.input)


@pytest.mark.parametrize("n", [0, 1, 1_000, (1 << 20) + 1, 3 << 20])
def test_the_checksum_of_a_stream_sees_each_token(n: int) -> None:
    stream = np.random.default_rng(n).integers(-1, 50, n).astype(np.int32)
    taken = stream_checksum(stream)
    assert stream_checksum(stream.copy()) == taken
    for at in {0, n // 2, n - 1} if n else set():
        stream[at] += 1
        assert stream_checksum(stream) != taken
        stream[at] -= 1
    assert stream_checksum(np.append(stream, np.int32(0))) != taken


def test_a_fingerprint_sees_changes(tmp_path: Path) -> None:
    path = tmp_path / "corpus.txt"
    path.write_text("a b c")
    taken = Fingerprint.of(str(path))
    taken.check()
    path.write_text("a b d")
    with pytest.raises(W2VError, match=r"corpus.txt has changed"):
        taken.check()
    path.write_text("a b c d")
    with pytest.raises(W2VError, match="size: 5, now 7"):
        taken.check()
    path.unlink()
    with pytest.raises(W2VError, match="cannot read"):
        taken.check()


def test_a_stream_is_kept(tmp_path: Path) -> None:
    stream = np.array([3, -1, 2], np.int32)
    checkpoint.save_stream(tmp_path, stream)
    np.testing.assert_array_equal(checkpoint.load_stream(tmp_path, 4), stream)
    (tmp_path / "stream.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(W2VError, match="stream.npy"):
        checkpoint.load_stream(tmp_path, 4)


@pytest.mark.slow
def test_each_flipped_byte_of_each_file_is_refused_by_name(tmp_path: Path) -> None:
    """One bit of each byte; W2V_LONG=1 flips all eight."""
    stream = np.array([2, 0, 1, -1, 2], np.int32)
    checkpoint.save_stream(tmp_path, stream)
    lines = TrainConfig(dim=5, line_vectors="with-words", line_names=True)
    snapshot = _state().snapshot
    rows = Snapshot(snapshot.input, snapshot.output, snapshot.position, np.ones((2, 5), np.float32))
    where = checkpoint.save(tmp_path, _state(config=lines, snapshot=rows, line_names=["x", "y"], corpus=None))
    generator, n_flips = np.random.default_rng(1), 8 if os.environ.get("W2V_LONG") else 1
    files = [*sorted(where.iterdir()), tmp_path / "stream.npy"]
    assert len(files) == 7
    for path in files:
        whole = path.read_bytes()
        for at in range(len(whole)):
            for bit in generator.permutation(8)[:n_flips].tolist():
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
                with pytest.raises(W2VError, match=path.name):
                    checkpoint.load(tmp_path)
                    if stream_checksum(checkpoint.load_stream(tmp_path, 3)) != stream_checksum(stream):
                        raise W2VError("stream.npy has another checksum, which resuming compares")
        path.write_bytes(whole)
        for changed in (whole + b"\0", whole[:-1]):
            path.write_bytes(changed)
            with pytest.raises(W2VError, match=path.name):
                checkpoint.load(tmp_path)
                checkpoint.load_stream(tmp_path, 3)
        path.write_bytes(whole)
    checkpoint.load(tmp_path)
