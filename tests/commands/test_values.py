"""Values of options and arguments: ours where they are plain, Typer's errors where they are wrong."""

import pytest
from helpers import Run


@pytest.mark.parametrize(
    "arguments, said",
    (
        (("similar", "king", "-n", "x"), "Invalid value for '-n'"),
        (("similar", "king", "--restrict", "0.5"), "Invalid value for '--restrict'"),
        (("train", "c", "--lr", "fast"), "Invalid value for '--lr'"),
        (("train", "c", "--dim"), "Option '--dim' requires an argument"),
        (("analogy", "a", "b"), "Missing argument 'C'"),
        (("tune", "c"), "Missing option '--metric'"),
    ),
)
def test_a_wrong_or_missing_value_is_named(run: Run, arguments: tuple[str, ...], said: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out, err.count("\n")) == (2, "", 1) and said in err


def test_a_command_that_is_misspelled_is_answered(run: Run) -> None:
    assert "Did you mean 'train'" in run("tran").err


def test_values_have_their_types(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr("w2v.api.train", lambda corpus, output, **others: given.update(others, corpus=corpus))
    assert run("train", "a", "b", "--dim", " 7", "--lr", "1e-2", "--window", "9", "--no-shrink-window").status == 0
    expected = {"corpus": ["a", "b"], "dim": 7, "lr": 0.01, "window": 9, "shrink_window": False, "config": None}
    assert given | expected == given and "epochs" not in given
