"""From what the user names to ids: files, records, words, the token stream."""
