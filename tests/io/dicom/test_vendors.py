"""Scans as seven makers write them: read right to the voxel, place and slice time, or refused.

Each row of `SCANS` is a kind of scan that has to be read; each of `REFUSED` one whose files do not
hold what would be needed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from nibabel.affines import apply_affine
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from napari_dsc import DscError, Series, read
from napari_dsc.cli import main
from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.io.dicom import assemble, header_facts, image_headers
from napari_dsc.io.dicom.convert import converted
from tests.io import dicom_vendors as maker
from tests.io.dicom_vendors import (
    ASCENDING,
    DESCENDING,
    INTERLEAVED,
    INTERLEAVED_DOWN,
    START,
    TOGETHER,
    Truth,
    clock,
)

UIH_SLICES = 7  # a grid of 3 × 3, the last two blank


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A kind of scan that is read: how it is written, and what is to be known of it.

    `timed`: whether the images tell when each slice was measured. `said`: words of a notice.
    `gain`: what the values are multiplied with. `choices`: what has to be answered. `n_read`: how
    many of the volumes are read.
    """

    write: Callable[..., None]
    truth: Truth = field(default_factory=lambda: Truth(ranks=INTERLEAVED))
    syntax: str = ""
    timed: bool = True
    said: str = ""
    gain: float = 1.0
    time: Callable[[Truth], np.ndarray] | None = None
    choices: dict[str, str] = field(default_factory=dict)
    n_read: int | None = None


def truth(ranks: tuple[int, ...], **facts: Any) -> Truth:
    """A scan whose slices are measured in an order."""
    return Truth(ranks=ranks, n_slices=len(ranks), **facts)


def without(*names: str) -> Callable[..., None]:
    """Take elements out of every image, as an anonymiser does."""

    def change(data: Dataset, *_: int) -> None:
        for name in names:
            if name in data:
                delattr(data, name)

    return change


def whole_seconds(data: Dataset, volume: int, *_: int) -> None:
    """Write times as some archives keep them."""
    data.AcquisitionTime = clock(START + 1.5 * volume, 0)


def straight() -> tuple[np.ndarray, np.ndarray]:
    """Directions of an axial slice."""
    return np.array([1.0, 0, 0]), np.array([0, 1.0, 0])


def sagittal() -> tuple[np.ndarray, np.ndarray]:
    """Directions of a sagittal slice."""
    return np.array([0, 1.0, 0]), np.array([0, 0, -1.0])


def coronal() -> tuple[np.ndarray, np.ndarray]:
    """Directions of a coronal slice."""
    return np.array([1.0, 0, 0]), np.array([0, 0, -1.0])


def other_clock(data: Dataset, volume: int, at: int) -> None:
    """Acquisition times that order the slices in another way than the trigger."""
    data.AcquisitionTime = clock(START + 2.0 * volume + 0.4 * at)


def late(data: Dataset, *_: int) -> None:
    """A scan that runs past midnight."""
    own = float(data.AcquisitionTime[:2]) * 3600 + float(data.AcquisitionTime[2:4]) * 60
    own += float(data.AcquisitionTime[4:]) + 86_400 - START - 13
    data.AcquisitionTime = clock(own % 86_400)


def swapped(data: Dataset, volume: int, at: int) -> None:
    """Numbers of images of two volumes exchanged."""
    other = {7: 8, 8: 7}.get(volume, volume)
    data.InstanceNumber = other * 5 + at + 1


def last_is_partial(_: Dataset, volume: int, at: int) -> bool:
    """A scan that was stopped."""
    return volume < 20 or at < 2


def delayed(volume: int) -> float:
    """Delay before a volume, s: of two speeds."""
    return max(0, volume - 11) * 1.0


def trembling(data: Dataset, volume: int, at: int) -> None:
    """Positions about a rounded one, as computed anew for each volume."""
    data.ImagePositionPatient[2] = round(8.005 + 4.5 * at + 2e-6 * (volume % 3 - 1), 6)


def zoned(_: Dataset, content: Dataset, *__: int) -> None:
    """Times that tell their zone."""
    content.FrameAcquisitionDateTime += "+0100"


def described(data: Dataset, volume: int, _: int) -> None:
    """Descriptions that count the volumes."""
    data.SeriesDescription = f"perf_{volume + 1:03d}"


