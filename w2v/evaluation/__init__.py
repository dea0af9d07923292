"""Evaluation: how good vectors are."""
