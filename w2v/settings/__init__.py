"""Settings: what each means, what it goes with, and where values come from."""
