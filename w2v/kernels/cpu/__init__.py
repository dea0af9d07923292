"""The training kernels for a processor."""
