"""Keywords: the types of settings are those of the configs, and mypy finds a wrong one in a user's code.

`UPDATE_DOCS=1 pytest tests/settings/test_keywords.py` writes w2v/settings/keywords.py anew.
"""

import os

import numpy as np
import pytest
from helpers import CHECKOUT

import w2v
from w2v.settings.fields import Field
from w2v.settings.operations import settings_for
from w2v.settings.train import TrainConfig

HEAD = '''"""Types of keyword arguments for settings, for type checkers and editors.

Made from the configs: `UPDATE_DOCS=1 pytest tests/settings/test_keywords.py` writes this file.
"""

from typing import Literal, TypedDict
'''
TYPED = {
    "VocabSettings": ("Settings of `w2v.build_vocab`.", "build-vocab", ()),
    "ItemSettings": ("Settings of `w2v.recommend`.", "recommend", ()),
    "TrainSettings": ("Settings of `w2v.train` and `w2v.tune`.", "train", ("VocabSettings", "ItemSettings")),
    "ResumeSettings": ("Settings of `w2v.resume`.", "resume", ()),
    "PhraseSettings": ("Settings of `w2v.find_phrases`.", "phrases", ()),
    "InferenceSettings": ("Settings of `w2v.infer`.", "infer", ("ResumeSettings",)),
    "EmbeddingSettings": ("Settings of `w2v.embed`.", "embed", ()),
    "EvaluationSettings": ("Settings of `w2v.evaluate`.", "evaluate", ("ItemSettings",)),
}
"""The docstring, the operation and the bases of each class."""


def type_of(field: Field) -> str:
    """Return the type of a setting's values as it stands in Python."""
    choices = () if field.kind is bool else field.choices
    types = [] if choices and field.kind is str else [field.kind.__name__]
    types += [f"list[{field.kind.__name__}]"] if field.is_list else []
    types += ["bool"] if field.setting.bare else []
    types += ["Literal[" + ", ".join(f'"{choice}"' for choice in choices) + "]"] if choices else []
    may_be_none = field.may_be_none or getattr(TrainConfig, field.name, ...) is None
    return " | ".join([*types, *(["None"] if may_be_none else [])])


def source() -> str:
    """Return what w2v/settings/keywords.py must be."""
    parts = [HEAD]
    for name, (about, operation, bases) in TYPED.items():
        inherited = {line for base in bases for line in lines_of(TYPED[base][1])}
        lines = [line for line in lines_of(operation) if line not in inherited]
        assert len(lines) == len(lines_of(operation)) - len(inherited), f"{operation} takes all settings of {bases}"
        head = f"class {name}({', '.join(bases) or 'TypedDict'}, total=False):"
        parts.append("\n".join([head, f'    """{about}"""', "", *lines, ""]))
    return "\n\n".join(parts)


def lines_of(operation: str) -> list[str]:
    """Return the members of the class of an operation."""
    return [f"    {field.name}: {type_of(field)}" for field in settings_for(operation)]


def test_the_types_are_those_of_the_configs() -> None:
    path = CHECKOUT / "w2v/settings/keywords.py"
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(source(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == source()


# mypy is told to warn of a `type: ignore` in this file that ignores nothing: so it must find each of these.


def test_unknown_settings_are_found_by_the_checker_and_are_type_errors() -> None:
    vectors = w2v.Vectors(["a"], np.ones((1, 2), np.float32))
    with pytest.raises(TypeError, match="did you mean dim"):
        w2v.train([["a"]], dimm=3)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="use min_count"):
        w2v.build_vocab([["a"]], mincount=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="did you mean scorer"):
        w2v.find_phrases([["a"]], score="npmi")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="did you mean method"):
        w2v.evaluate(vectors, methods="3cosadd")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword"):
        w2v.TrainConfig(dimm=3)  # type: ignore[call-arg]


def test_values_of_another_type_are_found_by_the_checker_and_are_value_errors() -> None:
    with pytest.raises(ValueError, match="dim must be a whole number"):
        w2v.train([["a"]], dim="100")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="model must be one of"):
        w2v.train([["a"]], model="CBOW")  # type: ignore[call-overload]


def test_right_settings_pass_the_checker() -> None:
    assert w2v.build_vocab([["a", "b"]], min_count=1, max_vocab=None, lowercase=True).words == ["a", "b"]
