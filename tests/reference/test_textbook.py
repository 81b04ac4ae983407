"""The methods, written once more from the papers, in float64 and without any shortcut."""

import numpy as np
import pytest

from napari_dsc import compute_perfusion_maps
from napari_dsc.core.deconvolution import CirculantSvd, StandardSvd, Tikhonov

STEP, N = 1.5, 50
FLOW = 6000 * 0.73 / 1.04  # mL/100g/min for a residue of 1/s
LIMIT = 0.035


def bolus(time, start, a=3.0, b=1.6):
    since = np.maximum(time - start, 0)
    return since**a * np.exp(-since / b)


def brain(count, seed=0):
    """Curves of many transit times, flows and delays with noise, and their artery."""
    random = np.random.default_rng(seed)
    fine = np.arange(0, N * STEP, 0.1)
    time = STEP * np.arange(N)
    kinds = []
    for mtt in (2.5, 4.0, 6.0, 10.0):
        whole = 0.1 * np.convolve(bolus(fine, 15.0), np.exp(-fine / mtt))[: fine.size]
        kinds += [np.interp(time - delay, fine, whole) for delay in (-1.5, 0.0, 0.8, 2.0, 4.5)]
    curves = np.array(kinds)[random.integers(len(kinds), size=count)]
    curves *= random.uniform(0.004, 0.016, (count, 1))
    curves += random.normal(0, 0.03, curves.shape) * curves.max(axis=1, keepdims=True)
    artery = bolus(time, 15.0)
    artery += artery.max() * (0.01 + 0.05 * time / time[-1])  # off zero at both ends: they count
    return curves, artery, time


def peak_on_circle(residue, first):
    """Height and lag (in samples) of the largest value at lags first … N − 1, on a circle."""
    size = len(residue)
    lag = max(range(first, N), key=lambda k: residue[k % size])
    left, top, right = (residue[k % size] for k in (lag - 1, lag, lag + 1))
    if lag in (first, N - 1):
        return top, lag
    offset = (left - right) / (2 * (left - 2 * top + right))
    return top - (left - right) * offset / 4, lag + offset


def truncated_inverse(matrix, threshold):
    """Pseudo-inverse from the singular values that are at least a fraction of the largest."""
    u, s, vt = np.linalg.svd(matrix)
    keep = s >= threshold * s[0]
    return vt[keep].T @ np.diag(1 / s[keep]) @ u[:, keep].T


def block_circulant(aif):
    """Wu 2003: the matrix of a circular convolution, padded with zeros to twice the length."""
    padded = [0.0, *aif, 0.0]
    weights = [STEP * (padded[i] + 4 * padded[i + 1] + padded[i + 2]) / 6 for i in range(N)]
    column = weights + [0.0] * N
    return np.array([[column[(i - j) % (2 * N)] for j in range(2 * N)] for i in range(2 * N)])


def volterra(aif):
    """Sourbron 2007: each interval's integral of a product of two straight lines (Simpson)."""
    matrix = np.zeros((N, N))
    for i in range(N):
        for k in range(i):  # ∫ a(t_i − s) R(s) ds from t_k to t_(k+1)
            near, far = aif[i - k], aif[i - k - 1]
            matrix[i, k] += STEP / 6 * (near + (near + far))
            matrix[i, k + 1] += STEP / 6 * (far + (near + far))
    return matrix


def circulant_maps(curves, aif, threshold):
    inverse = truncated_inverse(block_circulant(aif), threshold)
    residues = np.hstack([curves, np.zeros_like(curves)]) @ inverse.T
    peaks = np.array([peak_on_circle(one, -int(10 / STEP)) for one in residues])
    return residues, FLOW * peaks[:, 0], STEP * peaks[:, 1]


def oscillation(residues):
    """Wu 2003, Eq. 6, of each row: k = 2 … L − 1 in the order of the circle."""
    size = residues.shape[1]
    total = sum(
        abs(residues[:, k] - 2 * residues[:, k - 1] + residues[:, k - 2]) for k in range(2, size)
    )
    return total / size / residues.max(axis=1)


