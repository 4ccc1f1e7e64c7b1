"""State vectors: every amplitude of a state at once."""
