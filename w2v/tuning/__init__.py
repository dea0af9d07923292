"""Finds settings that score best, by trials on a part of a corpus."""
