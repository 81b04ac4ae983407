"""The page of an installation: as text, as HTML, and as JSON for a program."""

from dataclasses import asdict
from html import escape
from typing import Any

from napari_dsc.installation.parts import EXTRA
from napari_dsc.installation.result import MARKS, Verification
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.io.replay_differences import ANOTHER_PROCESSOR
from napari_dsc.io.software_versions import versions_of_all

__all__ = ["as_html", "as_json", "as_text", "conclusion"]

TITLE = "napari-dsc: is this installation right?"
LEGEND = (
    "same: to the byte. close: within what another processor may cause "
    f"({ANOTHER_PROCESSOR:g} of a map's largest value). -: an extra that is not installed."
)
STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}td{padding:.2em 1em .2em 0;vertical-align:top}"
    ".wrong{color:#b00020;font-weight:bold}.absent{color:#666}"
)


def conclusion(found: Verification) -> str:
    """Whether the installation is right, in one sentence with a remedy where it is not."""
    if found.right:
        exact = all(one.state != "close" for one in found.checks)
        how = "to the byte" if exact else "within what another processor may cause"
        return f"This installation is right: the stored figures {how}."
    names = ", ".join(one.name for one in found.wrong)
    if all(one.name.startswith(EXTRA) for one in found.wrong):
        return (
            f"The maps of this installation are right, but {names} does NOT work. Install it again "
            "with pip install --force-reinstall 'napari-dsc[all]'."
        )
    return (
        f"This installation is NOT right: {names}. Do not use its maps; install napari-dsc again "
        "in an empty environment, and report this page if it stays so."
    )


def as_text(found: Verification) -> str:
    """Page as lines of plain text."""
    versions = [f"{name} {value}" for name, value in versions_of_all().items()]
    tail = f"{found.seconds:.0f} s. {RESEARCH_USE}"
    return "\n".join(
        [TITLE, "", str(found), "", LEGEND, "; ".join(versions), "", conclusion(found), tail]
    )


def as_html(found: Verification) -> str:
    """Page as HTML: one file, no script, nothing fetched."""
    rows = "".join(
        f'<tr class="{one.state}"><td>{MARKS[one.state]}</td><td>{escape(one.name)}</td>'
        f"<td>{escape(one.told)}</td></tr>"
        for one in found.checks
    )
    versions = "; ".join(f"{name} {value}" for name, value in versions_of_all().items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{TITLE}</title>'
        f"<style>{STYLE}</style><h1>{TITLE}</h1>"
        f'<p class="{"" if found.right else "wrong"}">{escape(conclusion(found))}</p>'
        f"<table>{rows}</table><p>{escape(LEGEND)}</p><p>{escape(versions)}</p>"
        f"<p>{escape(RESEARCH_USE)}</p></html>\n"
    )


def as_json(found: Verification) -> dict[str, Any]:
    """The same facts for a program, JSON-ready."""
    return {
        "right": found.right,
        "conclusion": conclusion(found),
        "seconds": round(found.seconds, 1),
        "checks": [asdict(one) for one in found.checks],
        "software": versions_of_all(),
    }
