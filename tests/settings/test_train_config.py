"""Settings are checked once, and every complaint names the setting."""

import json
import math
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from w2v.base.errors import SettingsError
from w2v.settings.config_files import load_config
from w2v.settings.evaluation import EvaluationConfig
from w2v.settings.fields import fields_of
from w2v.settings.phrases import PhraseConfig
from w2v.settings.train import TrainConfig

FIELDS = fields_of(TrainConfig)
INTEGERS = [field.name for field in FIELDS if field.kind is int]
NUMBERS = [field.name for field in FIELDS if field.kind is float]
CHOICES = {field.name: field.choices for field in FIELDS if field.kind in (bool, str) and field.choices}
RANGES = {field.name: (field.setting.low, field.setting.high) for field in FIELDS if field.kind in (int, float)}
RANGES["lr"] = (1e-30, RANGES["lr"][1])


def test_every_setting_is_tested_here() -> None:
    assert {field.name for field in fields(TrainConfig)} == {
        *RANGES,
        *CHOICES,
        "column",
        "phrases",
        "negative_groups",
        "shown",
    }
    assert all(math.isfinite(end) for ends in RANGES.values() for end in ends)


def test_defaults_are_valid_and_cannot_be_changed() -> None:
    settings = TrainConfig()
    assert settings.as_dict() == {field.name: field.default for field in fields(TrainConfig)} | {
        "lr": 0.05,
        "prior": 0.375,
        "line_weight": 0.0,
    }
    with pytest.raises(FrozenInstanceError):
        settings.dim = 3  # type: ignore[misc]


@pytest.mark.parametrize("name", RANGES)
def test_the_ends_of_a_range_are_in_it(name: str) -> None:
    for value in RANGES[name]:
        assert TrainConfig(**{name: value}).as_dict()[name] == value  # type: ignore[arg-type]


@pytest.mark.parametrize("name", RANGES)
def test_beyond_the_range_is_refused(name: str) -> None:
    low, high = RANGES[name]
    for value in (low - 1, high + 1, -(10**400), 10**400):
        with pytest.raises(SettingsError, match=rf"^{name} must be (from|above)"):
            TrainConfig(**{name: value})  # type: ignore[arg-type]


def test_a_column_is_a_name() -> None:
    assert TrainConfig(column="text").column == "text"
    with pytest.raises(SettingsError, match="^column must be text, not 5"):
        TrainConfig(column=5)  # type: ignore[arg-type]


def test_a_path_is_text() -> None:
    assert TrainConfig(phrases=Path("p.tsv")).phrases == "p.tsv"  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="^phrases must be text, not 5"):
        TrainConfig(phrases=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_are_finite(name: str, value: float) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be from"):
        TrainConfig(**{name: value})  # type: ignore[arg-type]


def test_a_learning_rate_of_nothing_is_refused() -> None:
    for zero in (0, 0.0, -0.0):
        with pytest.raises(SettingsError, match="^lr must be above 0"):
            TrainConfig(lr=zero)


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("value", [5.0, "5", True, [5]])
def test_whole_numbers_are_whole(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be a whole number"):
        TrainConfig(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["0.1", True, None, [0.1]])
def test_numbers_are_numbers(name: str, value: object) -> None:
    if name in ("lr", "prior", "line_weight", "temperature") and value is None:
        return  # the default
    with pytest.raises(SettingsError, match=f"^{name} must be a number"):
        TrainConfig(**{name: value})  # type: ignore[arg-type]


def test_none_is_a_value_of_three_settings_alone() -> None:
    TrainConfig(max_vocab=None, threads=None, buckets=None)
    for name in set(INTEGERS) - {"max_vocab", "threads", "buckets"}:
        with pytest.raises(SettingsError, match=name):
            TrainConfig(**{name: None})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_those_that_are_known(name: str) -> None:
    for value in CHOICES[name]:
        assert getattr(TrainConfig(**{name: value}), name) == value  # type: ignore[arg-type]
    for wrong in (1, 0, "true", "word2vec", (), 2.0):
        with pytest.raises(SettingsError, match=rf"^{name} must be (true or false|one of)"):
            TrainConfig(**{name: wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("dim", np.int64(50), 50),
        ("seed", np.uint8(7), 7),
        ("lr", np.float32(0.5), 0.5),
        ("lr", np.float64(0.05), 0.05),
        ("sample", np.int32(0), 0),
        ("window", np.array(3), 3),
        ("window", np.str_("full"), "full"),
        ("lowercase", np.bool_(True), True),
        ("subwords", np.bool_(True), "fasttext"),
        ("subwords", np.bool_(False), "none"),
    ],
)
def test_numpy_scalars_become_pythons_values(name: str, given: Any, kept: object) -> None:  # noqa: ANN401
    for config in (TrainConfig(**{name: given}), load_config(None, {name: given})):
        value = config.as_dict()[name]
        assert value == kept and type(value) is type(kept)
        assert json.loads(json.dumps(config.as_dict())) == config.as_dict()


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("dim", np.int64(0), "dim must be from 1 to 65,536, not 0"),
        ("dim", np.float32(5), "dim must be a whole number, not 5.0"),
        ("dim", np.bool_(True), "dim must be a whole number, not True"),
        ("dim", np.array([5]), "dim must be a whole number, not array"),
        ("lr", np.float32("nan"), "lr must be from 0 to 100, not nan"),
        ("lowercase", np.int8(1), "lowercase must be true or false, not 1"),
    ],
)
def test_numpy_scalars_are_checked(name: str, given: Any, said: str) -> None:  # noqa: ANN401
    with pytest.raises(SettingsError, match=said):
        TrainConfig(**{name: given})


