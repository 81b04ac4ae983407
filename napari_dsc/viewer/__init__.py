"""Screen of the program: napari layers, the panel and the curves."""
