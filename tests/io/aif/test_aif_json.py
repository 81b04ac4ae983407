"""An AIF on disk: what is kept comes back, on its scan only; all else is refused in words."""

import copy
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_dsc import DscError
from napari_dsc.io.aif import (
    AnotherScan,
    SavedAif,
    load_curve,
    read_aif,
    read_curve,
    write_aif,
    write_curve,
)
from napari_dsc.io.record import RESEARCH_USE

SHAPE = (4, 3, 2)
HERE, ELSEWHERE = "0" * 63 + "a", "f" * 64
CANARY = "ZZCANARY^NAME"


def an_aif(**changed) -> SavedAif:
    """An AIF of three voxels, each with its verdict."""
    voxels = np.zeros(SHAPE, bool)
    voxels[(0, 3, 2), (1, 2, 0), (1, 0, 1)] = True
    facts = {
        "name": CANARY,
        "voxels": voxels,
        "curve": np.array([0.1, 1 / 3, 40.0, -0.25]),
        "time": np.array([3.0, 4.5, 6.0, 7.5]),
        "unit": "1/s",
        "fingerprint": HERE,
        "verdicts": (("good",), ("late", "partial volume"), ("saturated",)),
    }
    return SavedAif(**{**facts, **changed})


@pytest.fixture
def valid(tmp_path) -> dict[str, Any]:
    """What a file says."""
    write_aif(tmp_path / "valid.json", an_aif(), SHAPE)
    return json.loads((tmp_path / "valid.json").read_text(encoding="utf-8"))


@pytest.fixture
def refusal(tmp_path):
    """Words with which a content (a dict, or bytes) is refused; one line, without its text."""

    def refusal(content) -> str:
        path = tmp_path / "some.json"
        encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(encoded)
        with pytest.raises(DscError) as failure:
            read_aif(path, HERE, SHAPE)
        words = str(failure.value)
        assert not isinstance(failure.value, AnotherScan)
        assert words.startswith("some.json")
        assert "\n" not in words
        assert CANARY not in words
        assert words.endswith(".")
        return words

    return refusal


@pytest.mark.parametrize("kind", ["AIF", "VOF"])
@pytest.mark.parametrize("unit", ["1/s", "1 (TE-scaled)"])
def test_an_aif_comes_back_as_it_was(tmp_path, kind, unit):
    """Voxels, every bit of curve and time, verdicts; its name is that of its file."""
    path = tmp_path / "left MCA.json"
    aif = an_aif(kind=kind, unit=unit)
    write_aif(path, aif, SHAPE)
    found = read_aif(path, HERE, SHAPE)
    np.testing.assert_array_equal(found.voxels, aif.voxels)
    np.testing.assert_array_equal(found.curve, aif.curve)
    np.testing.assert_array_equal(found.time, aif.time)
    assert (found.unit, found.fingerprint, found.kind) == (unit, HERE, kind)
    assert found.verdicts == aif.verdicts
    assert found.name == "left MCA"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_curve_without_voxels_is_an_aif_too(tmp_path):
    """One that was loaded from two columns; single precision stays what it was."""
    aif = an_aif(voxels=None, verdicts=(), curve=np.array([0.1, 1 / 3, 2, 1], np.float32))
    write_aif(tmp_path / "one.json", aif, SHAPE)
    found = read_aif(tmp_path / "one.json", HERE, SHAPE)
    assert found.voxels is None
    assert found.verdicts == ()
    np.testing.assert_array_equal(found.curve, aif.curve)


def test_a_file_says_what_it_is_and_nothing_else(valid):
    """Everything by its name and unit; no name, date or path."""
    assert valid == {
        "record": "napari-dsc AIF 2",
        "statement": RESEARCH_USE,
        "kind": "AIF",
        "scan": {"sha256": HERE, "shape": [4, 3, 2]},
        "voxels": [[0, 1, 1], [2, 0, 1], [3, 2, 0]],
        "verdicts": [["good"], ["late", "partial volume"], ["saturated"]],
        "time_s": [3.0, 4.5, 6.0, 7.5],
        "curve": [0.1, 1 / 3, 40.0, -0.25],
        "curve_unit": "1/s",
        "scaled_by": 1.0,
    }


