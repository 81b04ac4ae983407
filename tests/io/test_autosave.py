"""What was painted survives the end of the program, and nobody else reads it."""

import errno
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_dsc import DscError
from napari_dsc.io.aif import GivenCurve
from napari_dsc.io.autosave import Autosave, is_own_name
from napari_dsc.io.mask_files import runs_of
from napari_dsc.io.mask_runs import MaskRuns, runs_of_labels
from napari_dsc.io.record import RESEARCH_USE

SHAPE = (5, 4, 3)
ONE, TWO = "0" * 63 + "a", "f" * 64
DAY = 86400
SAVING = """
import sys
from pathlib import Path
import numpy as np
from napari_dsc.io.autosave import Autosave
autosave = Autosave(Path(sys.argv[1]))
speckled = np.random.default_rng(0).random((64, 64, 30)) < 0.5
for count in range(1, 100_000):
    mask = speckled if count % 2 else ~speckled
    autosave.save(sys.argv[2], {"AIF": mask}, (count, count + 1))
    print(count, flush=True)
"""
posix = pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")


@pytest.fixture
def autosave(tmp_path) -> Autosave:
    """An empty one, whose folder does not exist yet."""
    return Autosave(tmp_path / "state" / "autosave")


@pytest.fixture
def artery() -> np.ndarray:
    """A few voxels."""
    artery = np.zeros(SHAPE, bool)
    artery[1:3, 2, 1] = artery[4, 3, 2] = True
    return artery


def contents(directory) -> dict[str, bytes]:
    """Bytes of the files of a folder by their names."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def age(path, seconds) -> None:
    """Let a file be older than it is."""
    changed = time.time() - seconds
    os.utime(path, (changed, changed))


def full_disk(monkeypatch) -> None:
    """Let nothing be written to the end."""

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), handle)

    monkeypatch.setattr("os.fsync", full)


# What is kept


def test_what_is_painted_comes_back(autosave, artery):
    """Masks by what they are, and the baseline; one file for each scan."""
    brain = np.ones(SHAPE, bool)
    assert autosave.save(ONE, {"AIF": artery, "AIF 2": ~artery, "Brain": brain}, (2, 9))
    assert autosave.save(TWO, {"VOF": ~artery}, None)
    saved, notices = autosave.load(ONE, SHAPE)
    assert notices == ()
    assert list(saved.masks) == ["AIF", "AIF 2", "Brain"]
    for name, mask in (("AIF", artery), ("AIF 2", ~artery), ("Brain", brain)):
        np.testing.assert_array_equal(saved.masks[name], mask)
        assert saved.masks[name].dtype == bool
    assert saved.baseline == (2, 9)
    saved, _ = autosave.load(TWO, SHAPE)
    np.testing.assert_array_equal(saved.masks["VOF"], ~artery)
    assert saved.baseline is None
    assert sorted(contents(autosave.directory)) == [f"{ONE}.json", f"{TWO}.json"]


def test_fault_90_names_curves_and_what_was_at_hand_come_back(autosave, artery):
    """The program's own names tell nothing of anybody, and are kept as they are."""
    names = ("AIF", "AIF (proposed)", "AIF 3", "AIF of the record", "AIF (restored) [1]", "VOF [2]")
    masks = {name: np.roll(artery, at) for at, name in enumerate(names)}
    masks["AIF 3"] = np.zeros(SHAPE, bool)
    autosave.save(ONE, masks, None, {"AIF 3": CURVE}, ("AIF (proposed)", "VOF [2]"))
    saved, notices = autosave.load(ONE, SHAPE)
    assert notices == ()
    assert saved.at_hand == ("AIF (proposed)", "VOF [2]")
    assert list(saved.masks) == list(names)
    assert all(is_own_name(name) for name in names)
    ((name, curve),) = saved.curves.items()
    assert (name, curve.unit, curve.scaled_by) == ("AIF 3", "1/s", 2.5)
    np.testing.assert_array_equal(curve.time, CURVE.time)
    np.testing.assert_array_equal(curve.curve, CURVE.curve)
    for wrong in ({"curves": {"AIF 4": CURVE}}, {"at_hand": ("AIF 4",)}):
        with pytest.raises(DscError, match="a mask each, got one without"):
            autosave.save(ONE, masks, None, **wrong)


