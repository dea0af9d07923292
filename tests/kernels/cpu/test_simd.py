"""simd.py is the twin of scalar.py. That both compute the same: test_step.py."""

import inspect

from w2v.kernels.cpu import scalar, simd


def _functions(module: object) -> dict[str, list[str]]:
    """Return the parameters of the functions that a module defines, in its order."""
    found = {name: getattr(value, "py_func", None) for name, value in vars(module).items()}
    return {
        name: list(inspect.signature(function).parameters)
        for name, function in found.items()
        if function and function.__module__ == module.__name__  # type: ignore[attr-defined]
    }


def test_the_twins_have_the_same_functions_in_the_same_order() -> None:
    plain, vectors = _functions(scalar), _functions(simd)
    assert plain == {name: parameters for name, parameters in vectors.items() if name in plain}
    assert list(plain) == [name for name in vectors if name in plain]
    assert list(plain) == ["score", "update", "average", "scatter_difference"]
