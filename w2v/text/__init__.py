"""From the user's input to ids: files, records, words, the token stream."""
