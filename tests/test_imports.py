"""The house rules: who imports whom, who prints, and what a command that must start fast does not load."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import CHECKOUT, python

FILES = {
    ".".join(path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in [CHECKOUT / "cli.py", *sorted((CHECKOUT / "w2v").rglob("*.py"))]
}
"""Every file of the program, by the name of its module."""
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}

LAYERS = (
    ("cli", "__main__"),
    ("commands",),
    ("w2v", "estimator"),
    ("api",),
    ("tuning", "plotting"),
    ("evaluation", "cluster"),
    ("training",),
    ("checkpoints",),
    ("vectors",),
    ("formats",),
    ("text",),
    ("settings",),
    ("reports",),
    ("base",),
)
"""Imports go down this list, or stay on a level: the wings and the files that stand beside them."""
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

MAY_IMPORT_KERNELS = {
    "w2v.formats.word2vec_text",
    "w2v.text.encoding",
    "w2v.text.joining",
    "w2v.text.phrases",
    "w2v.text.word_table",
    "w2v.text.words",
    "w2v.training.execution",
    "w2v.training.plan",
    "w2v.training.loop",
    "w2v.training.compiling",
    "w2v.training.inference",
    "w2v.cluster.packing",
    "w2v.vectors.many_people",
    "w2v.vectors.sentences",
}
COMMANDS_MAY_ASK_KERNELS = {"cache_is_writable"}
"""What a command may import from the kernels, inside a function: facts to tell the user, and nothing that computes."""
KERNELS_MAY_IMPORT = {
    "numpy",
    "numba",
    "llvmlite",
    "hashlib",
    "itertools",
    "operator",
    "pathlib",
    "collections",
    "functools",
    "typing",
    "math",
    "types",
    "platform",
    "contextlib",
    "os",
    "hmac",
    "pickle",
}
BASE_FOR_KERNELS = {"w2v.base.arrays", "w2v.base.import_numba", "w2v.base.private"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill"}
UNSAFE_EXCEPTIONS = {"w2v.kernels.cache"}
"""It unpickles what this user's key has signed."""
SCREEN_MODULES = {"rich", "tqdm", "logging", "typer", "click", "argparse"}
SCREEN_EXCEPTIONS = {"w2v.reports": ("tqdm", "logging"), "w2v.vectors.vectors": ("logging",)}


def part_of(module: str) -> str:
    """Return the part of the house that a module belongs to: `formats` for `w2v.formats.common`."""
    names = module.split(".")
    return names[1] if len(names) > 1 else names[0]


def is_command(name: str) -> bool:
    """Return whether a module belongs to the command line."""
    return part_of(name) in ("commands", "cli", "__main__")


def imports_of(name: str) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """Yield the module that each import of a file names; `from w2v import formats` names w2v.formats."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield (full if full in FILES else str(node.module)), node


def wrong_direction(name: str, module: str) -> bool:
    """Return whether a module imports one above it, or the kernels without being allowed to."""
    if part_of(module) == "kernels":
        return name not in MAY_IMPORT_KERNELS and not is_command(name)
    return LEVEL[part_of(name)] > LEVEL[part_of(module)]


def wrong_in_kernels(module: str) -> bool:
    """Return whether the kernels may not import a module."""
    is_own = module.startswith("w2v.kernels") or module in BASE_FOR_KERNELS
    return not is_own and module.split(".")[0] not in KERNELS_MAY_IMPORT


def asks_kernels_for_facts(node: ast.Import | ast.ImportFrom) -> bool:
    """Return whether an import in a command asks the kernels for facts alone, inside a function."""
    names = {alias.name for alias in node.names}
    is_inside = isinstance(node, ast.ImportFrom) and node.module == "w2v.kernels" and node.col_offset > 0
    return is_inside and names <= COMMANDS_MAY_ASK_KERNELS


def import_violations(name: str) -> Iterator[str]:
    """Yield what is wrong with the imports of a file."""
    for module, node in imports_of(name):
        where, top = f"{name}, line {node.lineno}: imports {module}", module.split(".")[0]
        if isinstance(node, ast.ImportFrom) and node.level:
            yield f"{where}: relative imports are not allowed"
        elif part_of(name) == "kernels":
            if wrong_in_kernels(module):
                yield f"{where}: kernels import parts of base, NumPy, Numba, llvmlite and small parts of Python only"
        elif top in ("w2v", "cli") and wrong_direction(name, module):
            yield f"{where}, which is above it"
        if is_command(name) and part_of(module) == "kernels" and not asks_kernels_for_facts(node):
            yield f"{where}: commands may ask kernels for {COMMANDS_MAY_ASK_KERNELS} only, inside a function"
        if top in UNSAFE_MODULES and name not in UNSAFE_EXCEPTIONS:
            yield f"{where}: it runs code that it reads"
        if top in SCREEN_MODULES and not is_command(name) and top not in SCREEN_EXCEPTIONS.get(name, ()):
            yield f"{where}: only commands talk to the terminal"


def call_violations(name: str) -> Iterator[str]:
    """Yield the calls of a file that are not allowed there."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            function = node.func.id
            is_wrong = (
                function in ("eval", "exec", "breakpoint")
                or (function == "input" and name != "w2v.commands.questions")
                or (function == "print" and not is_command(name))
            )
            if is_wrong:
                yield f"{name}, line {node.lineno}: calls {function}"


