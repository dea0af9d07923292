"""Search for the best settings with trials on a part of a corpus."""
