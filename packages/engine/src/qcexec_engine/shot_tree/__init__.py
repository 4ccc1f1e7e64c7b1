"""Programs that measure on the way: run once for each history of outcomes, not for each shot."""
