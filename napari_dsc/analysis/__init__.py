"""An analysis without a screen: what Python and the command line can ask for, in one place.

`inputs` lists what an analysis is made from beside its settings, `setup` holds what was chosen,
`config_file` keeps it as TOML; `scan` opens, `vessels` and `regions` find masks, `run` computes,
`result` saves and tells.
"""

from napari_dsc.analysis.config_file import read_setup, write_setup
from napari_dsc.analysis.inputs import CONTENT_WORDS, INPUTS, NO_ARTERY, PROPOSE, Input
from napari_dsc.analysis.result import Analysis
from napari_dsc.analysis.run import analyse, analysing
from napari_dsc.analysis.scan import Opened, opening
from napari_dsc.analysis.setup import CHOICE_ROWS, Setup, Spelling, in_python, in_shell

__all__ = [
    "CHOICE_ROWS",
    "CONTENT_WORDS",
    "INPUTS",
    "NO_ARTERY",
    "PROPOSE",
    "Analysis",
    "Input",
    "Opened",
    "Setup",
    "Spelling",
    "analyse",
    "analysing",
    "in_python",
    "in_shell",
    "opening",
    "read_setup",
    "write_setup",
]
