"""Each method against the true flow.

SVD methods underestimate the flow of short transit times by design; sSVD depends on delay;
Tikhonov adapts to the noise; the posterior's prior decides where the data do not. Compare maps
that were made with the same method and threshold only.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import napari_dsc as dsc


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom((48, 48, 6))
    first = dsc.analyse(patient.series, patient.artery, brain=patient.brain)
    true = patient.truth["cbf"]
    count = len(dsc.DECONVOLVERS)
    figure, axes = plt.subplots(
        1, count, figsize=(3 * count, 3.4), sharey=True, layout="constrained"
    )
    for place, name in zip(axes, dsc.DECONVOLVERS, strict=True):
        maps = first.again(deconvolution_method=name).maps
        ok = np.isfinite(maps.cbf.values) & (true > 0)
        error = np.median(np.abs(maps.cbf.values[ok] / true[ok] - 1))
        place.plot(true[ok], maps.cbf.values[ok], ".", markersize=2)
        place.axline((0, 0), slope=1, color="k")
        place.set(title=f"{name}: median error {error:.0%}", xlabel="true CBF", ylim=(0, 150))
    axes[0].set_ylabel("CBF (mL/100g/min)")
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
