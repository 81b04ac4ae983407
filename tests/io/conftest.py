"""Scans on disk, as scanners and accidents leave them."""

import json
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import Phantom, Series
from napari_dsc.core.pipeline import Analysis, Settings, stages


@pytest.fixture(scope="session")
def signal() -> np.ndarray:
    """A few voxels over 24 volumes, int16: noise, so that it does not compress away."""
    return np.random.default_rng(0).integers(1, 3000, (6, 5, 4, 24)).astype(np.int16)


@pytest.fixture
def save(tmp_path, signal) -> Callable[..., Path]:
    """Save a scan with nibabel, and a sidecar (a dict, or bytes) if one is given."""

    def save(name="scan.nii", values=signal, *, affine=None, step=1.5, unit="sec", sidecar=None):
        image = nib.Nifti1Image(values, np.eye(4) if affine is None else affine, dtype=values.dtype)
        image.header.set_xyzt_units("mm", unit)
        image.header["pixdim"][4] = step
        path = tmp_path / name
        nib.save(image, path)
        if sidecar is not None:
            content = sidecar if isinstance(sidecar, bytes) else json.dumps(sidecar).encode()
            path.with_name(name.split(".")[0] + ".json").write_bytes(content)
        return path

    return save


@pytest.fixture
def forge(save) -> Callable[..., Path]:
    """Save a scan as plain NIfTI, then write raw values into fields of its header."""

    def forge(name="forged.nii", values=None, **raw):
        path = save(name) if values is None else save(name, values)
        content = bytearray(path.read_bytes())
        header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)  # a view: it writes
        for key, value in raw.items():
            header[key] = value
        path.write_bytes(content)
        return path

    return forge


@pytest.fixture(scope="session")
def run() -> Callable[..., Analysis]:
    """Run an analysis to its end."""

    def run(series: Series, patient: Phantom, settings: Settings | None = None) -> Analysis:
        work = stages(series, patient.artery, patient.brain, settings or Settings())
        while True:
            try:
                next(work)
            except StopIteration as done:
                return done.value

    return run


@pytest.fixture(scope="session")
def analysis(patient, run) -> Analysis:
    """The digital patient's."""
    return run(patient.series, patient)
