"""The HTTP interface: tasks in, results out."""
