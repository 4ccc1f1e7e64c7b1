"""Stabilizer states, kept by stim: circuits as its text, and outcomes as an affine space."""
