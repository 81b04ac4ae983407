"""The phantom study in small: its curves are true, its textbook is ours, its words can be read."""

import numpy as np
import pytest

from benchmarks.study import textbook
from benchmarks.study.curves import FLOW, SNRS, Scan, bolus, noisy, scans, tissue
from benchmarks.study.measures import (
    QUANTITIES,
    bias,
    by_core,
    by_textbook,
    errors,
    mae,
    rmse,
    rows_of,
    scaled_rmse,
    study,
    variants,
)


@pytest.fixture(scope="module")
def scan() -> Scan:
    """One artery, at TR 1.5 s."""
    (one,) = scans(voxels=4, steps=(1.5,), phases=(0.25,))
    return one


@pytest.mark.parametrize("residue", ["exponential", "linear", "box", "gamma"])
@pytest.mark.parametrize("mtt", [3.0, 12.0])
def test_a_tissue_holds_the_volume_that_it_should(residue, mtt):
    """The area of 1 mL/100g is that of the artery over a hundred, in the units of the scale."""
    fine = np.arange(0, 300, 0.05)
    ratio = tissue(fine, residue, mtt).sum() / bolus(fine).sum()
    assert ratio * FLOW / 60 == pytest.approx(1, rel=2e-4)


def test_curves_are_the_same_at_every_call(scan):
    (again,) = scans(voxels=4, steps=(1.5,), phases=(0.25,))
    np.testing.assert_array_equal(scan.curves, again.curves)


def test_noise_is_that_of_the_signal():
    """SNR is S0 over the noise's SD; a flat curve of ΔR2* then scatters by 1/(SNR TE)."""
    time = np.arange(100.0)
    curves = noisy(np.zeros((2000, 100)), time, 50.0, np.random.default_rng(0))
    assert curves[:, 50:].std() == pytest.approx(1 / (50 * 0.03), rel=0.05)


def test_volume_is_right_without_noise(scan):
    """Within 1 % at every residue, transit time and delay."""
    rows = rows_of(scan.truth, snr=np.inf, level=0)
    found = by_core(scan, "cSVD", {"svd_threshold": 0.1})
    assert np.abs(errors(found, scan.truth, "cbv", rows)).max() <= 1


@pytest.mark.parametrize("label", ["cSVD 0.1", "cSVD 0.2", "oSVD 0.2"])
def test_textbook_and_core_agree(scan, label):
    """Where the paper leaves no choice, two programs that share no line find the same maps."""
    key, parameters = variants()[label]
    ours, theirs = by_core(scan, key, parameters), by_textbook(scan, key, parameters)
    for quantity in QUANTITIES:
        apart = np.abs(ours[quantity] - theirs[quantity]) > 1e-3 * (1 + np.abs(theirs[quantity]))
        assert apart.mean() < 2e-3, quantity


@pytest.mark.skipif("Tikhonov" not in variants(), reason="no such method")
def test_tikhonov_finds_the_evidence_of_an_exhaustive_search(scan):
    """16 strengths and a parabola instead of 600 strengths."""
    ours, theirs = by_core(scan, "Tikhonov", {}), by_textbook(scan, "Tikhonov", {})
    for snr in SNRS:
        rows = rows_of(scan.truth, snr=snr, level=12)
        apart = np.abs(ours["cbf"][rows] / theirs["cbf"][rows] - 1)
        assert np.median(apart) < 0.005
        assert np.quantile(apart, 0.9) < 0.02


def test_standard_svd_is_better_than_its_textbook_where_its_model_holds(scan):
    """The matrix that is exact for straight pieces, against weights of 1-4-1."""
    rows = rows_of(scan.truth, snr=np.inf, level=0) & (scan.truth["delay"] >= 0)
    parameters = {"svd_threshold": 0.2}
    ours, theirs = by_core(scan, "sSVD", parameters), by_textbook(scan, "sSVD", parameters)
    assert rmse(errors(ours, scan.truth, "cbf", rows)) < rmse(
        errors(theirs, scan.truth, "cbf", rows)
    )


def test_an_oscillation_is_counted_from_lag_zero():
    """Wu 2003, Eq. 6: by hand, for lags −2 … 1."""
    residues = np.array([[0.0, 0.0, 2.0, 1.0]])  # in the paper's order 2, 1, 0, 0
    assert textbook.oscillation(residues).item() == pytest.approx((0 + 1) / 4 / 2)


def test_measures_by_hand():
    """Two voxels, one of which has no answer in part."""
    values = np.array([3.0, -4.0, np.nan])
    assert bias(values) == -0.5
    assert mae(values) == 3.5
    assert rmse(values) == pytest.approx(np.sqrt(12.5))
    assert scaled_rmse(np.array([2.0, 4.0]), np.array([1.0, 2.0])) == pytest.approx(0)


def test_the_page_holds_every_method_and_every_bar():
    """Of a study with one voxel of each kind, at every time step."""
    from benchmarks.study.bars import bars
    from benchmarks.study.page import page

    small = study(list(scans(voxels=1, phases=(0.5,))))
    judged = bars(small)
    text = page(small, judged)
    assert all(label in text for label in variants())
    assert all(bar.what in text for bar in judged)
    assert "nan" not in text
