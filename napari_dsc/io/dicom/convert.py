"""Conversion by dcm2niix in a process of its own: no shell, limits, nothing of its output kept."""

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import Any, Literal, NamedTuple

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress
from napari_dsc.io.dicom.deflated import inflated

__all__ = ["FAILED", "PATIENCE", "Image", "converted"]

PATIENCE = 600.0  # s
MEMORY = 12 * 2**30  # bytes
LARGEST_FILE = 5 * 2**30  # bytes: more than a scan that is read may have
LOOK = 0.05  # s between two looks
GRACE = 5.0  # s until a supervisor has ended its program
WORDS = ("-b", "y", "-ba", "y", "-f", "scan", "-z", "n", "-w", "1", "-m", "y", "-d", "0")
CHILD = Path(__file__).with_name("limited_child.py")
SUPERVISED = sys.platform != "linux"  # there the kernel ends a child with its parent
GRID = 0x00651050, 0x00651051  # private elements of UIH: how many slices, and an item for each
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
    unspelt : bool
        Whether the kinds of its private elements have to be told.
    deflated : bool
        Whether the file is compressed as a whole.
    """

    path: Path
    number: int | None = None
    bare: bool = False
    frames: tuple[int, ...] = ()
    unspelt: bool = False
    deflated: bool = False


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
    anew = image.bare or image.frames or image.unspelt
    if image.deflated and image.number is None and not anew:
        copy.write_bytes(inflated(image.path))
        return
    if image.number is None and not anew:
        try:
            os.link(image.path, copy)
        except OSError:  # another disk
            shutil.copyfile(image.path, copy)
        return
    import pydicom

    if image.number is not None and not (anew or image.deflated):
        content = _renumbered(image.path, image.number)
        if content is not None:
            copy.write_bytes(content)
            return
    source = BytesIO(inflated(image.path)) if image.deflated else image.path
    data = pydicom.dcmread(source, force=image.bare)
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
    if image.unspelt:
        _spell(data)
    data.save_as(copy, enforce_file_format=True)


def _renumbered(path: Path, number: int) -> bytes | None:
    """Content of an image with another instance number, the rest as it was; None if it has none.

    To write an image anew takes a multiple of the time.
    """
    import pydicom

    data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["InstanceNumber"])
    element = data.get_item("InstanceNumber")
    start, length = getattr(element, "value_tell", None), getattr(element, "length", None)
    if start is None or length is None or getattr(element, "VR", None) not in ("IS", None):
        return None
    implicit, little = data.original_encoding
    value = str(number).encode()
    value += b" " * max(length - len(value), len(value) % 2)
    width = 4 if implicit else 2
    start, length = int(start), int(length)
    content: bytes = path.read_bytes()
    order: Literal["little", "big"] = "little" if little else "big"
    if int.from_bytes(content[start - width : start], order) != length:
        return None
    told = len(value).to_bytes(width, order)
    made: bytes = content[: start - width] + told + value + content[start + length :]
    return made


def _spell(data: Any) -> None:
    """Write a grid so that the kinds of its private elements are told."""
    import pydicom
    from pydicom.values import convert_SQ

    count, each = GRID
    if isinstance(data[each].value, bytes):
        data.add_new(each, "SQ", convert_SQ(data[each].value, True, True))
    data.add_new(count, "DS", str(len(data[each].value)))
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian


def _keep_frames(data: Any, frames: Sequence[int]) -> None:
    """Leave some frames of an enhanced image only."""
    import pydicom

    pixels, groups = data.pixel_array, data.PerFrameFunctionalGroupsSequence
    data.PerFrameFunctionalGroupsSequence = pydicom.Sequence([groups[at] for at in frames])
    data.NumberOfFrames = len(frames)
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.PixelData = pixels[list(frames)].astype(pixels.dtype.newbyteorder("<")).tobytes()
