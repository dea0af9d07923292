"""Provenance: what vectors record about the run that trained them, besides settings and corpus."""

import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from w2v.base.errors import without_secrets
from w2v.base.machine import available_threads
from w2v.formats.model import Trained
from w2v.reports import Reporter
from w2v.training.run import Run
from w2v.vectors.vectors import Vectors

SCORES = ("similarity", "analogies", "next")
"""Names of the scores in a row of the log."""


def with_provenance(
    vectors: Vectors, run: Run, seconds: Mapping[str, float], rows: Sequence[Mapping[str, Any]]
) -> Vectors:
    """Return vectors that record the scores in the log, and when, where and how long they were trained."""
    trained = vectors.trained
    if trained is None:
        return vectors
    scores = [found for row in rows if (found := _scores(row))]
    facts: dict[str, Any] = {"scores": scores} if scores else {}
    facts["run"] = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "system": platform.system(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "threads": run.config.threads or available_threads(),
            "nodes": run.backend.n_nodes,
            "python": platform.python_version(),
        },
        "seconds": dict(seconds),
    }
    return Vectors.of(replace(vectors.model, trained=trained.with_facts(**facts)), vectors.name)


def tell_of_repetition(run: Run, earlier: Trained, folder: str | Path, told: Reporter) -> None:
    """Report whether a run with a model's settings reads the same corpus as that model; file names are ignored."""
    before = [(file.get("size"), file.get("sample")) for file in earlier.corpus or ()]
    if not before or run.files is None:
        told.tell(f"settings of {folder}; whether the corpus is the same is not known")
    elif [(file.size, file.sample) for file in run.files] == before:
        told.tell(f"settings and corpus of {folder}: with one thread the vectors are the same")
    else:
        told.warn(f"the corpus is not the one that {folder} was trained on")


def _scores(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scores in a row of the log, with the epoch; empty if it has none. Paths become file names."""
    found = {name: row[name] for name in SCORES if row.get(name)}
    return {"epoch": row["epoch"], **{name: _shown(value) for name, value in found.items()}} if found else {}


def _shown(value: Any) -> Any:  # noqa: ANN401  (what the log has)
    if isinstance(value, list):
        return [_shown(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: without_secrets(Path(one).name) if name == "file" else one
        for name, one in value.items()
        if name != "sections"
    }


def _processor() -> str:
    """Return the name of the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except (OSError, ValueError):
        pass
    return platform.processor() or platform.machine()
