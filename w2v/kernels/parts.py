"""How the parts of kernels are compiled: to LLVM's code alone, without machine code.

Numba makes machine code of each function that it compiles. A part is only built into kernels, so that is in vain: it
took a tenth of the first start's time. Each part is still optimised before it is built in, which takes 1.3 s of the
8.7 s: without, the first start took 7.4 s, but LLVM arranged the step otherwise: 1,260 cycles a center, not 1,180.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class PartLibrary(JITCodeLibrary):  # type: ignore[misc]  # Numba has no types
    """The code of a part, to be linked into kernels. It has no address, and no environment: it never calls Python."""

    @property
    def codegen(self) -> "PartLibrary":
        """Where Numba sets the environment of what it has compiled: here, where nothing comes of it."""
        return self

    def set_env(self, name: str, environment: object) -> None:
        """Do nothing."""

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0, Numba's word for a function that cannot be called from Python."""
        self._ensure_finalized()
        return 0

    def _finalize_final_module(self) -> None:
        """Make no machine code."""
        self._finalize_dynamic_globals()
        self._finalized = True


class PartCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, into a `PartLibrary`."""

    def __init__(self, typing_context: Any, target_context: Any, library: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take what Numba hands to a compiler; it asks for no library of its own for a function that it jits."""
        super().__init__(
            typing_context, target_context, library or PartLibrary(target_context.codegen(), "part"), *rest
        )
