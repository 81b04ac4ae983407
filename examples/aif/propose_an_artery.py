"""An artery is proposed, and its voxels are judged.

`propose_aif` ranks voxels by arrival, peak and width. What it proposes is no choice: look at the
voxels and their curves, and refuse those that are late, wide or shared with tissue.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import napari_dsc as dsc


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom((48, 48, 6))
    series = patient.series
    curves = dsc.delta_r2_star(series.signal[..., 2:], series.echo_time, baseline=11)
    proposal = dsc.propose_aif(curves, series.time[2:], patient.brain)
    chosen = np.flatnonzero(proposal.voxels)
    figure, axes = plt.subplots()
    axes.plot(series.time[2:], curves.reshape(-1, series.time.size - 2)[chosen].T, color="0.7")
    axes.plot(series.time[2:], proposal.curve, color="red", label=f"mean of {chosen.size} voxels")
    axes.plot(series.time, patient.aif, "k--", label="truth")
    axes.set(xlabel="time (s)", ylabel="ΔR2* (1/s)", title="Arterial input function")
    axes.legend()
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
