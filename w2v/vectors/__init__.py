"""Vectors and queries on them. NumPy only."""
