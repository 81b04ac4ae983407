"""Six maps of one slice, in their fixed windows.

`analyse` is the same program as the viewer and the command line. Windows, colours and units come
from the table of quantities, so that two scans can be compared.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import napari_dsc as dsc
from napari_dsc.core.quantities import COMPUTED


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom((48, 48, 6))
    one = dsc.analyse(patient.series, "propose")
    figure, axes = plt.subplots(2, 3, figsize=(9, 6), layout="constrained")
    for place, (key, each) in zip(axes.flat, one.maps.items(), strict=False):
        low, high = COMPUTED[key].window_under("start of scan", arrival=21.0)
        middle = np.ma.masked_invalid(each.values[..., 3].T)
        drawn = place.imshow(middle, origin="lower", cmap="magma", vmin=low, vmax=high)
        place.set(title=f"{each.symbol} ({each.units})", xticks=[], yticks=[])
        figure.colorbar(drawn, ax=place)
    figure.suptitle(one.summary[:90] + " …", fontsize=8)
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
