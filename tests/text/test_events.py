"""Sessions from event tables are those of a slow oracle, whatever the format, and names are read back as they were."""

import bz2
import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import Run, needs

import w2v
from w2v.base.errors import SettingsError, W2VError, W2VWarning
from w2v.text import events
from w2v.text.people import read_people

needs("duckdb", reason="needs the extra `events`")

Event = tuple[str, str, int]
HEADER = "user_id,item_id,timestamp\n"


def made(seed: int, n: int = 400) -> list[Event]:
    """Return events of about 30 people with 40 items, with many equal times, in no order."""
    rng = np.random.default_rng(seed)
    return [(f"p {rng.integers(30)}", f"0{rng.integers(40)}", int(rng.integers(200))) for _ in range(n)]


def csv(rows: Sequence[Event]) -> str:
    return HEADER + "".join(f"{user},{item},{time}\n" for user, item, time in rows)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def core(rows: list[Event], min_items: int, min_people: int) -> list[Event]:
    """Return the events that are left after filtering until nothing changes."""
    while True:
        pairs = {row[:2] for row in rows}
        users, items = [user for user, _ in pairs], [item for _, item in pairs]
        kept = [r for r in rows if users.count(r[0]) >= min_items and items.count(r[1]) >= min_people]
        if len(kept) == len(rows):
            return rows
        rows = kept


def oracle(rows: list[Event], gap: float | None = None, drop_repeats: bool = False) -> list[tuple[str, list[Event]]]:
    """Return the lines: a person, and events in order."""
    lines: list[tuple[str, list[Event]]] = []
    for user in sorted({row[0] for row in rows}):
        own = sorted((row for row in rows if row[0] == user), key=lambda row: row[2])
        if drop_repeats:
            own = [row for place, row in enumerate(own) if row[1] not in [other[1] for other in own[:place]]]
        line = [own[0]]
        for before, row in zip(own, own[1:], strict=False):
            if gap is not None and row[2] - before[2] > gap:
                lines.append((user, line))
                line = []
            line.append(row)
        lines.append((user, line))
    return lines


