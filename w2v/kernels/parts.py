"""How kernels and their parts are compiled: with as little of LLVM's work as keeps the kernels fast.

Numba runs passes over each function, then a cheap round over the module, in which it looks for reference counts, and
then a full round at level 3. Kernels count no references, and their loops are already written on vectors. One round at
level 2 gives the same bytes and the same speed: 2.34 s of processor time against 2.35 (medians of five, in turns), at
dim 300 3.35 s against 3.51. The first variant compiles in 10.6 s instead of 15.0, further ones in 4.1 to 5.6 s instead
of 7.1 to 7.6, on a busy machine.

Numba makes machine code of each function that it compiles. A part is only built into kernels, so that is in vain: it
took a tenth of the first start's time. Each part is still optimised before it is built in, which takes 1.3 s of the
8.7 s: without, the first start took 7.4 s, but LLVM arranged the step otherwise: 1,260 cycles a center, not 1,180.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

LEVEL = 2  # Of LLVM's optimisation; level 3 takes longer and makes nothing faster


class KernelLibrary(JITCodeLibrary):  # type: ignore[misc]  # Numba has no types
    """The code of a kernel, which is optimised once."""

    def _optimize_functions(self, module: Any) -> None:  # noqa: ANN401
        """Leave the optimisation to the pass over the whole module."""
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        manager, builder = self._codegen._module_pass_manager(opt=LEVEL)
        manager.run(self._final_module, builder)


class KernelCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, into a `KernelLibrary`."""

    def __init__(self, typing_context: Any, target_context: Any, library: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take what Numba hands to a compiler; it asks for no library of its own for a function that it jits."""
        if library is None:
            library = KernelLibrary(target_context.codegen(), "kernel")
            library.enable_object_caching()
        super().__init__(typing_context, target_context, library, *rest)


class PartLibrary(KernelLibrary):
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
