"""What motion and drift do to the mean curve.

The realistic digital patient puts artefacts in on request, with the truth known.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import napari_dsc as dsc


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    spoiled = {
        "nothing": dsc.Artefacts(),
        "drift of 6 %": dsc.Artefacts(drift=0.06),
        "motion of 4 mm": dsc.Artefacts(motion=4.0),
    }
    figure, axes = plt.subplots()
    for name, artefacts in spoiled.items():
        patient = dsc.phantom((24, 24, 3), anatomy="realistic", artefacts=artefacts)
        signal = patient.series.signal[patient.brain].astype(float)
        axes.plot(patient.series.time, np.median(signal, axis=0), label=name)
    axes.set(xlabel="time (s)", ylabel="median signal of the brain (a.u.)")
    axes.legend()
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
