"""Whether the vectors are good."""
