"""What every service makes of the queue's events: metrics.

The queue tells what happens and knows nothing of Prometheus; telemetry knows Prometheus and
nothing of the queue. API and worker both run the queue's maintenance and may not import one
another: what they make of its events is here, once.
"""
