"""Config files: what is read from them, what wins over them, and settings that depend on the corpus."""

import logging
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run

import w2v
from w2v.base.errors import SettingsError, W2VError
from w2v.settings import presets as preset_files
from w2v.settings.config_files import LONG_LINES, load_config, load_long_lines
from w2v.settings.presets import presets
from w2v.settings.train import TrainConfig


def test_without_a_source_overrides_stand_on_the_defaults() -> None:
    assert load_config(None, {}) == TrainConfig()
    assert load_config(None, {"dim": 7, "lowercase": True}) == TrainConfig(dim=7, lowercase=True)


def test_a_file_and_what_wins_over_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("dim = 64\nlr = 1  # a whole number will do\nlowercase = true\n")
    assert load_config(path, {}) == TrainConfig(dim=64, lr=1, lowercase=True)
    assert load_config(str(path), {"dim": 7, "seed": 3}) == TrainConfig(dim=7, lr=1, lowercase=True, seed=3)


def test_a_bad_value_names_the_file_where_it_comes_from_there(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("dim = -3\n")
    with pytest.raises(SettingsError, match=r"mine\.toml: dim must be from 1"):
        load_config(path, {})
    assert load_config(path, {"dim": 3}).dim == 3
    with pytest.raises(SettingsError, match="^dim must be from 1"):
        load_config(path, {"dim": 0})
    with pytest.raises(SettingsError, match="^window must be from 1"):
        load_config(path, {"dim": 3, "window": 0})


def test_unknown_keys_are_named_and_the_known_listed(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("dim = 3\nlearning_rate = 0.1\n")
    with pytest.raises(SettingsError, match=r"'learning_rate' in .*mine\.toml.*dim, .*window.*lr"):
        load_config(path, {})
    path.write_text("[train]\ndim = 3\n")
    with pytest.raises(SettingsError, match="'train'"):
        load_config(path, {})
    with pytest.raises(SettingsError, match="'dims';"):
        load_config(None, {"dims": 3})


@pytest.mark.parametrize("data", [b"dim == 3", b"dim", b"\xff", b"\xfe\xff", b"seed = " + b"9" * 5000])
def test_what_is_no_toml_is_said_in_a_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(data)
    with pytest.raises(W2VError, match=r"mine\.toml is not TOML") as caught:
        load_config(path, {})
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["huge", "", "large.toml.bak", "x" * 300, "."])
def test_unknown_presets_are_refused_with_the_known(name: str) -> None:
    with pytest.raises(SettingsError, match="baskets, default, demo, items, large, text8"):
        load_config(name, {})


def test_a_file_does_not_replace_a_preset_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config("large", {}).dim == 300
    Path("large").write_text("dim = 3")
    assert load_config("large", {}).dim == 300
    assert load_config("./large", {}).dim == 3


# Settings that give way.


def test_a_setting_of_the_file_gives_way_to_one_that_it_cannot_go_with(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('loss = "softmax"\ntemperature = 0.1\nlogq_center = false\n')
    assert load_config(path, {"loss": "hs"}) == TrainConfig(loss="hs")
    assert load_config(path, {"loss": "ccl"}) == TrainConfig(loss="ccl")
    assert load_config(path, {"loss": "bce"}) == TrainConfig(loss="bce", temperature=0.1, logq_center=False)
    path.write_text('loss = "hs"\ntemperature = 0.1\n')
    with pytest.raises(SettingsError, match=r"mine\.toml: temperature has no effect with loss='hs'"):
        load_config(path, {"dim": 3})


# Long lines.

ADAPTS = """
dim = 4
epochs = 2
min_count = 1
sample = 0
threads = 1
[long_lines]
words_per_line = 3.5
model = "cbow"
dim = 6
"""
SHORT, LONG = [["a", "b", "c"]] * 3, [["a", "b", "c"], ["a", "b", "c", "d"]] * 3


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "adapts.toml").write_text(ADAPTS)
    return tmp_path / "adapts.toml"


def test_a_table_has_settings_for_long_lines(config: Path) -> None:
    base, long_lines = load_config(config), load_long_lines(config)
    assert (base.dim, base.model, base.lr) == (4, "skipgram", 0.05)
    assert long_lines is not None
    assert long_lines.changes == {"dim": 6, "model": "cbow", "lr": 0.1}  # the default of lr follows the model
    assert long_lines.adapt(base, 3.49) == base
    assert long_lines.adapt(base, 3.5) == TrainConfig(**base.as_dict() | {**long_lines.changes})
    given = load_long_lines(config, {"dim": 5, "model": "skipgram"})
    assert given is not None and given.changes == {}
    assert load_long_lines(None) is None and load_long_lines("default") is None


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[long_lines]\ndim = 3", "words_per_line must be a number above 0, not None"),
        ("[long_lines]\nwords_per_line = -1", "words_per_line must be a number above 0, not -1"),
        ("[long_lines]\nwords_per_line = true", "words_per_line must be a number above 0, not True"),
        ("[long_lines]\nwords_per_line = nan", "words_per_line must be a number above 0, not nan"),
        ("long_lines = 3", "long_lines must be a table of settings, not 3"),
        ("[long_lines]\nwords_per_line = 3\ndims = 3", "unknown setting 'dims'"),
        ("[long_lines]\nwords_per_line = 3\nmin_count = 3", "min_count cannot depend on the length of lines"),
        ("[long_lines]\nwords_per_line = 3\ndim = -3", "dim must be from 1"),
        ("[long_lines]\nwords_per_line = 3\nmargin = 0.1", "margin has an effect only with loss='ccl'"),
    ],
)
def test_a_table_that_is_wrong_is_refused_before_the_reading(tmp_path: Path, table: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(table)
    with pytest.raises(SettingsError, match=rf"mine\.toml.*{said}|{said}.*mine\.toml"):
        w2v.train(tmp_path / "missing.txt", config=path)


@pytest.mark.parametrize("lines", [SHORT, LONG])
def test_the_corpus_decides(config: Path, tmp_path: Path, lines: list[list[str]]) -> None:
    is_long = lines is LONG
    expected = {"dim": 6, "model": "cbow", "lr": 0.1} if is_long else {"dim": 4, "model": "skipgram", "lr": 0.05}
    text = tmp_path / "text.txt"
    text.write_text("".join(" ".join(line) + "\n" for line in lines))
    kept = {"epochs": 2, "min_count": 1, "sample": 0, "threads": 1}
    settings: dict[str, Any] = {**expected, **kept}
    plain = w2v.train(lines, **settings)
    corpora: list[Any] = [lines, iter(lines), text]
    for corpus in corpora:
        vectors = w2v.train(corpus, config=config)
        assert vectors.trained is not None and vectors.trained.settings.items() >= expected.items()
        assert np.array_equal(np.asarray(vectors), np.asarray(plain))
    assert w2v.train(lines, config=config, model="cbow", dim=3).dim == 3
    runs = w2v.train(lines, config=config, runs=2)
    assert runs.dim == expected["dim"]
    plain.save(tmp_path / "old.w2v")
    went_on = w2v.train(lines, config=config, init_from=tmp_path / "old.w2v")
    assert went_on.trained is not None and went_on.trained.settings["model"] == expected["model"]


def test_what_was_chosen_is_told(config: Path, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    chosen = "lines have 3.5 words on average, at least 3.5: settings of {} for long lines: "
    with caplog.at_level(logging.INFO, "w2v"):
        w2v.train(LONG, config=config, dim=4)
        w2v.train(SHORT, config=config)
    assert chosen.format(config) + "model='cbow' lr=0.1" in caplog.messages
    assert f"lines have 3.0 words on average, fewer than 3.5: settings of {config} for short lines" in caplog.messages
    Path("text.txt").write_text("a b c\na b c d\n")
    told = run("train", "text.txt", "--config", "adapts.toml", "--dim", "4", "-o", "v.bin").err
    assert chosen.format("adapts.toml") + "--model cbow --lr 0.1" in told


# Presets.


def test_presets_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert list(presets()) == ["baskets", "default", "demo", "items", "large", "text8"]
    monkeypatch.setattr(preset_files, "CONFIG_FOLDERS", (tmp_path,))
    assert presets() == {}


@pytest.mark.parametrize("name", presets())
def test_presets_are_valid_and_say_why(name: str) -> None:
    text = presets()[name].read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    long_lines = settings.pop(LONG_LINES, None)
    assert load_config(name, {}).as_dict().items() >= settings.items()
    assert (load_long_lines(name) is None) == (long_lines is None)
    for line in text.splitlines():
        assert not line or line.startswith("#") or line.partition("#")[2].strip(), f"no comment: {line}"


def test_the_default_preset_is_the_default() -> None:
    assert load_config("default", {}) == TrainConfig()