def anticausal(aif):
    """Convolution with a residue that may begin 8 s (8 samples) before the artery."""
    before = max(8, int(np.ceil(8 / STEP)))
    padded = [0.0, *aif, 0.0]
    weights = [STEP * (padded[i] + 4 * padded[i + 1] + padded[i + 2]) / 6 for i in range(N)]
    matrix = np.zeros((N, before + N))
    for i in range(N):
        for j in range(before + N):
            if 0 <= i - (j - before) < N:
                matrix[i, j] = weights[i - (j - before)]
    return matrix, before


def evidence(matrix, curve, strength):
    """−2 ln of the marginal likelihood, its scale maximised out, by a determinant and a solve."""
    covariance = matrix @ matrix.T + strength**2 * np.eye(N)
    _, logdet = np.linalg.slogdet(covariance)
    return N * np.log(curve @ np.linalg.solve(covariance, curve)) + logdet


def tikhonov(matrix, curve, strength):
    """Minimum of |T r − c|² + λ²|r|², from its normal equations."""
    normal = matrix.T @ matrix + strength**2 * np.eye(matrix.shape[1])
    return np.linalg.solve(normal, matrix.T @ curve)


def peak_of_ridge(residue, before):
    """Height and lag (in samples) of the largest value from 10 s before the artery on."""
    first = max(0, before - int(10 / STEP))
    at = first + int(np.argmax(residue[first:]))
    near, top, far = residue[at - 1 : at + 2]
    shift = (near - far) / (2 * (near - 2 * top + far))
    return top - (near - far) * shift / 4, at + shift - before


def maps(curves, aif, time, method, threshold):
    made = compute_perfusion_maps(
        curves, aif, time, deconvolution_method=method, svd_threshold=threshold
    )
    return made.cbf.values, made.tmax.values


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-9)])
@pytest.mark.parametrize("threshold", [0.05, 0.1, 0.2, 0.35])
def test_circulant_svd_is_an_explicit_block_circulant_svd(threshold, dtype, rtol):
    """The shortcut through the spectrum drops the same singular values as the full SVD."""
    curves, aif, time = brain(400)
    flow, tmax = maps(curves.astype(dtype), aif, time, "cSVD", threshold)
    _, expected, position = circulant_maps(curves, aif, threshold)
    np.testing.assert_allclose(flow, expected, rtol=rtol)
    np.testing.assert_allclose(tmax, position, atol=1e3 * rtol * STEP)


@pytest.mark.parametrize("cap", [0.03, 0.05, 0.12, 0.2, 0.3])
@pytest.mark.parametrize(
    ("dtype", "rtol", "count"), [(np.float32, 1e-5, 12_000), (np.float64, 1e-9, 500)]
)
def test_oscillation_svd_is_an_exhaustive_search(cap, dtype, rtol, count):
    """Per voxel the first of 0.05, 0.10, … cap whose residue is calm, or the cap."""
    kinds, aif, time = brain(500)
    random = np.random.default_rng(1)
    curves = kinds[np.arange(count) % 500] * (1 + 0.02 * random.standard_normal((count, N)))
    expected = np.zeros(count)
    calm = np.zeros(count, dtype=bool)
    for threshold in [0.05 * k for k in range(1, 7) if 0.05 * k < cap - 1e-9] + [cap]:
        if calm.all():
            break
        residues, flow, _ = circulant_maps(curves[~calm], aif, threshold)
        expected[~calm] = flow
        calm[~calm] = oscillation(residues) < LIMIT
    found, _ = maps(curves.astype(dtype), aif, time, "oSVD", cap)
    assert np.mean(np.abs(found / expected - 1) > rtol) < 1e-4


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-9)])
@pytest.mark.parametrize("threshold", [0.05, 0.2, 0.35])
def test_standard_svd_is_an_explicit_lower_triangular_svd(threshold, dtype, rtol):
    """The matrix is exact for curves that are straight between their samples."""
    curves, aif, time = brain(400)
    flow, tmax = maps(curves.astype(dtype), aif, time, "sSVD", threshold)
    residues = curves @ truncated_inverse(volterra(aif), threshold).T
    peaks = np.array([peak_on_circle(one, 0) for one in residues])
    np.testing.assert_allclose(flow, FLOW * peaks[:, 0], rtol=rtol)
    np.testing.assert_allclose(tmax, STEP * peaks[:, 1], atol=1e3 * rtol * STEP)


