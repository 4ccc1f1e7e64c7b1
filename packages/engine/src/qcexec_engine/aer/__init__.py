"""Programs as Aer takes them: which it can run, how its methods spell the gates, and the run."""
