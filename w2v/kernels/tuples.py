"""How named tuples are passed to the parts of kernels: whole, as one value.

Numba passes a tuple as its leaves. The scratch memory of a step has 250 of them, and 40 calls pass it: to take it
apart before each call and put it together after it was a fifth of the time of compiling. LLVM builds the parts into
the kernel, where nothing of a call is left either way: the machine code is the same.

Only w2v's own tuples are passed whole. Compiled code of other libraries, which may be on disk, expects leaves.
"""

from typing import Any

from numba.core import types
from numba.core.datamodel.models import TupleModel, UniTupleModel
from numba.core.datamodel.registry import default_manager

PACKAGE = __name__.partition(".")[0]


class _Whole:
    """A model of a tuple that is its own argument."""

    def get_argument_type(self) -> Any:  # noqa: ANN401
        """Return LLVM's type of the argument."""
        return self.get_value_type()  # type: ignore[attr-defined]

    def as_argument(self, builder: Any, value: Any) -> Any:  # noqa: ANN401
        """Return the argument that passes a tuple."""
        return value

    def from_argument(self, builder: Any, value: Any) -> Any:  # noqa: ANN401
        """Return the tuple that an argument passes."""
        return value


class WholeTuple(_Whole, TupleModel):  # type: ignore[misc]  # Numba has no types
    """The model of a tuple whose members have several types."""


class WholeUniTuple(_Whole, UniTupleModel):  # type: ignore[misc]
    """The model of a tuple whose members have one type."""


def pass_whole(kind: type, whole: type, leaves: type) -> None:
    """Pass the tuples of a kind whole if their class is w2v's, as leaves otherwise."""

    def model_of(manager: Any, tuple_type: Any) -> Any:  # noqa: ANN401
        is_own = tuple_type.instance_class.__module__.partition(".")[0] == PACKAGE
        return (whole if is_own else leaves)(manager, tuple_type)

    default_manager.register(kind, model_of)


pass_whole(types.NamedTuple, WholeTuple, TupleModel)
pass_whole(types.NamedUniTuple, WholeUniTuple, UniTupleModel)
