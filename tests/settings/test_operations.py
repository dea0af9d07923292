"""Operations: which settings each takes, what cannot be combined, and that no other module lists settings by name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers import CHECKOUT

from w2v.base.errors import SettingsError, UnknownSettingError, as_flags
from w2v.settings.fields import fields_of
from w2v.settings.operations import CONFIGS, Parameters, check_request, parameters_for, settings_for

OPERATIONS = ("build-vocab", "phrases", "train", "resume", "tune", "infer", "embed", "recommend", "evaluate")
SETTINGS = {field.name for cls in CONFIGS.values() for field in fields_of(cls)}


@pytest.mark.parametrize(
    ("operation", "given", "said"),
    [
        ("train", {"dim": 100, "init_from": "old.bin"}, "dim cannot be used with init_from; leave one out"),
        ("train", {"max_vocab": 9, "init_from": "old.bin"}, "max_vocab cannot be used with init_from"),
        ("train", {"min_count": 5, "vocab": "words.txt"}, "min_count cannot be used with vocab; leave one out"),
        ("train", {"max_vocab": 9, "vocab": "words.txt"}, "max_vocab cannot be used with vocab"),
        ("train", {"vocab": "words.txt", "init_from": "old.bin"}, "vocab cannot be used with init_from"),
        ("train", {"init_from": "old.bin", "ray": "auto"}, "init_from cannot be used with ray"),
        ("train", {"grow_vocab": True}, "grow_vocab has an effect only with init_from"),
        ("train", {"nodes": 2}, "nodes has an effect only with ray"),
        ("train", {"checkpoint_every": 60}, "checkpoint_every has an effect only with checkpoint or resume"),
        ("train", {"each_epoch": True}, "each_epoch has an effect only with similarity or analogies or next"),
        ("train", {"subwords": "floret", "ray": "auto"}, "subwords='floret' cannot be used with ray; train on one"),
        ("train", {"line_vectors": "alone", "ray": "auto"}, "line_vectors='alone' cannot be used with ray"),
        ("train", {"loss": "hs", "ray": "auto"}, "loss='hs' cannot be used with ray"),
        ("resume", {"dim": 5}, "dim cannot be used with resume, which takes epochs, threads"),
        ("resume", {"vocab": "words.txt"}, "vocab cannot be used with resume"),
        ("build-vocab", {"window": 5}, "window cannot be used with build-vocab, which takes min_count, max_vocab"),
        ("phrases", {"dim": 5}, "dim cannot be used with phrases, which takes min_count, scorer"),
        ("infer", {"window": 5}, "window cannot be used with infer"),
        ("embed", {"window": 5}, "window cannot be used with embed, which takes weights, sif_a"),
        (
            "recommend",
            {"k": 5},
            "k cannot be used with recommend, which takes line_names, weighted_lines, history, decay, prior, "
            "sharpness, line_weight",
        ),
        ("evaluate", {"history": 5, "similarity": "pairs"}, "history has an effect only with next"),
        ("evaluate", {"k": 5, "similarity": "pairs"}, "k has an effect only with next"),
        ("evaluate", {"restrict": 5, "similarity": "pairs"}, "restrict has an effect only with analogies"),
        ("tune", {"restrict": 5, "similarity": "pairs"}, "restrict has an effect only with analogies"),
    ],
)
def test_what_an_operation_refuses(operation: str, given: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_request(operation, given)
    assert str(caught.value).startswith(said)
    assert caught.value.setting == said.split()[0].partition("=")[0]


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        ("train", {"dim": 5, "loss": "full", "candidates": 9, "vocab": None, "init_from": None, "grow_vocab": False}),
        ("train", {"subwords": "none", "loss": "bce", "ray": "auto", "nodes": 2}),
        ("train", {"min_count": 2, "init_from": "old.bin", "grow_vocab": True, "each_epoch": False, "similarity": ()}),
        ("train", {"each_epoch": True, "next": "next", "sessions": "before", "checkpoint": "kept"}),
        ("resume", {"epochs": 9, "threads": 2, "checkpoint_every": 60, "ray": "auto", "nodes": 2}),
        ("tune", {"window": 9, "history": 5, "similarity": "pairs"}),
        ("infer", {"epochs": 9, "column": "text", "line_names": True}),
        ("evaluate", {"history": 5, "k": 3, "next": "next", "sessions": "before"}),
    ],
)
def test_what_an_operation_takes(operation: str, given: dict[str, object]) -> None:
    check_request(operation, given)


def test_the_same_message_shows_flags_on_the_command_line() -> None:
    with pytest.raises(SettingsError) as caught:
        check_request("train", {"loss": "hs", "ray": "auto"})
    assert as_flags(caught.value.message) == "--loss hs cannot be used with --ray; train on one machine"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_unknown_name_is_answered(operation: str) -> None:
    with pytest.raises(UnknownSettingError, match="unknown setting 'vector_size'; use dim"):
        check_request(operation, {"vector_size": 5})


def test_on_trained_vectors_the_default_is_that_of_the_training() -> None:
    shown = {field.name: field.shown_default for field in settings_for("infer")}
    assert shown["lr"] == shown["column"] == "that of the training"
    assert (shown["threads"], shown["line_names"]) == ("as many as this process may use", "that of the training")


def test_every_parameter_belongs_to_an_operation() -> None:
    taken = {field.name for operation in OPERATIONS for field in parameters_for(operation)}
    assert taken == {field.name for field in fields_of(Parameters)}


def test_rules_name_settings_that_there_are() -> None:
    known = SETTINGS | {field.name for field in fields_of(Parameters)}
    for cls in (*CONFIGS.values(), Parameters):
        for field in fields_of(cls):
            assert {*field.setting.only_with, *field.setting.not_with} <= known, field.name
            assert set(field.setting.operations) <= set(OPERATIONS), field.name
            assert set(field.setting.one_machine) <= set(field.choices), field.name


def lists_of_settings(path: Path) -> Iterator[str]:
    """Yield each list, tuple, set or dict of a file that has three names of settings or more."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        parts = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        names = {str(part.value) for part in parts if isinstance(part, ast.Constant)} & SETTINGS
        if len(names) >= 3:
            yield f"{path}:{node.lineno} lists {', '.join(sorted(names))}"  # type: ignore[attr-defined]


def test_no_other_module_lists_settings_by_name() -> None:
    paths = [path for path in (CHECKOUT / "w2v").rglob("*.py") if path.parent.name != "settings"]
    assert len(paths) > 50
    assert [found for path in paths for found in lists_of_settings(path)] == []


def test_numpy_scalars_are_values_like_pythons() -> None:
    check_request("train", {"dim": np.int64(5), "reject_positives": np.bool_(True), "loss": np.str_("bce")})
