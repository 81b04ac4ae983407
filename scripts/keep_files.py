"""Small files of every kind that the program writes, kept so that later programs open them.

`python -m scripts.keep_files tests/fixtures/format_N` makes a folder for a new format N of
records, and refuses one that exists: kept files are never made again. They come from the digital
patient and hold nobody's data. `kept.json` says with which versions and on which kind of
processor they were made, and by which words of the command line each folder of results was.
"""

import argparse
import json
import platform
import shutil
import sys
import zlib
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from napari_dsc import phantom, read
from napari_dsc.cli import main as napari_dsc
from napari_dsc.core.phantom import Phantom, Tissue
from napari_dsc.core.pipeline import Analysis, Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.provenance import Origin, Origins
from napari_dsc.core.regions import Midline, normalised
from napari_dsc.io.aif import GivenCurve, SavedAif, scan_fingerprint, write_aif, write_curve
from napari_dsc.io.autosave import Autosave
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.record import input_fingerprint, make_record
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.result_names import is_bids, prefix_of
from napari_dsc.io.results_folder import write_results
from napari_dsc.motion import moved_back
from tests.io.dicom_maker import enhanced

SHAPE, VOLUMES, ARRIVAL = (16, 16, 2), 32, 13.5  # voxels, volumes, s: as small as answers stay
BLANK = 26  # volume of the scan that has one without signal
COMMANDS = {  # folder of results: scan, and what else the command line is told
    "osvd": "sub-01_dsc.nii.gz --aif artery.nii.gz",
    "ssvd_discarded_start": (
        "sub-01_dsc.nii.gz --aif artery.nii.gz --method sSVD --svd-threshold 0.1 --baseline 4:8"
    ),
    "csvd_vof": (
        "sub-01_dsc.nii.gz --aif artery.nii.gz --method cSVD --vof vein.nii.gz --brain brain.nii.gz"
    ),
    "tikhonov_window": (
        "sub-01_dsc.nii.gz --aif artery.nii.gz --method Tikhonov --window 6:24 --density 1.05 "
        "--hematocrit-ratio 0.7"
    ),
    "vof_window": "sub-01_dsc.nii.gz --aif artery.nii.gz --vof vein.nii.gz --window 6:24",
    "times_given": "bare.nii.gz --aif artery.nii.gz --tr 1.6 --te 0.025 --brain part.nii.gz",
    "echo_time_unknown": "bare.nii.gz --aif artery.nii.gz --tr 1.5",
    "slice_times": "slices.nii.gz --aif artery.nii.gz",
    "slice_times_as_measured": "slices.nii.gz --aif artery.nii.gz --no-slice-timing",
    "left_out": "blank.nii.gz --aif artery.nii.gz",
    "left_out_by_user": (
        "blank.nii.gz --aif artery.nii.gz --leave-out 5,26 --end 30 --ttp-from bolus-arrival"
    ),
    "passages": "passages.nii.gz --aif artery.nii.gz --bolus 1",
    "delta_r2": "delta.nii.gz --aif artery.nii.gz --quantity delta-r2",
    "both_echoes": "sub-02_echo-1_dsc.nii.gz --aif artery.nii.gz --echo both",
    "dicom": "enhanced.dcm --aif ../vessels/curve.csv",
    "curve": "sub-01_dsc.nii.gz --aif ../vessels/curve.csv",
    "curve_scaled": "sub-01_dsc.nii.gz --aif ../vessels/scaled.json --aif-curve",
    "saved_aif": "sub-01_dsc.nii.gz --aif ../vessels/artery.json",
    "nobody_has_looked": "sub-01_dsc.nii.gz --aif propose --brain brain.nii.gz",
    "limits_of_svd": "sub-01_dsc.nii.gz --aif artery.nii.gz --method Posterior",
}
PATHS = ("--aif", "--vof", "--brain")  # what follows names a file beside the scans
PACKAGES = ("numpy", "scipy", "nibabel", "SimpleITK", "dcm2niix")  # that touch what is written
ON_SCREEN = {"regions": "sub-01_dsc.nii.gz", "motion": "three_slices.nii.gz"}  # as it saves them


def environment() -> dict[str, str]:
    """Versions and processor that decide the last bits of a map, and the bytes of its file."""
    architectures = {pool.get("architecture", "") for pool in threadpool_info()}
    config = np.show_config(mode="dicts")
    simd = config.get("SIMD Extensions", {}).get("found", []) if isinstance(config, dict) else []
    return {
        **{name: version(name) for name in PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}",
        "BLAS kernels": " ".join(sorted(filter(None, architectures))),
        "SIMD": " ".join(sorted(simd)),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
    }


