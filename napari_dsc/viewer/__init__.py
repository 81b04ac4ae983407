"""The screen: napari layers, the panel and the curves."""
