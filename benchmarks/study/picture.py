"""The figure of the study."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.study.bars import STEPS, flow_errors
from benchmarks.study.measures import Study, bias, errors, rows_of, tabled

# Okabe and Ito's colours, with a marker and a line of their own: told apart in grey as well.
STYLES = (
    {"color": "#000000", "marker": "v", "linestyle": ":"},
    {"color": "#E69F00", "marker": "s", "linestyle": "--"},
    {"color": "#D55E00", "marker": "D", "linestyle": "-."},
    {"color": "#0072B2", "marker": "o", "linestyle": "-"},
    {"color": "#009E73", "marker": "^", "linestyle": "-"},
    {"color": "#CC79A7", "marker": "P", "linestyle": "--"},
    {"color": "#56B4E9", "marker": "X", "linestyle": "-."},
)
LOOK: dict[Any, Any] = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}


def draw(study: Study, path: Path) -> None:
    """Draw the study's figure into a PNG file."""
    with mpl.rc_context(LOOK):
        figure = Figure(figsize=(12.5, 8.6), layout="constrained", dpi=130)
        above, below = figure.subplots(2, 3)
        for axes, step in zip(above, range(len(STEPS)), strict=True):
            _flow_by_noise(axes, study, step)
            axes.set_ylim(0, 36)
        above[0].set_ylabel("RMSE of CBF, best global factor (%)")
        _recovered(below[0], study)
        _bias_by_transit(below[1], study)
        _delay(below[2], study)
        for number, axes in enumerate([*above, *below]):
            words = axes.get_title()
            axes.set_title("")
            axes.set_title(f"{'abcdef'[number]}   {words}", loc="left", fontsize=10.5)
            axes.grid(alpha=0.25)
        handles, labels = above[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
        figure.savefig(path, metadata={"Software": None})


def _styles(study: Study) -> list[tuple[str, dict[str, Any]]]:
    return [
        (method, {**STYLES[number % len(STYLES)], "markersize": 5.5, "linewidth": 1.6})
        for number, method in enumerate(study.core)
    ]


def _flow_by_noise(axes: Axes, study: Study, step: int) -> None:
    snrs = np.unique(study.truth["snr"])
    for method, style in _styles(study):
        values = [flow_errors(study, method, snr)[step] for snr in snrs]
        axes.plot(range(len(snrs)), values, label=method, **style)
    axes.set_xticks(range(len(snrs)), ["∞" if np.isinf(snr) else f"{snr:g}" for snr in snrs])
    axes.set_xlabel("SNR")
    axes.set_title(f"Even mix of 12 1/s, TR {STEPS[step]:g} s")


def _recovered(axes: Axes, study: Study) -> None:
    rows = rows_of(study.truth, snr=100, step=1.5, level=0, cbv=6)
    true = study.truth["cbf"]
    flows = np.unique(true[rows])
    for method, style in _styles(study):
        found = study.core[method]["cbf"]
        axes.plot(flows, [np.median(found[rows & (true == one)]) for one in flows], **style)
    axes.plot([25, 125], [25, 125], color="0.6", linewidth=1, zorder=0)
    axes.annotate("truth", (96, 101), ha="right", color="0.4")
    axes.set_xlabel("True CBF (mL/100g/min)")
    axes.set_ylabel("Median CBF found (mL/100g/min)")
    axes.set_title("Brain mix, CBV 6 mL/100g, SNR 100, TR 1.5 s")


def _bias_by_transit(axes: Axes, study: Study) -> None:
    transits = np.unique(study.truth["mtt"])
    for method, style in _styles(study):
        rows = [rows_of(study.truth, snr=np.inf, level=0, mtt=mtt) for mtt in transits]
        axes.plot(
            transits,
            [bias(errors(study.core[method], study.truth, "cbf", one)) for one in rows],
            **style,
        )
    axes.axhline(0, color="0.6", linewidth=1, zorder=0)
    axes.set_xticks(transits, [f"{mtt:g}" for mtt in transits])
    axes.set_xlabel("True MTT (s)")
    axes.set_ylabel("Bias of CBF (%)")
    axes.set_title("Brain mix, noise-free, every TR")


def _delay(axes: Axes, study: Study) -> None:
    edges = np.arange(-2, 6.5, 1)
    mix = tabled(study.truth) & rows_of(study.truth, snr=50, step=1.5)
    delay = study.truth["delay"]
    for method, style in _styles(study):
        bins = [mix & (delay >= low) & (delay < low + 1) for low in edges[:-1]]
        axes.plot(
            edges[:-1] + 0.5,
            [np.nanmedian(errors(study.core[method], study.truth, "delay", one)) for one in bins],
            **style,
        )
    axes.axhline(0, color="0.6", linewidth=1, zorder=0)
    axes.set_xlabel("True delay (s)")
    axes.set_ylabel("Median error of the delay (s)")
    axes.set_title("Even mix of 12 1/s, SNR 50, TR 1.5 s")
