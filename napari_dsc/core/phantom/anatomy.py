"""Anatomy of the digital patient: the share of each tissue in each voxel."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from napari_dsc.core.phantom.cortex import cerebrum, falx
from napari_dsc.core.phantom.deep import (
    cerebellum,
    cisterns,
    nuclei,
    pallidum,
    plexus,
    stem,
    ventricles,
)
from napari_dsc.core.phantom.grid import Fine
from napari_dsc.core.phantom.head import Head, head_of, outside
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.shapes import edge
from napari_dsc.core.phantom.vessels import Vessel, vessel_shares

__all__ = ["Anatomy", "Layers", "anatomy_of"]


class Layers:
    """Shares of the voxels, laid on from the front: what comes first hides what comes after."""

    def __init__(self, fine: Fine) -> None:
        self.fine = fine
        self.free = np.ones_like(fine.x)  # of each point, not taken yet
        self.shares: dict[str, Soft] = {}

    def lay(self, name: str, alpha: Soft) -> None:
        """Lay on a tissue that covers so much of each point."""
        taken = self.free * alpha
        self.free -= taken
        found = self.fine.shares(taken)
        self.shares[name] = self.shares[name] + found if name in self.shares else found


class Anatomy(NamedTuple):
    """Shares of each voxel, by tissue or vessel; they add to 1 with air."""

    shares: Mapping[str, Soft]
    places: tuple[Soft, Soft, Soft]  # of the voxels, mm of the atlas
    cavity: Soft  # share of each voxel within the skull


def anatomy_of(
    fine: Fine,
    random: np.random.Generator,
    vessels: Mapping[str, Vessel],
    lesions: Mapping[str, Soft],
) -> Anatomy:
    """Make the head.

    Parameters
    ----------
    fine : Fine
        Its grid.
    random : Generator
        Where the folds come from.
    vessels : mapping of str to Vessel
        Arteries and veins.
    lesions : mapping of str to ndarray
        Shares of the fine points in lesions: they take the place of brain, not of fluid; oedema
        that of white matter alone.
    """
    head = head_of(fine)
    layers = Layers(fine)
    wrapped = outside(fine, head)
    cavity = edge(head.cavity)
    for name, vessel in vessels.items():
        layers.lay(name, vessel_shares(fine, vessel) * edge(head.skin - 8))
    layers.lay("air", wrapped["air"] * (1 - cavity))
    layers.lay("membrane", falx(fine, head))
    _brain(layers, head, random, lesions, cavity)
    layers.lay("csf", cavity)
    for name in ("eye", "bone", "fat", "soft"):
        layers.lay(name, wrapped[name])
    places = fine.shares(fine.x), fine.shares(fine.y), fine.shares(fine.z)
    return Anatomy(layers.shares, places, fine.shares(cavity))


def _brain(
    layers: Layers,
    head: Head,
    random: np.random.Generator,
    lesions: Mapping[str, Soft],
    cavity: Soft,
) -> None:
    """Lay on what fills the cavity, but for vessels and membranes."""
    fine = layers.fine
    hollow = edge(ventricles(fine)) * cavity
    layers.lay("plexus", edge(plexus(fine), 0.9) * hollow)
    layers.lay("csf", hollow)
    layers.lay("white", edge(stem(fine)) * 0.6 * cavity)
    layers.lay("grey", edge(stem(fine)) * cavity)
    fluid = edge(cisterns(fine)) * cavity
    layers.lay("csf", fluid)
    inside, grey = cerebellum(fine, head)
    layers.lay("grey", inside * grey)
    layers.lay("white", inside * (1 - grey) / np.maximum(1 - inside * grey, 1e-3))
    folded = cerebrum(fine, head, random)
    layers.lay("csf", folded.fluid)
    for name in ("necrosis", "rim"):
        if name in lesions:
            layers.lay(name, lesions[name] * folded.inside)
    layers.lay("deep", edge(pallidum(fine)) * folded.inside)
    layers.lay("grey", edge(nuclei(fine)) * folded.inside)
    layers.lay("grey", folded.ribbon * folded.inside)
    if "oedema" in lesions:
        layers.lay("oedema", lesions["oedema"] * folded.inside)
    layers.lay("white", folded.inside)
