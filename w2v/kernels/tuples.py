"""Named tuples are passed to the parts of kernels as one value.

By default Numba passes the leaves of a tuple. The scratch memory of a step has 250 leaves, and 40 calls pass it. To
take it apart before each call and put it together afterwards took a fifth of the compile time. LLVM builds the parts
into the kernel, where no call is left in either case, so the machine code is the same.

Only w2v's own tuples are passed as one value. Compiled code of other libraries, which may be on disk, expects leaves.
"""

from typing import Any

from numba.core import types
from numba.core.datamodel.models import TupleModel, UniTupleModel
from numba.core.datamodel.registry import default_manager

PACKAGE = __name__.partition(".")[0]


class _Whole:
    """Model of a tuple that is passed as one argument."""

    def get_argument_type(self) -> Any:  # noqa: ANN401
        """Return the LLVM type of the argument."""
        return self.get_value_type()  # type: ignore[attr-defined]

    def as_argument(self, builder: Any, value: Any) -> Any:  # noqa: ANN401
        """Return a tuple as an argument."""
        return value

    def from_argument(self, builder: Any, value: Any) -> Any:  # noqa: ANN401
        """Return an argument as a tuple."""
        return value


class WholeTuple(_Whole, TupleModel):  # type: ignore[misc]  # Numba has no types
    """Model of a tuple whose members have different types."""


class WholeUniTuple(_Whole, UniTupleModel):  # type: ignore[misc]
    """Model of a tuple whose members have the same type."""


def pass_whole(kind: type, whole: type, leaves: type) -> None:
    """Pass tuples of this kind as one value if their class belongs to w2v, otherwise as leaves."""

    def model_of(manager: Any, tuple_type: Any) -> Any:  # noqa: ANN401
        is_own = tuple_type.instance_class.__module__.partition(".")[0] == PACKAGE
        return (whole if is_own else leaves)(manager, tuple_type)

    default_manager.register(kind, model_of)


pass_whole(types.NamedTuple, WholeTuple, TupleModel)
pass_whole(types.NamedUniTuple, WholeUniTuple, UniTupleModel)