def own_series(data: Dataset, volume: int) -> None:
    """A series for each mosaic."""
    data.SeriesInstanceUID, data.SeriesNumber = f"1.2.3.{volume + 1}", 100 + volume
    data.InstanceNumber = 1


def untimed_series(data: Dataset, *_: int) -> None:
    """Times that an archive has made all the same."""
    data.AcquisitionTime = data.ContentTime = "100000"
    data.AcquisitionNumber = 1


def triggers(frame: Dataset, content: Dataset, volume: int, _: int) -> None:
    """Trigger delays that grow from volume to volume."""
    item = Dataset()
    item.NominalCardiacTriggerDelayTime = 2000.0 * volume
    frame.CardiacSynchronizationSequence = Sequence([item])
    content.FrameComments = "x"


MOSAIC, LISTED = maker.siemens_mosaic, ("count", "normal")
SCANS: dict[str, Scan] = {
    "GE multiphase, ascending": Scan(write=maker.ge, truth=truth(ASCENDING)),
    "GE multiphase, descending": Scan(write=partial(maker.ge, down=True), truth=truth(DESCENDING)),
    "GE multiphase, interleaved": Scan(write=maker.ge),
    "GE multiphase, interleaved from the top": Scan(
        write=partial(maker.ge, down=True), truth=truth(INTERLEAVED_DOWN)
    ),
    "GE multiphase, numbered from the top, acquired from below": Scan(
        write=partial(maker.ge, down=True)
    ),
    "GE multiphase, several slices at once": Scan(write=maker.ge, truth=truth(TOGETHER)),
    "GE multiphase, delays that vary": Scan(
        write=partial(maker.ge, delays=delayed),
        time=lambda own: own.time + [delayed(at) for at in range(20)],
    ),
    "GE real-time, timer in s": Scan(write=partial(maker.ge, clocks="timer", temporal=False)),
    "GE real-time, timer in 0.1 ms": Scan(
        write=partial(maker.ge, clocks="old timer", temporal=False, down=True),
        truth=truth(DESCENDING),
    ),
    "GE multiphase, trigger times from each volume": Scan(
        write=partial(
            maker.ge,
            change=lambda data, _, at: setattr(
                data, "TriggerTime", int(1000 * Truth(ranks=INTERLEAVED).slice_times[at])
            ),
        )
    ),
    "GE multiphase, times of volumes in whole seconds": Scan(
        write=partial(maker.ge, change=whole_seconds), truth=truth(INTERLEAVED, step=1.5)
    ),
    "GE multiphase, stopped, from the top": Scan(
        write=partial(maker.ge, down=True, change=lambda _, volume, at: volume < 20 or at > 3),
        truth=truth(INTERLEAVED, n_volumes=21),
        said="1 of 5 slices only",
        n_read=20,
    ),
    "GE multiphase, no repetition time": Scan(
        write=partial(maker.ge, change=without("RepetitionTime"))
    ),
    "GE, measured as a volume": Scan(
        write=partial(maker.ge, change=lambda data, *_: setattr(data, "MRAcquisitionType", "3D")),
        timed=False,
    ),
    "GE, only numbers tell": Scan(
        write=partial(maker.ge, clocks="none", temporal=False),
        timed=False,
        choices={"numbering": "rising"},
    ),
    "GE, only numbers tell, falling": Scan(
        write=partial(
            maker.ge,
            clocks="none",
            temporal=False,
            change=lambda data, volume, at: setattr(
                data, "InstanceNumber", (19 - volume) * 5 + at + 1
            ),
        ),
        timed=False,
        choices={"numbering": "falling"},
    ),
    "GE, no clock of slices": Scan(
        write=partial(maker.ge, clocks="none"), timed=False, said="not used"
    ),
    "Siemens mosaic": Scan(write=MOSAIC),
    "Siemens mosaic, descending": Scan(write=MOSAIC, truth=truth(DESCENDING)),
    "Siemens mosaic, first tile on top": Scan(
        write=partial(MOSAIC, down=True), truth=truth(INTERLEAVED_DOWN)
    ),
    "Siemens mosaic, sagittal": Scan(
        write=MOSAIC, truth=truth(INTERLEAVED, orientation=sagittal())
    ),
    "Siemens mosaic, coronal, first tile behind": Scan(
        write=partial(MOSAIC, down=True), truth=truth(ASCENDING, orientation=coronal())
    ),
    "Siemens mosaic, VB: own header alone": Scan(
        write=partial(MOSAIC, listed=False, software="syngo MR B17")
    ),
    "Siemens mosaic, list of times in group 0019 alone": Scan(write=partial(MOSAIC, header=LISTED)),
    "Siemens mosaic, no list of times": Scan(
        write=partial(MOSAIC, header=LISTED, listed=False), timed=False
    ),
    "Siemens mosaic, type does not say so": Scan(write=partial(MOSAIC, kind=False)),
    "Siemens mosaic, computed later and later": Scan(
        write=partial(
            MOSAIC,
            change=lambda data, volume: setattr(
                data, "ContentTime", clock(START + 300.0013 + 2.1 * volume)
            ),
        )
    ),
    "Siemens mosaic, a volume missing": Scan(
        write=partial(MOSAIC, change=lambda _, volume: volume != 8),
        truth=truth(INTERLEAVED, n_volumes=22),
        said="missing between acquisitions 8 and 10",
        time=lambda own: own.time[np.arange(22) != 8],
    ),
    "Siemens slices": Scan(write=maker.siemens_slices),
    "Siemens slices, past midnight": Scan(write=partial(maker.siemens_slices, change=late)),
    "Siemens slices, stopped": Scan(
        write=partial(maker.siemens_slices, change=last_is_partial),
        truth=truth(INTERLEAVED, n_volumes=21),
        said="2 of 5 slices only",
        n_read=20,
    ),
    "Siemens slices, interpolated": Scan(
        write=partial(
            maker.siemens_slices,
            change=lambda data, *_: setattr(data, "AcquisitionMatrix", [7, 0, 0, 6]),
        )
    ),
    "Siemens XA, a file for each volume": Scan(
        write=partial(maker.enhanced, maker="Siemens Healthineers", each=1)
    ),
    "Siemens XA, descending": Scan(
        write=partial(maker.enhanced, maker="Siemens Healthineers", each=1),
        truth=truth(DESCENDING),
    ),
    "Siemens XA, several slices at once": Scan(
        write=partial(maker.enhanced, maker="Siemens Healthineers", each=1),
        truth=truth(TOGETHER, step=1.7),
    ),
    "Siemens XA, one file": Scan(write=partial(maker.enhanced, maker="Siemens Healthineers")),
    "Siemens XA, several volumes in each file": Scan(
        write=partial(maker.enhanced, maker="Siemens Healthineers", each=5)
    ),
    "Siemens XA, stopped": Scan(
        write=partial(maker.enhanced, maker="Siemens Healthineers", each=1, frames=103),
        truth=truth(INTERLEAVED, n_volumes=21),
        said="3 of 5 slices only",
        n_read=20,
    ),
    "Siemens XA, times with a zone": Scan(
        write=partial(maker.enhanced, maker="Siemens Healthineers", each=1, change=zoned)
    ),
    "Siemens XA, frames of one time": Scan(
        write=partial(maker.enhanced, maker="Siemens Healthineers", each=1, clocks=False),
        timed=False,
    ),
    "Siemens XA, a series for each volume": Scan(
        write=maker.siemens_series, said="a series of its own (numbers 7001 to 7020)"
    ),
    "Siemens XA, a series for each volume, numbered descriptions": Scan(
        write=partial(maker.siemens_series, change=described), said="a series of its own"
    ),
    "Siemens XA, a series for each mosaic": Scan(
        write=partial(MOSAIC, change=own_series), said="a series of its own"
    ),
    "Siemens XA, a series for each volume, only numbers tell": Scan(
        write=partial(maker.siemens_series, change=untimed_series),
        timed=False,
        choices={"numbering": "rising"},
    ),
    "Philips slices": Scan(write=maker.philips_classic, timed=False, gain=1 / 0.0125),
    "Philips slices, numbered slice by slice": Scan(
        write=partial(maker.philips_classic, numbers="slices", precise=False), timed=False
    ),
    "Philips slices, numbers without order": Scan(
        write=partial(maker.philips_classic, numbers="none", precise=False), timed=False
    ),
    "Philips slices, two volumes' numbers exchanged": Scan(
        write=partial(maker.philips_classic, precise=False, change=swapped), timed=False
    ),
    "Philips magnitude and phase": Scan(
        write=partial(maker.philips_classic, phase=True, precise=False),
        timed=False,
        said="phase images, too",
    ),
    "Philips enhanced, scale in its frames": Scan(
        write=partial(
            maker.enhanced, maker="Philips Medical Systems", slices_first=False, scale="frames"
        ),
        gain=1 / 0.0125,
    ),
    "Philips enhanced, stopped": Scan(
        write=partial(maker.enhanced, maker="Philips Medical Systems", frames=103),
        truth=truth(INTERLEAVED, n_volumes=21),
        said="3 of 5 slices only",
        n_read=20,
    ),
    "Philips enhanced, magnitude and phase": Scan(
        write=partial(maker.enhanced, maker="Philips Medical Systems", phase=True),
        said="phase images, too",
    ),
    "Philips enhanced, RLE": Scan(
        write=partial(
            maker.enhanced, maker="Philips Medical Systems", slices_first=False, scale="frames"
        ),
        syntax="RLE",
        gain=1 / 0.0125,
    ),
    "Philips enhanced, no scale": Scan(
        write=partial(maker.enhanced, maker="Philips Medical Systems", clocks=False), timed=False
    ),
    "Philips enhanced, trigger delays": Scan(
        write=partial(
            maker.enhanced,
            maker="Philips Medical Systems",
            slices_first=False,
            clocks=False,
            change=triggers,
        ),
        timed=False,
    ),
    "UIH grid": Scan(write=maker.uih_grid, truth=truth((0, 4, 1, 5, 2, 6, 3))),
    "UIH grid, axial": Scan(
        write=maker.uih_grid, truth=truth((3, 6, 2, 5, 1, 4, 0), orientation=straight())
    ),
    "Canon": Scan(write=maker.canon),
    "Canon, positions that differ in the last digit": Scan(
        write=partial(maker.canon, change=trembling),
        truth=truth(INTERLEAVED, orientation=straight()),
    ),
    "Canon, descending, sagittal": Scan(
        write=maker.canon, truth=truth(DESCENDING, orientation=sagittal())
    ),
    "Canon, a time for each slice, in whole seconds": Scan(
        write=partial(
            maker.canon,
            change=lambda data, *_: setattr(data, "AcquisitionTime", data.AcquisitionTime[:6]),
        ),
        timed=False,
        said="too coarsely",
    ),
    "Canon, times in whole seconds": Scan(
        write=partial(maker.canon, change=whole_seconds),
        truth=truth(INTERLEAVED, step=1.5),
        timed=False,
    ),
    "Hitachi": Scan(write=maker.hitachi, timed=False),
    "Canon, implicit VR": Scan(write=maker.canon, syntax="implicit"),
    "Siemens mosaic, implicit VR": Scan(write=MOSAIC, syntax="implicit"),
    "UIH grid, implicit VR": Scan(write=maker.uih_grid, truth=truth(ASCENDING), syntax="implicit"),
    "GE, big-endian": Scan(write=maker.ge, syntax="big-endian"),
    "Canon, deflated": Scan(write=maker.canon, syntax="deflated"),
    "Philips slices, deflated, numbers without order": Scan(
        write=partial(maker.philips_classic, numbers="none", precise=False),
        syntax="deflated",
        timed=False,
    ),
    "Philips enhanced, deflated, magnitude and phase": Scan(
        write=partial(maker.enhanced, maker="Philips Medical Systems", phase=True),
        syntax="deflated",
        said="phase images, too",
    ),
    "Canon, RLE": Scan(write=maker.canon, syntax="RLE"),
    "Siemens mosaic, RLE": Scan(write=MOSAIC, syntax="RLE"),
    "GE, JPEG lossless": Scan(write=partial(maker.ge, down=True), syntax="JPEG lossless"),
    "Philips slices, JPEG lossless, numbers without order": Scan(
        write=partial(maker.philips_classic, numbers="none", precise=False),
        syntax="JPEG lossless",
        timed=False,
    ),
    "Siemens slices, JPEG-LS": Scan(write=maker.siemens_slices, syntax="JPEG-LS"),
}


