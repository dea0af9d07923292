"""The demo reads a library as it should, says where it cannot, and its answers are those a programmer expects."""

import sysconfig
from pathlib import Path

import pytest
from helpers import Run

from w2v.commands.demo import ASKED, library_sentences

EXPECTED = {
    "Monday": {"day", "week", "weekday", "first_weekday", "firstweekday", "Sunday", "month", "year"},
    "lower": {"upper", "strip", "startswith", "casefold", "title", "isupper", "islower"},
    "socket": {"sock", "AF_INET", "AF_INET6", "AF_UNIX", "SOCK_STREAM", "sockets", "connect", "bind", "_socket"},
    "KeyError": {"except", "try", "key", "raise", "LookupError", "AttributeError", "IndexError", "ValueError"},
    "thread": {"threads", "Thread", "threading", "current_thread", "get_ident", "is_alive", "lock", "process"},
}
"""Words of which at least one must be among the five nearest, under any version of Python."""


def test_names_between_blank_lines_are_sentences_and_tests_are_left_out(tmp_path: Path) -> None:
    for name in ("b.py", "a/c.py", "test/d.py", "site-packages/e.py", "f.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"x2 = 1 + über_{path.stem}\n  \n# no name\n\n1\n")
    assert list(library_sentences(tmp_path)) == [["x2", "über_c"], ["no", "name"], ["x2", "über_b"], ["no", "name"]]


@pytest.mark.slow
def test_the_library_answers_as_a_programmer_would(run: Run) -> None:
    status, out, err = run("demo")
    assert status == 0
    answers = [[line.split()[0] for line in answer.splitlines()] for answer in out.split("\n\n")]
    assert tuple(answer[0] for answer in answers) == ASKED == tuple(EXPECTED)
    for word, *near in answers:
        assert len(near) == 5 and EXPECTED[word] & set(near), answers
    assert err.splitlines()[-1].startswith("w2v: done in ")


def test_a_python_without_sources_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("Monday socket\n" * 30)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    status, out, err = run("demo")
    assert (status, out) == (1, "")
    assert "holds too little source code: lower, KeyError, thread not seen" in err.splitlines()[-1]
