"""dcm2niix, in a process of its own: fixed words, no shell, limits, nothing of its output kept."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from time import monotonic

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress

__all__ = ["converted"]

PATIENCE = 600.0  # s
MEMORY = 12 * 2**30  # bytes
LOOK = 0.05  # s between two looks
WORDS = ("-b", "y", "-ba", "y", "-f", "scan", "-z", "n", "-w", "1", "-m", "y", "-d", "0")
LIMITED = (
    "import os, resource, sys; limit = int(sys.argv[1]); "
    "resource.setrlimit(resource.RLIMIT_AS, (limit, limit)); "
    "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.execv(sys.argv[2], sys.argv[2:])"
)
FAILED = "DICOM must be a series that dcm2niix converts, got {}. Export it again as classic MR."


def converted(
    images: Sequence[tuple[Path, int | None]],
    folder: Path,
    *,
    patience: float = PATIENCE,
    memory: int = MEMORY,
) -> Generator[Progress, None, Path]:
    """Convert the images of one series to one NIfTI file with its sidecar.

    Parameters
    ----------
    images : sequence of (Path, int or None)
        The files, in the order of time and place; and the instance number that says so, where
        that of the file says otherwise: dcm2niix goes by it.
    folder : Path
        A temporary one: where copies and result may stand.
    patience : float
        After so many seconds it is killed.
    memory : int
        Bytes that it may take.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DscError
        If it fails, takes too long or too much memory, or makes no single file.
    """
    import dcm2niix

    source, target = folder / "in", folder / "out"
    source.mkdir()
    target.mkdir()
    for count, (path, number) in enumerate(images):
        if count % 64 == 0:
            yield Progress("Gathering the images", 0.3 * count / len(images))
        _place(path, source / f"{count:06d}.dcm", number)
    command = [str(dcm2niix.bin), *WORDS, "-o", str(target), str(source)]
    if os.name == "posix":
        command = [sys.executable, "-c", LIMITED, str(memory), *command]
    process = subprocess.Popen(  # noqa: S603 (fixed words; the names are our own)
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        start = monotonic()
        while process.poll() is None:
            if monotonic() > start + patience:
                raise DscError(FAILED.format(f"one that takes more than {patience:g} s"))
            yield Progress("Converting DICOM", 0.3 + 0.6 * (1 - 10 / (10 + monotonic() - start)))
            _wait(process)
    finally:
        process.kill()
        process.wait()
    made = sorted(target.glob("*.nii"))
    if process.returncode != 0 or not made:
        raise DscError(FAILED.format(f"an error (code {process.returncode})"))
    if len(made) > 1:
        raise DscError(FAILED.format(f"one that makes {len(made)} files"))
    return made[0]


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """Wait a moment for a process."""
    try:
        process.wait(LOOK)
    except subprocess.TimeoutExpired:
        return


def _place(path: Path, copy: Path, number: int | None) -> None:
    """Put an image where dcm2niix finds it, under a name that says nothing."""
    if number is not None:
        import pydicom

        data = pydicom.dcmread(path)
        data.InstanceNumber = number
        data.save_as(copy)
        return
    try:
        os.link(path, copy)
    except OSError:  # another disk
        shutil.copyfile(path, copy)
