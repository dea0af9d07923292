"""Checkpoints: a run's state on disk, written while it trains."""
