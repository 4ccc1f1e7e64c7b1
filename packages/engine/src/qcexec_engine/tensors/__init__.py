"""Matrix product states: what entanglement a circuit can build, and how to draw."""