def agrees(found: Series, scan: Scan) -> None:
    """Every voxel, place, slice time and volume time is the truth."""
    own = scan.truth
    index = np.argwhere(np.ones(found.signal.shape[:3], bool))
    assert found.affine is not None
    there = apply_affine(np.linalg.inv(own.affine), apply_affine(found.affine, index))
    np.testing.assert_allclose(there, np.round(there), atol=2e-2)
    there = np.round(there).astype(int)
    np.testing.assert_array_equal(np.unique(there, axis=0), np.unique(index, axis=0))
    kept = np.arange(own.n_volumes)[: scan.n_read]
    if found.n_volumes < len(kept):  # one is missing
        kept = np.delete(kept, 8)
    expected = scan.gain * own.signal[tuple(there.T)][:, kept].astype(float)
    np.testing.assert_allclose(np.asarray(found.signal)[tuple(index.T)], expected, rtol=1e-5)
    assert found.time is not None
    time = own.time[: scan.n_read] if scan.time is None else scan.time(own)
    np.testing.assert_allclose(found.time, time - time[0], atol=2e-3)
    assert found.echo_time == pytest.approx(own.echo_time)
    if not scan.timed:
        assert found.slice_times is None
        return
    assert found.slice_times is not None
    along = there[index[:, found.slice_axis].argsort(kind="stable")]
    order = along[:: len(along) // own.n_slices, 2]
    np.testing.assert_allclose(
        found.slice_times, (own.slice_times - own.slice_times.min())[order], atol=2e-3
    )


@pytest.mark.parametrize("name", SCANS)
def test_fault_120_a_makers_scan_is_read_to_the_voxel_and_slice_time(tmp_path, name):
    """Signal, affine, slice times, times of volumes: as they were measured."""
    scan = SCANS[name]
    scan.write(tmp_path / "scan", scan.truth)
    if scan.syntax:
        maker.recoded(tmp_path / "scan", scan.syntax)
    for fact in scan.choices:
        with pytest.raises(ChoiceNeededError) as needed:
            read(tmp_path / "scan")
        assert needed.value.fact == fact
    found = read(tmp_path / "scan", **scan.choices)
    agrees(found, scan)
    assert scan.said in " ".join(found.notices)
    assert found.questions == ()
    assert dict(found.choices) == scan.choices
    assert "ZZCANARY" not in repr((found.notices, found.sources, found.name))


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A kind of scan whose files do not hold what would be needed, and the words of the refusal."""

    write: Callable[..., None]
    words: str
    truth: Truth = field(default_factory=lambda: Truth(ranks=INTERLEAVED))


def flat(data: Dataset, *_: int) -> None:
    """Times and numbers that an archive has made all the same, in an order of files only."""
    data.AcquisitionTime = data.ContentTime = "100000"
    data.AcquisitionNumber = data.InstanceNumber = 1


def labels(data: Dataset, volume: int, _: int) -> None:
    """Arterial spin labelling of Philips."""
    block = data.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
    data.add_new(0x20050014, "LO", "Philips MR Imaging DD 005")
    del block
    data.add_new(0x20051429, "CS", "LABEL" if volume % 2 else "CONTROL")


def phase(data: Dataset, *_: int) -> None:
    """Phase images of Siemens."""
    data.ImageType = ["ORIGINAL", "PRIMARY", "P", "ND"]


def timeless_gap(data: Dataset, volume: int) -> bool:
    """A missing volume, and no time that tells so."""
    del data.AcquisitionTime, data.ContentTime
    return volume != 8


BARE: dict[str, Any] = {"header": (), "listed": False}
PRIVATE = "without removing the private elements"
REFUSED: dict[str, Refused] = {
    "mosaic, private elements gone": Refused(
        write=partial(MOSAIC, **BARE), words=f"how many slices .* and which way.*{PRIVATE}"
    ),
    "mosaic, first tile on top, private elements gone": Refused(
        write=partial(MOSAIC, down=True, **BARE), words=f"which way they follow.*{PRIVATE}"
    ),
    "mosaic, number of slices alone": Refused(
        write=partial(MOSAIC, header=()), words="say which way they follow one another are gone"
    ),
    "mosaic, number of slices gone": Refused(
        write=partial(MOSAIC, header=("normal",), listed=False),
        words="say how many slices it has are gone",
    ),
    "mosaic, nothing says so but the measured matrix": Refused(
        write=partial(MOSAIC, kind=False, **BARE),
        words=f"one image of 36 × 42 pixels for each volume, of 14 × 12 measured.*{PRIVATE}",
        truth=Truth(n_slices=7),
    ),
    "mosaic, nothing says so at all": Refused(
        write=partial(MOSAIC, kind=False, change=without("AcquisitionMatrix"), **BARE),
        words=f"a mosaic of slices side by side.*{PRIVATE}",
        truth=Truth(n_slices=7),
    ),
    "mosaic, two numbers of slices": Refused(
        write=partial(MOSAIC, count=8), words="tell of 5 and of 8 slices"
    ),
    "mosaic, more slices than told": Refused(
        write=partial(MOSAIC, header=("normal",), count=5, timed=False),
        words="the 5 slices that its headers tell, got images with more",
        truth=Truth(n_slices=7),
    ),
    "mosaic, no distance of slices": Refused(
        write=partial(MOSAIC, change=without("SpacingBetweenSlices")),
        words="does not say where they lie",
    ),
    "mosaic, a volume missing and no times": Refused(
        write=partial(MOSAIC, change=timeless_gap),
        words="none between acquisitions 8 and 10",
        truth=Truth(n_volumes=22),
    ),
    "grid, private elements gone": Refused(
        write=partial(maker.uih_grid, items=False), words=f"each image is a grid.*{PRIVATE}"
    ),
    "no positions": Refused(
        write=partial(maker.canon, change=without("ImagePositionPatient")),
        words="no ImagePositionPatient",
    ),
    "nothing tells the volumes": Refused(
        write=partial(maker.canon, change=flat), words="numbers of images that do not run"
    ),
    "label and control": Refused(
        write=partial(maker.philips_classic, change=labels), words="arterial spin labelling"
    ),
    "phase alone": Refused(
        write=partial(maker.siemens_slices, change=phase), words="must hold magnitude images"
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_fault_121_what_the_files_do_not_hold_is_refused_in_words(tmp_path, name):
    """Nothing is guessed: the error says what is missing, and what would bring it."""
    refused = REFUSED[name]
    refused.write(tmp_path / "scan", refused.truth)
    with pytest.raises(DscError, match=refused.words) as error:
        read(tmp_path / "scan")
    assert not isinstance(error.value, ChoiceNeededError)
    assert "ZZCANARY" not in str(error.value)


def test_fault_122_clocks_that_disagree_give_no_slice_times(tmp_path):
    """Trigger and acquisition time order the slices differently: none is used, and it is said."""
    own = Truth(ranks=INTERLEAVED)
    maker.ge(tmp_path / "scan", own, change=other_clock)
    found = read(tmp_path / "scan")
    assert found.slice_times is None
    assert any("differ between trigger times and acquisition times" in one for one in found.notices)


def test_fault_122_another_order_than_the_clocks_is_not_used_and_said(tmp_path):
    """The conversion infers slice times from a protocol that the trigger times contradict."""
    own = truth(DESCENDING)
    maker.ge(tmp_path / "scan", own, down=False)
    found = read(tmp_path / "scan")
    agrees(found, Scan(write=maker.ge, truth=own))
    assert any("dcm2niix takes other slice times" in one for one in found.notices)
    assert "trigger times" in found.sources["Slice times"]


def test_fault_123_the_same_image_twice_is_named(tmp_path):
    """Whichever the two files are called."""
    maker.canon(tmp_path / "scan", Truth())
    one = tmp_path / "scan" / "003_2.dcm"
    (tmp_path / "scan" / "copy of it.dcm").write_bytes(one.read_bytes())
    with pytest.raises(DscError, match=r"got 003_2\.dcm and copy of it\.dcm, which are the same"):
        read(tmp_path / "scan")


def test_fault_124_headers_are_read_once_for_all_answers(tmp_path, monkeypatch):
    """Between a question and its answer nothing is read anew, unless a file has changed."""
    own = Truth(n_slices=2)
    for number in (4, 9):
        change = partial(setattr_of, "SeriesNumber", number)
        maker.canon(tmp_path / str(number), own, change=change)
    parsed = []
    facts = header_facts.facts_of

    def counted(path, data, bare):
        parsed.append(path)
        return facts(path, data, bare)

    monkeypatch.setattr(image_headers, "facts_of", counted)
    with pytest.raises(ChoiceNeededError, match="2 series"):
        read(tmp_path)
    assert len(parsed) == 80
    with pytest.raises(ChoiceNeededError, match="2 series"):
        read(tmp_path)
    (tmp_path / "9" / "000_0.dcm").touch()
    read(tmp_path, series="2")
    assert len(parsed) == 81
    with pytest.raises(ChoiceNeededError, match="2 series"):
        read(tmp_path)  # once a scan is read, nothing is kept
    assert len(parsed) == 161


def setattr_of(name: str, value: object, data: Dataset, *_: int) -> None:
    """Set an element of every image."""
    setattr(data, name, value)


def test_fault_125_only_what_makes_a_dynamic_scan_is_offered(tmp_path):
    """Beside the scan: an anatomy of 40 slices, volumes that are series of their own, labelling."""
    maker.canon(tmp_path / "scan", Truth(n_slices=2))
    maker.canon(tmp_path / "anatomy", Truth(n_slices=40, n_volumes=1))
    maker.siemens_series(tmp_path / "few", Truth(n_slices=2, n_volumes=6))
    maker.philips_classic(tmp_path / "labelled", Truth(n_slices=2), change=labels)
    assert read(tmp_path).n_volumes == 20
    maker.siemens_series(tmp_path / "many", Truth(n_slices=2))
    with pytest.raises(ChoiceNeededError) as needed:
        read(tmp_path)
    assert len(needed.value.options) == 2
    assert "7001 to 7020 (one for each volume)" in needed.value.options["2"]
    assert read(tmp_path, series="2").name == "7001_ep2d_perf"


@pytest.mark.parametrize("volumes", [20, 21])
def test_fault_125_an_image_of_a_series_for_each_volume_opens_them_all(tmp_path, volumes):
    """The last one may be incomplete."""
    own = Truth(n_slices=3, n_volumes=volumes)
    maker.siemens_series(tmp_path / "scan", own, change=last_lacks_a_slice)
    found = read(tmp_path / "scan" / "004_1.dcm")
    assert found.n_volumes == 20


def last_lacks_a_slice(_: Dataset, volume: int, at: int) -> bool:
    """Leave out a slice of volume 20."""
    return volume < 20 or at < 2


def test_fault_126_one_slice_is_no_mosaic(tmp_path):
    """A scan of one slice, as measured or interpolated, is read."""
    far = np.hypot(*np.mgrid[-12:12, -11:13])
    smooth = 900 * np.exp(-((far / 8) ** 2)) + np.random.default_rng(0).normal(20, 5, far.shape)
    for name, matrix in {"measured": [24, 0, 0, 24], "interpolated": [12, 0, 0, 12]}.items():

        def put(data: Dataset, volume: int, _: int, matrix: list[int] = matrix) -> None:
            data.Rows = data.Columns = 24
            data.PixelData = (smooth + volume).astype("<u2").tobytes()
            data.AcquisitionMatrix = matrix

        maker.siemens_slices(tmp_path / name, Truth(n_slices=1), change=put)
        assert read(tmp_path / name).signal.shape == (24, 24, 1, 20)


@pytest.mark.parametrize(
    ("write", "numbered"),
    [
        (partial(maker.ge, down=True), [None]),
        (partial(maker.philips_classic, numbers="none", precise=False), [*range(1, 41)]),
    ],
    ids=["from the top", "without order"],
)
def test_fault_127_images_get_new_numbers_only_where_theirs_have_no_order(
    tmp_path, monkeypatch, write, numbered
):
    """Slice times are inferred from the numbers, and to write an image anew takes its time."""
    given = []

    def watched(images, folder, **limits):
        given.append([one.number for one in images])
        return converted(images, folder, **limits)

    monkeypatch.setattr(assemble, "converted", watched)
    write(tmp_path / "scan", Truth(n_slices=2))
    read(tmp_path / "scan")
    assert given == [numbered if len(numbered) > 1 else 40 * numbered]


def test_fault_129_numbers_that_run_against_a_clock_are_refused(tmp_path):
    """Whole seconds do not tell volumes of 0.5 s apart, but which way they run."""
    own = Truth(n_slices=2, step=0.5)

    def coarse(data: Dataset, volume: int, *_: int) -> None:
        data.AcquisitionTime = data.ContentTime = clock(START + 0.5 * volume, 0)
        data.AcquisitionNumber = 1

    maker.canon(tmp_path / "scan", own, change=coarse)
    with pytest.raises(ChoiceNeededError) as needed:
        read(tmp_path / "scan")
    assert needed.value.fact == "numbering"
    assert read(tmp_path / "scan", numbering="rising").repetition_time == pytest.approx(0.5)
    with pytest.raises(DscError, match=r"than by numbers that are falling\. Choose the other"):
        read(tmp_path / "scan", numbering="falling")


def test_fault_129_the_command_line_asks_by_the_name_of_its_option(tmp_path, capsys):
    """And takes the answer: what is refused then is another thing."""
    maker.ge(tmp_path / "scan", Truth(n_slices=2), clocks="none", temporal=False)
    words = ["maps", str(tmp_path / "scan"), "--aif", "none.nii", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit):
        main(words)
    assert "Give it with --numbering." in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words, "--numbering", "rising"])
    assert "none.nii" in capsys.readouterr().err


def test_fault_130_a_place_that_the_images_do_not_have_is_refused(tmp_path, monkeypatch):
    """A conversion that lies elsewhere, whatever its voxels."""

    def moved(images, folder, **limits):
        made = yield from converted(images, folder, **limits)
        image = nib.Nifti1Image.from_filename(made[0])
        image.set_sform(image.affine + np.outer([0.2, 0, 0, 0], [0, 0, 0, 1]), 1)
        nib.save(nib.Nifti1Image(np.array(image.get_fdata()), None, image.header), made[0])
        return made

    monkeypatch.setattr(assemble, "converted", moved)
    maker.canon(tmp_path / "scan", Truth(n_slices=2))
    with pytest.raises(DscError, match="must lie where the headers say"):
        read(tmp_path / "scan")


@pytest.mark.parametrize("fact", ["RepetitionTime", "EchoTime"])
def test_fault_122_what_the_conversion_alone_tells_is_not_used(tmp_path, monkeypatch, fact):
    """It is said, and asked for."""

    def told(images, folder, **limits):
        made = yield from converted(images, folder, **limits)
        sidecar = made[0].with_suffix(".json")
        facts = {"RepetitionTime": 1.9, "EchoTime": 0.04}
        sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), fact: facts[fact]}))
        return made

    def untimed(data: Dataset, volume: int, *_: int) -> None:
        data.TemporalPositionIdentifier = volume + 1
        without("RepetitionTime", "EchoTime", "AcquisitionTime", "ContentTime")(data)

    monkeypatch.setattr(assemble, "converted", told)
    maker.canon(tmp_path / "scan", Truth(n_slices=2), change=untimed)
    found = read(tmp_path / "scan")
    assert (found.time, found.echo_time) == (None, None)
    assert any("which no header confirms: not used" in one for one in found.notices)


def test_fault_122_a_repetition_time_of_one_header_is_no_second_witness(tmp_path, monkeypatch):
    """Without a clock, header and conversion that differ are asked, as any two are."""

    def told(images, folder, **limits):
        made = yield from converted(images, folder, **limits)
        sidecar = made[0].with_suffix(".json")
        sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), "RepetitionTime": 5.0}))
        image = nib.Nifti1Image.from_filename(made[0])
        image.header["pixdim"][4] = 5.0
        nib.save(nib.Nifti1Image(np.array(image.get_fdata()), None, image.header), made[0])
        return made

    def untimed(data: Dataset, volume: int, *_: int) -> None:
        data.TemporalPositionIdentifier = volume + 1
        without("AcquisitionTime", "ContentTime")(data)

    monkeypatch.setattr(assemble, "converted", told)
    maker.canon(tmp_path / "scan", Truth(n_slices=2), change=untimed)
    found = read(tmp_path / "scan")
    assert found.time is None
    assert "2 s (headers), 5 s (dcm2niix)" in found.questions[0]


def test_fault_121_blank_slices_at_the_end_of_a_mosaic_are_said(tmp_path):
    """The header tells of more slices than there are pictures: it may be wrong."""
    maker.siemens_mosaic(
        tmp_path / "scan", Truth(n_slices=5), header=("normal",), count=7, timed=False
    )
    found = read(tmp_path / "scan")
    assert found.signal.shape[2] == 7
    assert "The last 2 of 7 slices of the mosaic are blank." in found.notices
