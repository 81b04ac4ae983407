"""Any scan that is accepted is computed: no error, no warning, no leak from voxel to voxel."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from napari_dsc import DECONVOLVERS, compute_perfusion_maps
from napari_dsc.core.quality import REJECTING, Quality
from napari_dsc.core.signal import bolus_arrival

METHODS = (*DECONVOLVERS, None)  # None: without deconvolution
DTYPES = ("f2", "f4", "f8", ">f4", "i1", "u2", "i4", "i8")
KINDS = ("bolus", "noise", "nothing", "constant", "negative", "early")
HOLES = ("none", "a sample", "a voxel", "many", "all", "the baseline")
# Bits that weigh a voxel by the brain.
POOLED = (
    Quality.LOW_SIGNAL | Quality.WEAK_BOLUS | Quality.SATURATED | Quality.POOR_FIT | Quality.JUMP
)


class Scan(NamedTuple):
    """Arguments of `compute_perfusion_maps`."""

    delta_r2: np.ndarray
    aif: np.ndarray
    time: np.ndarray
    rest: dict[str, Any]


def bolus(time, arrival):
    since = np.maximum(time - arrival, 0)
    return since**3 * np.exp(-since / (time[-1] / 20))


def punched(values, holes, random):
    """Curves with samples that are missing or infinite, where the dtype can say so."""
    flat = values.reshape(-1, values.shape[-1])
    if values.dtype.kind != "f" or holes == "none":
        return
    where = np.zeros(flat.shape, dtype=bool)
    if holes == "a sample":
        where[random.integers(len(flat)), random.integers(flat.shape[1])] = True
    elif holes == "a voxel":
        where[random.integers(len(flat))] = True
    elif holes == "many":
        where = random.random(flat.shape) < 0.1
    elif holes == "all":
        where[:] = True
    else:
        where[:, : flat.shape[1] // 4] = random.random((len(flat), 1)) < 0.5
    flat[where] = random.choice([np.nan, np.inf, -np.inf], where.sum())


@st.composite
def scans(draw):
    """Scans of every shape, type and content, each of them valid."""
    shape = tuple(draw(st.lists(st.integers(1, 3), max_size=4)))
    n_volumes = draw(st.integers(3, 80))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    time = draw(st.sampled_from([0.3, 1.0, 1.5, 4.0])) * np.arange(n_volumes)
    arrival = draw(st.sampled_from([0.0, 0.3, 0.6])) * time[-1]
    aif = 40 * bolus(time, arrival) / bolus(time, arrival).max() + 0.01
    curves = random.uniform(0, 0.3, (*shape, 1)) * bolus(time, arrival) + np.zeros(n_volumes)
    kind = draw(st.sampled_from(KINDS))
    if kind == "noise":
        aif, curves = random.random(n_volumes), random.normal(size=curves.shape)
    elif kind == "early":
        aif = np.exp(-time / time[-1])
    elif kind != "bolus":
        curves = {"nothing": 0, "constant": 3, "negative": -1}[kind] * np.ones_like(curves)
    curves = draw(st.sampled_from([1e-4, 1.0, 1e4])) * curves
    curves = curves + draw(st.sampled_from([0.0, 0.1])) * random.normal(size=curves.shape)
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    limits = np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)
    delta_r2 = np.clip(curves, float(limits.min) / 2, float(limits.max) / 2).astype(dtype)
    punched(delta_r2, draw(st.sampled_from(HOLES)), random)
    mask = draw(st.sampled_from([None, "bool", "labels"]))
    if mask is not None:
        mask = random.integers(0, 3, shape).astype(bool if mask == "bool" else int)
        mask[(0,) * len(shape)] = 1
    signal = None
    if draw(st.booleans()):
        with np.errstate(all="ignore"):
            signal = 800 * np.exp(-0.03 * delta_r2.astype("f4"))
        signal = signal.astype(draw(st.sampled_from(["f4", "f8"])))
        if np.isfinite(signal).all() and draw(st.booleans()):
            signal = np.minimum(signal, 30_000).astype("i2")
    counts = st.integers(0, bolus_arrival(aif))  # a baseline that holds the bolus is refused
    spans = st.tuples(counts, counts).filter(lambda ends: ends[0] < ends[1])
    kinds: list[st.SearchStrategy[int | slice | None]] = [st.none(), counts]
    if bolus_arrival(aif):
        kinds.append(spans.map(lambda ends: slice(*ends)))
    baseline = draw(st.one_of(kinds))
    order = draw(st.sampled_from(["C", "F", "time first", "every other"]))
    if order == "F":
        delta_r2 = np.asfortranarray(delta_r2)
    elif order == "time first":
        delta_r2 = np.moveaxis(np.ascontiguousarray(np.moveaxis(delta_r2, -1, 0)), 0, -1)
    elif order == "every other":
        delta_r2 = np.repeat(delta_r2, 2, axis=-1)[..., ::2]
    rest = {"mask": mask, "signal": signal, "baseline": baseline}
    for one in (delta_r2, aif, time, mask, signal):
        if one is not None:
            one.flags.writeable = False  # that it is not changed, numpy sees to
    return Scan(delta_r2, aif, time, rest)


def computed(scan, method):
    chosen = {"deconvolve": False} if method is None else {"deconvolution_method": method}
    return compute_perfusion_maps(scan.delta_r2, scan.aif, scan.time, **chosen, **scan.rest)


def marked(scan):
    shape = scan.delta_r2.shape[:-1]
    mask = scan.rest["mask"]
    return np.ones(shape, dtype=bool) if mask is None else mask > 0


LOST = Scan(np.full((2, 5), np.nan), np.array([0.0, 0, 4, 1, 0]), np.arange(5.0), {"mask": None})
NEVER_BEFORE = Scan(np.ones((2, 5)), np.array([4.0, 2, 1, 0, 0]), np.arange(5.0), {"mask": None})


def with_signal(scan, signal, baseline=None):
    return scan._replace(rest={**scan.rest, "signal": signal, "baseline": baseline})


@pytest.mark.parametrize("method", METHODS)
@given(scan=scans())
@example(scan=LOST)
@example(scan=with_signal(LOST, np.full((2, 5), np.nan)))
@example(scan=with_signal(LOST, np.full((2, 5), np.inf)))
@example(scan=with_signal(NEVER_BEFORE, np.ones((2, 5))))
@example(scan=with_signal(NEVER_BEFORE, np.ones((2, 5)), 0))
@settings(derandomize=True, deadline=None, max_examples=60)
@pytest.mark.filterwarnings("ignore:The first .* before the steady state")  # noise can begin so
def test_every_valid_scan_is_computed(method, scan):
    """Read-only, without an error or a warning; NaN and False where there is no answer."""
    maps = computed(scan, method)
    inside = marked(scan)
    kind = scan.delta_r2.dtype
    dtype = np.float32 if kind.kind == "f" and kind.itemsize <= 4 else np.float64
    assert maps.quality_mask.shape == maps.quality.shape == inside.shape
    assert maps.quality_mask.dtype == bool
    assert not maps.quality_mask[~inside].any()
    assert not maps.quality[~inside].any()
    np.testing.assert_array_equal(
        maps.quality_mask, inside & (maps.quality & np.uint16(REJECTING) == 0)
    )
    for one in maps:
        assert one.values.shape == inside.shape
        assert one.values.dtype == dtype
        assert np.isnan(one.values[~inside]).all()
    assert (maps.tmax is None) == (maps.delay is None) == (method is None)
    lost = ~np.isfinite(scan.delta_r2).all(axis=-1)
    assert all(np.isnan(one.values[lost]).all() for one in maps)
    assert not maps.quality_mask[lost].any()
    assert (maps.quality[lost & inside] & Quality.NON_FINITE).all()
    for one in (maps.cbf, maps.cbv, maps.mtt):
        answers = one.values[maps.quality_mask]
        assert np.isfinite(answers).all()
        assert (answers > 0).all()


@pytest.mark.parametrize("method", METHODS)
@given(scan=scans(), data=st.data())
@settings(derandomize=True, deadline=None, max_examples=30)
def test_a_missing_sample_stays_in_its_voxel(method, scan, data):
    """Bit for bit: neither a value nor a flag of another voxel knows of it."""
    values = scan.delta_r2.astype(data.draw(st.sampled_from(["f4", "f8"])))
    whole = computed(scan._replace(delta_r2=values), method)
    spoilt = values.copy()
    voxel = tuple(data.draw(st.integers(0, n - 1)) for n in values.shape[:-1])
    volume = data.draw(st.integers(0, values.shape[-1] - 1))
    spoilt[(*voxel, volume)] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    holed = computed(scan._replace(delta_r2=spoilt), method)
    others = np.ones(values.shape[:-1], dtype=bool)
    others[voxel] = False
    for was, now in zip(whole, holed, strict=True):
        assert now.values[others].tobytes() == was.values[others].tobytes()
        assert np.isnan(now.values[voxel])
    own = np.uint16(~POOLED & Quality(2 ** len(Quality) - 1))
    np.testing.assert_array_equal((whole.quality & own)[others], (holed.quality & own)[others])
