"""Event tables: rows of who took which item and when, turned into sessions: one line of items per person, oldest first.

DuckDB reads and sorts the table within a memory limit; larger data are on disk, in a temporary folder next to the
output. Python gets the numbers of people and items, for some people at a time, because strings would take four times as
long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np

from w2v.base.errors import SettingsError, W2VError, option
from w2v.reports import Reporter
from w2v.text.event_files import Columns, quoted

PART = 2_000_000
"""Number of events that are sorted and written at a time: about 200 MB."""
TIMES = {"TIMESTAMP", "DATE", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
WHOLE = {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER", "USMALLINT", "UTINYINT", "HUGEINT"}
REAL = {"DOUBLE", "FLOAT"}


@dataclass(frozen=True)
class HoldOut:
    """Which items of a line are held out: those after a position, or from a time on."""

    kind: str
    """last, fraction or after."""
    fraction: float = 0.0
    time: str = ""

    @classmethod
    def parse(cls, text: str | float) -> "HoldOut":
        """Return the meaning of `last`, a fraction such as 0.2, or `after TIME`.

        >>> HoldOut.parse("after 2024-05-01")
        HoldOut(kind='after', fraction=0.0, time='2024-05-01')
        """
        words = str(text).split(maxsplit=1)
        if words == ["last"]:
            return cls("last")
        if len(words) == 2 and words[0] == "after":
            return cls("after", time=words[1])
        try:
            fraction = float(str(text))
        except ValueError:
            fraction = -1.0
        if not 0 < fraction < 1:
            raise SettingsError(
                f"{option('hold_out')} must be last, a fraction between 0 and 1, or after TIME, not '{text}'",
                "hold_out",
            )
        return cls("fraction", fraction=fraction)

    def n_held_out(self, n_items: int) -> int:
        """Return how many of a line's items `last` or a fraction holds out; at least one item is never held out."""
        wanted = 1 if self.kind == "last" else max(1, round(self.fraction * n_items))
        return min(wanted, n_items - 1) if n_items else 0


@dataclass(frozen=True)
class SessionRules:
    """How events become sessions."""

    gap_s: float | None = None
    """A pause of more than this many seconds begins a new line; None means one line per person."""
    hold_out: HoldOut | None = None
    min_items: int = 1
    """Leave out people with fewer distinct items."""
    min_people: int = 1
    """Leave out items with fewer people."""
    drop_repeats: bool = False
    """Whether only the first event of a person with an item counts."""
    escape: bool = False
    """Whether whitespace in items is written as in URLs: %20."""


class Session(NamedTuple):
    """A line: the earlier items, the held-out items, and a weight."""

    name: str
    items: list[str]
    next: list[str]
    weight: float = 1.0
    """With weights, the mean weight of its items."""


