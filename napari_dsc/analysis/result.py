"""Maps of a scan with all that made them, and what can be done with them: save, report, tell."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from napari_dsc.analysis.scan import Opened
from napari_dsc.analysis.setup import Setup
from napari_dsc.analysis.telling import as_json, lines_of, summary_of
from napari_dsc.core.acceptance import Acceptance
from napari_dsc.core.defaults import COLOUR_FAMILY
from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis as Computed
from napari_dsc.core.pipeline import (
    Sensitivity,
    acceptance_in,
    finer_times,
    region_posterior,
    remedy_in_words,
    sensitivity,
)
from napari_dsc.core.plausibility import Finding
from napari_dsc.core.progress import finished, part_of_whole
from napari_dsc.core.regions import Cleaning, LateVolumes, curve_table
from napari_dsc.core.settings import Settings
from napari_dsc.core.tumour import ENHANCEMENT_NAME, TumourReading
from napari_dsc.core.types import Aif, BoolArray, DSCPerfusionMaps, Progress, Series
from napari_dsc.io import CHOICES
from napari_dsc.io.judgements import read_late
from napari_dsc.io.methods_text import citations, methods_paragraph
from napari_dsc.io.record import input_fingerprint, make_record
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.region_posteriors import COLUMNS, posterior_rows
from napari_dsc.io.result_names import is_bids, named, prefix_of
from napari_dsc.io.results_folder import write_results
from napari_dsc.io.temporaries import temporary_folder
from napari_dsc.tables import as_xarray, region_statistics

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["Analysis"]

SensitivityKind: TypeAlias = Literal["jackknife", "voxels"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Analysis:
    """Maps of a scan, and all that made them.

    Parameters
    ----------
    series : Series
        The scan as it was computed.
    setup : Setup
        What was chosen.
    core : napari_dsc.core.pipeline.Analysis
        The computation: curves, AIF, settings in force.
    drawn : Drawn or None
        Regions, and what is relative to one of them.
    opened : Opened
        The scan as it was opened.
    remake : callable
        Computes the same scan with another setup.
    cleaning : Cleaning or None
        How late tissue is cleaned; None: as by default.
    """

    series: Series
    setup: Setup
    core: Computed
    opened: Opened
    remake: "Callable[[Setup], Analysis]"
    drawn: Drawn | None = None
    cleaning: Cleaning | None = None

    def __repr__(self) -> str:
        found = self.accepted
        return (
            f"Analysis({', '.join(one.symbol for one in self.maps)}; "
            f"{found.share:.0%} of {found.voxels:,} voxels accepted)"
        )

    @property
    def maps(self) -> DSCPerfusionMaps:
        """CBV, CBF, MTT, TTP, Tmax, delay and quality flags."""
        return self.core.maps

    @property
    def aif(self) -> Aif:
        """Arterial input function, over the retained volumes."""
        return self.core.aif

    @property
    def vof(self) -> BoolArray | None:
        """Venous voxels to which the AIF was scaled, shape (X, Y, Z); None: it was not."""
        return self.core.vein

    @property
    def brain(self) -> BoolArray:
        """Voxels that were computed, shape (X, Y, Z)."""
        return self.core.brain

    @property
    def settings(self) -> Settings:
        """Settings in force, the baseline with them."""
        return self.core.settings

    @property
    def tumour(self) -> TumourReading | None:
        """What was read of what enhances: burden, hot spots; None where nothing was asked."""
        return None if self.drawn is None else self.drawn.tumour

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Whether the maps can be believed; that of the AIF first."""
        return self.core.findings

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences on what is doubtful, then what a reader should know."""
        return (*self.series.notices, *self.core.warnings)

    @property
    def accepted(self) -> Acceptance:
        """How many of the brain's voxels were accepted."""
        return acceptance_in(self.core)

    @cached_property
    def record(self) -> dict[str, Any]:
        """Record of the analysis, JSON-ready: no name, date or path is in it."""
        return make_record(
            self.series,
            self.core,
            input_fingerprint(self.series, self.opened.path),
            self.cleaning,
            self.tumour,
            self.drawn,
        )

    @property
    def late(self) -> LateVolumes | None:
        """Volumes of tissue that the bolus reaches late; None without a map of Tmax."""
        return read_late(self.record)

    @property
    def summary(self) -> str:
        """What was computed and from what, in one line."""
        return summary_of(self.core, self.record)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """Findings: late tissue, ratios, whether it can be believed; then those on a tumour."""
        own = () if self.tumour is None else self.tumour.lines
        return (*lines_of(self.core, self.record), *own)

    def as_json(self) -> dict[str, Any]:
        """The same facts for a program, JSON-ready."""
        return as_json(self.core, self.record)

    def methods(self) -> str:
        """Paragraph for the methods of a paper, and its references."""
        return "\n\n".join([methods_paragraph(self.record), *citations(self.record)])

    @property
    def remedies(self) -> tuple[str, ...]:
        """What another choice would do against what is doubtful, in sentences."""
        found = finer_times(self.core.prepared, self.aif.curve, self.settings)
        return () if found is None else (remedy_in_words(found),)

    def sensitivity(self, kind: SensitivityKind = "jackknife") -> Sensitivity:
        """How far the voxels of the AIF tell CBF and the volume of late tissue.

        Parameters
        ----------
        kind : {"jackknife", "voxels"}
            Leave each voxel of the AIF out in turn, for standard errors and intervals; or add
            each of its neighbours, too.

        Returns
        -------
        Sensitivity
            Its `words` say it in one sentence.

        Raises
        ------
        DscError
            If the AIF is a curve without voxels, or the kind is unknown.
        """
        return finished(self.varying(kind))

    def varying(
        self, kind: SensitivityKind = "jackknife"
    ) -> Generator[Progress, None, Sensitivity]:
        """Vary the AIF, as `sensitivity`, step by step."""
        if kind not in get_args(SensitivityKind):
            raise DscError(
                f"kind must be {' or '.join(get_args(SensitivityKind))}, got {kind!r:.40}. Choose "
                "one of them."
            )
        voxels = self.aif.voxels
        if not voxels.any():
            raise DscError(
                "the AIF must have voxels to be varied, got a curve. Give a mask of them, or "
                "propose one."
            )
        work = sensitivity(
            self.core.prepared, voxels, self.settings, vein=self.vof, add=kind == "voxels"
        )
        return (yield from work)

    def region_statistics(self) -> "pd.DataFrame":
        """Statistics of each map in the brain, or in the regions that were given.

        Returns
        -------
        pandas.DataFrame
            As `napari_dsc.region_statistics`.
        """
        spread = self.settings.spread
        if self.drawn is None:
            return region_statistics(self.maps, self.brain, {1: "Brain"}, spread=spread)
        return region_statistics(self.maps, self.drawn.labels, self.drawn.names, spread=spread)

    def region_posterior(self) -> "pd.DataFrame":
        """Posterior of the mean curve of the brain, or of the regions that were given.

        Returns
        -------
        pandas.DataFrame
            A row for each region and map: value, standard deviation, and 16th and 84th percentile
            of the posterior that is fitted to the mean curve of its accepted voxels. Standard
            deviations of voxels over √n would be far too small.
        """
        import pandas as pd

        if self.drawn is None:
            found = region_posterior(self.core, self.brain, {1: "Brain"})
        else:
            found = region_posterior(self.core, self.drawn.labels, self.drawn.names)
        return pd.DataFrame(posterior_rows(found), columns=list(COLUMNS))

    def region_curves(self) -> str:
        """Curves of every voxel of the regions, as comma-separated values.

        Returns
        -------
        str
            A line for each voxel: see `napari_dsc.core.regions.curve_table`. Regions are those that
            were given; the enhancement, if that alone was.

        Raises
        ------
        DscError
            If no region was given.
        """
        labels, names = self._labels()
        made = self.core.prepared
        return curve_table(
            made.curves,
            self.core.time,
            made.brain,
            labels,
            names,
            self.maps.first.quality_mask,
            self.core.curve_unit,
        )

    def _labels(self) -> tuple[NDArray[np.integer[Any]], Mapping[int, str]]:
        drawn = self.drawn
        if drawn is not None and self.tumour is not None and self.setup.get("regions") is None:
            return self.tumour.enhancing.astype(np.uint8), {1: ENHANCEMENT_NAME}
        if drawn is None:
            raise DscError(
                "regions must be given for their curves, got none. Name a label map with "
                "`regions` (--regions)."
            )
        return drawn.labels, drawn.names

    def to_xarray(self) -> "xr.Dataset":
        """Maps as an xarray data set, as `napari_dsc.as_xarray`."""
        return as_xarray(self.maps)

    def save(
        self, folder: str | PathLike[str], *, name: str | None = None, overwrite: bool = False
    ) -> list[Path]:
        """Write maps, masks, curve, regions, methods and record into a folder.

        Parameters
        ----------
        folder : path
            Made if it does not exist.
        name : str, optional
            How the names of the files begin; by default that of the scan's file, also of a scan
            from `read`. One that came from no file gives names without a beginning: `cbf.nii.gz`.
        overwrite : bool
            Whether earlier results there may be replaced.

        Returns
        -------
        list of Path
            The files; the record is the last.

        Raises
        ------
        DscError
            If results stand there and may not be replaced, or the folder cannot be written to.
        """
        called = self.opened.called if name is None else named(name)
        return write_results(
            Path(folder),
            self.core,
            self.record,
            overwrite,
            prefix=prefix_of(called),
            bids=called is not None and is_bids(called),
            drawn=self.drawn,
        )

    def report(
        self,
        file: str | PathLike[str],
        *,
        family: str = COLOUR_FAMILY,
        overwrite: bool = False,
        **options: Any,
    ) -> Path:
        """Write a report: pictures, measurements, curves, settings and methods.

        Parameters
        ----------
        file : path
            `.html` or `.pdf`.
        family : str
            Colours of the maps.
        overwrite : bool
            Whether an earlier report may be replaced.
        **options
            As for `napari_dsc.report.make_report`. Name of the scan and date stand on it only if
            they are given: ``name=None, date=None`` as the results are called, and of today.

        Raises
        ------
        DscError
            If it cannot be written, or the extra `report` is not installed.
        """
        return finished(self.reporting(Path(file), family=family, overwrite=overwrite, **options))

    def reporting(self, file: Path, **options: Any) -> Generator[Progress, None, Path]:
        """Write a report, as `report`, step by step."""
        from napari_dsc.report import make_report

        with temporary_folder() as folder:
            self.save(folder)
            yield Progress("Reading the maps", 0.1)
            return (yield from part_of_whole(make_report(folder, file, **options), 0.1, 1.0))

    def again(self, aif: Any = None, **chosen: Any) -> "Analysis":
        """Compute once more with other choices, from the same scan.

        Parameters
        ----------
        aif : path, ndarray of bool, Aif or "propose"
            Another AIF; None: the same.
        **chosen
            Other choices, as for `analyse`.
        """
        if known := [name for name in chosen if name in OF_THE_FILE]:
            raise DscError(
                f"{' and '.join(known)} must stay as the scan was opened, got another. Call "
                "`analyse` with the file."
            )
        changed = chosen if aif is None else {**chosen, "aif": aif}
        return self.remake(self.setup.replaced(**changed))


OF_THE_FILE = (*CHOICES, "repetition_time", "echo_time", "quantity", "checked", "motion")
OF_THE_FILE += ("flip_angle", "preload")
