"""Files that are no scan as they are: what each is, and how its scan is opened nevertheless."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_dsc.io.nifti.header import open_stream

__all__ = ["OTHERS", "Other", "other_kind"]


@dataclass(frozen=True, slots=True)
class Other:
    """One kind of file that is refused, with a remedy that works for it.

    Parameters
    ----------
    name : str
        What it is: "a zip archive".
    remedy : str
        One sentence.
    endings : tuple of str
        How names of such files end, in lower case.
    magic : bytes
        How such files begin, where that is told by their first bytes; nothing if it is not.
    place : int
        Where the magic stands, in bytes.
    """

    name: str
    remedy: str
    endings: tuple[str, ...]
    magic: bytes = b""
    place: int = 0

    @property
    def may_hold_scan(self) -> bool:
        """Whether a folder of such files may be what somebody took for a scan."""
        return self.remedy not in (PICTURE, TEXT, SIDECAR)


UNPACK = "Unpack it first, then open the scan's file or folder in it."
CONVERT = "Convert it to 4-D NIfTI (ITK-SNAP and SimpleITK do), or open its DICOM images."
PICTURE = "It is no measurement: open the DICOM images or the NIfTI file of the scan."
SIDECAR = (
    "A sidecar is read with the NIfTI file beside it, a saved AIF is given to --aif: open the scan."
)
TEXT = "A curve is given as AIF (--aif, or loaded in the viewer): open the scan."
ARRAY = "In Python, pass its numbers to compute_perfusion_maps; or save them as 4-D NIfTI."
OTHERS: Sequence[Other] = (
    Other("a zip archive", UNPACK, (".zip",), b"PK\x03\x04"),
    Other("a 7z archive", UNPACK, (".7z",), b"7z\xbc\xaf\x27\x1c"),
    Other("a rar archive", UNPACK, (".rar",), b"Rar!"),
    Other("a tar archive", UNPACK, (".tar", ".tgz", ".tar.gz", ".tar.bz2"), b"ustar", 257),
    Other("compressed with bzip2", "Unpack it with bunzip2 first.", (".bz2",), b"BZh"),
    Other("compressed with xz", "Unpack it with unxz first.", (".xz",), b"\xfd7zXZ\0"),
    Other("compressed with zstd", "Unpack it with zstd -d first.", (".zst",), b"\x28\xb5\x2f\xfd"),
    Other(
        "Philips PAR/REC",
        "Convert it to NIfTI: dcm2niix does (dcm2niix -z y FOLDER), and nibabel's parrec2nii.",
        (".par", ".rec"),
        b"# === DATA DESCRIPTION FILE",
    ),
    Other(
        "FreeSurfer's MGH",
        "Convert it to NIfTI with FreeSurfer: mri_convert IN.mgz OUT.nii.gz.",
        (".mgh", ".mgz", ".mgh.gz"),
        b"\0\0\0\x01\0\0",
    ),
    Other("NRRD", CONVERT, (".nrrd", ".nhdr"), b"NRRD00"),
    Other("MetaImage", CONVERT, (".mha", ".mhd"), b"ObjectType"),
    Other("MINC", "Convert it to NIfTI with MINC: mnc2nii IN.mnc OUT.nii.", (".mnc",), b"CDF\x01"),
    Other(
        "AFNI's BRIK/HEAD",
        "Convert it to NIfTI with AFNI: 3dAFNItoNIFTI -prefix OUT.nii.gz IN+orig.",
        (".brik", ".head", ".brik.gz"),
    ),
    Other("MATLAB data", ARRAY, (".mat",), b"MATLAB 5.0 MAT-file"),
    Other(
        "HDF5 (MINC 2 or MATLAB, perhaps)",
        "Convert MINC with mnc2nii IN.mnc OUT.nii; of MATLAB data save the array as 4-D NIfTI.",
        (".h5", ".hdf5"),
        b"\x89HDF\r\n",
    ),
    Other("numbers of numpy", ARRAY, (".npy",), b"\x93NUMPY"),
    Other("numbers of numpy", ARRAY, (".npz",)),
    Other("a TIFF picture", PICTURE, (".tif", ".tiff"), b"II*\0"),
    Other("a TIFF picture", PICTURE, (".tif", ".tiff"), b"MM\0*"),
    Other("a PNG picture", PICTURE, (".png",), b"\x89PNG"),
    Other("a JPEG picture", PICTURE, (".jpg", ".jpeg"), b"\xff\xd8\xff"),
    Other("a PDF document", PICTURE, (".pdf",), b"%PDF"),
    Other("a JSON file", SIDECAR, (".json",)),
    Other("a table of text", TEXT, (".csv", ".tsv", ".txt")),
    Other(
        "raw data of a scanner",
        "Reconstruct the images first: open their DICOM or NIfTI.",
        (".dat", ".h5.gz", ".7"),
    ),
)
LONGEST = max(one.place + len(one.magic) for one in OTHERS)


def other_kind(path: Path) -> Other | None:
    """Kind of a file that is no scan: by how it begins, also if compressed; else by its name."""
    try:
        with path.open("rb") as file:
            starts = [file.read(LONGEST)]
        with open_stream(path) as file:
            starts.append(file.read(LONGEST))
    except (OSError, EOFError, ValueError, zlib.error):
        pass
    for one in OTHERS:
        here = slice(one.place, one.place + len(one.magic))
        if one.magic and any(start[here] == one.magic for start in starts):
            return one
    name = path.name.lower()
    return next((one for one in OTHERS if name.endswith(one.endings)), None)