def test_fault_91_a_scaled_curve_says_so_wherever_it_goes(tmp_path, valid):
    """As JSON, as CSV, on another scan; an earlier file was never scaled."""
    aif = an_aif(scaled_by=2.75)
    write_aif(tmp_path / "one.json", aif, SHAPE)
    assert read_aif(tmp_path / "one.json", HERE, SHAPE).scaled_by == 2.75
    with pytest.raises(AnotherScan) as refused:
        read_aif(tmp_path / "one.json", ELSEWHERE, SHAPE)
    assert refused.value.saved.scaled_by == 2.75
    for factor in (1.0, 2.75, 1 / 3, 3e-7):
        write_curve(tmp_path / "one.csv", aif.time, aif.curve, "1/s", factor)
        assert load_curve(tmp_path / "one.csv").scaled_by == factor
        np.testing.assert_array_equal(read_curve(tmp_path / "one.csv")[1], aif.curve)
    del valid["scaled_by"]
    (tmp_path / "old.json").write_text(json.dumps({**valid, "record": "napari-dsc AIF 1"}))
    assert read_aif(tmp_path / "old.json", HERE, SHAPE).scaled_by == 1.0


@pytest.mark.parametrize("factor", [None, 0, -1.0, True, "2", 10**290])
def test_fault_91_a_factor_that_is_none_is_refused(valid, refusal, factor):
    assert "scaled_by must be a positive number" in refusal({**valid, "scaled_by": factor})


def test_verdicts_follow_their_voxels(tmp_path, valid):
    """In whatever order another program lists them."""
    for key in ("voxels", "verdicts"):
        valid[key] = [valid[key][one] for one in (2, 0, 1)]
    (tmp_path / "one.json").write_text(json.dumps(valid), encoding="utf-8-sig")
    assert read_aif(tmp_path / "one.json", HERE, SHAPE).verdicts == an_aif().verdicts


@pytest.mark.parametrize(
    ("here", "shape", "words"),
    [
        (ELSEWHERE, SHAPE, r"another scan \(fingerprint 00000000…, here ffffffff…\)"),
        (ELSEWHERE, (9, 9, 9), r"another scan \(volumes of shape \(4, 3, 2\), here \(9, 9, 9\)\)"),
        (None, SHAPE, "a scan that may be another one"),
    ],
)
def test_voxels_of_another_scan_are_refused_and_the_curve_offered(tmp_path, here, shape, words):
    """The error carries what is left."""
    aif = an_aif(kind="VOF")
    write_aif(tmp_path / "one.json", aif, SHAPE)
    with pytest.raises(AnotherScan, match=words) as refused:
        read_aif(tmp_path / "one.json", here, shape)
    assert str(refused.value).endswith("its voxels mean nothing here. Its curve can be used.")
    left = refused.value.saved
    assert left.voxels is None
    assert left.verdicts == ()
    np.testing.assert_array_equal(left.curve, aif.curve)
    np.testing.assert_array_equal(left.time, aif.time)
    assert (left.unit, left.kind, left.fingerprint) == ("1/s", "VOF", HERE)


def test_another_scan_is_no_reason_to_trust_a_damaged_file(tmp_path, valid):
    """Voxels outside its own volume."""
    valid["voxels"][0] = [4, 0, 0]
    (tmp_path / "one.json").write_text(json.dumps(valid))
    with pytest.raises(DscError, match="must lie within") as refused:
        read_aif(tmp_path / "one.json", ELSEWHERE, SHAPE)
    assert not isinstance(refused.value, AnotherScan)


def without(key):
    """Leave out a key."""
    return lambda content: content.pop(key)


def put(key, value):
    """Put something else in the place of a key."""
    return lambda content: content.update({key: value})


