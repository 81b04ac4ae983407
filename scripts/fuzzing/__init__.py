"""What `scripts/fuzz.py` builds, and how it is read."""
