"""A training run: its start, its loop and its results."""