WRONG = [
    *((without(key), key) for key in ("record", "kind", "scan", "verdicts", "voxels", "time_s")),
    *((without(key), key) for key in ("curve", "curve_unit")),
    (put("record", "napari-dsc AIF 3"), "record must be 'napari-dsc AIF 2'"),
    (put("record", "napari-dsc 1"), "record must be"),
    (put("record", ["napari-dsc AIF 2"]), "record must be"),
    (put("kind", "artery"), "kind must be AIF or VOF"),
    (put("kind", 1), "kind must be a str, got a int"),
    (put("curve_unit", "s"), "unit must be"),
    (put("scan", {}), "must be a .*, got nothing"),
    (put("scan", [HERE]), "scan must be a dict, got a list"),
    (put("scan", {"sha256": HERE}), "shape must be a list, got nothing"),
    (put("scan", {"sha256": HERE, "shape": []}), "shape must be positive whole numbers"),
    (put("scan", {"sha256": HERE, "shape": [4, 0, 2]}), "shape must be positive"),
    (put("scan", {"sha256": HERE, "shape": [4, 3.0, 2]}), "shape must be positive whole"),
    (put("scan", {"sha256": HERE, "shape": [9, 9, 9]}), "shape must be that of this scan"),
    (put("scan", {"sha256": HERE.upper(), "shape": [4, 3, 2]}), "64 hexadecimal digits"),
    (put("scan", {"sha256": HERE + "\n", "shape": [4, 3, 2]}), "64 hexadecimal digits"),
    (put("voxels", {}), "voxels must be a list, got a dict"),
    (put("voxels", [1, 2, 3]), "voxels must be 3 whole numbers each"),
    (put("voxels", [[0, 0], [1, 1, 1], [2, 2, 1]]), "voxels must be 3 whole numbers each"),
    (put("voxels", [[0, 0, 0], [1, 1, 1.0], [2, 2, 1]]), "voxels must be 3 whole numbers each"),
    (put("voxels", [[0, 0, 0], [1, 1, True], [2, 2, 1]]), "voxels must be 3 whole numbers each"),
    (put("voxels", [[0, 0, 0], [1, 1, -1], [2, 2, 1]]), "voxels must lie within"),
    (put("voxels", [[0, 0, 0], [1, 1, 2], [2, 2, 1]]), "voxels must lie within"),
    (put("voxels", [[0, 0, 0], [1, 1, 10**30], [2, 2, 1]]), "voxels must lie within"),
    (put("voxels", [[0, 0, 0], [2, 2, 1], [0, 0, 0]]), "voxels must be listed once, got 1"),
    (put("voxels", [[0, 0, 0]]), "verdicts must be one for each of the 1 voxels, got 3"),
    (put("voxels", None), "verdicts must be one for each of the 0 voxels, got 3"),
    (put("verdicts", [["good"]]), "verdicts must be one for each of the 3 voxels, got 1"),
    (put("verdicts", ["good", "good", "good"]), "verdicts must be lists of words"),
    (put("verdicts", [["good"], [1], ["good"]]), "verdicts must be lists of words"),
    (put("verdicts", [["good"], ["x" * 81], ["good"]]), "verdicts must be words"),
    (put("verdicts", [["good"], ["a\nb"], ["good"]]), "verdicts must be words"),
    (put("verdicts", [["good"], ["\ud800"], ["good"]]), "verdicts must be words"),
    (put("verdicts", [["good"], [""], ["good"]]), "verdicts must be words"),
    (put("time_s", [0, 1, 2]), "one sample for each time"),
    (put("time_s", [[0, 1, 2, 3]]), "time_s must be numbers"),
    (put("time_s", [3.0, 4.5, 4.5, 7.5]), "time must increase .* got 4.5 s after 4.5 s"),
    (put("time_s", [3.0, 4.5, 4.0, 7.5]), "time must increase .* got 4 s after 4.5 s"),
    (put("time_s", [0.0, 1500.0, 3000.0, 4500.0]), "in milliseconds, divide by 1000"),
    (put("curve", [0, 1, 2, "3"]), "curve must be numbers"),
    (put("curve", [0, 1, 2, None]), "curve must be numbers"),
    (put("curve", [0, 1, 2, True]), "curve must be numbers"),
    (put("curve", [0, 1, 2, 10**400]), "got a number beyond all measure"),
    (put("curve", CANARY), "curve must be a list, got a str"),
    (put("kind", CANARY), "kind must be"),
    (put("curve_unit", CANARY), "unit must be"),
]


