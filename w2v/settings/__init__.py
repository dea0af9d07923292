"""Settings: their meaning, their rules, and where their values come from."""
