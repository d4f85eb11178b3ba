"""Random specifications through check, both executions and back: see tests/fuzz/campaign.py.

    python benchmarks/fuzz.py FOLDER --trials 200000 --jobs 2

It goes on where it was interrupted. Counts by category and every failure are in FOLDER.
"""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / folder) for folder in ("tests", ".")]

if __name__ == "__main__":
    from fuzz.campaign import main

    main()
