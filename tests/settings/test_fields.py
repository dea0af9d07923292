"""A setting is written once: what is read from a described field."""

import timeit
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
from helpers import Run, docs_table

from w2v.base.errors import SettingsError, as_flags
from w2v.settings.fields import Setting, check_effect, check_values, fields_of
from w2v.settings.train import TrainConfig


@dataclass(frozen=True)
class Oven:
    """A described dataclass of its own."""

    heat: Annotated[int | Literal["off"], "How hot.", Setting(low=50, high=250)] = 180
    fan: Annotated[bool, "Whether the air moves.", Setting(not_with={"heat": ("off",)})] = False
    door: Annotated[Literal["open", "shut"] | None, "The door.", Setting(unset="as it was", not_with={"timer": ()})] = (
        None
    )
    speed: Annotated[float, "Of the fan.", Setting(low=0.5, only_with={"door": ("shut",)})] = 1.0
    note: str = "not described"


HEAT, FAN, DOOR, SPEED = fields_of(Oven)


def test_a_field_says_what_it_is() -> None:
    assert (HEAT.kind, HEAT.choices, HEAT.flags, HEAT.shown_default) == (int, ("off",), ("--heat",), "180")
    assert (FAN.kind, FAN.flags, FAN.flag, FAN.shown_default) == (bool, ("--fan/--no-fan",), "--fan", "no")
    assert (DOOR.kind, DOOR.may_be_none, DOOR.shown_default) == (str, True, "as it was")
    assert (HEAT.from_text("200"), HEAT.from_text("off")) == (200, "off")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"heat": 300}, "heat must be from 50 to 250, not 300"),
        ({"heat": "on"}, "heat must be a whole number or \"off\", not 'on'"),
        ({"heat": True}, 'heat must be a whole number or "off", not True'),
        ({"fan": 1}, "fan must be true or false, not 1"),
        ({"door": "ajar"}, "door must be one of open, shut, not 'ajar'"),
        ({"speed": 0}, "speed must be at least 0.5, not 0"),
        ({"speed": float("nan")}, "speed must be at least 0.5, not nan"),
        ({"speed": "fast"}, "speed must be a number, not 'fast'"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_values(Oven(**values))  # type: ignore[arg-type]
    assert str(caught.value) == said
    check_values(Oven(heat="off", door="open", speed=2))


def test_what_has_no_effect_is_an_error_that_says_what_it_needs() -> None:
    values = {"heat": "off", "door": "open", "speed": 1.0}
    with pytest.raises(SettingsError, match="^speed has an effect only with door='shut'$") as caught:
        check_effect(fields_of(Oven), {"speed": 1.0}, values)
    assert caught.value.setting == "speed"
    with pytest.raises(SettingsError, match="^fan has no effect with heat='off'; leave one out$") as caught:
        check_effect(fields_of(Oven), {"fan": True}, values)
    assert as_flags(caught.value.message) == "--fan has no effect with --heat off; leave one out"
    with pytest.raises(SettingsError, match="^door cannot be used with timer; leave one out$"):
        check_effect(fields_of(Oven), {"door": "open"}, values | {"timer": 5})
    check_effect(fields_of(Oven), {"heat": "off", "door": "open"}, values | {"timer": None})
    check_effect(fields_of(Oven), {"fan": True, "speed": 1.0}, {"heat": 100, "door": "shut"})


def test_a_table_for_the_docs() -> None:
    assert docs_table([HEAT, DOOR]).splitlines()[2:] == [
        "| `heat` | 180 | 50 to 250, off | How hot. |",
        "| `door` | as it was | open, shut | The door. |",
    ]


def test_a_config_is_cheap() -> None:
    TrainConfig()
    assert min(timeit.repeat(TrainConfig, number=100, repeat=5)) / 100 < 500e-6, "0.02 ms where it was measured"


TRAIN = ("train", "corpus.txt")
WITHOUT_EFFECT = [
    ((*TRAIN, "--candidates", "20"), "--candidates has an effect only with --sampler hard"),
    ((*TRAIN, "--hard-share", "0.3"), "--hard-share has an effect only with --sampler hard"),
    ((*TRAIN, "--loss", "bpr", "--negative-weight", "2"), "--negative-weight has an effect only with --loss bce"),
    ((*TRAIN, "--loss", "full", "--negative", "7"), "--negative has no effect with --loss full"),
    ((*TRAIN, "--loss", "full", "--no-logq"), "--logq has no effect with --loss full"),
    ((*TRAIN, "--loss", "full", "--ns-exponent", "0.5"), "--ns-exponent has no effect with --loss full"),
    ((*TRAIN, "--loss", "full", "--noise-pool", "0"), "--noise-pool has no effect with --loss full"),
    ((*TRAIN, "--sampler", "batch", "--noise-pool", "1024"), "--noise-pool has no effect with --sampler batch"),
    ((*TRAIN, "--sampler", "batch", "--ns-exponent", "0.5"), "--ns-exponent has no effect with --sampler batch"),
    ((*TRAIN, "--window", "full", "--no-shrink-window"), "--shrink-window has no effect with --window full"),
    ((*TRAIN, "--grow-vocab"), "--grow-vocab has an effect only with --init-from"),
    ((*TRAIN, "--checkpoint-every", "10m"), "--checkpoint-every has an effect only with --checkpoint or --resume"),
    ((*TRAIN, "--each-epoch"), "--each-epoch has an effect only with --similarity or --analogies"),
    ((*TRAIN, "--restrict", "9"), "--restrict has an effect only with --analogies"),
    ((*TRAIN, "--config", "mine.toml"), "candidates has an effect only with sampler='hard'"),
    (("tune", "corpus.txt", "--metric", "loss", "--restrict", "9"), "--restrict has an effect only with --analogies"),
    (("evaluate", "v.bin", "--similarity", "p", "-k", "9"), "-k has an effect only with --next"),
    (("evaluate", "v.bin", "--similarity", "p", "--history", "9"), "--history has an effect only with --next"),
    (("evaluate", "v.bin", "--similarity", "p", "--decay", "1"), "--decay has an effect only with --next"),
    (("evaluate", "v.bin", "--similarity", "p", "--prior", "1"), "--prior has an effect only with --next"),
    (("evaluate", "v.bin", "--similarity", "p", "--method", "3cosmul"), "--method has an effect only with --analogies"),
    (("evaluate", "v.bin", "--next", "n", "--sessions", "s", "--match-case"), "--match-case has an effect only with"),
    (("plot", "v.bin", "--method", "pca", "--seed", "2"), "--seed has no effect with --method pca"),
]


@pytest.mark.parametrize(("arguments", "said"), WITHOUT_EFFECT, ids=lambda value: " ".join(value)[:60])
def test_a_flag_without_effect_is_refused(
    run: Run, corpus: Path, arguments: tuple[str, ...], said: str, vectors_file: Path
) -> None:
    (corpus.parent / "mine.toml").write_text("candidates = 30\n")
    (corpus.parent / "v.bin").write_bytes(vectors_file.read_bytes())
    status, out, err = run(*arguments)
    assert (status, out) == (2, "") and err.startswith(f"w2v: {'mine.toml: ' * ('mine.toml' in arguments)}{said}"), err


def test_a_file_may_hold_what_a_flag_makes_useless(run: Run, corpus: Path) -> None:
    (corpus.parent / "hard.toml").write_text('sampler = "hard"\ncandidates = 30\ndim = 4\nepochs = 1\n')
    assert run(*TRAIN, "--config", "hard.toml", "--sampler", "noise", "--quiet") == (0, "", "")


def test_a_number_out_of_range_names_its_flag(run: Run, vectors_file: Path) -> None:
    assert run("similar", "horse", "-n", "0", "--vectors", vectors_file).err == "w2v: -n must be at least 1, not 0\n"
