"""Check of files, proposals, records, the report and the extras of an installation."""

import subprocess
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np

from napari_dsc.analysis import analyse
from napari_dsc.core.phantom import phantom
from napari_dsc.core.progress import finished
from napari_dsc.core.types import Progress
from napari_dsc.installation.result import Check, State
from napari_dsc.installation.stored import Patient, stored_figures
from napari_dsc.io.fingerprints import fingerprint
from napari_dsc.io.read_record import read_record, replayed
from napari_dsc.io.record import input_fingerprint
from napari_dsc.io.result_names import prefix_of
from napari_dsc.io.results_folder import RECORD, write_results

__all__ = ["EXTRA", "EXTRAS", "Extra", "part_checks"]

EXTRA = "Extra"  # how the name of a check of one begins
PATIENCE = 30  # s for a program that tells its version


@dataclass(frozen=True, slots=True)
class Extra:
    """An extra of the package.

    Parameters
    ----------
    words : str
        What it is for.
    modules : mapping of str to str
        Its distributions, and the module that each brings.
    """

    words: str
    modules: dict[str, str]


EXTRAS: dict[str, Extra] = {
    "dicom": Extra(
        "DICOM in and out",
        {"dcm2niix": "dcm2niix", "pydicom": "pydicom", "highdicom": "highdicom", "pillow": "PIL"},
    ),
    "motion": Extra("motion correction, registration", {"SimpleITK": "SimpleITK"}),
    "report": Extra(
        "reports",
        {
            "matplotlib": "matplotlib",
            "reportlab": "reportlab",
            "pillow": "PIL",
            "jinja2": "jinja2",
        },
    ),
    "cohort": Extra("many scans", {"distributed": "distributed"}),
    "xarray": Extra("maps as xarray", {"xarray": "xarray"}),
}
BINDINGS = ("PyQt6", "PySide6", "PyQt5", "PySide2")


def part_checks(patient: Patient, folder: Path) -> Generator[Progress | Check, None, None]:
    """Try each part; one that fails, for whatever reason, is a line, and the others are tried.

    Parameters
    ----------
    patient : Patient
        The stored patient.
    folder : Path
        Empty; files are written there.
    """
    trials: dict[str, Callable[[], tuple[State, str]]] = {
        "Reading NIfTI": partial(_reading, patient),
        "Digital patient": partial(_made_anew, patient),
        "AIF proposed": partial(_proposed, patient),
        "Record replayed": partial(_replayed, patient, folder),
        **{f"{EXTRA} {name}": partial(_trial_of, name, patient, folder) for name in EXTRAS},
        "Window": _window,
    }
    for number, (name, trial) in enumerate(trials.items()):
        yield Progress(name, 0.7 + 0.3 * number / len(trials))
        begun = perf_counter()
        try:
            state, words = trial()
        except Exception as error:  # whatever it is: the page says so, and goes on
            state, words = "wrong", f"{type(error).__name__}: {error}"
        yield Check(name, state, words, perf_counter() - begun)


def _reading(patient: Patient) -> tuple[State, str]:
    """Signal as it was stored."""
    stored = stored_figures()["patient"]
    if patient.sha256 != stored["sha256"]:
        return "wrong", "the stored scan is read as other values"
    return "exact", f"{' × '.join(map(str, patient.series.signal.shape))} samples as stored"


def _made_anew(patient: Patient) -> tuple[State, str]:
    """Digital patient made on this machine: a sample may be rounded the other way."""
    made = phantom(**{**stored_figures()["patient"]["made_by"]})
    was = np.asarray(patient.series.signal, np.int64)
    apart = np.abs(np.asarray(made.series.signal, np.int64) - was)
    if apart.max() > 1:
        return "wrong", f"another patient is made here, by up to {apart.max()} units of its signal"
    other = int(np.count_nonzero(apart))
    return ("close", f"{other} samples by one unit") if other else ("exact", "made anew, the same")


def _proposed(patient: Patient) -> tuple[State, str]:
    """Arterial voxels that the program proposes."""
    made = analyse(patient.series, "propose", brain=patient.brain)
    found = np.flatnonzero(made.aif.voxels).tolist()
    same = found == stored_figures()["proposed_aif"]
    return ("exact" if same else "wrong"), f"{len(found)} voxels" + ("" if same else ", others")


def _replayed(patient: Patient, folder: Path) -> tuple[State, str]:
    """Results written, and made again from their record: the same bytes."""
    made = analyse(patient.series, patient.artery, brain=patient.brain)
    written = made.save(folder / "maps")
    known = read_record(folder / "maps" / RECORD)
    scan = known.of(patient.series, input_fingerprint(patient.series, None))
    again = finished(replayed(known, scan))
    prefix = prefix_of(made.opened.called)
    copies = write_results(folder / "again", again, made.record, prefix=prefix)
    volumes = [path for path in written if path.name.endswith(".nii.gz")]
    after = {path.name: fingerprint(path) for path in copies}
    differing = [path for path in volumes if fingerprint(path) != after.get(path.name)]
    if differing:
        return "wrong", f"{len(differing)} of {len(volumes)} volumes have other bytes"
    return "exact", f"{len(volumes)} volumes, the same to the byte"


def _trial_of(name: str, patient: Patient, folder: Path) -> tuple[State, str]:
    """Try an extra: whether it is there whole, can be loaded, and does what it is for."""
    extra = EXTRAS[name]
    missing = [one for one, module in extra.modules.items() if find_spec(module) is None]
    if missing:
        return "absent", f"{extra.words}: pip install 'napari-dsc[{name}]'"
    for module in extra.modules.values():
        import_module(module)
    TRIALS.get(name, _nothing)(patient, folder)
    told = (f"{one} {version(one)}" for one in extra.modules)
    return "works", f"{extra.words}: {', '.join(told)}"


def _nothing(_patient: Patient, _folder: Path) -> None:
    """It can be loaded: that is all that is tried."""


def _converter(_patient: Patient, _folder: Path) -> None:
    """Start the converter of DICOM, a program of its own."""
    import dcm2niix

    command = [str(dcm2niix.bin), "--version"]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    if b"dcm2niix" not in (done.stdout + done.stderr).lower():
        raise OSError(f"dcm2niix does not start (exit code {done.returncode})")


def _reported(patient: Patient, folder: Path) -> None:
    """Make a report of each kind."""
    made = analyse(patient.series, patient.artery, brain=patient.brain)
    for end in ("html", "pdf"):
        made.report(folder / f"report.{end}")


def _as_data_set(patient: Patient, _folder: Path) -> None:
    """Give maps with axes and units by name."""
    made = analyse(patient.series, patient.artery, brain=patient.brain)
    made.to_xarray()


TRIALS: Mapping[str, Callable[[Patient, Path], None]] = {
    "dicom": _converter,
    "report": _reported,
    "xarray": _as_data_set,
}


def _window() -> tuple[State, str]:
    """Find what a window needs, and open none."""
    binding = next((one for one in BINDINGS if find_spec(one) is not None), None)
    if binding is None:
        return "absent", "no Qt binding: pip install 'napari-dsc[all]'; commands need none"
    told = [f"{name} {version(name)}" for name in ("napari", binding)]
    return "works", f"{', '.join(told)}; no window was opened"
