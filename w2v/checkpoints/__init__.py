"""Checkpoints: the state of a run on disk, written during training."""
