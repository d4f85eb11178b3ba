"""Sweeps as they are executed: a frozen plan, its ledger, workers, and the parent run."""
