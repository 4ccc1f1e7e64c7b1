"""From OpenQASM text to its syntax: tokens, and a tree of statements.

Nothing here knows what a name means; `qcexec_engine.elaboration` does.
"""
