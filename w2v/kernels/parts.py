"""Compilation of kernels and their parts, with only the work of LLVM that makes kernels faster.

By default Numba optimises each function, then runs a cheap pass over the module in which it removes reference counts,
and then a full pass at level 3. Kernels count no references, and their loops already use vectors. A single pass at
level 2 gives the same bytes and the same speed: 2.34 s of processor time instead of 2.35 s (medians of five, in turns),
at dim 300 3.35 s instead of 3.51 s. On a busy machine, the first variant compiles in 10.6 s instead of 15.0 s, and
further variants in 4.1 to 5.6 s instead of 7.1 to 7.6 s.

Numba makes machine code of each function that it compiles. Parts are only built into kernels and do not need it; it
took a tenth of the time of the first start. Each part is still optimised before it is built in, which takes 1.3 s of
8.7 s. Without that, the first start took 7.4 s, but LLVM arranged the step differently: 1,260 cycles per center instead
of 1,180.
"""

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

LEVEL = 2  # LLVM's optimisation level; level 3 takes longer and makes no kernel faster


class KernelLibrary(JITCodeLibrary):  # type: ignore[misc]  # Numba has no types
    """Code of a kernel. It is optimised once."""

    def _optimize_functions(self, module: Any) -> None:  # noqa: ANN401
        """Set only the data layout; the pass over the whole module optimises."""
        module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        manager, builder = self._codegen._module_pass_manager(opt=LEVEL)
        manager.run(self._final_module, builder)


class KernelCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, with a `KernelLibrary` as its default output."""

    def __init__(self, typing_context: Any, target_context: Any, library: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take the arguments of Numba's compiler. Numba passes no library for a jitted function."""
        if library is None:
            library = KernelLibrary(target_context.codegen(), "kernel")
            library.enable_object_caching()
        super().__init__(typing_context, target_context, library, *rest)


class PartLibrary(KernelLibrary):
    """Code of a part that is linked into kernels. It has no address and no environment: it never calls Python."""

    @property
    def codegen(self) -> "PartLibrary":
        """The object on which Numba sets the environment of compiled code; here setting it has no effect."""
        return self

    def set_env(self, name: str, environment: object) -> None:
        """Do nothing."""

    def get_pointer_to_function(self, name: str) -> int:
        """Return 0, which tells Numba that the function cannot be called from Python."""
        self._ensure_finalized()
        return 0

    def _finalize_final_module(self) -> None:
        """Finish without making machine code."""
        self._finalize_dynamic_globals()
        self._finalized = True


class PartCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, with a `PartLibrary` as its default output."""

    def __init__(self, typing_context: Any, target_context: Any, library: Any, *rest: Any) -> None:  # noqa: ANN401
        """Take the arguments of Numba's compiler. Numba passes no library for a jitted function."""
        super().__init__(
            typing_context, target_context, library or PartLibrary(target_context.codegen(), "part"), *rest
        )
