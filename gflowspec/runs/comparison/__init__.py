"""Runs beside each other: gathered, grouped over seeds, and told apart where that can be done."""
