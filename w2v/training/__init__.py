"""A run: what it starts from, its loop, what it keeps."""
