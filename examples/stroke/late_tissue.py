"""Volumes of tissue that the bolus reaches late, over the limits of Tmax.

Specks below 1 mL and holes up to that are cleaned; the same definition stands on screen, in
reports, records and on the command line.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

import napari_dsc as dsc


def main(picture: Path) -> None:
    """Compute, and draw the picture."""
    patient = dsc.phantom((48, 48, 6))
    one = dsc.analyse(patient.series, patient.artery)
    rows = one.late.rows if one.late is not None else ()
    figure, axes = plt.subplots()
    names = [each.name for each in rows]
    axes.bar(names, [each.raw for each in rows], label="as found", color="0.8")
    axes.bar(names, [each.cleaned for each in rows], width=0.5, label="cleaned")
    axes.set(ylabel="volume (mL)", title=one.lines[0])
    axes.legend()
    figure.savefig(picture)
    plt.close(figure)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "picture.png"))
