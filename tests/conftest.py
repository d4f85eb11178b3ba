"""One thread, so that results do not depend on the machine; real data where it can be found."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")
