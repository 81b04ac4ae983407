"""An artery that shares its voxels with tissue is scaled to a vein.

Partial volume makes the AIF too small, and CBV and CBF too large by the same factor. The area
under a large vein's curve is that of whole blood; the AIF is scaled to it, and the factor is
recorded.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import napari_dsc as dsc
from napari_dsc.core.phantom import Tissue


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom((48, 48, 6))
    plain = dsc.analyse(patient.series, patient.tissue == Tissue.PARTIAL_ARTERY)
    scaled = plain.again(vein=patient.tissue == Tissue.VEIN)
    tissue = patient.brain & (patient.truth["cbf"] > 0)
    true = patient.truth["cbf"][tissue]
    figure, axes = plt.subplots()
    for one, label in ((plain, "as it is"), (scaled, "scaled to the vein")):
        found = one.maps.cbf.values[tissue]
        axes.plot(true, found, ".", label=f"{label}: median {np.nanmedian(found / true):.2f} of it")
    axes.axline((0, 0), slope=1, color="k")
    axes.set(xlabel="true CBF (mL/100g/min)", ylabel="CBF that is found", ylim=(0, 200))
    axes.legend()
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