class Events:
    """An event table in a temporary database."""

    def __init__(self, connection: Any, told: Reporter, rules: SessionRules) -> None:  # noqa: ANN401
        self._sql, self._told, self._rules = connection, told, rules
        self._unit = 1.0
        """Number of units of the time column per second."""
        self._is_clock = False
        """Whether times are timestamps instead of numbers."""
        self._is_weighted = False
        """Whether events have weights."""
        self._counts = (0, 0, 0)
        """Numbers of events, people and items."""

    def load(self, relation: str, columns: Columns, types: dict[str, str]) -> None:
        """Read a relation of DuckDB into the table `raw` (name, item, t, w)."""
        user, item = (f"CAST({quoted(name)} AS VARCHAR)" for name in (columns.user, columns.item))
        time = "0" if columns.time is None else self._time_expression(columns.time, types[columns.time])
        self._is_weighted = columns.weight is not None
        weight = ""
        if columns.weight is not None:
            kind = types[columns.weight]
            if kind not in WHOLE | REAL and not kind.startswith("DECIMAL"):
                raise W2VError(f"the column '{columns.weight}' has {kind}, not weights: expected numbers")
            weight = f", CAST({quoted(columns.weight)} AS DOUBLE) AS w"
        self._sql.execute(
            f"CREATE TABLE raw AS SELECT {user} AS name, {item} AS item, {time} AS t{weight} FROM {relation}"
        )

    def number(self) -> None:
        """Make the tables `events` (u, i, t, n, w), `users` (u, name) and `items` (i, name) from `raw`.

        Rows without a value are left out, and names are checked.
        """
        empty = "coalesce(name, '') = '' OR coalesce(item, '') = '' OR t IS NULL" + " OR w IS NULL" * self._is_weighted
        n_rows, n_empty, last = self._one(f"SELECT count(*), count(*) FILTER ({empty}), max(t) FROM raw")
        if n_rows == n_empty:
            raise W2VError("the event table has no rows with a person, an item and a time")
        if self._is_weighted:
            self._check_weights()
        if n_empty:
            values = "person, item or time" if not self._is_weighted else "person, item, time or weight"
            self._told.warn(f"left out {n_empty:,} of {n_rows:,} rows, which have no {values}")
        if not self._is_clock:
            self._unit = next((unit for unit in (1e9, 1e6, 1e3) if float(last) > 1e8 * unit), 1.0)
        for table, column, place in (("users", "name", "u"), ("items", "item", "i")):
            self._sql.execute(
                f"CREATE TABLE {table} AS SELECT CAST(row_number() OVER (ORDER BY {column}) - 1 AS INTEGER) "
                f"AS {place}, {column} AS name FROM (SELECT DISTINCT {column} FROM raw WHERE NOT ({empty}))"
            )
        self._check_people()
        without_name = "t IS NULL" + " OR w IS NULL" * self._is_weighted  # users and items contain no NULL or ""
        self._sql.execute(
            f"CREATE TABLE events AS SELECT u, i, t, raw.rowid AS n{', w' * self._is_weighted} FROM raw "
            f"JOIN users ON raw.name = users.name JOIN items ON raw.item = items.name WHERE NOT ({without_name})"
        )
        n_people, n_items = (self._one(f"SELECT count(*) FROM {table}")[0] for table in ("users", "items"))
        self._counts = n_rows - n_empty, n_people, n_items
        self._sql.execute("DROP TABLE raw")
        self._check_items()

    def filter(self) -> None:
        """Leave out people with few items and items with few people, repeatedly until nothing changes."""
        least_items, least_people = self._rules.min_items, self._rules.min_people
        if max(least_items, least_people) <= 1:
            return
        before = self._counts
        self._sql.execute("CREATE TABLE pairs AS SELECT DISTINCT u, i FROM events")
        size, smaller = -1, self._one("SELECT count(*) FROM pairs")[0]
        while smaller != size:
            size = smaller
            for key, least in (("u", least_items), ("i", least_people)):
                self._sql.execute(
                    f"CREATE OR REPLACE TABLE pairs AS SELECT * FROM pairs SEMI JOIN (SELECT {key} FROM pairs "
                    f"GROUP BY {key} HAVING count(*) >= {least}) AS kept USING ({key})"
                )
            smaller = self._one("SELECT count(*) FROM pairs")[0]
        if not size:
            raise W2VError(
                f"no events are left: lower {option('min_items', least_items)} or {option('min_people', least_people)}"
            )
        self._sql.execute("CREATE OR REPLACE TABLE events AS SELECT * FROM events SEMI JOIN pairs USING (u, i)")
        self._counts = self._one("SELECT count(*), count(DISTINCT u), count(DISTINCT i) FROM events")
        counts = zip(before, self._counts, ("events", "people", "items"), strict=True)
        dropped = ", ".join(f"{n - left:,} of {n:,} {what}" for n, left, what in counts)
        self._told.tell(f"{option('min_items')} and {option('min_people')} left out {dropped}")

    def sessions(self) -> Iterator[Session]:
        """Yield the lines, ordered by the names of people and by time."""
        n_events, n_people, n_items = self._counts
        self._told.tell(f"{n_events:,} events of {n_people:,} people with {n_items:,} items")
        has_times = self._rules.gap_s is not None or self._is_held_out_by_time
        since = self._threshold() if self._is_held_out_by_time else None
        columns = "u, i" + ", t" * has_times + ", w" * self._is_weighted
        rules = self._rules
        is_whole = not (has_times or self._is_weighted or rules.hold_out or rules.drop_repeats)
        names = np.array(
            [name for (name,) in self._sql.execute("SELECT name FROM items ORDER BY i").fetchall()], object
        )
        for first, end in self._parts(n_events):
            part = f"WHERE u >= {first} AND u < {end}"
            people = dict(self._sql.execute(f"SELECT u, name FROM users {part}").fetchall())
            found = self._sql.execute(f"SELECT {columns} FROM events {part} ORDER BY u, t, n").fetchnumpy()
            items = names[found["i"]].tolist()
            begins = np.flatnonzero(np.diff(found["u"], prepend=-1))
            owners, bounds = found["u"][begins].tolist(), pairwise([*begins.tolist(), len(items)])
            if is_whole:
                for owner, (begin, stop) in zip(owners, bounds, strict=True):
                    yield Session(people[owner], items[begin:stop], [])
                continue
            when, weights = (found[name].tolist() if name in found else None for name in ("t", "w"))
            for owner, (begin, stop) in zip(owners, bounds, strict=True):
                own_times, own_weights = (values and values[begin:stop] for values in (when, weights))
                yield from self._lines_of(people[owner], items[begin:stop], own_times, own_weights, since)

    @property
    def _is_held_out_by_time(self) -> bool:
        return self._rules.hold_out is not None and self._rules.hold_out.kind == "after"

    def _lines_of(
        self,
        name: str,
        items: list[str],
        times: list[float] | None,
        weights: list[float] | None,
        since: float | None,
    ) -> Iterator[Session]:
        """Yield the lines of a person."""
        if self._rules.drop_repeats:
            first = {item: place for place, item in reversed([*enumerate(items)])}
            places = sorted(first.values())
            items = [items[place] for place in places]
            times, weights = (values and [values[place] for place in places] for values in (times, weights))
        cuts = [0, *self._cuts(times), len(items)]
        hold_out = self._rules.hold_out
        for begin, end in zip(cuts, cuts[1:], strict=False):
            middle = end
            if since is not None and times is not None:
                middle = next((place for place in range(begin, end) if times[place] >= since), end)
            elif hold_out is not None and end == len(items):
                middle = end - hold_out.n_held_out(end - begin)
            own = weights[begin:middle] if weights is not None else []
            yield Session(name, items[begin:middle], items[middle:end], fmean(own) if own else 1.0)

    def _cuts(self, times: list[float] | None) -> list[int]:
        """Return the positions at which a new line begins."""
        if self._rules.gap_s is None or times is None:
            return []
        longest = self._rules.gap_s * self._unit
        return [place for place in range(1, len(times)) if times[place] - times[place - 1] > longest]

    def _parts(self, n_events: int) -> Iterator[tuple[int, int]]:
        """Yield ranges of people, from and to, with about PART events each."""
        n_parts = -(-n_events // PART)
        if n_parts == 1:
            yield 0, 1 << 31
            return
        first = 0
        ends = self._sql.execute(
            f"SELECT max(u) + 1 FROM (SELECT u, sum(count(*)) OVER (ORDER BY u) AS total FROM events GROUP BY u) "
            f"GROUP BY (total - 1) // {PART} ORDER BY 1"
        ).fetchall()
        for (end,) in ends:
            yield first, end
            first = end

    def _threshold(self) -> float:
        """Return the time from which items are held out, in units of the column."""
        assert self._rules.hold_out is not None
        text = self._rules.hold_out.time
        if not self._is_clock:
            try:
                return float(text)
            except ValueError:
                pass
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            kind = "a date such as 2024-05-31" + ("" if self._is_clock else ", or a number")
            raise SettingsError(f"{option('hold_out')} after: expected {kind}, not '{text}'", "hold_out") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.timestamp() * self._unit

    def _time_expression(self, name: str, kind: str) -> str:
        """Return the SQL expression that converts a column of times to numbers."""
        column = quoted(name)
        if kind in TIMES:
            self._is_clock, self._unit = True, 1e9 if kind == "TIMESTAMP_NS" else 1e6
            return f"epoch_ns({column})" if kind == "TIMESTAMP_NS" else f"epoch_us({column})"
        if kind in WHOLE:
            return f"CAST({column} AS BIGINT)"
        if kind in REAL or kind.startswith("DECIMAL"):
            return f"CAST({column} AS DOUBLE)"
        raise W2VError(
            f"the column '{name}' has {kind}, not times: expected numbers or dates such as 2024-05-31 18:00:00; name "
            f"another with {option('time')}"
        )

    def _check_weights(self) -> None:
        """Raise W2VError if a weight is not above 0."""
        wrong = self._one("SELECT name, item, w FROM raw WHERE NOT (w > 0 AND w < 'inf') LIMIT 1")
        if wrong:
            raise W2VError(
                f"the event of {wrong[0]!r} with {wrong[1]!r} has the weight {wrong[2]:g}: it must be above 0"
            )

    def _check_people(self) -> None:
        """Raise W2VError if a person's name cannot be written before a tab at the start of a line."""
        wrong = self._one(
            "SELECT name FROM users WHERE regexp_matches(name, '[\\t\\n\\r\\x00]') OR trim(name) = '' "
            "OR starts_with(name, chr(65279)) LIMIT 1"
        )
        if wrong:
            raise W2VError(
                f"the person {wrong[0]!r} has a name that a line cannot begin with: tabs, newlines and names of spaces "
                f"are not possible; name another column with {option('user')}"
            )

    def _check_items(self) -> None:
        """Raise W2VError if an item contains whitespace, or escape the whitespace."""
        found = self._sql.execute("SELECT i, name FROM items").fetchall()
        spaced = [(row, name) for row, name in found if name.split() != [name] or "\0" in name]
        if self._rules.escape:
            spaced = [(row, name) for row, name in found if name.split() != [name] or "%" in name or "\0" in name]
        if not spaced:
            return
        if not self._rules.escape:
            raise W2VError(
                f"{len(spaced):,} of {len(found):,} items have whitespace, such as {spaced[0][1]!r}: name a column of "
                f"identifiers with {option('item')}, or write it as %20 with {option('escape')}"
            )
        self._told.warn(f"{len(spaced):,} items have whitespace or %, which is written as in URLs: {spaced[0][1]!r}")
        self._sql.execute("CREATE TABLE escaped (i INTEGER, name VARCHAR)")
        self._sql.executemany("INSERT INTO escaped VALUES (?, ?)", [(row, _escaped(name)) for row, name in spaced])
        self._sql.execute("UPDATE items SET name = escaped.name FROM escaped WHERE items.i = escaped.i")

    def _one(self, query: str) -> Any:  # noqa: ANN401
        return self._sql.execute(query).fetchone()


def _escaped(text: str) -> str:
    """Return a text with whitespace and % escaped as in URLs.

    >>> _escaped("100 %")
    '100%20%25'
    """
    return "".join("".join(f"%{byte:02X}" for byte in c.encode()) if c.isspace() or c in "%\0" else c for c in text)
