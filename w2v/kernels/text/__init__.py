"""The kernels that read text."""
