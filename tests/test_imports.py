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

LAYERS = (
    ("cli", "__main__"),
    ("commands",),
    ("w2v", "estimator"),
    ("tuning", "plotting", "reports"),
    ("evaluation", "cluster"),
    ("training",),
    ("checkpoints",),
    ("vectors",),
    ("formats",),
    ("text",),
    ("settings",),
    ("base", "version"),
)
"""Imports go down this list, or stay on a level: the wings and the files that stand beside them."""
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

MAY_IMPORT_KERNELS = {
    "w2v.text.encoding",
    "w2v.text.phrases",
    "w2v.training.plan",
    "w2v.training.loop",
    "w2v.training.infer",
    "w2v.cluster.packing",
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
}


def part_of(module: str) -> str:
    """Return the part of the house that a module belongs to: `formats` for `w2v.formats.common`."""
    names = module.split(".")
    return names[1] if len(names) > 1 else names[0]


def is_command(name: str) -> bool:
    """Return whether a module belongs to the command line."""
    return part_of(name) in ("commands", "cli", "__main__")


def imports_of(name: str) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """Yield the module that each import of a file names; `from w2v import formats` names w2v.formats."""
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{name}: relative imports hide where a name comes from"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield (full if full in FILES else node.module), node


def own_imports(name: str) -> Iterator[str]:
    """Yield the modules of w2v that a file imports."""
    return (module for module, _ in imports_of(name) if module.split(".")[0] in ("w2v", "cli"))


def test_every_part_has_its_place() -> None:
    assert {part_of(name) for name in FILES} - {"kernels"} <= set(LEVEL)


@pytest.mark.parametrize("name", [name for name in FILES if part_of(name) != "kernels"])
def test_imports_go_one_way(name: str) -> None:
    for imported in own_imports(name):
        if part_of(imported) == "kernels":
            assert name in MAY_IMPORT_KERNELS or is_command(name), f"{name} imports the kernels"
        else:
            assert LEVEL[part_of(name)] <= LEVEL[part_of(imported)], f"{name} imports {imported}, which is above it"


@pytest.mark.parametrize("name", [name for name in FILES if is_command(name)])
def test_commands_ask_kernels_for_facts_alone(name: str) -> None:
    for module, node in imports_of(name):
        if part_of(module) == "kernels":
            assert isinstance(node, ast.ImportFrom) and node.module == "w2v.kernels" and node.col_offset > 0
            assert {alias.name for alias in node.names} <= COMMANDS_MAY_ASK_KERNELS


@pytest.mark.parametrize("name", [name for name in FILES if part_of(name) == "kernels"])
def test_kernels_import_numpy_numba_llvmlite_and_each_other(name: str) -> None:
    for module, _ in imports_of(name):
        allowed = module.startswith("w2v.kernels") or module == "w2v.base.arrays"
        assert allowed or module.split(".")[0] in KERNELS_MAY_IMPORT, f"{name}: {module}"


@pytest.mark.parametrize("name", FILES)
def test_typer_and_print_have_their_places(name: str) -> None:
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    modules = {module.split(".")[0] for module, _ in imports_of(name)}
    assert not called & {"eval", "exec", "breakpoint"}
    assert "input" not in called or name == "w2v.commands.questions"
    assert not modules & {"pickle", "marshal", "shelve", "dill"}
    if not is_command(name):
        assert "print" not in called
        allowed = {"w2v.reports": {"tqdm", "logging"}, "w2v.vectors.vectors": {"logging"}}.get(name, set())
        assert not modules & ({"rich", "tqdm", "logging", "typer", "click", "argparse"} - allowed)


def test_no_module_has_the_name_of_a_public_function() -> None:
    import w2v

    assert not {name for name in w2v.__all__ if callable(getattr(w2v, name))} & {
        path.stem for path in (CHECKOUT / "w2v").iterdir()
    }


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a process has loaded after running `code`."""
    return set(python(f"{code}\nimport sys; print('\\n' + ' '.join(sys.modules))").splitlines()[-1].split())


def test_import_w2v_loads_little() -> None:
    assert not loaded_by("import w2v") & {"numba", "llvmlite", "typer", "tqdm", "rich", "scipy", "gensim"}


@pytest.mark.parametrize(
    "arguments",
    (
        ["--help"],
        ["--version"],
        ["train", "--help"],
        ["tune", "--help"],
        ["similar", "horse", "--vectors", "VECTORS"],
        ["similar", "none"],
        ["vector", "horse", "--vectors", "VECTORS"],
        ["recommend", "horse", "--vectors", "VECTORS"],
        ["analogy", "horse", "cow", "paris", "--vectors", "VECTORS"],
        ["evaluate", "VECTORS", "--similarity", "none"],
        ["evaluate", "VECTORS", "--next", "none", "--sessions", "none"],
        ["info", "VECTORS"],
        ["plot", "--help"],
    ),
    ids=" ".join,
)
def test_no_numba_to_answer(arguments: list[str], vectors_file: Path) -> None:
    given = [str(vectors_file) if argument == "VECTORS" else argument for argument in arguments]
    loaded = loaded_by(f"from w2v import commands; commands.main({given!r})")
    assert "typer" in loaded
    assert not loaded & {"numba", "llvmlite", "tqdm", "rich", "scipy", "gensim", "optuna"}
