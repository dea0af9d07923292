"""The model card: README.md of a folder for model2vec and sentence-transformers, in Markdown."""

import json
from typing import Any

from w2v.base.errors import printable
from w2v.formats.model import Model
from w2v.settings.embedding import EmbeddingConfig


def model_card(model: Model) -> str:
    """Return the description of a model: how it was trained, on what, and its scores, as far as known."""
    n_types, dim = model.vectors.shape
    trained: dict[str, Any] = dict(model.trained.json) if model.trained else {}
    parts = [
        "---\nlibrary_name: model2vec\ntags:\n- word-embeddings\n- static-embeddings\n---",
        "# Word vectors",
        f"{n_types:,} words, {dim} numbers each, trained with [w2v](https://pypi.org/project/w2v/)"
        f"{' ' + str(trained['w2v']) if trained.get('w2v') else ''}.",
        "```python\nfrom model2vec import StaticModel\n\n"
        'StaticModel.from_pretrained("FOLDER").encode(["a sentence"])\n```',
    ]
    if model.counts is not None:
        parts.append(
            "The words have the weights of SIF (Arora, Liang and Ma 2017), a / (a + share of the text) with "
            f"a = {EmbeddingConfig.sif_a:g}."
        )
    if isinstance(files := trained.get("corpus"), list):
        rows = [(str(file.get("name")), f"{file.get('size')} bytes") for file in files if isinstance(file, dict)]
        parts += ["## Corpus", _table(("file", "size"), rows)]
    if isinstance(settings := trained.get("settings"), dict):
        rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in settings.items()]
        parts += ["## Settings", _table(("setting", "value"), rows)]
    if scores := trained.get("scores"):
        parts += ["## Scores", f"```json\n{json.dumps(scores, indent=1, ensure_ascii=False)}\n```"]
    return "\n\n".join(parts) + "\n"


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [head, ("---", "---"), *rows]
    return "\n".join("| " + " | ".join(printable(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
