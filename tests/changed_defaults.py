"""A process in which every default is another: what still shows the old one has spelt it again."""

import subprocess
import sys

__all__ = ["said_with_other_defaults"]

# The constants are put in place before the package is imported, which reads them at once.
CHANGED = """
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
file = Path(find_spec("napari_dsc").origin).with_name("core") / "defaults.py"
spec = spec_from_file_location("napari_dsc.core.defaults", file)
defaults = sys.modules[spec.name] = module_from_spec(spec)
spec.loader.exec_module(defaults)
defaults.METHOD, defaults.SVD_THRESHOLD, defaults.OSCILLATION_INDEX = "cSVD", 0.12, 0.06
defaults.DENSITY, defaults.HEMATOCRIT_RATIO, defaults.TTP_FROM = 1.06, 0.75, "bolus arrival"
defaults.SLICE_TIMING, defaults.PHANTOM_SNR, defaults.PHANTOM_SEED = False, 62.5, 7
defaults.CBV_BY, defaults.TIMES_BY, defaults.AIF_AVERAGE = "weights", "sSVD", "median"
defaults.AIF_GAMMA_VARIATE, defaults.AIF_SHIFT = True, 0.7
defaults.COLOUR_FAMILY, defaults.CONTENT = "Perceptually uniform", "delta R2*"
defaults.SMALLEST_LATE, defaults.FILL_HOLES = 2.5, False
defaults.EXPECTED_VOLUME = 4.0
defaults.PAPER, defaults.READING = "Letter", "tumour"
"""


def said_with_other_defaults(code: str) -> str:
    """Return what a program prints there."""
    done = subprocess.run(
        [sys.executable, "-c", CHANGED + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())
