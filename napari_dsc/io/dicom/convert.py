"""dcm2niix, in a process of its own: fixed words, no shell, limits, nothing of its output kept."""

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress

__all__ = ["FAILED", "PATIENCE", "Image", "converted"]

PATIENCE = 600.0  # s
MEMORY = 12 * 2**30  # bytes
LARGEST_FILE = 5 * 2**30  # bytes: more than a scan that is read may have
LOOK = 0.05  # s between two looks
GRACE = 5.0  # s until a supervisor has ended its program
WORDS = ("-b", "y", "-ba", "y", "-f", "scan", "-z", "n", "-w", "1", "-m", "y", "-d", "0")
CHILD = Path(__file__).with_name("limited_child.py")
SUPERVISED = sys.platform != "linux"  # there the kernel ends a child with its parent
FAILED = "DICOM must be a series that dcm2niix converts, got {}. Export it again as classic MR."


class Image(NamedTuple):
    """A file to convert, and what has to be written anew in its copy.

    Parameters
    ----------
    path : Path
        The file.
    number : int or None
        The instance number that says its place, where that of the file says otherwise: dcm2niix
        goes by it.
    bare : bool
        Whether the file has no preamble.
    frames : tuple of int
        Which frames of an enhanced image are wanted, if not all.
    """

    path: Path
    number: int | None = None
    bare: bool = False
    frames: tuple[int, ...] = ()


class Limits(NamedTuple):
    """What a program may take: s, and bytes of memory and of a file; and who ends it."""

    patience: float
    memory: int
    largest_file: int
    supervised: bool


def converted(
    images: Sequence[Image],
    folder: Path,
    *,
    patience: float = PATIENCE,
    memory: int = MEMORY,
    largest_file: int = LARGEST_FILE,
    supervised: bool = SUPERVISED,
) -> Generator[Progress, None, list[Path]]:
    """Convert the images of one series to NIfTI files with their sidecars.

    Parameters
    ----------
    images : sequence of Image
        The files, in the order of time and place.
    folder : Path
        A temporary one, which is made: where copies and result may stand.
    patience : float
        After so many seconds it is killed.
    memory, largest_file : int
        Bytes that it may take, and that a file of it may have.
    supervised : bool
        Whether a process beside it ends it with this one, where the kernel does not.

    Returns
    -------
    list of Path
        The files: one, unless they hold several echoes.

    Raises
    ------
    DscError
        If it fails, takes too long or too much memory, or makes no file.
    """
    import dcm2niix

    source, target = folder / "in", folder / "out"
    source.mkdir(parents=True)
    target.mkdir()
    for count, one in enumerate(images):
        if count % 64 == 0:
            yield Progress("Gathering the images", 0.3 * count / len(images))
        try:
            _place(one, source / f"{count:06d}.dcm")
        except Exception as error:  # whatever a damaged image makes a parser raise
            raise DscError(FAILED.format("an image that cannot be written anew")) from error
    command = [str(dcm2niix.bin), *WORDS, "-o", str(target), str(source)]
    yield from _run(command, folder, Limits(patience, memory, largest_file, supervised))
    made = sorted(target.glob("*.nii"))
    if not made:
        raise DscError(FAILED.format("no images"))
    return made


def _run(command: list[str], folder: Path, limits: Limits) -> Generator[Progress, None, None]:
    """Run a program in a folder within limits, and never beyond the end of this process."""
    # One thread: it cannot use more seconds of a processor than have passed.
    bounds = (limits.memory, limits.largest_file, math.ceil(limits.patience))
    words = (int(limits.supervised), os.getpid(), *bounds)
    process = subprocess.Popen(  # noqa: S603 (fixed words; the names are our own)
        [sys.executable, "-I", "-S", str(CHILD), *map(str, words), *command],
        stdin=subprocess.PIPE,  # closed by whatever ends this process
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        start = monotonic()
        while process.poll() is None:
            if monotonic() > start + limits.patience:
                raise DscError(FAILED.format(f"one that takes more than {limits.patience:g} s"))
            yield Progress("Converting DICOM", 0.3 + 0.6 * (1 - 10 / (10 + monotonic() - start)))
            _wait(process)
    finally:
        _end(process, limits.supervised)
    if process.returncode != 0:
        raise DscError(FAILED.format(f"an error (code {process.returncode})"))


def _end(process: "subprocess.Popen[bytes]", supervised: bool) -> None:
    """End a program: one that is supervised by closing its pipe, so that both of them end."""
    if process.stdin is not None:
        process.stdin.close()
    if supervised:
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    process.kill()
    process.wait()


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """Wait a moment for a process."""
    try:
        process.wait(LOOK)
    except subprocess.TimeoutExpired:
        return


def _place(image: Image, copy: Path) -> None:
    """Put an image where dcm2niix finds it, under a name that says nothing."""
    if image.number is None and not image.bare and not image.frames:
        try:
            os.link(image.path, copy)
        except OSError:  # another disk
            shutil.copyfile(image.path, copy)
        return
    import pydicom

    data = pydicom.dcmread(image.path, force=image.bare)
    if image.bare:
        implicit = data.original_encoding[0]
        uids = pydicom.uid
        data.file_meta.TransferSyntaxUID = (
            uids.ImplicitVRLittleEndian if implicit else uids.ExplicitVRLittleEndian
        )
    if image.number is not None:
        data.InstanceNumber = image.number
    if image.frames:
        _keep_frames(data, image.frames)
    data.save_as(copy, enforce_file_format=True)


def _keep_frames(data: Any, frames: Sequence[int]) -> None:
    """Leave some frames of an enhanced image only."""
    import pydicom

    pixels, groups = data.pixel_array, data.PerFrameFunctionalGroupsSequence
    data.PerFrameFunctionalGroupsSequence = pydicom.Sequence([groups[at] for at in frames])
    data.NumberOfFrames = len(frames)
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.PixelData = pixels[list(frames)].astype(pixels.dtype.newbyteorder("<")).tobytes()
