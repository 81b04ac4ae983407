"""Hundreds of thousands of listed voxels: read and written hardly slower than their JSON."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_dsc import DscError
from napari_dsc.io.atomic_files import read_json, write_json
from napari_dsc.io.mask_files import listed_voxels
from napari_dsc.io.read_record import read_record

RECORD = Path(__file__).parents[1] / "fixtures" / "format_5" / "results" / "osvd" / "record.json"
SHAPE = (60, 60, 60)


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, the best of two."""
    spent = []
    for _ in range(2):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return min(spent)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A record of an AIF of 216,000 voxels."""
    content = json.loads(RECORD.read_text())
    content["input"]["shape"] = [*SHAPE, content["input"]["shape"][3]]
    content["aif"]["voxels"] = np.argwhere(np.ones(SHAPE, bool)).tolist()
    content["brain_runs"] = [0, int(np.prod(SHAPE))]
    path = tmp_path_factory.mktemp("many") / "record.json"
    write_json(path, content)
    return path, content


def test_fault_160_listed_voxels_take_little_more_than_their_json(many, tmp_path):
    """Each way; one voxel after the other they took ten times as long."""
    path, content = many
    text = path.read_text()
    plain = seconds(lambda: json.loads(text))
    assert seconds(lambda: read_record(path)) < 3 * plain + 0.5
    artery = read_record(path).artery
    assert isinstance(artery, np.ndarray)
    assert artery.all()
    compact = seconds(lambda: json.dumps(content))
    assert seconds(lambda: write_json(tmp_path / "again.json", content)) < 3 * compact + 0.5
    assert read_json(tmp_path / "again.json", 2**26) == content


def test_lists_of_numbers_are_one_line_and_words_are_not(tmp_path):
    """For people; JSON all the same."""
    content = {"a": [[1, 2], [3, 4]], "b": {"c": ["x", "y"], "d": {}, "e": []}, "f": [{"g": None}]}
    write_json(tmp_path / "a.json", content)
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text) == content
    assert '  "a": [[1, 2], [3, 4]],\n' in text
    assert '    "c": [\n      "x",\n      "y"\n    ],\n' in text


@pytest.mark.parametrize(
    ("voxels", "words"),
    [
        ([[0, 0, 0], [1, 1]], "3 whole numbers each"),
        ([[0, 0, 0], [1, 1, 1.0]], "3 whole numbers each"),
        ([[0, 0, 0], [1, 1, True]], "3 whole numbers each"),
        ([[0, 0, 0], (1, 1, 1)], "3 whole numbers each"),
        ({"0": 1}, "3 whole numbers each"),
        (None, "3 whole numbers each"),
        ([[0, 0, 0], [1, 1, 4]], r"within a volume of shape \(2, 3, 4\), got \(1, 1, 4\)"),
        ([[0, 0, -1]], "within a volume"),
        ([[0, 0, 10**30]], "within a volume"),
    ],
)
def test_fault_160_what_is_no_list_of_voxels_is_one_line(voxels, words):
    with pytest.raises(DscError, match=words) as failure:
        listed_voxels(voxels, (2, 3, 4), "Remedy.")
    assert str(failure.value).endswith(" Remedy.")


def test_no_voxel_is_a_list_too():
    assert listed_voxels([], (2, 3, 4), "").shape == (0, 3)