@pytest.mark.parametrize("part", [50, 2_000_000])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"gap": 20},
        {"drop_repeats": True},
        {"gap": "20s", "drop_repeats": True},
        {"min_items": 9, "min_people": 5},
        {"hold_out": "last"},
        {"hold_out": "last", "gap": 20},
        {"hold_out": 0.3},
        {"hold_out": "after 150"},
        {"hold_out": "after 150", "gap": 20, "drop_repeats": True},
    ],
    ids=str,
)
def test_sessions_are_the_oracles(
    how: dict[str, Any], part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PART", part)
    rows = made(1)
    kept = core(rows, how.get("min_items", 1), how.get("min_people", 1))
    assert "min_items" not in how or 0 < len(kept) < len(rows)
    gap = {20: 20, "20s": 20}.get(how.get("gap", ""))
    wanted, lines = [], oracle(kept, gap, how.get("drop_repeats", False))
    for number, (user, line) in enumerate(lines):
        is_last, n, held = number + 1 == len(lines) or lines[number + 1][0] != user, len(line), how.get("hold_out")
        if held == "after 150":
            middle = sum(row[2] < 150 for row in line)
        else:
            wish = {None: 0, "last": 1}.get(held, max(1, round(0.3 * n)))
            middle = n - min(wish, n - 1) if is_last else n
        items = [row[1] for row in line]
        wanted.append((user, items[:middle], items[middle:]))
    assert any(next for *_, next in wanted) == ("hold_out" in how)
    found = w2v.sessions(written(tmp_path / "e.csv", csv(rows)), **how)
    assert [session[:3] for session in found] == wanted


@pytest.mark.slow
def test_formats_and_frames_have_the_same_sessions(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    rows = made(2, 60)
    text = csv(rows)
    records = [dict(zip(("user_id", "item_id", "timestamp"), row, strict=True)) for row in rows]
    table = pa.Table.from_pylist(records)
    pq.write_table(table, tmp_path / "e.parquet")
    written(tmp_path / "plain.csv", text)
    written(tmp_path / "e.tsv", text.replace(",", "\t"))
    written(tmp_path / "e.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "gzip-without-suffix").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "wrong-suffix.gz").write_bytes(text.encode())
    (tmp_path / "e.csv.bz2").write_bytes(bz2.compress(text.encode()))
    (tmp_path / "parts").mkdir()
    written(tmp_path / "parts" / "1.csv", csv(rows[:30]))
    written(tmp_path / "parts" / "2.csv", csv(rows[30:]))
    wanted = w2v.sessions(table)
    assert [session.name for session in wanted] == sorted({row[0] for row in rows})
    for name in ("plain.csv", "e.tsv", "e.jsonl", "e.parquet", "e.csv.gz", "gzip-without-suffix", "wrong-suffix.gz"):
        assert w2v.sessions(tmp_path / name) == wanted, name
    for name in ("e.csv.bz2", "parts", "parts/*.csv"):
        assert w2v.sessions(str(tmp_path / name)) == wanted, name
    for library in ("pandas", "polars"):
        try:
            frames = __import__(library)
        except ImportError:
            continue
        assert w2v.sessions(frames.DataFrame(records)) == wanted, library
    with pytest.raises(W2VError, match="the files are of several kinds, csv, parquet"):
        w2v.sessions([tmp_path / "plain.csv", tmp_path / "e.parquet"])


@pytest.mark.parametrize(
    "unit", ["2024-05-01 10:{:02}:00", "2024-05-01T10:{:02}:00Z", "17145576{:02}", "17145576{:02}000"]
)
def test_times_are_dates_or_numbers(unit: str, tmp_path: Path) -> None:
    rows = "".join(f"a,i{minute},{unit.format(minute)}\n" for minute in (30, 5, 10, 59))
    step = "6m" if "-" in unit else "6s"
    found = w2v.sessions(written(tmp_path / "e.csv", HEADER + rows), gap=step)
    assert [session.items for session in found] == [["i5", "i10"], ["i30"], ["i59"]]
    when = "2024-05-01 10:10:00" if "-" in unit else "2024-05-01T10:00:10Z"
    (line,) = w2v.sessions(tmp_path / "e.csv", hold_out=f"after {when}")
    assert (line.items, line.next) == (["i5"], ["i10", "i30", "i59"])


def test_files_are_read_back_as_they_were(tmp_path: Path, run: Run) -> None:
    people = ["Ann Lee", "a,b", "été", "007", "x" * 300]
    rows = "".join(f'"{name}","it;{n}\u00e9",{n}\n' for n in range(3) for name in people)
    written(tmp_path / "e.csv", HEADER + rows)
    result = run("sessions", tmp_path / "e.csv", "-o", tmp_path / "s.txt.gz", "--hold-out", "last")
    assert result.status == 0
    assert result.err.splitlines() == [
        "w2v: columns: user 'user_id', item 'item_id', time 'timestamp'",
        "w2v: 15 events of 5 people with 3 items",
        f"w2v: wrote {tmp_path / 's.txt.gz'}: 5 lines",
        f"w2v: wrote {tmp_path / 's.next.txt.gz'}: 5 of 5 lines have items",
    ]
    found = list(read_people(tmp_path / "s.txt.gz", line_names=True))
    assert [person.name for person in found] == sorted(people)
    assert all(person.items == ["it;0é", "it;1é"] for person in found)
    assert [person.items for person in read_people(tmp_path / "s.next.txt.gz")] == [["it;2é"]] * 5
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "the temporary folder is gone"
    run("sessions", tmp_path / "e.csv", "-o", tmp_path / "s.txt", "--no-names")
    assert (tmp_path / "s.txt").read_text().splitlines() == ["it;0é it;1é it;2é"] * 5


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\u00a0", "\u2003", "\x1c", "\x85"])
def test_whitespace_in_names_is_refused_or_escaped(space: str, tmp_path: Path) -> None:
    rows = written(tmp_path / "e.csv", HEADER + f'a,"The{space}Beatles",1\na,100%,2\n')
    with pytest.raises(
        W2VError, match=r"1 of 2 items have whitespace, such as 'The.*: name a column of identifiers with item"
    ):
        w2v.sessions(rows)
    with pytest.warns(W2VWarning, match="2 items have whitespace or %"):
        w2v.sessions(rows, tmp_path / "s.txt", escape=True)
    (person,) = read_people(tmp_path / "s.txt", line_names=True)
    import urllib.parse

    assert [urllib.parse.unquote(item) for item in person.items] == [f"The{space}Beatles", "100%"]
    rows = written(tmp_path / "e.csv", HEADER + f'"a{space}b",x,1\n')
    if space in "\t\n":
        with pytest.raises(W2VError, match="the person 'a.*b' has a name that a line cannot begin with"):
            w2v.sessions(rows)
    else:
        w2v.sessions(rows, tmp_path / "s.txt")
        assert [person.name for person in read_people(tmp_path / "s.txt", line_names=True)] == [f"a{space}b"]


@pytest.mark.parametrize("bad", ["b,x", "b,x,2,3", "b,x,soon"])
def test_malformed_rows_are_reported_with_file_and_line(bad: str, tmp_path: Path) -> None:
    rows = [f"a,i{n},{n}" for n in range(30_000)]
    rows[25_000] = bad
    written(tmp_path / "good.csv", HEADER + "c,z,1\n")
    path = written(tmp_path / "e.csv", HEADER + "\n".join(rows) + "\n")
    with pytest.raises(W2VError, match=r"e.csv, line 25,002: .*1 rows are malformed: skip_malformed"):
        w2v.sessions([tmp_path / "good.csv", path])
    with pytest.warns(W2VWarning, match=r"left out 1 malformed rows: .*e.csv, line 25,002"):
        found = w2v.sessions([tmp_path / "good.csv", path], skip_malformed=True)
    assert [len(session.items) for session in found] == [29_999, 1]


def test_rows_without_a_value_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "e.csv", HEADER + 'a,x,2\n,y,1\na,,1\na,y,\na,z,1\n"",w,3\n')
    with pytest.warns(W2VWarning, match="left out 4 of 6 rows, which have no person, item or time"):
        (line,) = w2v.sessions(path)
    assert line.items == ["z", "x"]


@pytest.mark.parametrize(
    ("text", "how", "error", "message"),
    [
        (
            "who,what\na,b\n",
            {},
            SettingsError,
            "no column has a usual name for users: name it with user; the columns are who",
        ),
        (
            "who,what\na,b\n",
            {"user": "whom"},
            SettingsError,
            "user: there is no column 'whom'; the columns are who, what",
        ),
        (
            csv([("a", "b", 1)]),
            {"hold_out": "first"},
            SettingsError,
            "hold_out must be last, a fraction between 0 and 1",
        ),
        (csv([("a", "b", 1)]), {"hold_out": "after noon"}, SettingsError, "expected a date such as .* not 'noon'"),
        (csv([("a", "b", 1)]), {"hold_out": 1.5}, SettingsError, "hold_out must be last"),
        (csv([("a", "b", 1)]), {"gap": "soon"}, SettingsError, "gap must be a number and s, m or h"),
        (csv([("a", "b", 1)]), {"min_items": 0}, SettingsError, "min_items must be at least 1"),
        (csv([("a", "b", 1)]), {"min_items": 2}, W2VError, "no events are left: lower min_items=2 or min_people=1"),
        (csv([("a", "b", 1)]), {"time": "item_id"}, W2VError, "the column 'item_id' has VARCHAR, not times"),
        (HEADER + "a,,1\n", {}, W2VError, "no rows with a person, an item and a time"),
    ],
)
def test_what_cannot_be_is_refused(text: str, how: dict[str, Any], error: type, message: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=message) as caught:
        w2v.sessions(written(tmp_path / "e.csv", text), **how)
    assert "\n" not in str(caught.value)


def test_what_is_read_is_not_overwritten(tmp_path: Path, run: Run) -> None:
    written(tmp_path / "e.csv", csv(made(1, 9)))
    for arguments in (["-o", "e.csv"], ["-o", "s.txt", "--hold-out", "last", "--next", "e.csv"]):
        result = run("sessions", tmp_path / "e.csv", *[tmp_path / a if "." in a else a for a in arguments])
        assert result.status == 2 and re.search("are the same file", result.err)
    assert run("sessions", tmp_path / "none.csv").status == 1


def test_a_line_has_the_mean_weight_of_its_items(tmp_path: Path, run: Run) -> None:
    rows = "a,x,1,2\na,y,2,3\na,z,3,100\nb,x,1,.5\nb,y,9,.5\nb,z,10,.5\n"
    written(tmp_path / "e.csv", HEADER.replace("\n", ",stars\n") + rows)
    how = {"weight": "stars", "hold_out": "last"}
    found = w2v.sessions(tmp_path / "e.csv", gap=5, **how)  # type: ignore[call-overload]
    assert [(session.items, session.weight) for session in found] == [(["x", "y"], 2.5), (["x"], 0.5), (["y"], 0.5)]
    w2v.sessions(tmp_path / "e.csv", tmp_path / "s.txt", **how)  # type: ignore[call-overload]
    assert (tmp_path / "s.txt").read_text() == "a\t2.5\tx y\nb\t0.5\tx y\n"
    assert [*read_people(tmp_path / "s.txt", True, True)] == [("a", ["x", "y"]), ("b", ["x", "y"])]
    for wrong, message in (("0", "weight 0: it must be above 0"), ("-1", "weight -1"), ("nan", "weight nan")):
        written(tmp_path / "e.csv", HEADER.replace("\n", ",stars\n") + rows + f"c,x,1,{wrong}\n")
        with pytest.raises(W2VError, match=message):
            w2v.sessions(tmp_path / "e.csv", weight="stars")
    with pytest.raises(W2VError, match="the column 'user_id' has VARCHAR, not weights"):
        w2v.sessions(tmp_path / "e.csv", weight="user_id")


@pytest.mark.slow
def test_from_events_to_recommendations(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "events.csv", csv(made(3)))
    small = ("--dim", "4", "--epochs", "1", "--negative", "2")
    for command in (
        ("sessions", "events.csv", "-o", "s.txt", "--hold-out", "last"),
        ("train", "s.txt", "--line-names", "--config", "items", *small),
        ("evaluate", "vectors.w2v", "--sessions", "s.txt", "--next", "s.next.txt"),
        ("recommend", "--sessions", "s.txt", "-o", "recs.tsv", "-n", "5"),
    ):
        result = run(*command)
        assert result.status == 0, result.err
    vectors = w2v.Vectors.load("vectors.w2v")
    assert {*vectors.words} <= {f"0{n}" for n in range(40)}, "names are not items"
    rows = [line.split("\t") for line in (tmp_path / "recs.tsv").read_text().splitlines()[1:]]
    assert {row[0] for row in rows} == {f"p {n}" for n in range(30)} and len(rows) == 150


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "file"])
def test_tables_are_trained_on_as_their_sessions_are(kind: str, tmp_path: Path) -> None:
    rows = made(5)
    data = dict(zip(("who", "what", "when"), map(list, zip(*rows, strict=True)), strict=True)) | {"w": [0.5, 2.0] * 200}
    if kind == "file":
        lines = (f"{who},{what},{when},{w}\n" for who, what, when, w in zip(*data.values(), strict=True))
        table: Any = written(tmp_path / "events.csv", "who,what,when,w\n" + "".join(lines))
    else:
        library = pytest.importorskip(kind)
        table = (library.table if kind == "pyarrow" else library.DataFrame)(data)
    columns: dict[str, Any] = {"user": "who", "item": "what", "time": "when"}
    how: dict[str, Any] = {"dim": 8, "epochs": 1, "min_count": 1, "sample": 0, "threads": 1, "line_vectors": "alone"}
    for more in (dict[str, Any](), {"weight": "w"}):
        w2v.sessions(table, tmp_path / "s.txt", **columns, **more)
        from_file = w2v.train(tmp_path / "s.txt", line_names=True, weighted_lines=bool(more), **how)
        from_table = w2v.train(table, **columns, **more, **how)
        assert from_table.words == from_file.words and np.array_equal(from_table.matrix, from_file.matrix)
        assert from_table.lines is not None and from_file.lines is not None
        assert from_table.lines.names == from_file.lines.names and "p 1" in from_table.lines.names
    assert from_table.trained is not None and from_table.trained.settings["line_names"]
    with pytest.raises(SettingsError, match="item: there is no column 'none'; the columns are who, what, when, w"):
        w2v.train(table, user="who", item="none", **how)
