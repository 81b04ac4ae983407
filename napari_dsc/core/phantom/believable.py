"""Realistic digital patient: head, vessels, lesions and bolus put together."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.phantom.anatomy import Anatomy, anatomy_of
from napari_dsc.core.phantom.artefacts import Artefacts, faded, moved_head, pulsing
from napari_dsc.core.phantom.bolus import bolus_of
from napari_dsc.core.phantom.grid import around_head, fine_grid, pose_of, spacing_of
from napari_dsc.core.phantom.lesions import Lesion, glioma
from napari_dsc.core.phantom.mixing import coil, mixed
from napari_dsc.core.phantom.perfusion import Flows, flows_of
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.record import Made, Timing, Tissue
from napari_dsc.core.phantom.vessels import Vessel, vessels_of
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["believable"]

PURE, SOME = 0.95, 0.25  # shares of arterial blood: a pure voxel, and one that tissue shares
BLOODLESS = 0.02  # share of vessels, up to which a voxel's truth is that of its tissue
HALF, LOST = 0.5, 0.65
LABELS: Mapping[Tissue, tuple[str, ...]] = {
    Tissue.AIR: ("air", "bone"),
    Tissue.SCALP: ("soft", "fat", "eye"),
    Tissue.GREY: ("grey", "deep"),
    Tissue.WHITE: ("white",),
    Tissue.CSF: ("csf", "membrane"),
    Tissue.TUMOUR: ("rim",),
    Tissue.NECROSIS: ("necrosis",),
    Tissue.OEDEMA: ("oedema",),
    Tissue.CHOROID_PLEXUS: ("plexus",),
}
PARENCHYMA = "grey", "deep", "white", "rim", "oedema", "necrosis", "plexus"


def believable(
    shape: tuple[int, int, int],
    timing: Timing,
    seed: int,
    lesion: Lesion,
    artefacts: Artefacts,
) -> Made:
    """Make the patient of a believable anatomy, without noise.

    Parameters
    ----------
    shape : tuple of int
        Voxels (X, Y, Z).
    timing : Timing
        Of the scan and the bolus.
    seed : int
        Of everything that chance decides.
    lesion : {"stroke", "tumour", "both", "none"}
        What is the matter.
    artefacts : Artefacts
        What spoils the scan.
    """
    warp, folds, flow, light, jerks = (np.random.default_rng([seed, at]) for at in range(2, 7))
    stroke, tumour = lesion in ("stroke", "both"), lesion in ("tumour", "both")
    spacing = spacing_of(shape)
    box = around_head(shape, spacing)
    inner = tuple(len(range(*part.indices(n))) for part, n in zip(box, shape, strict=True))
    fine = fine_grid(inner, spacing, pose_of(seed), warp)
    vessels = vessels_of(stroke=stroke)
    anatomy = anatomy_of(fine, folds, vessels, glioma(fine, flow) if tumour else {})
    del fine
    flows = flows_of(anatomy.places, flow, stroke=stroke)
    late = np.zeros(shape[2]) if timing.slice_times is None else timing.slice_times
    bolus = bolus_of(float(timing.time[-1] + late.max()), timing.arrival)
    signal = mixed(anatomy, vessels, flows, bolus, timing)
    signal *= (coil(anatomy, light) * faded(artefacts, anatomy.places))[..., None]
    pulsing(artefacts, signal, _beating(anatomy, vessels), timing.time, late)
    moved_head(artefacts, signal, spacing, jerks)
    tissue = _labels(anatomy, vessels, flows)
    brain = _brain(anatomy, tissue)
    truth = _truth(anatomy, flows, tissue, brain, _total(anatomy, vessels))

    def whole(part: NDArray[Any], around: float) -> NDArray[Any]:
        made = np.full((*shape, *part.shape[3:]), around, dtype=part.dtype)
        made[box] = part
        return made

    return Made(
        signal=whole(signal, 0),
        truth={key: whole(values, np.nan) for key, values in truth.items()},
        tissue=whole(tissue, Tissue.AIR),
        artery=whole((tissue == Tissue.ARTERY) & brain, False),
        brain=whole(brain, False),
        aif=bolus.vessel(vessels["termini"], timing.time),
    )


def _beating(anatomy: Anatomy, vessels: Mapping[str, Vessel]) -> Soft:
    """How much each voxel pulsates."""
    x, y, z = anatomy.places
    stem = np.exp(-((x / 18) ** 2 + ((y + 26) / 20) ** 2 + ((z + 30) / 28) ** 2))
    beating = 0.5 * stem + anatomy.shares["csf"]
    for name, vessel in vessels.items():
        if not vessel.vein:
            beating = beating + anatomy.shares[name]
    return np.asarray(np.minimum(beating, 1), dtype=np.float32)


def _labels(anatomy: Anatomy, vessels: Mapping[str, Vessel], flows: Flows) -> NDArray[np.uint8]:
    """Tissue with the largest share of each voxel; arteries from a quarter of it."""
    veins = [name for name, one in vessels.items() if one.vein]
    dark = [name for name, one in vessels.items() if one.saturated]
    bright = [name for name in vessels if name not in (*veins, *dark)]
    totals = {label: _total(anatomy, names) for label, names in LABELS.items()}
    totals[Tissue.VEIN] = _total(anatomy, veins)
    labels = np.array(list(totals), dtype=np.uint8)
    tissue: NDArray[np.uint8] = labels[np.stack(list(totals.values())).argmax(axis=0)]
    brain = np.isin(tissue, (Tissue.GREY, Tissue.WHITE))
    tissue[brain & (flows.infarct.late > HALF)] = Tissue.HYPOPERFUSED
    tissue[brain & (flows.infarct.core > LOST)] = Tissue.INFARCT_CORE
    tissue[_total(anatomy, dark) >= SOME] = Tissue.SATURATED_ARTERY
    tissue[_total(anatomy, bright) >= SOME] = Tissue.PARTIAL_ARTERY
    tissue[anatomy.shares["termini"] >= PURE] = Tissue.ARTERY
    return tissue


def _total(anatomy: Anatomy, names: Iterable[str]) -> Soft:
    """Share of each voxel that some tissues or vessels take together."""
    total = np.zeros_like(anatomy.cavity)
    for name in names:
        total = total + anatomy.shares.get(name, 0)
    return total


def _brain(anatomy: Anatomy, tissue: NDArray[np.uint8]) -> BoolArray:
    """Brain, ventricles, fluid and vessels within the skull, and the sinuses along it."""
    return np.asarray(
        ((anatomy.cavity >= HALF) & (tissue >= Tissue.GREY))
        | ((tissue == Tissue.VEIN) & (anatomy.cavity > BLOODLESS))
    )


def _truth(
    anatomy: Anatomy, flows: Flows, tissue: NDArray[np.uint8], brain: BoolArray, blood: Soft
) -> dict[str, FloatArray]:
    """Maps as the record describes them."""
    shares = {name: anatomy.shares[name] for name in PARENCHYMA if name in anatomy.shares}
    solid = _total(anatomy, PARENCHYMA)
    whole = np.maximum(solid + anatomy.shares["csf"] + anatomy.shares["membrane"], 1e-3)
    known = brain & (blood <= BLOODLESS) & (whole >= HALF)
    cbf = sum(share * flows.cbf[name] for name, share in shares.items()) / whole
    cbv = sum(share * flows.cbv[name] for name, share in shares.items()) / whole
    passed = known & (tissue != Tissue.CSF) & (cbf > 0)
    truth = {
        "cbf": np.where(known, cbf, np.nan),
        "cbv": np.where(known, cbv, np.nan),
        "mtt": np.where(passed, 60 * cbv / np.where(passed, cbf, 1), np.nan),
        "delay": np.where(passed, flows.delay, np.nan),
    }
    return {key: values.astype(np.float64) for key, values in truth.items()}
