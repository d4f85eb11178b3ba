"""What is said about runs over seeds: pure functions over numbers, which know nothing of runs.

Seeds are the sampling unit, never iterations or samples. Nothing here ever says "equal": where an
interval holds zero, no difference was found.
"""
