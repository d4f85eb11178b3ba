"""``python -m gflowspec``."""

from gflowspec.cli.main import entry

entry()
