"""PostgreSQL, API and worker on one machine, with one command."""
