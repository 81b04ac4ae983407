"""Late tissue that no number counts: told beside volume, means and ratios, with how much it is."""

import re

import numpy as np
import pytest

from napari_dsc import analyse, phantom
from napari_dsc.core.regions import (
    Cleaning,
    beside_words,
    late_volumes,
    uncounted_beside,
    uncounted_tissue,
    uncounted_volume,
    uncounted_words,
)
from napari_dsc.core.summary import Drawing, summarise
from tests.core.regions.test_late_tissue import maps_of


def analysed(lesion):
    patient = phantom((64, 64, 8), 50, anatomy="realistic", lesion=lesion, seed=11, snr=30)
    return patient, analyse(patient.series, patient.artery)


@pytest.fixture(scope="module")
def stroke():
    return analysed("stroke")


def test_fault_355_the_core_that_has_no_answer_is_told_of(stroke):
    """It is rejected late tissue beside what counts, no more; command line and page tell it."""
    patient, one = stroke
    volume = uncounted_volume(one.maps)
    silent = patient.brain & ~one.maps.quality_mask & (one.maps.tmax.values > 6)
    each = abs(np.linalg.det(patient.series.affine[:3, :3])) / 1000
    assert 1.0 <= volume <= silent.sum() * each
    counted = one.late.rows[1].cleaned
    assert volume > 0.05 * counted
    words = uncounted_words(volume, counted)
    assert f"({volume + counted:.1f} mL with it)" in words
    assert words in one.lines[0]


def test_fault_374_it_is_told_beside_every_number_that_leaves_it_out(stroke, tmp_path):
    """Mean and ratio, line, JSON, HTML: the same millilitres."""
    _, one = stroke
    told = f"{uncounted_volume(one.maps):.1f} mL beside it"
    volume = uncounted_volume(one.maps)
    for words in (*one.lines[:2], one.summary, one.as_json()["summary"]):
        assert told in words
    assert "in no mean, without an answer: " in one.lines[1]
    assert one.as_json()["late_tissue"]["uncounted_mL"] == volume
    one.report(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    cells = [float(words) for words in re.findall(r"([0-9.]+) beside</td>", page)]
    assert sum(cells) == pytest.approx(volume, abs=0.05 * len(cells))
    assert "they are in no mean and no ratio" in " ".join(page.split())


def test_fault_374_a_region_made_of_a_lesion_tells_what_the_lesion_tells(stroke):
    """And one that a reader drew over healthy tissue tells only of its own voxels."""
    patient, one = stroke
    late = late_volumes(one.maps, patient.brain, Cleaning())
    found = summarise(one.maps, patient.brain, late, ())
    assert found.lesion_labels is not None
    (lesion, *_) = found.compared
    assert lesion.beside == pytest.approx(uncounted_volume(one.maps))
    labels = np.where(found.lesion_labels == lesion.label, 1, 0).astype(np.int16)
    healthy = patient.brain & (found.lesion_labels == 0)
    labels[healthy & (np.cumsum(healthy).reshape(healthy.shape) < 500)] = 2
    drawn = summarise(one.maps, patient.brain, late, (), drawn=Drawing(labels)).compared
    of = {each.label: each for each in drawn if not each.is_lesion}
    assert (of[1].inside, of[1].beside) == (lesion.inside, lesion.beside)
    assert of[2].beside == 0
    rejected = np.count_nonzero((labels == 2) & ~one.maps.quality_mask)
    each = abs(np.linalg.det(patient.series.affine[:3, :3])) / 1000
    assert of[2].inside == pytest.approx(rejected * each)


def test_a_piece_counts_for_one_region_only():
    """The largest that it touches; a region with healthy tissue has none."""
    labels = np.array([1, 1, 0, 2, 2, 2, 0, 3, 0]).reshape(9, 1, 1)
    late = np.array([1, 1, 0, 1, 1, 1, 0, 0, 0]).reshape(9, 1, 1) > 0
    silent = np.array([0, 0, 1, 0, 0, 0, 1, 0, 1]).reshape(9, 1, 1) > 0
    assert uncounted_beside(labels, late, silent) == {2: 2}
    assert uncounted_beside(labels, labels > 0, silent) == {2: 2, 3: 1}
    assert uncounted_beside(labels, late, np.zeros_like(late)) == {}


@pytest.mark.parametrize(("rows", "told"), [(1, 0), (2, 80)])
def test_what_is_less_than_a_twentieth_of_the_late_tissue_is_not_told(rows, told):
    """Of 1,200 late voxels that is 60; rows of 40 voxels without an answer lie beside them."""
    tmax = np.ones((44, 40, 3), np.float32)
    tmax[2:22, :20] = 8.0
    silent = np.zeros(tmax.shape, bool)
    silent[22 : 22 + rows, :20, :2] = True
    tmax[silent] = 12.0
    found = uncounted_tissue(maps_of(tmax, ~silent))
    assert np.count_nonzero(found) == told
    assert not told or np.array_equal(found, silent)


def test_words_name_what_there_is():
    assert beside_words(0.04, np.nan) == ""
    assert beside_words(0.5, 0.0) == "0.5 mL in it"
    assert uncounted_words(0.0, 10.0) == ""
    assert "with it" not in uncounted_words(1.0)


def test_a_brain_without_a_lesion_has_none():
    """Ventricles are no tissue, and small pieces are no core."""
    _, one = analysed("none")
    assert uncounted_volume(one.maps) == 0
    assert not uncounted_tissue(one.maps).any()
    assert "without an answer" not in one.lines[0]
