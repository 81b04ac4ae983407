"""Numbers of perfusion: maps from curves, on numpy and scipy only."""