@pytest.mark.parametrize(
    "name",
    ["AIF Smith", "Smith (proposed)", "AIF (Smith)", "AIF (restored) [x]", "VOF\n"],
)
def test_fault_90_a_name_that_a_user_typed_is_none_of_the_program_s(autosave, artery, name):
    assert not is_own_name(name)
    with pytest.raises(DscError, match="got another name"):
        autosave.save(ONE, {name: artery}, None)


def test_fault_90_a_file_of_the_earlier_format_still_opens(autosave, artery):
    """It knew neither curves nor what was at hand."""
    autosave.save(ONE, {"AIF": artery, "AIF 2": ~artery}, (2, 9))
    path = autosave.directory / f"{ONE}.json"
    content = json.loads(path.read_text())
    del content["curves"], content["at_hand"]
    path.write_text(json.dumps({**content, "record": "napari-dsc autosave 1"}))
    saved, notices = autosave.load(ONE, SHAPE)
    assert notices == ()
    assert (saved.curves, saved.at_hand, saved.baseline) == ({}, (), (2, 9))
    np.testing.assert_array_equal(saved.masks["AIF 2"], ~artery)


def test_what_comes_back_can_be_painted_on(autosave, artery):
    """A mask is nobody else's."""
    autosave.save(ONE, {"AIF": artery}, None)
    saved, _ = autosave.load(ONE, SHAPE)
    saved.masks["AIF"][0, 0, 0] = True
    again, _ = autosave.load(ONE, SHAPE)
    assert not again.masks["AIF"][0, 0, 0]


def test_the_last_state_counts(autosave, artery):
    """Also where less is painted than before."""
    autosave.save(ONE, {"AIF": artery, "Brain": ~artery}, (2, 9))
    autosave.save(ONE, {"AIF": np.zeros(SHAPE, bool)}, None)
    saved, _ = autosave.load(ONE, SHAPE)
    assert list(saved.masks) == ["AIF"]
    assert not saved.masks["AIF"].any()
    assert saved.baseline is None


def test_a_baseline_alone_is_kept(autosave):
    """Nothing is painted yet."""
    autosave.save(ONE, {}, (np.int64(3), np.int64(12)))
    saved, _ = autosave.load(ONE, SHAPE)
    assert saved.masks == {}
    assert saved.baseline == (3, 12)


@settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    seed=st.integers(0, 999),
    density=st.sampled_from([0, 0.05, 0.5, 0.95, 1]),
    order=st.sampled_from("CF"),
)
def test_any_mask_comes_back(tmp_path, shape, seed, density, order):
    """Whatever its shape, and however it lies in memory."""
    mask = np.asarray(np.random.default_rng(seed).random(shape) < density, order=order)
    autosave = Autosave(tmp_path)
    autosave.save(ONE, {"Region": mask}, None)
    saved, _ = autosave.load(ONE, shape)
    assert saved is not None
    np.testing.assert_array_equal(saved.masks["Region"], mask)


def test_a_file_can_be_read_without_this_program(autosave):
    """Run lengths along the first axis, as documented; nothing tells whose scan it is."""
    mask = np.zeros((3, 2, 1), bool)
    mask[:, 0, 0] = True, True, False
    mask[:, 1, 0] = False, False, True
    autosave.save(ONE, {"AIF": mask, "Brain": ~mask}, (2, 9))
    (path,) = autosave.directory.iterdir()
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "record": "napari-dsc autosave 3",
        "statement": RESEARCH_USE,
        "sha256": ONE,
        "shape": [3, 2, 1],
        "masks": {"AIF": [0, 2, 3, 1], "Brain": [2, 3, 1]},
        "curves": {},
        "at_hand": [],
        "baseline": [2, 9],
        "leave_out": None,
        "end": None,
    }