def test_every_part_has_its_place() -> None:
    assert {part_of(name) for name in FILES} - {"kernels"} <= set(LEVEL)


def test_imports_and_calls_follow_the_rules() -> None:
    violations = [wrong for name in FILES for wrong in (*import_violations(name), *call_violations(name))]
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize(
    "name, code, said",
    (
        ("w2v.text.corpus", "from w2v.training import loop", "above it"),
        ("w2v.text.corpus", "from w2v.kernels import jit", "above it"),
        ("w2v.text.corpus", "from . import vocab", "relative"),
        ("w2v.text.corpus", "import pickle", "runs code"),
        ("w2v.text.corpus", "import typer", "terminal"),
        ("w2v.text.corpus", "print(1)", "calls print"),
        ("w2v.text.corpus", "eval('1')", "calls eval"),
        ("w2v.kernels.rng", "import w2v.text.corpus", "kernels import"),
        ("w2v.kernels.rng", "import scipy", "kernels import"),
        ("w2v.commands.info", "from w2v.kernels import cache_is_writable", "inside a function"),
        ("w2v.commands.info", "input()", "calls input"),
    ),
)
def test_a_violation_is_found(name: str, code: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TREES, name, ast.parse(code))
    (wrong,) = (*import_violations(name), *call_violations(name))
    assert said in wrong


def test_no_module_has_the_name_of_a_public_function() -> None:
    import w2v

    assert not {name for name in w2v.__all__ if callable(getattr(w2v, name))} & {
        path.stem for path in (CHECKOUT / "w2v").iterdir()
    }


HEAVY = {"numba", "llvmlite", "tqdm", "rich", "scipy", "gensim", "optuna", "pydantic"}
QUICK = (
    "--help",
    "--version",
    "train --help",
    "tune --help",
    "plot --help",
    "similar horse --vectors VECTORS",
    "similar none",
    "vector horse --vectors VECTORS",
    "recommend horse --vectors VECTORS",
    "analogy horse cow paris --vectors VECTORS",
    "evaluate VECTORS --similarity none",
    "evaluate VECTORS --next none --sessions none",
    "info VECTORS",
)
"""Commands that answer at once, as they load none of HEAVY."""


def loaded_by(code: str) -> list[set[str]]:
    """Return the top-level modules that a process has loaded wherever `code` calls `show()`."""
    show = "import sys\ndef show(): print('\\nloaded', *sys.modules)\n"
    return [set(line.split()) for line in python(show + code).splitlines() if line.startswith("loaded ")]


def test_import_w2v_loads_little() -> None:
    (loaded,) = loaded_by("import w2v; show()")
    assert not loaded & {*HEAVY, "typer", "numpy"}


def test_help_loads_no_command() -> None:
    (loaded,) = loaded_by("from w2v import commands\ncommands.main(['--help']); show()")
    assert not loaded & {*HEAVY, "numpy", "json", "tomllib", "logging"}


def test_no_numba_to_answer(vectors_file: Path) -> None:
    arguments = [line.replace("VECTORS", str(vectors_file)).split() for line in QUICK]
    loaded = loaded_by(f"from w2v import commands\nfor arguments in {arguments!r}: commands.main(arguments); show()")
    assert "typer" in loaded[0]
    assert [line for line, modules in zip(QUICK, loaded, strict=True) if modules & HEAVY] == []
