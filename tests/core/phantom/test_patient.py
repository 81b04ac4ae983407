"""Which patient is made, and that the one of blocks stays what it was, to the byte."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_dsc import DscError, phantom
from napari_dsc.core.phantom import Artefacts, Phantom

ROOT = Path(__file__).parents[3]
KERNELS = "X86_V3"  # of numpy, with which the patients were kept
FINGERPRINTS = """
import json
from napari_dsc import phantom
from tests.core.phantom.test_patient import KEPT, fingerprint
ways = ({}, {"anatomy": "blocks"})
calls = {name: call for name, (call, _) in KEPT.items()}
of_call = lambda call: [fingerprint(phantom(**call, **way)) for way in ways]
print(json.dumps({name: of_call(call) for name, call in calls.items()}))
"""
KEPT = {  # SHA-256, the first 32 digits, of scan, times, place, labels, masks, truth
    "as it comes": ({}, "e4c95a7250b5ed1e4aff31813f49c19a"),
    "small": ({"shape": (32, 32, 4)}, "bf21feb4a95a1e72a34102c43b01b3cb"),
    "odd": (
        {"shape": (30, 50, 3), "n_volumes": 20, "arrival": 15.0},
        "148bd710c206622566bb86c60f031816",
    ),
    "without noise": ({"shape": (48, 48, 6), "snr": np.inf}, "12e04803d4532385a4024b99043c3414"),
    "noisy": (
        {
            "shape": (24, 24, 4),
            "snr": 30.0,
            "seed": 7,
            "repetition_time": 2.0,
            "echo_time": 0.04,
            "arrival": 25.0,
        },
        "c47d9c03662108e8116ae2a02b898cd9",
    ),
    "slice times": (
        {"shape": (24, 24, 4), "slice_times": (0.0, 0.75, 0.25, 1.0)},
        "7f1399c209cfd4cd36002e03811476ea",
    ),
}


def fingerprint(patient: Phantom) -> str:
    """Of all that a patient holds."""
    series, known = patient.series, hashlib.sha256()
    assert series.affine is not None
    arrays = (
        series.signal,
        series.time,
        series.affine,
        patient.tissue,
        patient.artery,
        patient.brain,
        patient.aif,
        *(patient.truth[key] for key in sorted(patient.truth)),
    )
    for values in arrays:
        plain = np.ascontiguousarray(values)
        known.update(str((plain.dtype.str, plain.shape)).encode())
        known.update(plain.tobytes())
    if series.slice_times is not None:
        known.update(np.asarray(series.slice_times, float).tobytes())
    return known.hexdigest()[:32]


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """Fingerprints that the instructions give with which they were kept; newer ones round anew."""
    own = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    if KERNELS not in own:
        pytest.skip(f"kept with {KERNELS}, which this processor has not")
    newer = " ".join(own[own.index(KERNELS) + 1 :])
    env = {**os.environ, "PYTHONPATH": str(ROOT), "NPY_DISABLE_CPU_FEATURES": newer}
    command = [sys.executable, "-c", FINGERPRINTS]
    told = subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, text=True)
    return dict(json.loads(told.stdout))


@pytest.mark.parametrize("name", KEPT)
def test_the_patient_of_blocks_stays_to_the_byte(found, name):
    """For every call that does not ask for the realistic one; also one that names it."""
    _, expected = KEPT[name]
    assert found[name] == [expected, expected]


def test_the_same_seed_gives_the_same_realistic_patient():
    """And another seed another anatomy."""
    ones = [phantom((32, 32, 4), anatomy="realistic", seed=seed) for seed in (1, 1, 2)]
    assert fingerprint(ones[0]) == fingerprint(ones[1])
    assert (ones[0].tissue != ones[2].tissue).mean() > 0.02


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"anatomy": "real"}, "anatomy must be one of blocks, realistic, got 'real'"),
        (
            {"anatomy": "realistic", "lesion": "cyst"},
            "lesion must be one of stroke, tumour, both, none, got 'cyst'",
        ),
        ({"anatomy": "realistic", "artefacts": {"drift": 1}}, "artefacts must be Artefacts"),
        ({"lesion": "stroke"}, "must be left out for the patient of blocks"),
        ({"artefacts": Artefacts()}, "must be left out for the patient of blocks"),
    ],
    ids=["anatomy", "lesion", "no artefacts", "lesion of blocks", "artefacts of blocks"],
)
def test_what_names_no_patient_is_refused(call, words):
    with pytest.raises(DscError, match=words):
        phantom((8, 8, 2), **call)


@pytest.mark.parametrize("shape", [(128, 128, 20), (64, 64, 8), (40, 60, 30)])
def test_slices_of_the_realistic_patient_are_as_thick_as_in_a_clinic(shape):
    """20 reach from the skull base to the vertex; more are thinner, fewer show a part."""
    patient = phantom(shape, 20, arrival=15.0, anatomy="realistic")
    affine = patient.series.affine
    assert affine is not None
    spacing = np.abs(np.diag(affine)[:3])
    np.testing.assert_allclose(spacing[:2] * shape[:2], 220)
    assert spacing[2] == pytest.approx(min(6.5, 130 / shape[2]))
    assert patient.tissue.shape == shape
    assert np.linalg.det(affine[:3, :3]) < 0
