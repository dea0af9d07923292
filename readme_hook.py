"""The README as PyPI shows it, where there is no repository next to it: hatchling runs this when it builds."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

PICTURE = re.compile(r"!\[[^\]]*\]\((?!https:)[^)]*\)\n*")
LINK = re.compile(r"\[([^\]]*)\]\((?!https:|#)[^)]*\)")


class ReadmeHook(MetadataHookInterface):  # type: ignore[misc]
    """Leaves out pictures of the repository, and keeps the text alone of links into it."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description of the package."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": LINK.sub(r"\1", PICTURE.sub("", text))}
