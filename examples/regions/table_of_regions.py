"""A table of regions: mean, SD and percentiles of every map, as pandas takes it.

Voxels that were rejected, with the reason in the quality map, are not counted.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import napari_dsc as dsc
from napari_dsc.core.phantom import Tissue


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom((48, 48, 6))
    one = dsc.analyse(patient.series, patient.artery)
    names = {int(each): each.name.replace("_", " ").lower() for each in Tissue if each}
    table = dsc.region_statistics(one.maps, patient.tissue, names)
    flow = table[table["map"] == "CBF"].set_index("name")
    figure, axes = plt.subplots(layout="constrained")
    axes.barh(flow.index, flow["mean"], xerr=flow["SD"])
    axes.set(xlim=(0, 120), xlabel="CBF (mL/100g/min): mean and SD")
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
