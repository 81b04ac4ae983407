"""The AIF's own share, and one arterial voxel less or more: closed forms, and a loop."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, Series, compute_perfusion_maps
from napari_dsc.core.deconvolution import CirculantSvd, Method, OscillationSvd
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, prepare
from napari_dsc.core.pipeline.sensitivity import sensitivity
from napari_dsc.core.progress import finished
from napari_dsc.core.regions import tmax_volume

ECHO_TIME = 0.03
FACES = [step for axis in np.eye(3, dtype=int) for step in (axis, -axis)]
METHODS = [CirculantSvd(svd_threshold=0.1), OscillationSvd()]


class Row:
    """A row of voxels, prepared: tissue, and arteries that are so many times as high as one."""

    def __init__(self, scene, **heights):
        curves, aif, self.time = scene(delays=(0.0, 3.0, 5.0))
        self.curves = np.zeros((12, 1, 1, aif.size))
        self.curves[:3, 0, 0] = curves
        for place, height in heights.items():
            self.curves[int(place[1:]), 0, 0] = height * aif
        self.brain = (self.curves != 0).any(axis=-1)
        self.tissue = np.zeros_like(self.brain)
        self.tissue[:3] = True

    def prepared(self, holes=()):
        signal = 1000 * np.exp(-ECHO_TIME * self.curves)
        for voxel, volumes in holes:
            signal[voxel, 0, 0, volumes] = 0
        affine = np.diag([10.0, 10.0, 10.0, 1.0])  # 1 mL
        series = Series(signal=signal, time=self.time, echo_time=ECHO_TIME, affine=affine)
        return finished(prepare(series, self.brain, (0, 12)))

    def vary(self, *artery, method=METHODS[0], holes=(), window=None, **further):
        """Sensitivity of an artery of these voxels."""
        settings = Settings(method=method, baseline=(0, 12), window=window)
        return finished(sensitivity(self.prepared(holes), self.at(*artery), settings, **further))

    def at(self, *voxels):
        marked = np.zeros_like(self.brain)
        marked[list(voxels)] = True
        return marked


@pytest.mark.parametrize("method", METHODS)
def test_arterial_voxels_that_agree_leave_nothing_to_vary(scene, method):
    """Identical curves, one less or one more: the same maps, and no variation at all."""
    row = Row(scene, v5=1, v6=1, v7=1, v8=1)
    found = row.vary(5, 6, 7, method=method)
    assert found.variants == (
        "without (5, 0, 0)",
        "without (6, 0, 0)",
        "without (7, 0, 0)",
        "with (8, 0, 0)",
    )
    assert found.error.quality_mask[row.tissue].all()
    assert (found.error.values[row.tissue] == 0).all()
    assert (found.flow_error, found.chosen_error) == (0, 0)
    np.testing.assert_array_equal(found.tmax_volumes, found.chosen)
    assert found.spread == (found.chosen, found.chosen)
    assert found.notices == ()


@pytest.mark.parametrize("method", METHODS)
def test_leaving_one_of_two_out_is_a_closed_form(scene, method):
    """Artery a and 2 a: without either, flow is that under 2 a or under a. Of two voxels the
    standard error is the standard deviation over √2.
    """
    row = Row(scene, v5=1, v10=0.5)
    found = row.vary(5, 10, method=method)
    assert found.variants == ("without (5, 0, 0)", "without (10, 0, 0)")
    flows = np.array([1 / 0.5, 1 / 1])
    error = 100 * flows.std(ddof=1) / np.sqrt(2) / flows.mean()
    np.testing.assert_allclose(found.error.values[row.tissue], error, rtol=1e-5)
    assert found.notices == ("The AIF has no neighbour in the brain that could be added.",)
    assert found.error.units == "%"
    assert found.error.values.shape == found.error.quality_mask.shape == row.brain.shape


def test_fault_304_the_standard_error_is_that_of_a_mean(scene):
    """Where flow is one over the mean height, nearly linear, it is the textbook's SD/√n of that.

    Added neighbours have no part in it, whatever they are.
    """
    heights = np.array([0.97, 1.01, 1.03, 0.99, 1.0])
    row = Row(scene, **{f"v{at + 6}": one for at, one in enumerate(heights)}, v11=3)
    found = row.vary(*range(6, 11))
    mean = heights.mean()
    error = 100 * heights.std(ddof=1) / np.sqrt(heights.size) / mean
    np.testing.assert_allclose(found.error.values[row.tissue], error, rtol=0.01)
    assert found.variants[-1] == "with (11, 0, 0)"
    assert found.voxels == 5
    alone = row.vary(*range(6, 11), add=False)
    assert len(alone.variants) == 5
    np.testing.assert_array_equal(alone.error.values, found.error.values)
    low, high = found.flow_interval
    assert (high - low) / 2 == pytest.approx(2.776 * found.flow_error, rel=1e-3)  # t, 4 degrees
    assert (low + high) / 2 == pytest.approx(found.flow)
    assert f"standard error of CBF {error:.2g} % in the median voxel" in found.words
    assert found.as_json()["mean_cbf_error"] == found.flow_error


def test_fault_304_the_jackknife_agrees_with_a_bootstrap(scene):
    """Of the mean flow of tissue under an artery of nine voxels that differ."""
    random = np.random.default_rng(4)
    heights = 1 + 0.12 * random.standard_normal(6)
    row = Row(scene, **{f"v{at + 5}": one for at, one in enumerate(heights)})
    found = row.vary(*range(5, 11), add=False)
    drawn = random.integers(0, heights.size, size=(4000, heights.size))
    means = heights[drawn].mean(axis=1)
    # Flow goes as one over the artery; a bootstrap's variance lacks a factor n/(n - 1).
    tissue = (row.tissue & found.error.quality_mask)[:3, 0, 0]
    bootstrap = 100 * np.std(heights.mean() / means) * np.sqrt(6 / 5)
    np.testing.assert_allclose(found.error.values[:3, 0, 0][tissue], bootstrap, rtol=0.06)


def test_a_median_says_that_its_standard_error_is_rough(scene):
    row = Row(scene, v5=1, v6=1.1, v7=0.9)
    settings = Settings(
        method=CirculantSvd(svd_threshold=0.1), baseline=(0, 12), aif_average="median"
    )
    found = finished(sensitivity(row.prepared(), row.at(5, 6, 7), settings, add=False))
    assert "median of its voxels" in found.notices[-1]
    trimmed = replace(settings, aif_average="trimmed mean")
    assert finished(sensitivity(row.prepared(), row.at(5, 6, 7), trimmed, add=False)).notices == ()


def test_variants_are_made_by_the_recipe_of_the_settings(scene):
    """Leaving one of three out of a median is not what it is of a mean."""
    row = Row(scene, v5=1, v6=1.02, v7=2)
    base = Settings(method=CirculantSvd(svd_threshold=0.1), baseline=(0, 12))
    errors = [
        finished(
            sensitivity(row.prepared(), row.at(5, 6, 7), replace(base, aif_average=how), add=False)
        )
        for how in ("mean", "median")
    ]
    flows = 1 / np.array([1.51, 1.5, 1.01])
    expected = 100 * 2 / np.sqrt(3) * flows.std(ddof=1) / flows.mean()
    np.testing.assert_allclose(errors[0].error.values[row.tissue], expected, rtol=1e-4)
    assert errors[1].flow == pytest.approx(errors[0].flow * (4.02 / 3) / 1.02, rel=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_adding_a_scaled_neighbour_is_a_closed_form(scene, method):
    """Neighbours are no sample: they tell no standard error; flow is one over the mean height."""
    row = Row(scene, v5=0.5, v6=1, v7=0.8)
    found = row.vary(6, method=method)
    assert found.variants == ("with (7, 0, 0)", "with (5, 0, 0)")  # the higher peak first
    plain = row.vary(6, 7, 5, method=method)
    assert plain.flow == pytest.approx(found.flow * 3 / 2.3, rel=1e-5)
    assert np.isnan(found.error.values).all()
    assert found.words == ""
    assert found.notices == ("The AIF has one voxel: it was not left out.",)


def test_scaling_to_a_vein_undoes_partial_volume(scene):
    """Heights that differ no longer matter where every AIF has the area of the VOF."""
    row = Row(scene, v5=0.5, v6=1, v7=0.8, v10=1.2)
    plain, scaled = row.vary(5, 6), row.vary(5, 6, vein=row.at(10))
    assert (plain.error.values[row.tissue] > 10).all()
    np.testing.assert_allclose(scaled.error.values[row.tissue], 0, atol=1e-6)
    assert scaled.variants == plain.variants


def test_fault_95_the_window_of_cbv_has_no_part_in_the_scaling_to_a_vein(scene):
    """A later artery of the same area is scaled alike, whatever part of it the window holds."""
    row = Row(scene, v5=1, v8=1, v10=1)
    row.curves[8, 0, 0] = np.roll(row.curves[8, 0, 0], 2)
    window = slice(12, 20)
    areas = [np.trapezoid(row.curves[one, 0, 0, window], row.time[window]) for one in (5, 8)]
    assert 100 * np.std(areas, ddof=1) / np.mean(areas) > 10
    found = row.vary(5, 8, vein=row.at(10), window=(12, 20))
    assert found.variants == ("without (5, 0, 0)", "without (8, 0, 0)")
    np.testing.assert_allclose(found.error.values[row.tissue], 0, atol=0.5)


def test_a_later_artery_moves_the_late_volume(scene):
    """Tissue that comes 5 s after one artery is late; 2 s after another it is not."""
    row = Row(scene, v5=1, v10=1)
    row.curves[10, 0, 0] = np.interp(row.time - 3.0, row.time, row.curves[10, 0, 0])
    found = row.vary(5, 10)
    assert found.variants == ("without (5, 0, 0)", "without (10, 0, 0)")
    np.testing.assert_allclose(found.tmax_volumes, [0, 1])  # mL: one voxel
    assert found.spread == pytest.approx((0, 1))


def test_one_variant_is_no_variation(scene):
    """Fewer than two answers vary by nothing; the first voxel is no neighbour of the last."""
    row = Row(scene, v10=0.7, v11=1)
    found = row.vary(11)
    assert found.variants == ("with (10, 0, 0)",)
    assert np.isnan(found.error.values).all()
    assert not found.error.quality_mask.any()
    assert np.isfinite(found.spread).all()


def test_a_lone_voxel_cannot_be_varied(scene):
    found = Row(scene, v5=1).vary(5)
    assert found.variants == ()
    assert np.isnan(found.error.values).all()
    assert np.isnan([found.flow_error, found.chosen_error, *found.volume_interval]).all()
    assert np.isnan(found.spread).all()
    assert np.isfinite(found.chosen)
    assert len(found.notices) == 2


def test_a_neighbour_without_a_sample_is_not_added(scene):
    """Its mean with the others would jump where it has none."""
    row = Row(scene, v5=0.9, v6=1, v7=0.8)
    assert row.vary(6, holes=[(5, slice(30, 31))]).variants == ("with (7, 0, 0)",)


def test_a_variant_that_is_no_aif_is_said_and_counts_for_nothing(scene):
    """Three arteries, and two of them black: without the third there is no curve."""
    row = Row(scene, v5=1, v7=0.9, v10=0.8)
    black = [(5, slice(20, 24)), (7, slice(20, 24))]
    found = row.vary(5, 7, 10, holes=black)
    assert np.isnan(found.tmax_volumes).tolist() == [False, False, True]
    assert "The AIF without (10, 0, 0) gives no maps" in found.notices[-1]
    assert np.isfinite(found.spread).all()
    assert found.error.quality_mask[row.tissue].all()
    assert np.isfinite(found.chosen_error)


# --- on the digital patient --------------------------------------------------------------------


@pytest.fixture(scope="module")
def noisy_patient():
    from napari_dsc import phantom

    return phantom((32, 32, 4), snr=18.0, seed=5)


@pytest.fixture(scope="module", params=METHODS, ids=["cSVD", "oSVD"])
def whole(request, noisy_patient, analyse):
    settings = Settings(method=request.param, baseline=(2, 12))
    return analyse(noisy_patient.series, noisy_patient.artery, noisy_patient.brain, settings)


@pytest.fixture(scope="module")
def varied(whole, noisy_patient):
    return finished(sensitivity(whole.prepared, noisy_patient.artery, whole.settings))


def volume_of(curves, brain):
    """Curves in file order, on the volume."""
    volume = np.full((*brain.shape, curves.shape[1]), np.nan)
    for curve, voxel in zip(curves, np.argwhere(brain.T)[:, ::-1], strict=True):
        volume[tuple(voxel)] = curve
    return volume


def arteries_of(variants, artery):
    """Voxels of each variant, from its words."""
    for words in variants:
        word, _, where = words.partition(" ")
        voxel = tuple(int(one) for one in where.strip("()").split(","))
        assert artery[voxel] == (word == "without")
        changed = artery.copy()
        changed[voxel] = not artery[voxel]
        yield voxel, changed


def test_variation_is_that_of_the_public_function(whole, varied, noisy_patient):
    """In two passes over all maps at once, where none of the voxels is on the edge of a rule."""
    brain = noisy_patient.brain
    curves = volume_of(whole.prepared.curves, brain)
    method = whole.settings.method
    keys: dict[type, Method] = {CirculantSvd: "cSVD", OscillationSvd: "oSVD"}
    found, volumes = [], []
    size = abs(np.linalg.det(noisy_patient.series.affine[:3, :3])) / 1000
    count = int(noisy_patient.artery.sum())
    for _, artery in arteries_of(varied.variants, noisy_patient.artery):
        made = compute_perfusion_maps(
            curves.astype(np.float32),
            curves[artery].mean(axis=0),
            whole.time,
            brain,
            deconvolution_method=keys[type(method)],
            svd_threshold=method.svd_threshold,
            baseline=10,
            signal=noisy_patient.series.signal[..., 2:],
            affine=noisy_patient.series.affine,
        )
        found.append(np.where(made.quality_mask, made.cbf.values, np.nan).astype(float))
        late = [made.tmax.quality_mask & (made.tmax.values > one) for one in (4, 6, 8, 10)]
        volumes.append([size * mask.sum() for mask in late])
    flows = np.array(found[:count])  # of those that leave a voxel out
    answers = np.isfinite(flows).sum(axis=0)
    assert ((answers > 2) & (answers < len(flows))).any()
    expected = np.full(brain.shape, np.nan)
    for voxel in np.argwhere(answers >= 2):
        own = flows[:, *voxel]
        own = own[np.isfinite(own)]
        expected[tuple(voxel)] = 100 * np.sqrt(((own - own.mean()) ** 2).sum() / (own.size - 1))
        expected[tuple(voxel)] *= (count - 1) / np.sqrt(count) / own.mean()
    np.testing.assert_array_equal(varied.error.quality_mask, np.isfinite(varied.error.values))
    assert np.mean((answers >= 2) != varied.error.quality_mask) < 2e-3
    both = varied.error.quality_mask & (answers >= 2)
    close = np.isclose(varied.error.values[both], expected[both], rtol=1e-3, atol=1e-3)
    assert close.mean() > 1 - 5e-3
    factor = (count - 1) / np.sqrt(count)
    late = factor * varied.late[:count].std(axis=0, ddof=1)
    np.testing.assert_allclose(varied.late_error, late, rtol=1e-9)
    assert varied.chosen_error == varied.late_error[1]
    np.testing.assert_allclose(varied.late, volumes, atol=2.5 * size)
    np.testing.assert_array_equal(varied.tmax_volumes, varied.late[:, 1])
    assert np.unique(varied.tmax_volumes).size > 1
    assert varied.spread == (varied.tmax_volumes.min(), varied.tmax_volumes.max())
    np.testing.assert_array_equal(varied.error.affine, noisy_patient.series.affine)


def test_the_chosen_aif_has_the_volume_of_its_analysis(whole, varied):
    assert varied.chosen == tmax_volume(whole.maps) > 0


def test_every_voxel_is_left_out_and_the_best_neighbours_are_added(whole, varied, noisy_patient):
    """In file order; neighbours share a face, lie in the brain and are the highest, in order."""
    artery, brain = noisy_patient.artery, noisy_patient.brain
    count = int(artery.sum())
    assert 2 <= count <= 24
    words = [f"without {tuple(map(int, one))}" for one in np.argwhere(artery.T)[:, ::-1]]
    assert list(varied.variants[:count]) == words
    curves = volume_of(whole.prepared.curves, brain)
    near = {
        tuple(map(int, voxel + step))
        for voxel in np.argwhere(artery)
        for step in FACES
        if ((voxel + step >= 0) & (voxel + step < artery.shape)).all()
    }
    allowed = [one for one in near if brain[one] and not artery[one]]
    allowed = [one for one in allowed if np.isfinite(curves[one]).all()]
    ranked = sorted(allowed, key=lambda one: -curves[one].max())
    assert len(ranked) > 12
    assert list(varied.variants[count:]) == [f"with {one}" for one in ranked[:12]]
    assert varied.notices == ()


def test_of_many_voxels_an_even_sample_is_left_out(whole, noisy_patient, steps_of):
    """The same every time, from the first to the last, and said."""
    many = noisy_patient.tissue == Tissue.VEIN
    many |= noisy_patient.artery | (noisy_patient.tissue == Tissue.PARTIAL_ARTERY)
    count = int(many.sum())
    assert count > 40
    settings = replace(whole.settings, method=CirculantSvd())
    steps, found = steps_of(sensitivity(whole.prepared, many, settings))
    left_out = [one for one in found.variants if one.startswith("without")]
    assert len(left_out) == len(set(left_out)) == 24
    order = [f"without {tuple(map(int, one))}" for one in np.argwhere(many.T)[:, ::-1]]
    places = [order.index(one) for one in left_out]
    assert (places[0], places[-1]) == (0, count - 1)
    assert np.ptp(np.diff(places)) <= 1
    assert f"Of the AIF's {count} voxels 24, evenly taken" in found.notices[0]
    again = finished(sensitivity(whole.prepared, many, settings))
    np.testing.assert_array_equal(again.error.values, found.error.values)
    np.testing.assert_array_equal(again.tmax_volumes, found.tmax_volumes)
    assert again.variants == found.variants
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, pytest.approx(1))
    assert {f"AIF {words}" for words in found.variants} < {step.stage for step in steps}


def test_nothing_is_changed_and_closing_stops_cleanly(whole, noisy_patient):
    threads = threading.active_count()
    artery = noisy_patient.artery.copy()
    work = sensitivity(whole.prepared, artery, whole.settings)
    for _ in range(9):
        next(work)
    work.close()
    assert list(work) == []
    assert threading.active_count() == threads
    np.testing.assert_array_equal(artery, noisy_patient.artery)


def test_vessels_must_fit_and_lie_in_the_brain(whole, noisy_patient):
    artery, none = noisy_patient.artery, np.zeros_like(noisy_patient.brain)
    outside = artery | ~noisy_patient.brain
    for further, message in (
        ({"artery": none}, "AIF must hold at least one voxel"),
        ({"artery": outside}, "AIF must lie inside the brain mask"),
        ({"artery": artery[:3]}, "AIF must have the shape"),
        ({"artery": artery, "vein": none}, "VOF must hold at least one voxel"),
        ({"artery": artery, "vein": outside}, "VOF must lie inside the brain mask"),
    ):
        with pytest.raises(DscError, match=message):
            finished(sensitivity(whole.prepared, settings=whole.settings, **further))
