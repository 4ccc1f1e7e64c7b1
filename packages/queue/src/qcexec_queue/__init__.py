"""The durable task queue on PostgreSQL.

What it knows is tasks, leases and workers; of HTTP, circuits or metrics it knows
nothing. ``enqueue`` accepts tasks, ``exchange`` completes and claims, ``workers``
keeps a worker's row, ``leases`` and ``settlement`` end what did not come to a
result, ``maintenance`` does what concerns the queue as a whole, ``migrate``
brings the schema.
"""
