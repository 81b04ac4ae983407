"""Runs: a snapshot of the screen, computed and shown."""
