"""Regions under a posterior: the interval of a mean curve, and what is said with every map."""

import json
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, analyse, phantom
from napari_dsc.core.deconvolution import DECONVOLVERS, cautions
from napari_dsc.core.maps import region_answers
from napari_dsc.core.maps.scale import Scale
from napari_dsc.core.pipeline import region_posterior, with_mean_curves
from napari_dsc.core.quantities import BESIDE
from napari_dsc.core.regions import statistics_in
from napari_dsc.io.region_posteriors import posterior_rows, posterior_table
from napari_dsc.tables import region_statistics
from tests.core.deconvolution.test_posterior import cell

CAUTION = "the prior decides where the data do not"


@pytest.fixture(scope="module")
def whole():
    """A small patient, its maps by the posterior, with intervals."""
    patient = phantom((40, 40, 4), snr=60.0, seed=2)
    made = analyse(
        patient.series,
        aif=patient.artery,
        brain=patient.brain,
        deconvolution_method="Posterior",
        spread=True,
    )
    return patient, made


def test_fault_314_an_interval_of_a_region_covers_what_voxels_over_root_n_do_not():
    """Of 27 voxels alike: that of the mean curve does, their SD over √27 does not."""
    made: list[Any] = []
    truths: list[Any] = []
    voxels: list[Any] = []
    for seed in range(3):
        curves, aif, _, truth = cell((-1, 5), 60, 10 + seed, 40)
        random = np.random.default_rng(seed)
        copies = curves[:, None] + random.normal(0, 0.55, (*curves.shape[:1], 27, curves.shape[1]))
        inverse = DECONVOLVERS["Posterior"]()(aif, 1.5)
        made.append(region_answers(inverse, copies.mean(axis=1), Scale()).maps)
        single = region_answers(inverse, copies.reshape(-1, curves.shape[1]), Scale()).maps
        voxels.append({key: one.value.reshape(-1, 27) for key, one in single.items()})
        truths.append(dict(zip(("CBF", "CBV", "MTT", "Delay"), truth, strict=True)))
    for key in ("CBV", "MTT", "Delay"):
        true = np.concatenate([one[key] for one in truths])
        low = np.concatenate([one[key].low for one in made])
        high = np.concatenate([one[key].high for one in made])
        each = np.concatenate([one[key] for one in voxels])
        narrow = each.std(axis=1, ddof=1) / np.sqrt(27)
        assert 0.45 <= ((low <= true) & (true <= high)).mean() <= 0.9, key
        if key != "CBV":
            assert (np.abs(each.mean(axis=1) - true) < narrow).mean() < 0.4, key


def test_a_region_of_one_voxel_is_that_voxel(whole):
    """The posterior of its mean curve is what the maps say there."""
    patient, made = whole
    voxel = tuple(np.argwhere(made.maps.cbf.quality_mask & (patient.tissue == 2))[30])
    labels = np.zeros(patient.brain.shape, dtype=int)
    labels[voxel] = 4
    (one,) = region_posterior(made.core, labels, {4: "Spot"})
    assert (one.label, one.name, one.voxels) == (4, "Spot", 1)
    for row in made.maps:
        if row.sd is not None:
            assert one.values[row.symbol] == pytest.approx(row.values[voxel], rel=1e-3, abs=1e-3)
            assert one.sd[row.symbol] == pytest.approx(row.sd[voxel], rel=1e-2)


def test_rows_of_a_table_and_of_a_file(whole):
    """A row for each region and map, in the unit of the map; what is beyond the search is NaN."""
    _, made = whole
    rows = made.region_posterior()
    assert list(rows["map"]) == ["CBV", "CBF", "MTT", "Tmax", "Delay"]
    assert (rows["p16"] < rows["value"]).all()
    assert (rows["value"] < rows["p84"]).all()
    found = region_posterior(made.core, made.brain, {1: "Brain\tall"})
    text = posterior_table(found)
    assert text.count("\n") == 6
    assert "Brain all" in text
    assert posterior_rows(found)[0][3] == "mL/100g"


def test_mean_curves_stand_in_the_table_of_regions(whole):
    """Beside the means of voxels, under a name of their own."""
    _, made = whole
    rows = statistics_in(made.maps, made.brain, {1: "Brain"})
    (told,) = with_mean_curves(rows, region_posterior(made.core, made.brain))
    assert told.maps["CBF of mean curve"].units == "mL/100g/min"
    assert told.maps["CBF of mean curve"].sd > 0
    assert set(rows[0].maps) < set(told.maps)


def test_labels_that_are_none_are_refused(whole):
    _, made = whole
    with pytest.raises(DscError, match="shape"):
        region_posterior(made.core, np.ones((2, 2), dtype=int))
    assert region_posterior(made.core, np.zeros(made.brain.shape, dtype=int)) == ()


def test_fault_311_the_caution_stands_in_notices_methods_and_files(whole, tmp_path):
    """Once in each: wherever a map of it is met."""
    _, made = whole
    assert any(CAUTION in one for one in made.core.notices)
    assert CAUTION in made.methods()
    made.save(tmp_path / "out")
    sidecar = next((tmp_path / "out").glob("*cbf.json"))
    assert CAUTION in json.loads(sidecar.read_text(encoding="utf-8"))["Caution"]
    assert cautions(DECONVOLVERS["oSVD"](), None) == ()


def test_fault_313_files_and_columns_tell_scatter_from_interval(whole, tmp_path):
    """SD and percentiles of a posterior; scatter of a linear method; each by its own name."""
    patient, made = whole
    made.save(tmp_path / "one")
    names = {path.name for path in (tmp_path / "one").iterdir()}
    for kind, known in (("sd", True), ("p16", True), ("p84", True), ("scatter", False)):
        assert any(f"desc-{kind}_cbf.nii.gz" in name for name in names) == known
    record = json.loads((tmp_path / "one" / "record.json").read_text(encoding="utf-8"))
    assert {"cbf_sd", "cbf_low", "cbf_high"} <= record["beside"].keys()
    rows = set(region_statistics(made.maps, made.brain, spread=True)["map"])
    assert {"SD of CBF", "P16 of CBF", "P84 of CBF"} <= rows
    other = made.again(deconvolution_method="cSVD")
    assert set(other.maps.beside()) == {
        f"Scatter of {one}" for one in ("CBV", "CBF", "MTT", "Tmax")
    }
    plain = made.again(deconvolution_method="cSVD", spread=False)
    plain.save(tmp_path / "two")
    stems = {row.stem for row in BESIDE.values()}
    assert not any(stem in path.name for path in (tmp_path / "two").iterdir() for stem in stems)
    assert patient.brain.shape == other.maps.cbf.values.shape
