"""The simulation methods, one module each. `qcexec_engine.routing` knows them all."""
