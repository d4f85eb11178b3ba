"""Fuzzing: random specifications through everything that reads them. Start with campaign.py."""
