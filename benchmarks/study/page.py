"""The tables of the study and the page that holds them."""

from collections.abc import Iterable

import numpy as np

from benchmarks.study.bars import (
    DELAY,
    FLOW,
    STEPS,
    Bar,
    delay_errors,
    flow_errors,
    hindsight_errors,
    noise,
    to_textbook,
)
from benchmarks.study.curves import LEVELS, RESIDUES, SNRS
from benchmarks.study.measures import (
    CONTRACT,
    LEVEL,
    RELATIVE,
    Study,
    bias,
    errors,
    flow_rmse,
    mae,
    rmse,
    rows_of,
    scaled_rmse,
)
from benchmarks.study.words import BARS, CLOSING, OPENING, READING

NAMES = {"cbf": "CBF %", "cbv": "CBV %", "mtt": "MTT s", "tmax": "Tmax s", "delay": "delay s"}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table that is also readable as text."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(cells[0]))]
    lines = [
        " | ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    rule = "|".join(
        ("-" * (width + 1) + ":") if k else ":" + "-" * (width + 1)
        for k, width in enumerate(widths)
    )
    return "\n".join(f"| {line} |" for line in lines[:1]) + "".join(
        [f"\n|{rule}|", *(f"\n| {line} |" for line in lines[1:])]
    )


def errors_by_method(study: Study, snr: float) -> str:
    """Bias and RMSE of every map in the brain mix at one noise level."""
    rows = rows_of(study.truth, snr=snr, level=0)
    lines = []
    for method, found in study.core.items():
        line = [method]
        for quantity in NAMES:
            values = errors(found, study.truth, quantity, rows)
            digits = 1 if quantity in RELATIVE else 2
            line.append(f"{bias(values):+.{digits}f} / {rmse(values):.{digits}f}")
        best = scaled_rmse(found["cbf"][rows], study.truth["cbf"][rows])
        late = mae(errors(found, study.truth, "delay", rows))
        accepted = found["accepted"][rows].mean()
        lines.append([*line, f"{late:.2f}", f"{best:.1f}", f"{100 * accepted:.0f}"])
    head = ["bias / RMSE", *NAMES.values(), "delay MAE s", "CBF RMSE, scaled %", "accepted %"]
    return table(head, lines)


def bias_by_residue(study: Study) -> str:
    """Bias of flow for each residue, noise-free, in the brain mix."""
    lines = []
    for method, found in study.core.items():
        cells = []
        for residue in RESIDUES:
            rows = rows_of(study.truth, snr=np.inf, level=0, residue=residue)
            cells.append(f"{bias(errors(found, study.truth, 'cbf', rows)):+.1f}")
        lines.append([method, *cells])
    return table(["bias of CBF, %", *RESIDUES], lines)


def delay_by_step(study: Study) -> str:
    """Mean absolute error of the delay beside the tabled figures."""
    lines = []
    for (method, snr), figures in DELAY.items():
        if method in study.core:
            found = " / ".join(f"{one:.2f}" for one in delay_errors(study, method, snr))
            before = " / ".join(f"{one:.2f}" for one in figures)
            if method.startswith("sSVD"):
                before = "0.7 to 0.8"
            lines.append([f"{method}, {noise(snr)}", found, before])
    return table(["MAE of the delay, s, at TR 1 / 1.5 / 2 s", "measured", "tabled"], lines)


def flow_by_step(study: Study) -> str:
    """Relative RMSE of flow with the best factor, and of oSVD with hindsight."""
    lines = []
    for snr in FLOW:
        for method in study.core:
            values = flow_errors(study, method, snr)
            lines.append([f"{noise(snr)}, {method}", *(f"{one:.1f}" for one in values)])
        best = hindsight_errors(study, snr)
        lines.append([f"{noise(snr)}, best oSVD", *(f"{one:.1f}" for one in best)])
    return table(["RMSE of CBF, %", *(f"TR {step:g} s" for step in STEPS), "pooled"], lines)


def by_strength(study: Study) -> str:
    """How the strength of the curves decides: flow and delay at SNR 50."""
    lines = []
    for method, found in study.core.items():
        flows, delays = [], []
        for level in LEVELS:
            rows = rows_of(study.truth, snr=50, level=level)
            rows &= np.isin(study.truth["residue"], CONTRACT)
            flows.append(f"{flow_rmse(found, study.truth, rows):.1f}")
            delays.append(f"{mae(errors(found, study.truth, 'delay', rows)):.2f}")
        lines.append([method, *flows, *delays])
    head = [f"CBF % at {level:g} 1/s" for level in LEVELS]
    head += [f"delay s at {level:g} 1/s" for level in LEVELS]
    return table(["RMSE of CBF, MAE of the delay", *head], lines)


def tikhonov_by_strength(study: Study) -> str:
    """Tikhonov's RMSE of flow over that of oSVD, in every mix."""
    lines = []
    for level in (0.0, *LEVELS):
        mix = rows_of(study.truth, level=level)
        if level:
            mix &= np.isin(study.truth["residue"], CONTRACT)
        rows = [mix & (study.truth["snr"] == snr) for snr in FLOW]
        ours, theirs = (
            [flow_rmse(study.core[method], study.truth, one) for one in rows]
            for method in ("Tikhonov", "oSVD 0.2")
        )
        name = f"even mix of {level:g} 1/s" if level else "brain mix"
        lines.append([name, *(f"{a / b:.3f}" for a, b in zip(ours, theirs, strict=True))])
    return table(["RMSE of CBF, Tikhonov over oSVD 0.2", *map(noise, FLOW)], lines)


def beside_textbook(study: Study) -> str:
    """Worst RMSE over that of the textbook, under four mixes."""
    lines = [
        [
            method,
            f"{to_textbook(study, method):.3f}",
            f"{to_textbook(study, method, later=True):.3f}",
            f"{to_textbook(study, method, level=LEVEL):.3f}",
            f"{to_textbook(study, method, later=True, level=LEVEL):.3f}",
        ]
        for method in study.textbook
    ]
    mixes = ("brain mix", f"even mix of {LEVEL:g} 1/s")
    head = [f"{mix}{delays}" for mix in mixes for delays in ("", ", delay ≥ 0")]
    return table(["worst RMSE over the textbook's", *head], lines)


def verdicts(bars: list[Bar]) -> str:
    """Every bar, what was measured, and whether it holds."""
    lines = [[bar.what, bar.measured, bar.limit, bar.verdict] for bar in bars]
    return table(["bar", "measured", "at most", ""], lines)


def tables(study: Study) -> dict[str, str]:
    """Headings and tables, in the order of the page."""
    found = {f"Brain mix, {noise(snr)}": errors_by_method(study, snr) for snr in sorted(SNRS)[::-1]}
    found |= {
        "Residues, noise-free": bias_by_residue(study),
        "Delay": delay_by_step(study),
        "Flow": flow_by_step(study),
        "Strength of the curves, SNR 50": by_strength(study),
    }
    if "Tikhonov" in study.core:
        found["Strength of the curves, Tikhonov"] = tikhonov_by_strength(study)
    return found | {"Beside the textbook": beside_textbook(study)}


def page(study: Study, bars: list[Bar]) -> str:
    """The whole page, in Markdown."""
    parts = [OPENING]
    for heading, one in tables(study).items():
        parts += [f"### {heading}", one]
        parts += [READING[heading]] if heading in READING else []
    failing = sum(not bar.holds for bar in bars)
    count = f"{len(bars) - failing} of {len(bars)} hold."
    return "\n\n".join([*parts, "## Bars", BARS, count, verdicts(bars), CLOSING]) + "\n"
