"""Numbers of regions as a table: the same numbers, a row for each label and map."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap, analyse, as_xarray
from napari_dsc.core.regions import statistics_in
from napari_dsc.tables import region_statistics

COLUMNS = ["label", "name", "map", "unit", "voxels", "accepted", "mL"]
COLUMNS += ["mean", "SD", "median", "p5", "p95"]


@pytest.fixture
def maps():
    random = np.random.default_rng(0)
    shape = (6, 5, 4)
    good = random.random(shape) < 0.7

    def one(symbol, units):
        return ParameterMap(
            values=random.normal(5, 2, shape),
            name=symbol,
            symbol=symbol,
            units=units,
            affine=np.diag([-2.0, 2.0, 5.0, 1.0]),
            quality_mask=good,
        )

    return DSCPerfusionMaps(one("CBV", "mL/100g"), one("CBF", "mL/100g/min"), one("MTT", "s"))


def test_a_row_for_each_label_and_map(maps):
    labels = np.random.default_rng(1).choice([0, 2, 5], maps.cbf.values.shape)
    table = region_statistics(maps, labels, {5: "Lesion"})
    assert list(table.columns) == COLUMNS
    assert table[["label", "map"]].values.tolist() == [
        [label, symbol] for label in (2, 5) for symbol in ("CBV", "CBF", "MTT")
    ]
    for row in table.itertuples():
        one = getattr(maps, row.map.lower())
        region = labels == row.label
        values = one.values[region & one.quality_mask]
        assert row.name == {2: "Region 2", 5: "Lesion"}[row.label]
        assert (row.unit, row.voxels, row.accepted) == (one.units, region.sum(), values.size)
        assert (row.mL, row.mean, row.SD, row.median, row.p5, row.p95) == pytest.approx(
            (
                0.02 * region.sum(),
                np.mean(values),
                np.std(values, ddof=1),
                *np.percentile(values, [50, 5, 95]),
            )
        )
    wide = table.pivot(index="name", columns="map", values="mean")
    (_, lesion) = statistics_in(maps, labels)
    assert wide.loc["Lesion", "MTT"] == lesion.maps["MTT"].mean


def test_nothing_painted_is_an_empty_table(maps):
    table = region_statistics(maps, np.zeros(maps.cbf.values.shape, dtype=int))
    assert table.empty
    assert list(table.columns) == COLUMNS


def test_labels_of_another_kind_are_refused(maps):
    with pytest.raises(DscError, match=r"shape of the maps, \(6, 5, 4\), got \(3,\)"):
        region_statistics(maps, [1, 2, 3])
    with pytest.raises(DscError, match="whole numbers, got float64"):
        region_statistics(maps, np.full(maps.cbf.values.shape, 0.5))


def test_pandas_is_loaded_with_the_first_table_only():
    code = "import sys, napari_dsc.tables; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_maps_are_xarray_with_their_axes_and_units(patient):
    """By name; what is in a voxel is where its coordinates say."""
    xr = pytest.importorskip("xarray")
    maps = analyse(patient.series, patient.artery).maps
    found = as_xarray(maps)
    assert isinstance(found, xr.Dataset)
    affine = patient.series.affine
    x, y, z = (affine @ [10, 12, 2, 1])[:3]
    there = found["CBV"].sel(x=x, y=y, z=z, method="nearest").item()
    assert there == pytest.approx(maps.cbv.values[10, 12, 2], nan_ok=True)
    assert found["CBF"].attrs["units"] == "0.01 mL g-1 min-1"
    assert "mL/100g/min" in found["CBF"].attrs["long_name"]
    assert found["x"].attrs["units"] == "mm"
    assert np.array_equal(found["accepted"].values.T, maps.cbv.quality_mask)
    assert np.allclose(np.reshape(found.attrs["affine"], (4, 4)), affine)


def test_oblique_axes_are_counted_along_themselves(patient):
    """No coordinate of the scanner is made up for them."""
    pytest.importorskip("xarray")
    turn = np.eye(4)
    turn[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    series = replace(patient.series, affine=turn @ patient.series.affine)
    found = as_xarray(analyse(series, patient.artery).maps)
    size = np.linalg.norm(series.affine[:3, 0])
    assert found["x"].values[:2] == pytest.approx([0, size])
    assert "along axis 0" in found["x"].attrs["long_name"]
    bare = as_xarray(analyse(replace(series, affine=None), patient.artery).maps)
    assert "units" not in bare["x"].attrs
    assert "affine" not in bare.attrs


def test_napari_reads_names_scale_and_units(patient):
    """A layer of such a map has them without another word."""
    pytest.importorskip("xarray")
    layers = pytest.importorskip("napari.layers")
    layer = layers.Image(as_xarray(analyse(patient.series, patient.artery).maps)["Tmax"])
    assert tuple(layer.axis_labels) == ("z", "y", "x")
    sizes = np.linalg.norm(patient.series.affine[:3, :3], axis=0)[::-1]
    assert np.abs(layer.scale) == pytest.approx(sizes)
    assert all(str(one) == "millimeter" for one in layer.units)
