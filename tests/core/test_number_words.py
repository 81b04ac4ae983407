"""One voxel is a voxel, and many are told in thousands."""

import numpy as np
import pytest

from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.core.masks import judged
from napari_dsc.core.number_words import voxel_words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 voxels"), (1, "1 voxel"), (np.int64(1), "1 voxel"), (2, "2 voxels"), (1234567, None)],
)
def test_fault_488_voxels_are_counted_as_a_reader_does(count, words):
    assert voxel_words(count) == (words or "1,234,567 voxels")


def test_a_part_of_a_voxel_is_no_count():
    with pytest.raises(TypeError):
        voxel_words(1.5)  # type: ignore[arg-type]


def test_a_question_tells_a_label_of_one_voxel():
    labels = np.zeros((4, 4), int)
    labels[0, 0], labels[1:3, 1] = 3, 5
    with pytest.raises(ChoiceNeededError) as asked:
        judged(labels, "AIF")
    assert list(asked.value.options.values()) == ["label 3, 1 voxel", "label 5, 2 voxels"]
