"""Volumes that are spoilt are left out, by the program or by hand.

A spark in the scanner room spoils single volumes. What the program finds it leaves out and names;
your word goes over it, and stands in record and methods.
"""

import sys
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt

import napari_dsc as dsc


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom((32, 32, 4))
    signal = patient.series.signal.copy()
    signal[..., 30] //= 3  # a volume that lost most of its signal
    series = replace(patient.series, signal=signal)
    spoilt = dsc.analyse(series.leaving_out("none"), patient.artery, brain=patient.brain)
    mended = dsc.analyse(series.leaving_out("30"), patient.artery, brain=patient.brain)
    figure, axes = plt.subplots()
    for one, label in ((spoilt, "every volume used"), (mended, "volume 30 left out")):
        curve = one.aif.curve
        axes.plot(curve, label=f"{label}; {one.accepted.share:.0%} of voxels accepted")
    axes.set(xlabel="retained volume", ylabel="ΔR2* of the AIF (1/s)")
    axes.legend()
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
