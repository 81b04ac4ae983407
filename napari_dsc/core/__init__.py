"""The numbers: numpy and scipy only."""
