"""Looks into the queue from a terminal, with PostgreSQL alone.

``check`` says in words what is wrong; ``top`` shows queues, workers and tasks as
they change. Both only read, in a session that could not write, for the day on
which nothing else tells what goes on.
"""
