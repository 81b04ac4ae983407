"""One analysis from a scan to its maps, without a screen: what Python and the shell both call."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from napari_dsc.analysis.regions import drawn_of, given_regions
from napari_dsc.analysis.regions_elsewhere import bringing_regions, regions_elsewhere
from napari_dsc.analysis.result import Analysis
from napari_dsc.analysis.scan import Opened, Source, opening
from napari_dsc.analysis.setup import Setup, Spelling, in_python
from napari_dsc.analysis.tumour import enhancing_of, refuse_half, with_tumour
from napari_dsc.analysis.vessels import (
    Given,
    given_masks,
    given_vessel,
    is_none,
    is_proposed,
    proposed_vessel,
)
from napari_dsc.core.defaults import LEAKAGE
from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis as CoreAnalysis
from napari_dsc.core.pipeline import (
    LeakageMasks,
    Prepared,
    Proposal,
    prepare,
    propose,
    several_boluses,
    stages,
    with_vessels,
)
from napari_dsc.core.progress import finished, part_of_whole
from napari_dsc.core.provenance import BY_DEFAULT, Origin, Origins
from napari_dsc.core.regions import Cleaning
from napari_dsc.core.settings import Settings
from napari_dsc.core.types import Aif, BoolArray, Progress, Series
from napari_dsc.io.aif import GivenCurve
from napari_dsc.motion import align

__all__ = ["analyse", "analysing"]

IDLE_WITHOUT_LEAKAGE = ("leakage_region", "leakage_reference")


def analyse(
    scan: Source, aif: Any = None, *, setup: Setup | None = None, **chosen: Any
) -> Analysis:
    """Compute the maps of a scan: the same program as the viewer and the command line.

    Parameters
    ----------
    scan : Series, path or sequence of paths
        A scan from `read`, or what `read` takes.
    aif : path, ndarray of bool of shape (X, Y, Z), Aif, or "propose"
        Arterial voxels or curve; None: that of `setup`. Where neither names one, none is taken:
        the maps of the bolus's shape are computed alone, and a notice says what is missing.
    setup : Setup, optional
        What was chosen before, as from `read_setup`.
    **chosen
        Over `setup`: the names of `SETTINGS` (such as `svd_threshold`, `baseline`, `window`,
        `leave_out`, `vein`) and of `INPUTS` (such as `brain`, `motion`, `regions`, `normalise`).
        What is not chosen is proposed, or as by default.

    Returns
    -------
    Analysis
        Maps, masks, findings, and what saves and reports them.

    Raises
    ------
    DscError
        If something is unknown that only the user can say, or cannot be used.

    Examples
    --------
    >>> from napari_dsc import phantom
    >>> patient = phantom((48, 48, 6), 60)
    >>> one = analyse(patient.series, "propose", svd_threshold=0.15)
    >>> one.maps.cbf.units, one.settings.method.svd_threshold
    ('mL/100g/min', 0.15)
    """
    given = Setup() if setup is None else setup
    whole = given.replaced(**chosen) if aif is None else given.replaced(aif=aif, **chosen)
    return finished(_analysing(scan, whole))


def _analysing(scan: Source, setup: Setup) -> Generator[Progress, None, Analysis]:
    opened = yield from part_of_whole(opening(scan, setup), 0.0, 0.2)
    return (yield from part_of_whole(analysing(opened, setup), 0.2, 1.0))


def analysing(
    opened: Opened,
    setup: Setup,
    *,
    spelled: Spelling = in_python,
    moved: Series | None = None,
    known: Prepared | None = None,
) -> Generator[Progress, None, Analysis]:
    """Compute the maps of a scan that was opened, step by step.

    Parameters
    ----------
    opened : Opened
        From `opening`.
    setup : Setup
        What was chosen.
    spelled : callable
        How the user writes the name of a choice, for errors.
    moved : Series, optional
        The scan with its motion corrected, from an earlier run.
    known : Prepared, optional
        From an earlier run: where scan, brain and baseline are the same, it is taken.

    Yields
    ------
    Progress
        Often enough to be stopped within a second.

    Returns
    -------
    Analysis
        Maps, masks, findings.

    Raises
    ------
    DscError
        As `analyse`.
    """
    settings = setup.settings(spelled)
    masks = given_masks(opened, setup, spelled)
    elsewhere = regions_elsewhere(setup)
    regions = None if elsewhere is not None else given_regions(opened.series, setup)
    _refuse_idle(setup, spelled)
    refuse_half(setup, spelled)
    inputs = yield from _inputs(opened, setup, masks, settings, spelled, moved, known)
    found = yield from inputs.computed(inputs.known, inputs.leakage)
    found = _unseen_reference(found)
    tumour, proposed = yield from enhancing_of(found, masks, setup)
    if found.leaked is not None and tumour is not None and _wants_region(masks, settings):
        # What enhances was found on these maps.
        origin = Origin(kind="proposed", notes=(BY_DEFAULT,), unseen=True)
        leakage = replace(inputs.leakage, region=tumour, region_origin=origin)
        found = _unseen_reference((yield from inputs.computed(found.prepared, leakage)))
    brought = ""
    if elsewhere is not None:
        regions, brought = yield from bringing_regions(elsewhere, found)
        found = replace(found, notices=(*found.notices, brought))
    drawn = drawn_of(found, regions, setup, spelled, brought, tumour)
    drawn = with_tumour(found, inputs.series, drawn, tumour, setup, masks)
    doubts = () if drawn is None or not drawn.doubt else (drawn.doubt,)
    notices = dict.fromkeys((*inputs.notices, *found.notices, *proposed, *doubts))
    found = replace(found, notices=tuple(notices))
    return Analysis(
        series=inputs.series,
        setup=setup,
        core=found,
        opened=opened,
        remake=partial(_remade, opened, inputs.moved, found.prepared),
        drawn=drawn,
        cleaning=_cleaning(setup),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Inputs:
    """Scan, vessels, brain and settings of one analysis: given, or proposed where nothing was.

    Parameters
    ----------
    series : Series
        The scan, without the volumes that are left out.
    moved : Series or None
        The scan with its motion corrected, if that was wanted.
    artery, brain, vein : ndarray of bool, shape (...), Aif (of an artery), or None
        As `stages` takes them.
    settings : Settings
        How to compute.
    known : Prepared or None
        Curves that an earlier run has prepared.
    leakage : LeakageMasks
        Masks of a correction for leakage.
    origins : Origins
        How AIF, VOF and brain were chosen.
    notices : tuple of str
        What a reader should know of the masks.
    """

    series: Series
    moved: Series | None
    artery: BoolArray | Aif | None
    brain: BoolArray
    vein: BoolArray | None
    settings: Settings
    known: Prepared | None
    leakage: LeakageMasks
    origins: Origins
    notices: tuple[str, ...]

    def computed(
        self, known: Prepared | None, leakage: LeakageMasks
    ) -> Generator[Progress, None, CoreAnalysis]:
        """Maps of these inputs."""
        return stages(
            self.series,
            self.artery,
            self.brain,
            self.settings,
            known=known,
            vein=self.vein,
            origins=self.origins,
            leakage=leakage,
        )


def _inputs(
    opened: Opened,
    setup: Setup,
    masks: Mapping[str, Given],
    settings: Settings,
    spelled: Spelling,
    moved: Series | None,
    known: Prepared | None,
) -> Generator[Progress, None, _Inputs]:
    """Bring together what an analysis computes from."""
    series = _leaving_out(opened.turned, setup)
    artery = given_vessel(opened, series, setup, masks, spelled)
    drawn = masks["brain"].voxels if "brain" in masks else None
    proposal = _proposed(series, drawn, setup, spelled)
    if setup.get("motion"):
        if moved is None:
            moved = yield from _still(series, proposal, settings.baseline or proposal.baseline)
        series = _leaving_out(moved, setup)
        proposal = _proposed(series, drawn, setup, spelled)
    series, settings = _before_bolus(series, settings, proposal, setup, known)
    span = settings.baseline or proposal.baseline
    look = partial(
        proposed_vessel, series, proposal.brain, span, spelled, slice_timing=settings.slice_timing
    )
    artery, vein = yield from _vessels(setup, masks, artery, look)
    brain, venous = proposal.brain, None if vein is None else vein.voxels
    if drawn is None and artery is not None:
        # Vessels that the user marked are computed, unless they lie in air.
        brain = with_vessels(series, brain, artery.voxels, venous)
    arterial, known, settings = yield from _curve(artery, series, brain, settings, known)
    return _Inputs(
        series=series,
        moved=moved,
        artery=arterial,
        brain=brain,
        vein=venous,
        settings=settings,
        known=known,
        leakage=_leakage_masks(masks, settings),
        origins=Origins(
            aif=None if artery is None else artery.origin,
            vof=None if vein is None else vein.origin,
            brain=_origin_of_brain(masks.get("brain"), proposal.brain, brain),
        ),
        notices=tuple(one for given in (*masks.values(), artery) if given for one in given.notices),
    )


def _before_bolus(
    series: Series,
    settings: Settings,
    proposal: Proposal,
    setup: Setup,
    known: Prepared | None,
) -> tuple[Series, Settings]:
    """The scan with one of its boluses, and the baseline before it where that is known."""
    if setup.get("bolus") is not None or (proposal.boluses and settings.baseline is None):
        series = replace(series, left_out=proposal.left_out)
        settings = replace(settings, baseline=settings.baseline or proposal.baseline)
    span = settings.baseline or proposal.baseline
    if known is not None and known.baseline == span:
        settings = replace(settings, baseline=span)  # it was looked for before
    return series, settings


def _wants_region(masks: Mapping[str, Given], settings: Settings) -> bool:
    """Whether nobody has named a region in which leakage is corrected."""
    named = any(name in masks for name in ("leakage_region", "enhancement"))
    return settings.leakage_where != "everywhere" and not named


def _still(
    series: Series, proposal: Proposal, baseline: tuple[int, int]
) -> Generator[Progress, None, Series]:
    """The scan with its motion corrected."""
    work = align(series, baseline=slice(*baseline), brain=proposal.brain)
    return (yield from part_of_whole(work, 0.0, 0.5)).series


def _vessels(
    setup: Setup,
    masks: Mapping[str, Given],
    artery: Given | None,
    look: Callable[..., Generator[Progress, None, Given]],
) -> Generator[Progress, None, tuple[Given | None, Given | None]]:
    """AIF and VOF as they were given, or as `look` proposes them where that was wanted."""
    if is_proposed(setup.get("aif")):
        within = masks["aif_within"].voxels if "aif_within" in masks else None
        artery = yield from look(region=within, vein=False)
    vein = masks.get("vein")
    if is_proposed(setup.get("vein")):
        vein = yield from look(vein=True)
    return artery, vein


def _unseen_reference(found: CoreAnalysis) -> CoreAnalysis:
    """Say of a leakage reference that the program proposed that nobody has looked at it."""
    leaked = found.leaked
    origin = None if leaked is None else leaked.reference_origin
    if leaked is None or origin is None or origin.kind != "proposed" or origin.unseen:
        return found
    leaked = replace(leaked, reference_origin=replace(origin, unseen=True))
    return replace(found, prepared=replace(found.prepared, leaked=leaked))


def _leakage_masks(masks: Mapping[str, Given], settings: Settings) -> LeakageMasks:
    """Masks of a correction for leakage, as far as they were given; what enhances leaks."""
    reference, region = masks.get("leakage_reference"), masks.get("leakage_region")
    origin = None if region is None else region.origin
    if region is None and settings.leakage_where != "everywhere" and "enhancement" in masks:
        region = masks["enhancement"]
        origin = replace(region.origin, notes=(*region.origin.notes, BY_DEFAULT))
    return LeakageMasks(
        reference=None if reference is None else reference.voxels,
        region=None if region is None else region.voxels,
        reference_origin=None if reference is None else reference.origin,
        region_origin=origin,
    )


def _leaving_out(series: Series, setup: Setup) -> Series:
    """Leave out the volumes that were named; nothing said leaves the scan as it is."""
    leave_out, end = setup.get("leave_out"), setup.get("end")
    return series if leave_out is None and end is None else series.leaving_out(leave_out, end=end)


def _remade(opened: Opened, moved: Series | None, known: Prepared, setup: Setup) -> Analysis:
    """Compute a scan again; what no choice changes is taken over."""
    return finished(analysing(opened, setup, moved=moved, known=known))


def _refuse_idle(setup: Setup, spelled: Spelling) -> None:
    """Raise for what was chosen and would have no effect."""
    for name, needed in (("aif_within", "aif"),):
        if setup.get(name) is not None and not is_proposed(setup.get(needed)):
            raise DscError(
                f"{spelled(name)} must come with a proposed {needed.upper()}, got another. Leave "
                "it out, or propose it."
            )
    for name in ("aif_label", "aif_curve", "vein"):
        if setup.get(name) is not None and is_none(setup.get("aif")):
            raise DscError(
                f"{spelled(name)} must come with an AIF, got none. Name it with {spelled('aif')}, "
                "or leave it out."
            )
    if setup.get("leakage_model") in (None, LEAKAGE):
        for name in IDLE_WITHOUT_LEAKAGE:
            if setup.get(name) not in (None, False):
                raise DscError(
                    f"{spelled(name)} must come with a model of leakage, got none. Choose one with "
                    f"{spelled('leakage_model')}, or leave it out."
                )
    if setup.get("leakage_where") == "everywhere" and setup.get("leakage_region") is not None:
        raise DscError(
            f"{spelled('leakage_region')} must be left out where leakage is corrected everywhere, "
            f"got a region. Leave out one of the two."
        )
    if setup.get("regions_anatomy") is not None and setup.get("regions") is None:
        raise DscError(
            f"{spelled('regions_anatomy')} must come with regions, got none. Give "
            f"{spelled('regions')}, or leave it out."
        )
    reference = setup.get("reference")
    if reference not in (None, "propose") and setup.get("regions") is None:
        raise DscError(
            f"{spelled('reference')} must be a label of the regions, got {reference!r:.40} and no "
            f"regions. Give {spelled('regions')}, or 'propose'."
        )


def _proposed(series: Series, brain: BoolArray | None, setup: Setup, spelled: Spelling) -> Proposal:
    """Propose brain and baseline; what is odd is to be confirmed, of several boluses one named."""
    bolus, given = setup.get("bolus"), setup.get("baseline") is not None
    proposal = propose(series, brain, None if bolus is None else bolus - 1)
    asked = several_boluses(proposal.boluses) if proposal.boluses else ""
    if asked and bolus is None and not series.checked and not given:
        raise DscError(f"{asked} Give {spelled('bolus')} 1 for the first, 2 for the second.")
    odd = [question for question in proposal.questions if question != asked]
    if odd and not series.checked:
        raise DscError(f"{odd[0]} If it is right, give {spelled('checked')}.")
    return proposal


def _origin_of_brain(given: Given | None, proposed: BoolArray, brain: BoolArray) -> Origin:
    """How the brain was chosen."""
    if given is not None:
        return given.origin
    return Origin(kind="proposed").edited(proposed, brain)


def _curve(
    artery: Given | None,
    series: Series,
    brain: BoolArray,
    settings: Settings,
    known: Prepared | None,
) -> Generator[Progress, None, tuple[BoolArray | Aif | None, Prepared | None, Settings]]:
    """Artery as it is computed; a given curve is brought to the times of the volumes."""
    if artery is None:
        return None, known, settings
    if not isinstance(artery.what, GivenCurve):
        return artery.what, known, settings
    known = yield from prepare(series, brain, settings.baseline)
    settings = replace(settings, baseline=known.baseline)
    return artery.what.over(known.time, series), known, settings


def _cleaning(setup: Setup) -> Cleaning | None:
    """How late tissue is cleaned; None: as by default."""
    smallest: float | None = setup.get("smallest_late")
    return None if smallest is None else Cleaning(smallest=_positive(smallest))


def _positive(smallest: float) -> float:
    if not (np.isfinite(smallest) and smallest >= 0):
        raise DscError(f"smallest_late must be 0 mL or more, got {smallest:g}. Write another.")
    return smallest
