"""Damaged files by the thousand: `make fuzz`.

NIfTI headers with their extensions, compressed streams, sidecars, records, AIF files, curves, DICOM
headers and a few whole DICOM series are damaged at random, by a seed, and read. Masks, curves and
time axes are written in other kinds and units, from a known truth. Each has to give a sound scan,
or that truth, or an error of ours in one line of plain words; never another error, never more than
two seconds (a whole series, which dcm2niix converts: 15), never more memory than the limit. What
fails is kept in a folder for study.
"""

import argparse
import faulthandler
import resource
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from time import perf_counter

import nibabel as nib
import numpy as np

from scripts.fuzzing.damage import Input, Random
from scripts.fuzzing.dicom import Dicom
from scripts.fuzzing.meaning import Meaning
from scripts.fuzzing.nifti import Nifti
from scripts.fuzzing.text import Text
from scripts.fuzzing.trial import GROWTH, resident, tried

MEMORY = 6 * 2**30  # bytes that the process may ask for: above the cap of a scan
STUCK = 300  # s without any answer: the stack is printed, and that is the end
# Of the inputs that are no whole series.
SHARES = {"nifti": 0.30, "text": 0.35, "dicom": 0.15, "meaning": 0.20}


class Sources:
    """Sound files of each kind; damaged ones by their number."""

    def __init__(self, folder: Path, seed: int, share: float) -> None:
        self.seed, self.share = seed, share
        self.nifti, self.text, self.dicom = Nifti(folder), Text(folder), Dicom(folder)
        self.meaning = Meaning()

    def mutant(self, number: int) -> Input:
        """The same for the same seed and number, whichever came before."""
        rng = self._random(number)
        if rng.random() < self.share:
            return self.dicom.whole(rng)
        makers = {
            "nifti": self.nifti.mutant, "text": self.text.mutant, "dicom": self.dicom.mutant,
            "meaning": self.meaning.mutant,
        }  # fmt: skip
        name = rng.choice(list(SHARES), p=list(SHARES.values()))
        return makers[str(name)](rng)

    def _random(self, number: int) -> Random:
        return np.random.default_rng([self.seed, number])


def main() -> int:
    """Try so many inputs; return 1 if any gave something else than a scan or a refusal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--series", type=float, default=0.0075, help="share of whole series")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"))
    chosen = parser.parse_args()
    _made_strict()
    told, slowest, failures, largest = Counter[str](), dict[str, float](), 0, 0
    with tempfile.TemporaryDirectory() as name:
        sound, folder = Path(name, "sound"), Path(name, "damaged")
        sound.mkdir()
        folder.mkdir()
        sources = Sources(sound, chosen.seed, chosen.series)
        for number in range(chosen.first, chosen.first + chosen.inputs):
            one = sources.mutant(number)
            faulthandler.dump_traceback_later(STUCK, exit=True)
            start = perf_counter()
            said = tried(folder, one, number)
            largest = max(largest, resident())
            slowest[one.kind] = max(slowest.get(one.kind, 0.0), perf_counter() - start)
            right = said in ("read", "refused")
            told[f"{one.kind} {said if right else 'FAILED'}"] += 1
            if not right:
                failures += 1
                _kept(one, chosen.keep / f"{chosen.seed}-{number}")
                print(f"{number} {one.kind}: {said}", flush=True)
    faulthandler.cancel_dump_traceback_later()
    _summed_up(told, slowest)
    own, theirs = largest / 2**20, resident(resource.RUSAGE_CHILDREN) / 2**20
    print(
        f"{chosen.inputs:,} inputs, {failures} failures, slowest {max(slowest.values()):.2f} s, "
        f"largest memory {own:.0f} MiB (of dcm2niix: {theirs:.0f}; "
        f"allowed for one input: {GROWTH / 2**20:.0f})"
    )
    return int(failures > 0)


def _made_strict() -> None:
    """Warnings are errors; memory has a limit, which dcm2niix replaces by its own."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module="pydicom")
    nib.imageglobals.logger.disabled = True
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, most))


def _kept(one: Input, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        one.build(folder)
    except OSError as error:  # it stands there from a run before
        print(f"{folder}: {error.strerror}", flush=True)


def _summed_up(told: Counter[str], slowest: dict[str, float]) -> None:
    for kind in sorted(slowest):
        counts = [told[f"{kind} {word}"] for word in ("read", "refused", "FAILED")]
        print(
            f"{kind:17} {counts[0]:6,} read {counts[1]:6,} refused {counts[2]:4,} FAILED "
            f"slowest {slowest[kind]:.2f} s"
        )


if __name__ == "__main__":
    sys.exit(main())