def test_a_brain_is_kept_quickly(autosave):
    """Half of 256 x 256 x 30 voxels with a ragged edge: far below what somebody would feel."""
    brain = np.random.default_rng(0).random((256, 256, 30)) < 0.95
    brain[:70] = False
    times = []
    for _ in range(3):
        start = time.thread_time()
        autosave.save(ONE, {"Brain": brain}, None)
        times.append(time.thread_time() - start)
    assert min(times) < 0.3
    saved, _ = autosave.load(ONE, brain.shape)
    np.testing.assert_array_equal(saved.masks["Brain"], brain)


def test_nothing_kept_is_no_notice(autosave):
    """A scan that nobody painted on; no folder is made for it."""
    assert autosave.load(ONE, SHAPE) == (None, ())
    assert not autosave.directory.exists()


def test_what_is_forgotten_is_gone(autosave, artery):
    """Of that scan, and once is enough."""
    autosave.save(ONE, {"AIF": artery}, None)
    autosave.save(TWO, {"AIF": artery}, None)
    autosave.forget(ONE)
    autosave.forget(ONE)
    assert autosave.load(ONE, SHAPE) == (None, ())
    assert list(contents(autosave.directory)) == [f"{TWO}.json"]


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_only_its_owner_may_read_it(autosave, artery, umask):
    """Folder 0700 and file 0600, the second save as the first."""
    autosave.directory.parent.mkdir()
    before = os.umask(umask & 0o077)
    try:
        for _ in range(2):
            autosave.save(ONE, {"AIF": artery}, None)
    finally:
        os.umask(before)
    assert autosave.directory.stat().st_mode & 0o777 == 0o700
    (path,) = autosave.directory.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform != "linux", reason="XDG_STATE_HOME is read on Linux")
def test_the_system_says_where(tmp_path, monkeypatch, artery):
    """The folder for the state of programs."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    autosave = Autosave()
    assert autosave.directory == tmp_path / "napari-dsc" / "autosave"
    assert not list(tmp_path.iterdir())
    autosave.save(ONE, {"AIF": artery}, None)
    assert list(contents(autosave.directory)) == [f"{ONE}.json"]


# What is refused


@pytest.mark.parametrize(
    "fingerprint", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n", "../" + "a" * 61]
)
def test_a_name_can_be_nothing_but_a_fingerprint(autosave, artery, fingerprint):
    """No way out of the folder, and no text of a file in a name."""
    for act in (
        lambda: autosave.save(fingerprint, {"AIF": artery}, None),
        lambda: autosave.load(fingerprint, SHAPE),
        lambda: autosave.forget(fingerprint),
    ):
        with pytest.raises(DscError, match="64 hexadecimal digits, got something else"):
            act()
    assert not autosave.directory.exists()


@pytest.mark.parametrize("name", ["ZZCANARY^NAME", "aif", "AIF 0", "AIF 1000", "AIF\n", ""])
def test_masks_are_named_by_what_they_are(autosave, artery, name):
    """What somebody calls a layer may be a patient's name."""
    for _ in range(2):
        with pytest.raises(DscError, match="named AIF, VOF, Brain or Region") as refused:
            autosave.save(ONE, {name: artery}, None)
    assert "CANARY" not in str(refused.value)
    assert not autosave.directory.exists()


