"""Flow, volume and delay of every voxel's tissues: by territory, by tissue, by lesion."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from napari_dsc.core.phantom.lesions import Infarct, infarct
from napari_dsc.core.phantom.random_fields import Soft, at_points, field
from napari_dsc.core.phantom.record import Perfusion
from napari_dsc.core.phantom.shapes import between

__all__ = ["LEAKAGE", "Flows", "Supply", "flows_of", "territories"]

USUAL: Mapping[str, Perfusion] = {
    "grey": Perfusion(76, 5.4),
    "deep": Perfusion(64, 4.6),
    "white": Perfusion(27, 2.1),
    "plexus": Perfusion(70, 8.0),
    "rim": Perfusion(88, 9.5),
    "oedema": Perfusion(17, 1.7),
    "necrosis": Perfusion(2, 0.25),
    "soft": Perfusion(12, 2.0, delay=1.5),
}
DELAYS = {"MCA": 0.25, "ACA": 0.5, "PCA": 0.8, "rear": 0.7}  # s after the carotids
BORDER = 0.5  # s more where two territories meet
LEFT = 0.1  # s more on the left
LEAKAGE = 0.03  # 1/s: T1 leakage (K2) of the glioma's rim
LATEST = 9.0  # s more in the depth of an infarct
GREY_LEFT, WHITE_LEFT, LOST = 0.40, 0.70, 0.10  # of the flow: penumbra's, and the core's
SWOLLEN, COLLAPSED = 1.08, 0.45  # of the volume: penumbra's, and the core's
UNEVEN = 0.10  # standard deviation of flow from place to place, relative


class Supply(NamedTuple):
    """Which artery feeds each voxel: shares that add to 1."""

    aca: Soft
    mca: Soft
    pca: Soft
    rear: Soft


class Flows(NamedTuple):
    """Perfusion of each tissue in every voxel."""

    cbf: Mapping[str, Soft]  # mL/100g/min
    cbv: Mapping[str, Soft]  # mL/100g
    delay: Soft  # s, of all of a voxel's brain tissue
    infarct: Infarct

    def of(self, name: str) -> tuple[Soft, Soft, Soft]:
        """CBV, CBF and delay of a tissue in every voxel."""
        return self.cbv[name], self.cbf[name], self.delay


def territories(places: tuple[Soft, Soft, Soft]) -> Supply:
    """Territories of the anterior, middle and posterior cerebral and the basilar artery."""
    x, y, z = places
    side = np.abs(x)
    tent = -1 - 0.36 * side - 0.22 * np.maximum(-55 - y, 0)
    rear = between(tent - z, -2, 3) * between(-4 - 0.8 * side - y, -3, 4)
    occipital = between(-y - 0.25 * np.maximum(z - 10, 0), 50, 64)
    basal = between(-z, 0, 8) * between(-y, 8, 18) * between(side, 36, 28)
    thalamus = between(side, 24, 18) * between(np.abs(y + 19), 20, 14) * between(z, 18, 12)
    pca = np.maximum(np.maximum(occipital, basal), thalamus) * (1 - rear)
    strip = between(side, 25 + 4, 25 - 8) * between(z + 0.25 * np.maximum(y - 10, 0), 18, 30)
    frontal = between(side, 20, 12) * between(y, 18, 28)
    aca = np.maximum(strip, frontal) * (1 - pca) * (1 - rear)
    return Supply(aca, np.maximum(1 - aca - pca - rear, 0), pca, rear)


def flows_of(
    places: tuple[Soft, Soft, Soft], random: np.random.Generator, *, stroke: bool
) -> Flows:
    """Perfusion of a patient's tissues.

    Parameters
    ----------
    places : tuple of ndarray
        Of the voxels, mm of the atlas.
    random : Generator
        Where unevenness and outlines come from.
    stroke : bool
        Whether the left middle cerebral artery is blocked.
    """
    uneven = at_points(field(random, 26.0, 0.4), *places)
    ragged = 5 * at_points(field(random, 34.0, 0.4), *places)  # mm: no border is straight
    supply = territories((places[0] + ragged, places[1] - ragged, places[2] + ragged))
    border = 4 * supply.mca * np.maximum(supply.aca, supply.pca)
    delay: Soft = BORDER * border + LEFT * (places[0] > 0) + 0.12 * uneven
    for share, base in zip(supply, ("ACA", "MCA", "PCA", "rear"), strict=True):
        delay = np.asarray(delay + DELAYS[base] * share)
    zero = np.zeros_like(places[0])
    lesion = Infarct(zero, zero)
    if stroke:
        lesion = infarct(places, supply.mca * between(places[0], 3, 9), random)
    delay = np.maximum(delay, 0) + LATEST * lesion.late
    general = 1 + UNEVEN * np.clip(uneven, -2, 2)
    cbf, cbv = {}, {}
    for name, usual in USUAL.items():
        kept = WHITE_LEFT if name in ("white", "oedema") else GREY_LEFT
        flow = 1 - (1 - kept) * np.minimum(1.5 * lesion.late, 1)
        volume = 1 + (SWOLLEN - 1) * lesion.late
        cbf[name] = usual.cbf * general * (flow + (LOST - flow) * lesion.core)
        cbv[name] = usual.cbv * general * (volume + (COLLAPSED - volume) * lesion.core)
    return Flows(cbf, cbv, np.asarray(delay, dtype=np.float32), lesion)
