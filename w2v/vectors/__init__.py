"""Vectors and what can be asked of them. NumPy only."""
