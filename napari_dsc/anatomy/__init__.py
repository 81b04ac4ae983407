"""Anatomy under the maps: a volume of another grid and orientation, brought onto a scan.

A map is read beside a T1-weighted or FLAIR volume. The screen overlays only what lies along the
same axes, so the anatomy is resampled once, onto the scan's slices and finer in their plane. Where
the patient moved in between, mutual information [1]_ finds by how much.

References
----------
.. [1] Mattes D et al. (2003). IEEE Trans Med Imaging 22(1):120-128.
"""

from napari_dsc.anatomy.grid import bringing, onto_scan
from napari_dsc.anatomy.labels import brought_over, labels_onto_anatomy, labels_onto_scan
from napari_dsc.anatomy.search import Alignment, register

__all__ = [
    "Alignment",
    "bringing",
    "brought_over",
    "labels_onto_anatomy",
    "labels_onto_scan",
    "onto_scan",
    "register",
]