def test_other_configs_take_numpy_scalars_too() -> None:
    assert type(PhraseConfig(min_count=np.int64(3)).min_count) is int  # type: ignore[arg-type]
    assert type(EvaluationConfig(k=np.int64(3)).k) is int  # type: ignore[arg-type]


def test_cbow_has_a_learning_rate_of_its_own() -> None:
    assert (TrainConfig().lr, TrainConfig(model="cbow").lr) == (0.05, 0.1)
    assert TrainConfig(model="cbow", lr=0.2).lr == 0.2
    assert load_config(None, TrainConfig(model="cbow").as_dict()) == TrainConfig(model="cbow")


def test_a_window_may_be_the_whole_line() -> None:
    assert TrainConfig(window="full").window == "full"
    with pytest.raises(SettingsError, match='window must be a whole number or "full"'):
        TrainConfig(window="all")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "corrects"),
    [
        ({}, False),
        ({"sampler": "batch"}, True),
        ({"loss": "softmax"}, True),
        ({"sampler": "batch", "logq": False}, False),
        ({"logq": True}, True),
    ],
)
def test_scores_are_corrected_where_the_sampler_needs_it(settings: dict[str, Any], corrects: bool) -> None:
    assert TrainConfig(**settings).uses_logq == corrects
    popularity = 0.0 if corrects else 1.0 if "sampler" in settings else 0.75
    assert TrainConfig(**settings, sharpness=0).prior == popularity
    assert TrainConfig(**settings).prior == popularity / 2, "half of what the sampler has taken out of the scores"
    assert TrainConfig(**settings, prior=0.3).prior == 0.3


@pytest.mark.parametrize("calibration", [0.0, 0.75, 1.0])
def test_the_center_weighs_beta_in_gbce(calibration: float) -> None:
    alpha = 20 / 999
    beta = alpha * (calibration * (1 - 1 / alpha) + 1 / alpha)  # Petrov and Macdonald 2023
    config = TrainConfig(loss="gbce", negative=20, calibration=calibration)
    assert config.center_weight(1_000) == pytest.approx(beta)
    assert config.center_weight(5) == pytest.approx(1)


def test_cosine_scores_have_a_temperature() -> None:
    assert TrainConfig().radius == 0
    assert TrainConfig(temperature=0.25).radius == 2
    contrastive = TrainConfig(loss="ccl", sampler="batch")
    assert contrastive.radius == 1 and not contrastive.uses_logq
    for other in ({"loss": "ccl"}, {"loss": "hs"}, {"subwords": "fasttext"}):
        with pytest.raises(SettingsError, match="temperature has no effect with"):
            TrainConfig(temperature=0.1, **other)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="logq has no effect with loss='ccl'"):
        TrainConfig(loss="ccl", logq=True)


def test_negatives_of_a_group_have_no_correction() -> None:
    assert not TrainConfig(loss="softmax", negative_groups="groups.tsv").uses_logq
    with pytest.raises(SettingsError, match="logq cannot be used with negative_groups"):
        TrainConfig(logq=True, negative_groups="groups.tsv")
    assert not TrainConfig(loss="softmax", shown="shown.txt").uses_logq
    with pytest.raises(SettingsError, match="logq cannot be used with shown"):
        TrainConfig(logq=True, shown="shown.txt")


def test_the_hard_sampler_must_have_a_choice() -> None:
    assert TrainConfig(sampler="hard", negative=7).n_hard == 4
    for more in ({"negative": 40}, {"candidates": 3}):
        with pytest.raises(SettingsError, match="candidates must be above"):
            TrainConfig(sampler="hard", **more)  # type: ignore[arg-type]


def test_the_full_softmax_has_no_sampler() -> None:
    for other in ({"sampler": "batch"}, {"logq": True}, {"reject_positives": True}):
        with pytest.raises(SettingsError, match="has no effect with loss='full'"):
            TrainConfig(loss="full", **other)  # type: ignore[arg-type]
