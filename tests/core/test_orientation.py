"""Orientation as a user states it: where each voxel then lies, and what is kept of the file."""

from itertools import permutations, product
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, Series
from napari_dsc.core.orientation import (
    as_codes,
    codes_of,
    is_stated,
    stated,
    stated_affine,
    swapped,
)

EVERY = [
    "".join(ends[axis] for axis in order)
    for order in permutations(range(3))
    for ends in product("LR", "PA", "IS")
]
SHAPE = (5, 6, 4)


def made(codes: str, tilt: float = 0.0) -> np.ndarray:
    """Affine of voxels of 1, 2 and 3 mm whose axes run so, tilted about x (rad)."""
    affine = np.eye(4)
    for axis, letter in enumerate(codes):
        row = ("LR", "PA", "IS").index(next(one for one in ("LR", "PA", "IS") if letter in one))
        affine[:3, axis] = 0
        affine[row, axis] = (axis + 1) * (1 if letter in "RAS" else -1)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    affine[:3, 3] = (7, -20, 11)
    return turn @ affine


@pytest.mark.parametrize("codes", EVERY)
def test_the_directions_of_an_affine_are_those_that_nibabel_reads(codes):
    """Also of one that is tilted by a fifth of a right angle."""
    for tilt in (0.0, 0.3):
        assert codes_of(made(codes, tilt)) == "".join(nib.aff2axcodes(made(codes, tilt))) == codes


@pytest.mark.parametrize("codes", EVERY)
def test_axes_run_where_the_user_says_about_the_middle_of_the_volume(codes):
    """Whatever the file said; sizes of voxels stay with their axes."""
    before = made("LPS")
    after = stated_affine(before, SHAPE, codes)
    assert "".join(nib.aff2axcodes(after)) == codes
    np.testing.assert_allclose(
        np.linalg.norm(after[:3, :3], axis=0), np.linalg.norm(before[:3, :3], axis=0)
    )
    middle = np.append((np.array(SHAPE) - 1) / 2, 1)
    np.testing.assert_allclose(after @ middle, before @ middle)


@pytest.mark.parametrize(("letter", "row"), [("L", 0), ("A", 1), ("S", 2)])
def test_a_swap_exchanges_one_pair_of_sides_and_keeps_a_tilt(letter, row):
    """Every voxel goes to the other side of the middle, along that axis of the file."""
    before = made("RAS", tilt=0.2)
    after = stated_affine(before, SHAPE, swapped("RAS", letter))
    mirrored = np.diag(np.where(np.arange(3) == row, -1.0, 1.0))
    np.testing.assert_allclose(after[:3, :3], before[:3, :3] @ mirrored)
    assert swapped(swapped("RAS", letter), letter) == "RAS"


def test_a_scan_that_lies_nowhere_gets_a_place():
    """What its reader said of it is taken back; the choice and its source are kept."""
    told = ("Orientation unknown: the file gives voxel sizes only. Left may be right.", "Other.")
    facts: Any = {"time": None, "echo_time": None, "notices": told}
    scan = Series(
        signal=np.ones((*SHAPE, 20)), affine=np.diag([2, 2, 5, 1.0]), oriented=False, **facts
    )
    found = stated(scan, "las")
    assert found.oriented
    assert found.notices == ("Other.",)
    assert found.choices == {"orientation": "LAS"}
    assert found.sources["Orientation"] == "LAS (stated by the user; the file said nothing)"
    assert is_stated(found)
    assert not is_stated(scan)
    nowhere = stated(Series(signal=np.ones((*SHAPE, 20)), affine=None, **facts), "PIR").affine
    assert nowhere is not None
    assert codes_of(nowhere) == "PIR"


@pytest.mark.parametrize("codes", ["", "RA", "RAR", "LRS", "RASA", "XYZ", None, 3])
def test_what_is_no_orientation_is_refused_with_a_remedy(codes):
    with pytest.raises(DscError, match=r"one letter of L and R.*such as RAS or LPS"):
        as_codes(codes)
