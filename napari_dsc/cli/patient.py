"""The command `phantom`: the digital patient in files."""

from pathlib import Path
from typing import Any, get_args

from numpy.typing import NDArray

from napari_dsc.cli.parsing import Commands, path_of
from napari_dsc.core.defaults import PHANTOM_SEED, PHANTOM_SNR
from napari_dsc.core.errors import DscError
from napari_dsc.core.phantom import Anatomy, Lesion, Tissue, phantom, two_echo_phantom
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.io.region_files import names_table
from napari_dsc.terminal import one_line, say

__all__ = ["add_commands"]

LEGEND = "tissue.tsv"  # beside tissue.nii.gz: `--regions` reads it


def add_commands(commands: Commands) -> None:
    """Add `phantom`."""
    writing = commands.add("phantom", write_phantom)
    writing.add_argument("out", type=path_of, help="folder for the scan, masks and true maps")
    writing.add_argument(
        "--snr",
        type=float,
        default=PHANTOM_SNR,
        help=f"grey matter over noise; {PHANTOM_SNR:g}",
    )
    writing.add_argument(
        "--seed",
        type=int,
        default=PHANTOM_SEED,
        help=f"the same seed gives the same scan; {PHANTOM_SEED}",
    )
    writing.add_argument(
        "--anatomy",
        choices=get_args(Anatomy),
        default="blocks",
        help="blocks: a schematic head with a stroke and a tumour that leaks; realistic: cortex, "
        "vessels and voxels that tissues share",
    )
    writing.add_argument(
        "--lesion",
        choices=get_args(Lesion),
        help="of the realistic patient; stroke if nothing is said",
    )
    writing.add_argument(
        "--two-echoes",
        action="store_true",
        help="a scan of two echoes, a file each: read them with --echo both",
    )


def tissue_names() -> dict[int, str]:
    """Names of the labels of tissue.nii.gz."""
    return {int(one): one.name.replace("_", " ").capitalize() for one in Tissue}


def write_phantom(
    out: Path, snr: float, seed: int, anatomy: Anatomy, lesion: Lesion | None, two_echoes: bool
) -> None:
    """Write the digital patient: scan.nii.gz with its sidecar, masks, names and the true maps."""
    if two_echoes:
        made = two_echo_phantom(snr=snr, seed=seed, anatomy=anatomy, lesion=lesion)
        scans = {f"scan_echo-{at}_dsc": one for at, one in enumerate(made, start=1)}
    else:
        scans = {"scan": phantom(snr=snr, seed=seed, anatomy=anatomy, lesion=lesion)}
    patient = next(iter(scans.values()))
    volumes: dict[str, NDArray[Any]] = {
        "aif": patient.artery,
        "brain": patient.brain,
        "tissue": patient.tissue,
    }
    enhancing = patient.tissue == Tissue.TUMOUR
    if enhancing.any():
        volumes["enhancement"] = enhancing
    volumes |= {f"true_{name}": values for name, values in patient.truth.items()}
    names = [f"{name}{end}" for name in scans for end in (".nii.gz", ".json")]
    names += [*(f"{name}.nii.gz" for name in volumes), LEGEND]
    if standing := [name for name in names if (out / name).exists()]:
        raise DscError(
            f"the folder must be free of another patient's files, got {', '.join(standing[:3])} "
            f"in {out}. Choose another folder."
        )
    out.mkdir(parents=True, exist_ok=True)
    for name, one in scans.items():
        write_series(out / f"{name}.nii.gz", one.series)
    for name, values in volumes.items():
        write_nifti(out / f"{name}.nii.gz", values, patient.series.affine)
    legend = names_table(patient.tissue, tissue_names())
    write_whole(out / LEGEND, lambda path: _write(path, legend))
    say(f"Digital patient in {one_line(out)}. {RESEARCH_USE}")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
