"""The residue function of one voxel: what its flow, Tmax and delay are read off.

Its maximum is the flow, the time of the maximum is Tmax, and the time at which it rises through
half of that is the delay.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import napari_dsc as dsc


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom()
    series = patient.series
    curves = dsc.delta_r2_star(series.signal[..., 2:], series.echo_time, baseline=11)
    aif = np.nanmean(curves[patient.artery], axis=0)
    one = dsc.residue(curves[16, 32, 2], aif, series.time[2:])
    figure, axes = plt.subplots()
    axes.plot(one.lags, one.values, label="residue function")
    axes.axvline(one.tmax, color="red", label=f"Tmax {one.tmax:.1f} s")
    axes.axvline(one.delay, color="blue", label=f"delay {one.delay:.1f} s")
    axes.set(xlabel="lag after the artery (s)", ylabel="residue (1/s)")
    axes.set_title(f"the fit explains {one.r_squared:.0%} of the curve")
    axes.legend()
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
