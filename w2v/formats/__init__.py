"""Vector files: `registry` describes the formats, `vector_files` reads and writes; each format has its own module."""
