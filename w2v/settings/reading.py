"""Settings of every command that reads a corpus."""

from typing import Annotated

from w2v.settings.fields import Setting

Lowercase = Annotated[bool, Setting("Lowercase the text while it is read.", group="Corpus")]
Column = Annotated[
    str | None,
    Setting(
        "The column that holds the text; the files are JSON Lines or Parquet.",
        group="Corpus",
        unset="none: the files are plain text",
    ),
]
ForceText = Annotated[
    bool,
    Setting("Read files too whose bytes say that they are not text.", group="Corpus"),
]
Threads = Annotated[
    int | None,
    Setting("Number of threads.", group="Training", low=1, high=4_096, unset="as many as this process may use"),
]
