"""The training kernels for processors."""
