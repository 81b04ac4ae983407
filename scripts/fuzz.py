"""Damaged files by the thousand: `make fuzz`.

Headers, compressed streams, sidecars, records and DICOM images are changed at random, by a seed,
and read. Each has to give a scan, or an error of ours in one line; never another error, never more
than two seconds, never more memory than the limit. What fails is kept in a folder for study.
"""

import argparse
import gzip
import json
import resource
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import nibabel as nib
import numpy as np

from napari_dsc import DscError, phantom, read
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.steps import finished
from napari_dsc.io.aif import SavedAif, read_aif, read_curve, write_aif
from napari_dsc.io.nifti import write_series
from napari_dsc.io.record import make_record
from napari_dsc.io.replay import read_record

SLOWEST = 2.0  # s
MEMORY = 6 * 2**30  # bytes that the process may take: above the cap of a scan
NASTY = [
    b"\0", b"\xff", b"\x7f", b"\x80\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\xc0\x7f", b"\0\0\x80\x7f",
    b"NaN", b"Infinity", b"-1", b"1e999", b"null", b"[", b"{", b'"', b"\\ud800", b"0" * 400,
]  # fmt: skip
Mutant = tuple[str, bytes, bytes | None]  # name of the file, its bytes, and those of a sidecar


def changed(content: bytes, rng: np.random.Generator, within: int | None = None) -> bytes:
    """Bytes with some of them flipped, replaced, cut out or repeated."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 6))):
        top = max(1, min(len(data), within or len(data)))
        at = int(rng.integers(top))
        kind = rng.integers(5)
        if kind == 0 and data:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            word = NASTY[int(rng.integers(len(NASTY)))]
            data[at : at + len(word)] = word
        elif kind == 2:
            data[at : at + int(rng.integers(1, 32))] = b""
        elif kind == 3:
            data[at:at] = data[at : at + int(rng.integers(1, 64))]
        else:
            data[at : at + 4] = rng.bytes(4)
    return bytes(data)


class Sources:
    """Sound files of each kind, and what is made of them."""

    def __init__(self, folder: Path) -> None:
        patient = phantom((8, 8, 3), 24, arrival=9.0)
        self.plain = folder / "sound.nii"
        write_series(self.plain, patient.series)
        self.nifti = self.plain.read_bytes()
        self.sidecar = json.dumps(
            {
                "RepetitionTime": 1.5,
                "EchoTime": 0.03,
                "VolumeTiming": (1.5 * np.arange(24)).tolist(),
                "SliceTiming": [0, 0.5, 1.0],
                "SliceEncodingDirection": "k",
            }
        ).encode()
        self.packed = gzip.compress(self.nifti, mtime=0)
        settings = Settings(baseline=(2, 6))
        made = finished(stages(patient.series, patient.artery, patient.brain, settings))
        self.record = json.dumps(make_record(patient.series, made, "a" * 64)).encode()
        self.curve = b"time (s),delta R2* (1/s)\n" + b"".join(
            b"%d,%d\n" % (n, n) for n in range(30)
        )
        self.dicom = self._dicom(folder)
        saved = SavedAif(
            name="AIF",
            voxels=patient.artery,
            curve=made.aif.curve,
            time=made.time,
            unit="1/s",
            fingerprint="a" * 64,
        )
        write_aif(folder / "aif.json", saved, (8, 8, 3))
        self.aif = (folder / "aif.json").read_bytes()

    def _dicom(self, folder: Path) -> bytes:
        import pydicom
        from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

        data = pydicom.Dataset()
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = MRImageStorage
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
        data.SeriesInstanceUID, data.Modality, data.ImageType = generate_uid(), "MR", ["ORIGINAL"]
        data.Rows = data.Columns = 8
        data.ImagePositionPatient, data.AcquisitionTime = [0, 0, 0], "100000"
        data.ImageOrientationPatient, data.InstanceNumber = [1, 0, 0, 0, 1, 0], 1
        data.EchoTime, data.RepetitionTime, data.TemporalPositionIdentifier = "30", "1500", 1
        data.save_as(folder / "sound.dcm", enforce_file_format=True)
        return (folder / "sound.dcm").read_bytes()

    def mutant(self, rng: np.random.Generator) -> Mutant:
        """One file of some kind, damaged."""
        makers: tuple[Callable[[], Mutant], ...] = (
            lambda: ("x.nii", changed(self.nifti, rng, 352), None),
            lambda: ("x.nii.gz", gzip.compress(changed(self.nifti, rng, 352), 1, mtime=0), None),
            lambda: ("x.nii.gz", changed(self.packed, rng), None),
            lambda: ("x.nii", self.nifti, changed(self.sidecar, rng)),
            lambda: ("x.record", changed(self.record, rng), None),
            lambda: ("x.csv", changed(self.curve, rng), None),
            lambda: ("x.aif", changed(self.aif, rng), None),
            lambda: ("x.dcm", changed(self.dicom, rng), None),
        )
        return makers[int(rng.integers(len(makers)))]()


READERS: dict[str, Callable[[Path], object]] = {
    ".record": read_record,
    ".csv": read_curve,
    ".aif": lambda path: read_aif(path, "a" * 64, (8, 8, 3)),
}


def tried(folder: Path, mutant: Mutant) -> str:
    """Read a damaged file; say what came of it."""
    name, content, sidecar = mutant
    path = folder / name
    path.write_bytes(content)
    beside = folder / "x.json"
    beside.unlink(missing_ok=True)
    if sidecar is not None:
        beside.write_bytes(sidecar)
    start = perf_counter()
    try:
        READERS.get(path.suffix, read)(path)
        said = "read"
    except DscError as error:
        said = "refused" if "\n" not in str(error) else "refused in several lines"
    except BaseException as error:  # whatever else is a fault of ours
        said = f"{type(error).__name__}: {error}"
    took = perf_counter() - start
    path.unlink()
    return said if took <= SLOWEST else f"{said}, but after {took:.1f} s"


def main() -> int:
    """Try so many inputs; return 1 if any gave something else than a scan or a refusal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"))
    chosen = parser.parse_args()
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module="pydicom")
    warnings.filterwarnings("ignore", "Extension size", module="nibabel")  # told, and harmless
    nib.imageglobals.logger.disabled = True
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    rng, told, slowest = np.random.default_rng(chosen.seed), Counter[str](), 0.0
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = Sources(folder)
        for number in range(chosen.inputs):
            mutant = sources.mutant(rng)
            start = perf_counter()
            said = tried(folder, mutant)
            slowest = max(slowest, perf_counter() - start)
            told[
                f"{Path(mutant[0]).suffixes[0]} {said if said in ('read', 'refused') else 'FAILED'}"
            ] += 1
            if said not in ("read", "refused"):
                failures += 1
                chosen.keep.mkdir(exist_ok=True)
                (chosen.keep / f"{number}-{mutant[0]}").write_bytes(mutant[1])
                if mutant[2] is not None:
                    (chosen.keep / f"{number}-x.json").write_bytes(mutant[2])
                print(f"{number} {mutant[0]}: {said}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for words, count in sorted(told.items()):
        print(f"{count:7,} {words}")
    print(
        f"{chosen.inputs:,} inputs, {failures} failures, slowest {slowest:.2f} s, "
        f"largest memory {peak:.0f} MiB"
    )
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
