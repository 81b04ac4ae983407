"""Words beside the name of a map on its picture."""

import numpy as np
import pytest
from napari.layers import Image

from napari_dsc.core.late_steps import STEP_COLOURS, STEP_WINDOW
from napari_dsc.viewer.maps.corner_words import corner_of, write_corner
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_labels import Label, picture

pytestmark = pytest.mark.usefixtures("qapp")  # letters
CELL = (0.0, 0.0, 400.0, 300.0)
WORDS = "> 6 s: 120.8 mL, left"


def inked(layer, bar=(20, 150)) -> np.ndarray:
    """Which pixels of a tile its label covers."""
    drawn = picture([Label.of(layer, CELL, 10, bar)], (300, 400))
    return np.asarray(drawn[..., 3] > 0)


def test_words_are_known_of_their_layer_alone():
    one, other = Image(np.zeros((4, 4))), Image(np.zeros((4, 4)))
    assert corner_of(one) == ""
    assert write_corner(one, WORDS)
    assert not write_corner(one, WORDS)
    assert (corner_of(one), corner_of(other)) == (WORDS, "")
    assert write_corner(one, "")
    assert corner_of(one) == ""


@pytest.mark.parametrize("name", ["Tmax (s)", "Tmax (s), of a scan with a name without an end"])
def test_words_stand_beside_the_name_and_not_on_it(name):
    """Behind it, as large; below it where the bar begins too soon. Never on the bar."""
    layer = Image(np.zeros((4, 4)), name=name, contrast_limits=(0, 12))
    bare = inked(layer)
    write_corner(layer, WORDS)
    new = inked(layer) & ~bare
    rows, columns = (np.flatnonzero(new.any(axis=axis)) for axis in (1, 0))
    ends = np.flatnonzero(bare[:30, :330].any(axis=0)).max()
    assert rows.size > 5
    assert rows.max() - rows.min() < 25
    assert columns.max() < 345
    if len(name) < 10:
        assert columns.min() > ends - 2
    else:
        assert rows.min() > np.flatnonzero(bare[:, :300].any(axis=1)).max() - 2


def test_steps_have_their_limits_as_numbers():
    """And even colours even ones."""
    layer = MapImage(np.zeros((4, 4)), contrast_limits=STEP_WINDOW)
    low, high = STEP_WINDOW
    assert Label.of(layer, CELL, 10, (20, 150)).ticks == (low, (low + high) / 2, high)
    layer.draw_steps(True, None)
    assert Label.of(layer, CELL, 10, (20, 150)).ticks == tuple(STEP_COLOURS)
    assert Label.of(layer, CELL, 8, (10, 35)).ticks == (6.0, 10.0)