def words_of(folder: Path, name: str) -> list[str]:
    """Words of the command line that makes results from the scans of a kept folder."""
    scan, *others = COMMANDS[name].split()
    scans = folder / "scans"
    words = [str(scans / scan)]
    for before, word in zip([scan, *others], others, strict=False):
        is_file = before in PATHS and word != "propose"
        words.append(str(scans / word) if is_file else word)
    return words


def write_scans(scans: Path, patient: Phantom) -> None:
    """Write the scans with their sidecars, and the masks."""
    series, signal = patient.series, coarse(patient.series.signal)
    write_series(scans / "sub-01_dsc.nii.gz", replace(series, signal=signal))
    shutil.copyfile(scans / "sub-01_dsc.nii.gz", scans / "bare.nii.gz")
    own = (0.0, 0.75)  # s
    late = phantom(SHAPE, VOLUMES, seed=1, arrival=ARRIVAL, slice_times=own).series
    write_series(scans / "slices.nii.gz", replace(late, signal=coarse(late.signal)))
    tell(scans / "slices.json", SliceTiming=own)
    blank = signal.copy()
    blank[..., BLANK] = 0
    write_series(scans / "blank.nii.gz", replace(series, signal=blank))
    twice = np.concatenate([signal, signal[..., 2:]], axis=-1)
    time = np.arange(twice.shape[-1]) * (series.repetition_time or 0.0)
    write_series(scans / "passages.nii.gz", replace(series, signal=twice, time=time))
    level = np.maximum(signal[..., 2:8].mean(axis=-1, keepdims=True), 1)
    delta = -np.log(np.maximum(signal, 1) / level) / series.echo_time
    rounded = (np.round(2 * delta) / 2).astype(np.float32)  # 1/s
    write_series(scans / "delta.nii.gz", replace(series, signal=rounded))
    write_series(scans / "sub-02_echo-1_dsc.nii.gz", replace(series, signal=signal))
    late = phantom(SHAPE, VOLUMES, seed=2, arrival=ARRIVAL, echo_time=0.05).series
    write_series(scans / "sub-02_echo-2_dsc.nii.gz", replace(late, signal=coarse(late.signal)))
    still = three_slices().series
    write_series(scans / "three_slices.nii.gz", replace(still, signal=coarse(still.signal)))
    enhanced(scans / "enhanced.dcm", replace(series, signal=signal))
    masks = {
        "artery": patient.artery,
        "vein": (patient.tissue == Tissue.VEIN) & patient.brain,
        "brain": patient.brain,
        "part": patient.artery | (patient.brain & (np.indices(SHAPE)[1] > SHAPE[1] // 3)),
    }
    for name, mask in masks.items():
        write_nifti(scans / f"{name}.nii.gz", mask, series.affine)


def coarse(signal: NDArray[np.int16]) -> NDArray[np.int16]:
    """Signal in steps of 4, half of its noise: it compresses to two thirds."""
    return np.asfortranarray(4 * (signal // 4))


def tell(sidecar: Path, **facts: object) -> None:
    """Add facts to a sidecar."""
    known = json.loads(sidecar.read_text(encoding="utf-8"))
    sidecar.write_text(json.dumps({**known, **facts}, indent=2) + "\n", encoding="utf-8")


def write_vessels(vessels: Path, scans: Path) -> None:
    """Write AIFs and a VOF as JSON with their voxels, and curves as CSV."""
    scan = scans / "sub-01_dsc.nii.gz"
    series = read(scan)
    shape = series.signal.shape[:-1]
    artery, vein, brain = (mask(scans, name) for name in ("artery", "vein", "brain"))
    known = finished(stages(series, artery, brain, Settings(), vein=vein))
    plain, factor = known.aif.curve / known.aif.scaled_by, known.aif.scaled_by
    saved = SavedAif(
        name="artery",
        voxels=artery,
        curve=plain,
        time=known.time,
        unit="1/s",
        fingerprint=scan_fingerprint(series, scan),
        verdicts=tuple(("late",) if at % 3 == 0 else () for at in range(int(artery.sum()))),
    )
    venous = known.prepared.vessel(vein).curve
    te_scaled = replace(saved, curve=plain * (series.echo_time or 1.0), unit="1 (TE-scaled)")
    for name, aif in {
        "artery": saved,
        "vein": replace(saved, voxels=vein, curve=venous, verdicts=(), kind="VOF"),
        "scaled": replace(saved, curve=known.aif.curve, scaled_by=factor),
        "curve_only": replace(saved, voxels=None, verdicts=()),
        "te_scaled": te_scaled,
    }.items():
        write_aif(vessels / f"{name}.json", aif, shape)
    write_curve(vessels / "curve.csv", known.time, plain, "1/s")
    write_curve(vessels / "scaled.csv", known.time, known.aif.curve, "1/s", factor)
    write_curve(vessels / "te_scaled.csv", known.time, te_scaled.curve, te_scaled.unit)


def write_autosave(folder: Path, scans: Path) -> None:
    """Write what was painted on two scans, as the viewer keeps it."""
    scan, masks = scans / "sub-01_dsc.nii.gz", {"artery": "AIF", "vein": "VOF", "brain": "Brain"}
    painted = {layer: mask(scans, name) for name, layer in masks.items()}
    part = mask(scans, "part")
    painted |= {"AIF 2": np.zeros_like(part), "AIF (proposed)": painted["AIF"], "Region 1": part}
    time = np.array([0.0, 1.5, 3.0, 4.5])
    curve = GivenCurve(time, np.array([0.0, 2.5, 1.25, 0.0]), "1/s", 1.5, ("Read from a file.",))
    Autosave(folder).save(
        scan_fingerprint(read(scan), scan), painted, (2, 8), {"AIF 2": curve}, ("AIF 2", "VOF")
    )
    bare = scans / "slices.nii.gz"
    Autosave(folder).save(scan_fingerprint(read(bare), bare), {}, None)


def write_as_on_screen(folder: Path, scans: Path) -> None:
    """Save what only the viewer makes: regions, relative maps and a midline; motion corrected."""
    scan = scans / "sub-01_dsc.nii.gz"
    series = read(scan)
    artery, vein, brain = (mask(scans, name) for name in ("artery", "vein", "brain"))
    origins = Origins(aif=Origin(kind="proposed").edited(brain, artery), vof=Origin(kind="drawn"))
    settings = Settings(ttp_from="bolus arrival", baseline=(2, 8))
    known = finished(stages(series, artery, brain, settings, vein=vein, origins=origins))
    labels = np.zeros(brain.shape, np.int16)
    labels[4:8, 6:12], labels[10:14, 6:12] = 2, 5
    drawn = Drawn(
        labels=labels,
        names={2: "White matter, left", 5: "Läsion"},
        reference=2,
        relative={
            one.symbol: one
            for one in (normalised(own, labels == 2) for own in (known.maps.cbv, known.maps.cbf))
        },
        midline=Midline(point=(1.5, -2.0, 0.25), normal=(0.6, 0.8, 0.0)),
    )
    save(folder / "regions", scan, known, drawn)
    still = three_slices()
    scan = scans / "three_slices.nii.gz"
    series = read(scan)
    moves = np.zeros((series.n_volumes, 6))  # rad, mm; in the plane, as of so few slices
    moves[10:14] = 0, 0, 0.03, 1.5, -0.75, 0
    moved = finished(moved_back(series, moves))
    save(folder / "motion", scan, finished(stages(moved, still.artery, still.brain, Settings())))


def three_slices() -> Phantom:
    """Make a patient for motion: moving two slices is not the same every time."""
    return phantom((16, 16, 3), VOLUMES, seed=3, arrival=ARRIVAL)


def save(folder: Path, scan: Path, analysis: Analysis, drawn: Drawn | None = None) -> None:
    """Write a folder of results, as the viewer does."""
    series = analysis.prepared.series
    record = make_record(series, analysis, input_fingerprint(series, scan))
    write_results(folder, analysis, record, prefix=prefix_of(scan), bids=is_bids(scan), drawn=drawn)


def mask(scans: Path, name: str) -> NDArray[np.bool_]:
    """Voxels of a mask that lies beside the scans."""
    return np.asarray(nib.Nifti1Image.from_filename(scans / f"{name}.nii.gz").dataobj) > 0


def main() -> int:
    """Make the files; 2 if the folder exists."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="tests/fixtures/format_N; must not exist yet")
    folder = parser.parse_args().folder
    if folder.exists():
        print(f"{folder} must not exist yet: kept files are never made again.")
        return 2
    scans, results = folder / "scans", folder / "results"
    for one in (scans, folder / "vessels"):
        one.mkdir(parents=True)
    write_scans(scans, phantom(SHAPE, VOLUMES, seed=1, arrival=ARRIVAL))
    write_vessels(folder / "vessels", scans)
    write_autosave(folder / "autosave", scans)
    for name in COMMANDS:
        code = napari_dsc(["maps", *words_of(folder, name), "--out", str(results / name)])
        print(f"{name}: exit code {code}")
    write_as_on_screen(results, scans)
    scan_of = {name: words.split()[0] for name, words in COMMANDS.items()} | ON_SCREEN
    kept = {
        "made_with": environment(),
        "scans": {name: f"scans/{scan}" for name, scan in scan_of.items()},
        "commands": COMMANDS,
    }
    (folder / "kept.json").write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
