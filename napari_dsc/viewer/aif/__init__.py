"""The AIF workshop: choose, compare and trust an arterial input function."""
