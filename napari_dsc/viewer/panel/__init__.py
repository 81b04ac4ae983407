"""The panel of settings, and what follows its widgets."""

from napari_dsc.viewer.background.gc_pause import calm

calm()  # what the panel imports would have all of napari's objects looked through
