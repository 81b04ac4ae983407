"""Check of every method on the stored patient, against its stored figures."""

from collections.abc import Generator
from time import perf_counter
from typing import Any

from napari_dsc.analysis import analyse
from napari_dsc.core.deconvolution import DECONVOLVERS, Method
from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress
from napari_dsc.installation.figures import Distance, arithmetic, compared, figures_of
from napari_dsc.installation.result import Check, State
from napari_dsc.installation.stored import Patient, stored_figures
from napari_dsc.io.replay_differences import ANOTHER_PROCESSOR

__all__ = ["figures_of_method", "method_checks"]

UNKNOWN: tuple[State, str] = "wrong", "no figures are stored: python -m scripts.keep_figures"


def figures_of_method(patient: Patient, name: Method) -> dict[str, Any]:
    """Figures of the maps that a method makes of the stored patient."""
    made = analyse(patient.series, patient.artery, brain=patient.brain, deconvolution_method=name)
    return figures_of(made.maps, patient.brain)


def method_checks(patient: Patient) -> Generator[Progress | Check, None, None]:
    """Compute the patient by each method, and hold the maps against the stored figures."""
    stored = stored_figures()
    same = stored["made_with"] == arithmetic()
    for number, name in enumerate(DECONVOLVERS):
        yield Progress(f"Maps by {name}", 0.7 * number / len(DECONVOLVERS))
        begun = perf_counter()
        try:
            found = figures_of_method(patient, name)
        except DscError as error:
            state, words = _refused(str(error))
        else:
            kept = stored["methods"].get(name)
            state, words = UNKNOWN if kept is None else _judged(compared(kept, found), same)
        yield Check(f"Maps by {name}", state, words, perf_counter() - begun)


def _refused(words: str) -> tuple[State, str]:
    return "wrong", f"no maps: {words}"


def _judged(apart: Distance, same: bool) -> tuple[State, str]:
    """Say what a distance means, on the same kind of machine or on another one."""
    if apart.exact:
        return "exact", "the stored maps to the byte"
    if same or not apart.small:
        far = "numbers are missing" if apart.largest == float("inf") else f"{apart.largest:.1e}"
        return "wrong", f"not the stored maps: {apart.of}, {far} of its largest value"
    limit = f"{ANOTHER_PROCESSOR:g}"
    return "close", f"the stored maps within {apart.largest:.0e} of the largest value ({limit})"
