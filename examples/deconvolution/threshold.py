"""What the SVD threshold does to the flow.

A low threshold lets noise through, a high one cuts off the sharp edge of the residue: flow falls.
The workshop's page *Threshold* draws this for your own scan.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import napari_dsc as dsc


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom((24, 24, 4), snr=50)
    first = dsc.analyse(patient.series, patient.artery, brain=patient.brain)
    thresholds = (0.02, 0.05, 0.1, 0.2, 0.4)
    true = float(np.median(patient.truth["cbf"][patient.truth["cbf"] > 0]))
    figure, axes = plt.subplots()
    for name in ("sSVD", "cSVD", "oSVD"):
        found = [
            first.again(deconvolution_method=name, svd_threshold=one).maps.cbf.values
            for one in thresholds
        ]
        axes.plot(thresholds, [np.nanmedian(one[patient.brain]) for one in found], "o-", label=name)
    axes.axhline(true, color="k", label="truth")
    axes.set(xlabel="SVD threshold (of the largest)", ylabel="median CBF (mL/100g/min)")
    axes.legend()
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
