"""Write the digital patient and the figures that `napari-dsc verify` compares with.

    python -m scripts.keep_figures

Only where the maps are meant to be other ones: what is stored is what every installation is held
against. The patient is written where there is none; an existing one stays as it is.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import napari_dsc.installation
from napari_dsc import DECONVOLVERS, analyse, phantom
from napari_dsc.installation.figures import arithmetic
from napari_dsc.installation.methods import figures_of_method
from napari_dsc.installation.stored import FIGURES, MASKS, SCAN, opened_patient
from napari_dsc.io.nifti import write_nifti, write_series

FOLDER = Path(napari_dsc.installation.__file__).parent
MADE_BY: dict[str, Any] = {"shape": [24, 24, 4], "n_volumes": 50, "snr": 80.0, "seed": 1}


def main() -> int:
    """Write patient and figures."""
    if not (FOLDER / SCAN).exists():
        made = phantom(**MADE_BY)
        write_series(FOLDER / SCAN, made.series)
        for name, file in MASKS.items():
            write_nifti(FOLDER / file, getattr(made, name), made.series.affine)
    patient = opened_patient()
    proposed = analyse(patient.series, "propose", brain=patient.brain)
    figures = {
        "made_with": arithmetic(),
        "patient": {"sha256": patient.sha256, "made_by": MADE_BY},
        "proposed_aif": np.flatnonzero(proposed.aif.voxels).tolist(),
        "methods": {name: figures_of_method(patient, name) for name in DECONVOLVERS},
    }
    (FOLDER / FIGURES).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