def test_masks_lie_on_one_volume(autosave, artery, monkeypatch):
    """And there are not too many of them to be read again."""
    monkeypatch.setattr("napari_dsc.io.autosave.MOST_MASKS", 256)
    with pytest.raises(DscError, match="one shape, got 2"):
        autosave.save(ONE, {"AIF": artery, "VOF": artery[..., :2]}, None)
    many = {f"AIF {count}": artery for count in range(1, 258)}
    with pytest.raises(DscError, match="at most 256, got 257"):
        autosave.save(ONE, many, None)
    many.popitem()
    autosave.save(ONE, many, None)
    assert len(autosave.load(ONE, SHAPE)[0].masks) == 256


def test_fault_158_every_region_that_there_can_be_is_kept(autosave):
    """999 of them, in a moment and in the room of one volume."""
    labels = np.random.default_rng(0).integers(0, 1000, (40, 40, 20))
    masks = MaskRuns({"AIF": labels == 1})
    assert masks.add_labels("Region", labels, 999) == 0
    assert len(masks) == 1000
    assert autosave.save(ONE, masks, None)
    saved, _ = autosave.load(ONE, labels.shape)
    assert list(saved.masks) == ["AIF", *(f"Region {one}" for one in range(1, 1000))]
    for one in (1, 500, 999):
        np.testing.assert_array_equal(saved.masks[f"Region {one}"], labels == one)


