"""The spread of a map in a region, against numpy on explicit masks."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap
from napari_dsc.core.quantities import CBV, COMPUTED
from napari_dsc.core.regions import histogram_in, statistics_in

AFFINE = np.diag([-2.0, 2.0, 5.0, 1.0])  # a voxel of 0.02 mL
SYMBOLS = tuple(row.symbol for row in COMPUTED.values())


def made(seed, shape=(7, 6, 4), order="F", affine=AFFINE, dtype=np.float32):
    """Maps of noise, each with its own mask and its own holes."""
    random = np.random.default_rng(seed)

    def one(symbol):
        values = random.normal(5, 3, shape).astype(dtype)
        values[random.random(shape) < 0.1] = np.nan
        values[random.random(shape) < 0.05] = np.inf
        good = random.random(shape) < 0.8
        return ParameterMap(
            values=np.asarray(values, order=order),
            name=symbol,
            symbol=symbol,
            units=f"unit of {symbol}",
            affine=affine,
            quality_mask=np.asarray(good, order=order),
        )

    return DSCPerfusionMaps.from_keys({row.key: one(row.symbol) for row in COMPUTED.values()})


def by_hand(one, region):
    """What numpy says of a region."""
    values = one.values[region & one.quality_mask & np.isfinite(one.values)].astype(np.float64)
    return values.size, (
        values.mean(),
        np.std(values, ddof=1),
        np.median(values),
        np.percentile(values, 5),
        np.percentile(values, 95),
    )


def told(row):
    return row.mean, row.sd, row.median, row.p5, row.p95


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int64])
@settings(derandomize=True, deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**31))
def test_statistics_are_those_of_numpy(order, kind, dtype, seed):
    """Label by label and map by map, in whatever memory order either is."""
    maps = made(seed, order=order, dtype=dtype)
    labels = np.random.default_rng(seed + 1).choice([0, 0, 1, 4, 9], maps.cbf.values.shape)
    painted = labels.astype(kind)
    before = painted.copy(), maps.cbf.values.copy()
    rows = statistics_in(maps, painted, names={4: "Lesion"})
    assert [row.label for row in rows] == [1, 4, 9]
    assert [row.name for row in rows] == ["Region 1", "Lesion", "Region 9"]
    for row in rows:
        region = labels == row.label
        assert row.voxels == region.sum()
        assert row.volume == pytest.approx(0.02 * region.sum())
        assert tuple(row.maps) == SYMBOLS
        for one in maps:
            n, expected = by_hand(one, region)
            found = row.maps[one.symbol]
            assert (found.n, found.units) == (n, one.units)
            assert told(found) == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert (painted == before[0]).all()
    np.testing.assert_array_equal(maps.cbf.values, before[1])


@pytest.mark.parametrize("other", ["C", "F"])
def test_memory_order_changes_nothing(other):
    """Labels come turned from the screen, maps in the order of the file."""
    maps = made(5)
    labels = np.random.default_rng(2).integers(0, 4, maps.cbf.values.shape)
    mixed = DSCPerfusionMaps.from_keys(
        {
            key: ParameterMap(
                values=np.asarray(one.values, order=other),
                name=one.name,
                symbol=one.symbol,
                units=one.units,
                affine=one.affine,
                quality_mask=np.ascontiguousarray(one.quality_mask),
            )
            for key, one in maps.items()
        }
    )
    assert statistics_in(mixed, np.asfortranarray(labels)) == statistics_in(maps, labels)
    assert statistics_in(maps, labels[::-1][::-1]) == statistics_in(maps, labels)


def test_spread_of_few_voxels():
    """One has a mean and no spread; two interpolate; none has nothing, and no warning."""
    values = np.array([3.0, 1.0, 2.0, 9.0, np.nan])
    good = np.array([True, True, True, False, True])
    one = ParameterMap(
        values=values, name="", symbol="CBF", units="", affine=None, quality_mask=good
    )
    maps = DSCPerfusionMaps(cbv=one, cbf=one, mtt=one)
    single, pair, rejected, missing = (
        row.maps["CBF"] for row in statistics_in(maps, [1, 2, 2, 3, 4])
    )
    assert (single.n, single.mean, single.median, single.p5) == (1, 3.0, 3.0, 3.0)
    assert np.isnan(single.sd)
    assert told(pair) == pytest.approx((1.5, np.sqrt(0.5), 1.5, 1.05, 1.95))
    for none in (rejected, missing):
        assert none.n == 0
        assert np.isnan(told(none)).all()


def test_what_is_not_painted_has_no_row():
    """0, and what is below it."""
    maps = made(1)
    empty = np.zeros(maps.cbf.values.shape, dtype=int)
    assert statistics_in(maps, empty) == ()
    assert statistics_in(maps, empty - 3) == ()
    empty[0, 0, 0], empty[1, 1, 1], empty[2, 2, 2] = -1, 1_000_000, 70_000
    assert [row.label for row in statistics_in(maps, empty)] == [70_000, 1_000_000]


def test_a_mask_is_the_first_label():
    maps = made(1)
    mask = np.random.default_rng(0).random(maps.cbf.values.shape) < 0.5
    assert statistics_in(maps, mask) == statistics_in(maps, mask.astype(int))


def test_without_an_affine_there_are_no_millilitres():
    (row,) = statistics_in(made(1, affine=None), np.ones((7, 6, 4), dtype=int))
    assert row.voxels == 168
    assert np.isnan(row.volume)


def test_further_maps_have_their_own_masks():
    """By the symbol under which they are given, behind the others."""
    maps, (extra, *_) = made(1), made(2)
    labels = np.ones((7, 6, 4), dtype=int)
    (row,) = statistics_in(maps, labels, extra={"rCBV": extra})
    assert tuple(row.maps) == (*SYMBOLS, "rCBV")
    n, expected = by_hand(extra, labels > 0)
    assert row.maps["rCBV"].n == n
    assert told(row.maps["rCBV"]) == pytest.approx(expected)


def test_nonsense_is_refused():
    maps = made(1)
    with pytest.raises(DscError, match=r"whole numbers, got float64.*Labels layer"):
        statistics_in(maps, np.full((7, 6, 4), 0.5))
    with pytest.raises(DscError, match=r"shape of the maps, \(7, 6, 4\), got \(7, 6, 1\)"):
        statistics_in(maps, np.ones((7, 6, 1), dtype=int))
    with pytest.raises(DscError, match=r"other symbols than the maps, got \['CBF'\]"):
        statistics_in(maps, np.ones((7, 6, 4), dtype=int), extra={"CBF": maps.cbv})
    extra = {"rCBV": made(1, shape=(2, 2, 2)).cbv}
    with pytest.raises(DscError, match="rCBV must have the shape"):
        statistics_in(maps, np.ones((7, 6, 4), dtype=int), extra=extra)


@pytest.mark.parametrize("everywhere", [True, False])
def test_statistics_keep_up_with_a_brush(everywhere):
    """811,000 voxels, 5 labels, 6 maps: a tenth of a second, here with a margin for CI."""
    shape = (224, 181, 20)
    maps = made(0, shape=shape)
    labels = np.zeros(shape, dtype=np.int32, order="F")
    if everywhere:
        labels[:] = np.arange(20) // 4 + 1
    else:
        for at in range(5):
            labels[30 + 30 * at : 50 + 30 * at, 60:100, 5:12] = at + 1
    took = []
    for _ in range(5):
        start = time.thread_time()
        rows = statistics_in(maps, labels)
        took.append(time.thread_time() - start)
    assert len(rows) == 5
    assert min(took) < (0.3 if everywhere else 0.1)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**31), low=st.floats(-3, 4), width=st.floats(0.5, 9))
def test_a_histogram_leaves_no_voxel_out(seed, low, width):
    """In a bin, below or above; the density is the share in each bin over its width."""
    one = made(seed).cbf
    region = np.random.default_rng(seed).random(one.values.shape) < 0.6
    values = one.values[region & one.quality_mask & np.isfinite(one.values)].astype(float)
    found = histogram_in(one, region, (low, low + width), bins=13)
    assert found.edges == pytest.approx(np.linspace(low, low + width, 14))
    assert found.below == (values < low).sum()
    assert found.above == (values > low + width).sum()
    assert found.counts.sum() + found.below + found.above == values.size
    for count, left, right in zip(
        found.counts[:-1], found.edges[:-2], found.edges[1:-1], strict=True
    ):
        assert count == ((values >= left) & (values < right)).sum()
    inside = found.counts.sum() / values.size
    assert (found.density * width / 13).sum() == pytest.approx(inside)


def test_both_edges_of_a_window_are_within_it():
    values = np.array([0.0, 8.0, 8.5, -0.5, 4.0, 4.0])
    one = ParameterMap(
        values=values, name="", symbol="CBV", units="", affine=None, quality_mask=values < 99
    )
    found = histogram_in(one, values < 99, CBV.window, bins=2)
    assert found.counts.tolist() == [1, 3]
    assert (found.below, found.above) == (1, 1)
    assert found.density == pytest.approx([1 / 24, 3 / 24])


def test_a_histogram_of_nothing():
    """Counts of 0, a density that nobody knows, and no warning."""
    one = made(1).cbf
    nowhere = np.zeros(one.values.shape, dtype=bool)
    found = histogram_in(one, nowhere, (0, 8))
    assert found.counts.shape == (40,)
    assert not found.counts.any()
    assert np.isnan(found.density).all()
    with pytest.raises(DscError, match="region must have the shape"):
        histogram_in(one, nowhere[0], (0, 8))
    with pytest.raises(DscError, match=r"window must be a range of values, got 8 to 0\."):
        histogram_in(one, nowhere, (8, 0))
    with pytest.raises(DscError, match="bins must be at least 1, got 0"):
        histogram_in(one, nowhere, (0, 8), bins=0)
