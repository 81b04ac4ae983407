"""A picture as pixels: what is on it lies where it was put."""

import numpy as np
import pytest

from napari_dsc.report.picture import Lines, Picture, Pixels, Word, png_of


@pytest.fixture
def drawn(pixels):
    def drawn(**parts):
        return pixels(png_of(Picture(40.0, 20.0, "", **parts)))

    return drawn


def test_voxels_fill_their_box(drawn):
    """Each the same, without a colour between two."""
    colours = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)
    made = drawn(pixels=(Pixels(10.0, 5.0, 20.0, 10.0, colours),))
    assert made.shape == (60, 120, 3)
    assert (made[15:45, 30:60] == (255, 0, 0)).all()
    assert (made[15:45, 60:90] == (0, 0, 255)).all()
    made[15:45, 30:90] = 255
    assert (made == 255).all()


def test_lines_go_from_end_to_end_and_dashes_leave_some_out(drawn):
    ends = np.array([[[5.0, 2.0 * at], [35.0, 2.0 * at]] for at in range(1, 9)])
    whole = drawn(lines=(Lines(ends, (0, 0, 0), 0.4),))
    dashed = drawn(lines=(Lines(ends, (0, 0, 0), 0.4, dashed=True),))
    black = [(one == 0).all(axis=-1) for one in (whole, dashed)]
    rows = [np.flatnonzero(one[:, 60]) for one in black]
    assert rows[0].tolist() == [6, 12, 18, 24, 30, 36, 42, 48]
    assert rows[1].tolist() == [6, 18, 30, 42]
    assert not black[0][:, :14].any()
    assert not black[0][:, 107:].any()


@pytest.mark.parametrize(("side", "x"), [("left", 2.0), ("middle", 20.0), ("right", 38.0)])
def test_words_stand_on_their_line_at_their_side(drawn, side, x):
    made = drawn(words=(Word("HEE", x, 15.0, 8.0, side),)).min(axis=-1) < 128
    rows, columns = np.flatnonzero(made.any(axis=1)), np.flatnonzero(made.any(axis=0))
    assert abs(rows[-1] - 44) <= 1
    assert abs(len(rows) - 3 * 0.73 * 8) < 3
    at = {"left": columns[0], "middle": columns.mean(), "right": columns[-1]}[side]
    assert abs(at - 3 * x) < 5


def test_edged_letters_stand_out_from_white(drawn):
    """White ones have a dark rim."""
    made = drawn(words=(Word("X", 20.0, 15.0, 12.0, "middle", (255, 255, 255), edged=True),))
    assert (made == 0).all(axis=-1).any()


def test_the_same_picture_is_the_same_bytes():
    one = Picture(10.0, 10.0, "", words=(Word("Ωß", 1.0, 9.0, 6.0),))
    assert png_of(one) == png_of(one)
    assert b"tEXt" not in png_of(one)