@pytest.mark.parametrize("kind", ["<i4", "u1", ">i2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_runs_of_labels_are_those_of_their_masks(kind, order):
    """Whatever touches the first or the last voxel, and however it lies in memory."""
    random = np.random.default_rng(0)
    for shape in ((1, 1, 1), (3, 1, 2), (7, 6, 5)):
        for _ in range(20):
            labels = np.asarray(random.integers(0, 4, shape), kind, order=order)
            runs = runs_of_labels(labels)
            assert sorted(runs) == [one for one in np.unique(labels).tolist() if one > 0]
            assert all(runs[one] == runs_of(labels == one) for one in runs)


def test_masks_held_as_runs_are_a_mapping(artery):
    """What is put in comes out; another shape is refused; a copy is one of its own."""
    masks = MaskRuns({"AIF": artery})
    other = MaskRuns(masks)
    other["VOF"] = ~artery
    assert (list(masks), list(other)) == (["AIF"], ["AIF", "VOF"])
    assert other.runs()["AIF"] == runs_of(artery)
    np.testing.assert_array_equal(other["VOF"], ~artery)
    del other["VOF"]
    assert "VOF" not in other
    with pytest.raises(KeyError):
        other["VOF"]
    with pytest.raises(DscError, match="one shape"):
        masks.add_labels("Region", np.zeros((1, 1, 1), int), 999)


# What goes wrong


def test_a_full_disk_is_said_once(autosave, artery, monkeypatch):
    """What was kept stays; once it works again, the next failure is said again."""
    autosave.save(ONE, {"AIF": artery}, None)
    before = contents(autosave.directory)
    for _ in range(2):
        with monkeypatch.context() as patch:
            full_disk(patch)
            with pytest.raises(DscError, match=r"No space left.* Save the AIF to a file"):
                autosave.save(ONE, {"AIF": ~artery}, None)
            assert not autosave.save(ONE, {"AIF": ~artery}, None)
            assert not autosave.save(TWO, {"AIF": ~artery}, None)
        assert contents(autosave.directory) == before
        assert autosave.save(ONE, {"AIF": artery}, None)


def test_a_folder_that_cannot_be_is_said_once(tmp_path, artery):
    """A file in its place: nothing is kept, nothing is found, nothing fails."""
    (tmp_path / "state").write_text("a file")
    autosave = Autosave(tmp_path / "state")
    with pytest.raises(DscError, match="the autosave must be written, got"):
        autosave.save(ONE, {"AIF": artery}, None)
    assert not autosave.save(ONE, {"AIF": artery}, None)
    saved, notices = autosave.load(ONE, SHAPE)
    assert saved is None
    assert all(words.endswith(".") for words in notices)
    autosave.sweep()
    assert (tmp_path / "state").read_text() == "a file"


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said_once(autosave, artery):
    """What was kept can still be read, and is offered again."""
    autosave.save(ONE, {"AIF": artery}, None)
    autosave.directory.chmod(0o500)
    with pytest.raises(DscError, match="Permission denied"):
        autosave.save(ONE, {"AIF": ~artery}, None)
    with pytest.raises(DscError, match="It will be offered again"):
        autosave.forget(ONE)
    autosave.sweep()
    np.testing.assert_array_equal(autosave.load(ONE, SHAPE)[0].masks["AIF"], artery)
    autosave.directory.chmod(0o700)


def test_what_cannot_be_removed_is_offered_again(autosave, artery, monkeypatch):
    """And sweeping is never a failure."""
    autosave.save(ONE, {"AIF": artery}, None)
    age(autosave.directory / f"{ONE}.json", 91 * DAY)

    def denied(path, missing_ok=False):
        del path, missing_ok
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("pathlib.Path.unlink", denied)
    with pytest.raises(DscError, match=r"Permission denied. It will be offered again"):
        autosave.forget(ONE)
    autosave.sweep()
    assert autosave.load(ONE, SHAPE)[0] is not None


def test_what_cannot_be_read_now_stays(autosave, artery, monkeypatch):
    """Another program holds it: that is no damage."""
    autosave.save(ONE, {"AIF": artery}, None)
    before = contents(autosave.directory)

    def denied(*arguments, **more):
        del arguments, more
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.open", denied)
        saved, (words,) = autosave.load(ONE, SHAPE)
    assert saved is None
    assert "cannot be read: Permission denied" in words
    assert contents(autosave.directory) == before
    assert autosave.load(ONE, SHAPE)[0] is not None


CURVE = GivenCurve(np.arange(3.0), np.array([0.0, 1, 0.1]), "1/s", 2.5)


def put(key, value):
    """Put something else in the place of a key."""
    return lambda content: content.update({key: value})


NAMES = ("AIF", "VOF", "Region")

FOREIGN = {
    "another format": put("record", "napari-dsc autosave 99"),
    "another scan": put("sha256", TWO),
    "another shape": put("shape", [5, 3, 4]),
    "no shape": put("shape", None),
    "no masks": put("masks", None),
    "a list of masks": put("masks", [1]),
    "a name": put("masks", {"ZZCANARY^NAME": [60]}),
    "too many": put("masks", {f"{NAMES[at % 3]} {1 + at // 3}": [60] for at in range(2001)}),
    "too short": put("masks", {"AIF": [59]}),
    "too long": put("masks", {"AIF": [60, 1]}),
    "negative": put("masks", {"AIF": [70, -10]}),
    "huge": put("masks", {"AIF": [10**30]}),
    "fractions": put("masks", {"AIF": [30.5, 29.5]}),
    "words": put("masks", {"AIF": ["60"]}),
    "truth": put("masks", {"AIF": [59, True]}),
    "no list": put("masks", {"AIF": 60}),
    "no curves": put("curves", None),
    "a curve without a mask": put("curves", {"AIF 2": CURVE.as_json()}),
    "a curve of words": put("curves", {"AIF": {**CURVE.as_json(), "curve": ["ZZCANARY"] * 3}}),
    "a curve of two": put("curves", {"AIF": {**CURVE.as_json(), "curve": [1.0, 2.0]}}),
    "a curve of huge numbers": put("curves", {"AIF": {**CURVE.as_json(), "curve": [10**400] * 3}}),
    "a curve without a unit": put("curves", {"AIF": {**CURVE.as_json(), "curve_unit": "mmol/L"}}),
    "a curve scaled by nothing": put("curves", {"AIF": {**CURVE.as_json(), "scaled_by": 0}}),
    "a curve that is none": put("curves", {"AIF": [1, 2, 3]}),
    "at hand what is not there": put("at_hand", ["AIF 2"]),
    "at hand words": put("at_hand", "AIF"),
    "at hand numbers": put("at_hand", [1]),
    "at hand a list": put("at_hand", [["AIF"]]),
    "baseline of one": put("baseline", [3]),
    "baseline backwards": put("baseline", [9, 2]),
    "baseline below": put("baseline", [-1, 2]),
    "baseline of fractions": put("baseline", [2.0, 9.0]),
    "baseline of truth": put("baseline", [False, True]),
    "baseline of words": put("baseline", "29"),
}


@pytest.mark.parametrize("damage", FOREIGN.values(), ids=FOREIGN)
def test_what_makes_no_sense_is_set_aside(autosave, artery, damage):
    """Renamed, said, and never fatal; the next state is kept as ever."""
    autosave.save(ONE, {"AIF": artery}, (2, 9))
    path = autosave.directory / f"{ONE}.json"
    content = json.loads(path.read_text())
    damage(content)
    path.write_text(json.dumps(content))
    before = path.read_bytes()
    saved, (words,) = autosave.load(ONE, SHAPE)
    assert saved is None
    assert words.endswith("set aside.")
    assert "CANARY" not in words
    assert contents(autosave.directory) == {f"{ONE}.bad": before}
    assert autosave.load(ONE, SHAPE) == (None, ())
    assert autosave.save(ONE, {"AIF": artery}, (2, 9))
    assert autosave.load(ONE, SHAPE)[0] is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\0" * 999, b"[" * 99_999, b"\xff", b"{}"])
def test_what_is_no_json_is_set_aside(autosave, artery, content):
    """A second one takes the place of the first."""
    autosave.save(ONE, {"AIF": artery}, None)
    for garbage in (b"first", content):
        (autosave.directory / f"{ONE}.json").write_bytes(garbage)
        saved, (words,) = autosave.load(ONE, SHAPE)
        assert saved is None
        assert "set aside" in words
    assert contents(autosave.directory) == {f"{ONE}.bad": content}


def test_a_cut_at_any_byte_is_set_aside(autosave, artery):
    """A disk that lost the end of a file; the last byte is only a line's end."""
    autosave.save(ONE, {"AIF": artery}, (2, 9))
    path = autosave.directory / f"{ONE}.json"
    whole = path.read_bytes()
    for kept in range(len(whole) - 1):
        path.write_bytes(whole[:kept])
        assert autosave.load(ONE, SHAPE)[0] is None
        assert not path.exists()


@settings(
    derandomize=True,
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(junk=st.binary(max_size=20), at=st.integers(0, 10_000))
def test_any_bytes_are_a_state_or_set_aside(tmp_path, artery, junk, at):
    """Never a failure; what is accepted has the scan's shape."""
    autosave = Autosave(tmp_path)
    autosave.save(ONE, {"AIF": artery}, (2, 9))
    path = tmp_path / f"{ONE}.json"
    whole = path.read_bytes()
    place = at % len(whole)
    path.write_bytes(whole[:place] + junk + whole[place + len(junk) :])
    saved, notices = autosave.load(ONE, SHAPE)
    if saved is None:
        assert len(notices) == 1
    else:
        assert all(mask.shape == SHAPE for mask in saved.masks.values())


@posix
def test_a_link_out_of_the_folder_is_not_followed(autosave, artery, tmp_path):
    """Neither in reading, whatever stands there, nor in writing."""
    path, elsewhere = autosave.directory / f"{ONE}.json", tmp_path / "elsewhere"
    autosave.save(ONE, {"AIF": artery}, None)
    path.rename(elsewhere)
    before = elsewhere.read_bytes()
    path.symlink_to(elsewhere)
    saved, (words,) = autosave.load(ONE, SHAPE)
    assert saved is None
    assert "set aside" in words
    path.symlink_to(elsewhere)
    autosave.save(ONE, {"AIF": ~artery}, None)
    assert elsewhere.read_bytes() == before
    np.testing.assert_array_equal(autosave.load(ONE, SHAPE)[0].masks["AIF"], ~artery)


def test_a_folder_in_place_of_a_file_is_set_aside(autosave):
    """Whoever made it."""
    (autosave.directory / f"{ONE}.json").mkdir(parents=True)
    saved, (words,) = autosave.load(ONE, SHAPE)
    assert saved is None
    assert "set aside" in words
    assert not (autosave.directory / f"{ONE}.json").exists()


# What a crash leaves


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
@pytest.mark.parametrize("delay", [0.0, 0.003, 0.011, 0.017, 0.023, 0.031])
def test_kill_9_leaves_the_last_state_or_the_one_before(tmp_path, delay):
    """A process is killed while it saves: what it had saved is there, whole."""
    command = [sys.executable, "-c", SAVING, tmp_path, ONE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(delay)
        process.kill()
        lines = process.stdout.read().splitlines()
    last = int(lines[-1]) if lines else 3
    autosave = Autosave(tmp_path)
    saved, notices = autosave.load(ONE, (64, 64, 30))
    assert notices == ()
    assert saved is not None
    assert saved.baseline is not None
    count = saved.baseline[0]
    assert count in (last, last + 1)
    speckled = np.random.default_rng(0).random((64, 64, 30)) < 0.5
    np.testing.assert_array_equal(saved.masks["AIF"], speckled if count % 2 else ~speckled)
    for path in tmp_path.iterdir():
        if path.name != f"{ONE}.json":
            age(path, 3600)
    autosave.sweep()
    assert list(contents(tmp_path)) == [f"{ONE}.json"]


def test_sweeping_removes_what_was_left_half_written(autosave, artery):
    """But not what another window writes now."""
    autosave.save(ONE, {"AIF": artery}, None)
    for name, seconds in ((".napari-dsc-old.json", 120), (".napari-dsc-new.json", 2)):
        (autosave.directory / name).write_text("half")
        age(autosave.directory / name, seconds)
    autosave.sweep()
    assert sorted(contents(autosave.directory)) == [".napari-dsc-new.json", f"{ONE}.json"]


def test_sweeping_removes_what_is_old(autosave, artery):
    """90 days; what was set aside as well, and nothing that is not ours."""
    names = {f"{count:064x}": 89 if count < 2 else 91 for count in range(4)}
    for name, days in names.items():
        autosave.save(name, {"AIF": artery}, None)
        (autosave.directory / f"{name}.bad").write_text("bad")
        for path in autosave.directory.glob(f"{name}.*"):
            age(path, days * DAY)
    foreign = ["notes.json", f"{ONE}.txt", f"{ONE}.json.json", f"x{ONE}.json"]
    for name in foreign:
        (autosave.directory / name).write_text("not ours")
        age(autosave.directory / name, 1000 * DAY)
    autosave.sweep()
    young = [f"{count:064x}.{ending}" for count in range(2) for ending in ("bad", "json")]
    assert sorted(contents(autosave.directory)) == sorted([*young, *foreign])


def test_sweeping_keeps_the_newest(autosave, artery):
    """200 files, by their time and not by their name."""
    autosave.save(TWO, {"AIF": artery}, None)
    content = (autosave.directory / f"{TWO}.json").read_bytes()
    age(autosave.directory / f"{TWO}.json", 1000)
    for count in range(205):
        path = autosave.directory / f"{count:064x}.json"
        path.write_bytes(content)
        age(path, 500 if count < 5 else 2000 + 10 * count)
    autosave.sweep()
    left = sorted(contents(autosave.directory))
    assert len(left) == 200
    gone = {f"{count:064x}.json" for count in range(199, 205)}
    assert not gone & set(left)


def test_sweeping_nothing_is_no_failure(autosave):
    """No folder, no work."""
    autosave.sweep()
    assert not autosave.directory.exists()
