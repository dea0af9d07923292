"""Line names: what stands before the first tab of each line, taken from the text before it is scanned."""

from collections.abc import Iterable, Iterator

from w2v.base.errors import W2VError

SHOWN = 40
"""Characters of a line that an error shows."""


class LineNames:
    """The names of the lines of a text, gathered while it is read."""

    def __init__(self, keeps: bool = True) -> None:
        """Take whether to keep the names, or only to take them from the text."""
        self._names: list[str] = []
        self._keeps, self._n_lines = keeps, 0

    def take_from(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield blocks of text without names and tabs; a block may end within a line. Raises W2VError without a tab."""
        rest, is_named = b"", False  # of the line at hand: what may still be its name, or whether it has one
        for block in blocks:
            *lines, last = (rest + block).split(b"\n")
            found = []
            for line in lines:
                found.append(line if is_named else self._take(line))
                is_named = False
            if is_named or b"\t" in last:
                found.append(last if is_named else self._take(last))
                rest, is_named = b"", True
            else:
                found.append(b"")
                rest = last
            yield b"\n".join(found)
        if rest:
            yield self._take(rest)

    def finish(self) -> list[str]:
        """Return the names; raise W2VError if two lines have the same one."""
        first = {name: number for number, name in reversed([*enumerate(self._names, 1)])}
        if len(first) < len(self._names):
            number, name = next((i, name) for i, name in enumerate(self._names, 1) if first[name] != i)
            raise W2VError(f"lines {first[name]:,} and {number:,} have the same name, '{name[:SHOWN]}'")
        return self._names

    def _take(self, line: bytes) -> bytes:
        """Keep the name of a line, and return the rest."""
        name, tab, text = line.partition(b"\t")
        if not tab or not name.strip():
            shown = line[:SHOWN].decode("utf-8", "replace")
            raise W2VError(f"line {self._n_lines + 1:,} has no name: a name and a tab come first, not '{shown}'")
        self._n_lines += 1
        if self._keeps:
            self._names.append(name.decode("utf-8", "replace"))
        return text