@pytest.mark.parametrize(("damage", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_wrong_is_named(valid, refusal, damage, words):
    """Each thing that a file may say wrongly, in words."""
    damage(valid)
    assert re.search(words, refusal(valid))


def test_few_samples_are_named(valid, refusal):
    """Two make no curve."""
    valid["time_s"], valid["curve"] = [0, 1], [0, 1]
    assert "at least 3 samples, got 2" in refusal(valid)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_is_no_number_is_refused(valid, refusal, number):
    """Python's JSON knows them; the standard does not."""
    encoded = json.dumps(valid).encode().replace(b"40.0", number)
    assert f"got {number.decode()}. Copy it again" in refusal(encoded)


def test_a_number_beyond_all_is_refused(valid, refusal):
    """1e999 would be read as infinite."""
    encoded = json.dumps(valid).encode().replace(b"40.0", b"1e999")
    assert "got a number beyond all measure" in refusal(encoded)


@pytest.mark.parametrize("opening", [b"[", b'{"record":', b'{"voxels":['])
def test_deep_nesting_is_refused(refusal, opening):
    """100,000 brackets."""
    assert "JSON" in refusal(opening * 100_000)


def test_a_file_too_large_is_refused(refusal, valid):
    """It is never read whole."""
    assert "at most 8 MiB" in refusal(json.dumps(valid).encode() + b" " * 8 * 2**20)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"null",
        b"[]",
        b"3",
        b'"napari-dsc AIF 2"',
        b"\xff\xfe{\0}\0",
        b"{",
        b"\0" * 99,
        b'{"record": 1, "record": 1}',
        b"9" * 5000,
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_aif_is_refused(refusal, content):
    """An ending is no proof."""
    assert "JSON" in refusal(content)


@pytest.mark.parametrize("name", ["gone.json", "folder"])
def test_what_is_no_file_is_refused(tmp_path, name):
    """None there, or a folder."""
    (tmp_path / "folder").mkdir()
    for reader in (read_curve, lambda path: read_aif(path, HERE, SHAPE)):
        with pytest.raises(DscError, match=f"{name} must be readable, got"):
            reader(tmp_path / name)


@settings(
    derandomize=True,
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.binary(max_size=200), at=st.integers(0, 10_000), kept=st.booleans())
def test_any_bytes_are_an_aif_or_a_refusal(tmp_path, content, at, kept):
    """By themselves, and put into a valid file: never another kind of failure."""
    path = tmp_path / "any.json"
    write_aif(path, an_aif(), SHAPE)
    whole = path.read_bytes()
    place = at % len(whole)
    path.write_bytes(whole[:place] + content + whole[place + len(content) :] if kept else content)
    try:
        found = read_aif(path, HERE, SHAPE)
    except DscError:
        return
    assert found.voxels is not None
    assert found.voxels.shape == SHAPE
    assert np.isfinite(found.curve).all()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def places(content, way=()):
    """Ways to everything in a JSON value."""
    yield way
    if isinstance(content, dict | list):
        keys = content if isinstance(content, dict) else range(len(content))
        for key in keys:
            yield from places(content[key], (*way, key))


@settings(
    derandomize=True,
    deadline=None,
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_change_of_a_valid_file_is_an_aif_or_a_refusal(tmp_path, data):
    """Anything in the place of anything; what is accepted fits together."""
    path = tmp_path / "any.json"
    write_aif(path, an_aif(), SHAPE)
    content = json.loads(path.read_text())
    for _ in range(data.draw(st.integers(1, 2))):
        way = data.draw(st.sampled_from([one for one in places(content) if one]))
        inner = content
        for key in way[:-1]:
            inner = inner[key]
        inner[way[-1]] = copy.deepcopy(data.draw(JSON))
    path.write_text(json.dumps(content), encoding="utf-8")
    try:
        found = read_aif(path, data.draw(st.sampled_from([HERE, ELSEWHERE, None])), SHAPE)
    except AnotherScan as refused:
        found = refused.saved
        assert found.voxels is None
    except DscError:
        return
    assert found.curve.shape == found.time.shape
    assert np.isfinite(found.curve).all()
    assert (np.diff(found.time) > 0).all()
    if found.voxels is not None:
        assert found.voxels.shape == SHAPE
        assert len(found.verdicts) in (0, found.voxels.sum())


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"unit": "a.u."}, "unit must be"),
        ({"kind": "artery"}, "kind must be"),
        ({"fingerprint": "../../x"}, "fingerprint must be"),
        ({"verdicts": (("good",),)}, "verdicts must be one for each of the 3 voxels, got 1"),
        ({"voxels": None}, "verdicts must be one for each of the 0 voxels, got 3"),
        ({"curve": np.array([0, np.nan, 1, 2])}, "curve must be finite, got 1 of 4"),
        ({"curve": np.zeros(3)}, "one sample for each time"),
        ({"time": np.zeros(4)}, "time must increase"),
    ],
    ids=str,
)
def test_nonsense_is_refused_at_the_door(changed, words):
    """What could not be read again is never an AIF."""
    with pytest.raises(DscError, match=words):
        an_aif(**changed)


def test_voxels_of_another_shape_are_not_written(tmp_path):
    """They would lie on nothing."""
    with pytest.raises(DscError, match=r"shape \(9, 9, 9\), got shape \(4, 3, 2\)"):
        write_aif(tmp_path / "one.json", an_aif(), (9, 9, 9))
    assert not list(tmp_path.iterdir())


def test_what_could_not_be_read_again_is_not_written(tmp_path):
    """A brain for an artery."""
    aif = an_aif(voxels=np.ones((200, 100, 60), bool), verdicts=())
    with pytest.raises(DscError, match=r"at most 8 MiB large.* fewer voxels"):
        write_aif(tmp_path / "one.json", aif, (200, 100, 60))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_takes_nothing_is_a_refusal(tmp_path):
    """For JSON and CSV; what stands there stays."""
    aif = an_aif()
    for path in (tmp_path / "none" / "one", tmp_path):
        with pytest.raises(DscError, match="must be writable, got"):
            write_aif(path, aif, SHAPE)
        with pytest.raises(DscError, match="must be writable, got"):
            write_curve(path, aif.time, aif.curve, "1/s")
    assert not list(tmp_path.iterdir())


def test_a_saved_aif_can_be_changed_as_a_whole():
    """A frozen value: `replace` checks again."""
    with pytest.raises(DscError, match="kind must be"):
        replace(an_aif(), kind="vein")
