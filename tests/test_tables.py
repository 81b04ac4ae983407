"""Numbers of regions as a table: the same numbers, a row for each label and map."""

import subprocess
import sys

import numpy as np
import pytest

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap
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
