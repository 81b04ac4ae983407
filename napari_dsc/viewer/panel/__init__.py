"""The panel of settings, and what follows its widgets."""
