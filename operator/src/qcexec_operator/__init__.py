"""The operator: scales workers with the queue and returns what dead pods held."""
