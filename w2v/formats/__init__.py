"""Vector files: `registry` says what there is, `vector_files` reads and writes, with one module for each format."""