def test_fits_are_the_convolutions():
    """Residues times `forward` are the curves that the artery makes of them."""
    _, aif, _ = brain(1)
    random = np.random.default_rng(2)
    standard = StandardSvd()(aif, STEP)
    residue = random.normal(size=(3, N))
    lagged = np.where(standard.lags >= 0, np.hstack([np.ones((3, 1)), residue]), 7.0)
    np.testing.assert_allclose(lagged @ standard.forward, residue @ volterra(aif).T, atol=1e-12)
    circulant = CirculantSvd()(aif, STEP)
    residue = random.normal(size=(3, 2 * N))  # lags 0 … N − 1, then −N … −1
    lagged = residue[:, (np.rint(circulant.lags / STEP).astype(int)) % (2 * N)]
    expected = (residue @ block_circulant(aif).T)[:, :N]
    np.testing.assert_allclose(lagged @ circulant.forward, expected, atol=1e-12)
    matrix, before = anticausal(aif)
    evident = Tikhonov()(aif, STEP)
    np.testing.assert_allclose(evident.lags, STEP * np.arange(-before, N))
    np.testing.assert_allclose(evident.forward, matrix.T, atol=1e-12)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 3e-4), (np.float64, 1e-7)])
def test_tikhonov_is_a_ridge_whose_strength_has_the_most_evidence(dtype, rtol):
    """Sixteen strengths, the best and its neighbours on a parabola, then the normal equations."""
    curves, aif, time = brain(60)
    matrix, before = anticausal(aif)
    largest = np.linalg.norm(matrix, 2)
    grid = np.log(np.geomspace(0.002, 1.5, 16))
    flow, tmax = maps(curves.astype(dtype), aif, time, "Tikhonov", 0.2)
    solve = Tikhonov()(aif, STEP).solver(slice(None), np.dtype(dtype), True)
    used = solve(curves.astype(dtype)).used
    for voxel, curve in enumerate(curves):
        cost = [evidence(matrix, curve, largest * np.exp(one)) for one in grid]
        best = int(np.argmin(cost))
        assert 0 < best < 15
        left, low, right = cost[best - 1 : best + 2]
        offset = (left - right) / (2 * (left - 2 * low + right))
        strength = np.exp(grid[best] + offset * (grid[1] - grid[0]))
        assert used[voxel] == pytest.approx(strength, rel=max(rtol, 1e-6))
        height, lag = peak_of_ridge(tikhonov(matrix, curve, largest * strength), before)
        assert flow[voxel] == pytest.approx(FLOW * height, rel=rtol)
        assert tmax[voxel] == pytest.approx(STEP * lag, abs=1e3 * rtol)


def test_the_grid_of_strengths_is_fine_enough():
    """A search of 150 strengths changes the flow by half a percent, seldom by three."""
    curves, aif, time = brain(15, seed=4)
    matrix, before = anticausal(aif)
    largest = np.linalg.norm(matrix, 2)
    flow, _ = maps(curves, aif, time, "Tikhonov", 0.2)
    fine = largest * np.geomspace(0.002, 1.5, 150)
    change = []
    for voxel, curve in enumerate(curves):
        strength = min(fine, key=lambda one: evidence(matrix, curve, one))
        height, _ = peak_of_ridge(tikhonov(matrix, curve, strength), before)
        change.append(FLOW * height / flow[voxel] - 1)
    assert np.median(np.abs(change)) < 0.005
    assert np.abs(change).max() < 0.05
