"""Preferences of this plugin in napari, which take the place of our own defaults.

napari keeps it in its folder of settings, and shows it under *File > Preferences*; `napari.yaml`
declares it. It holds for scans and windows that are opened from then on.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_dsc.core.defaults import COLOUR_FAMILY
from napari_dsc.core.settings import SETTINGS

__all__ = ["AS_LEFT", "PLUGIN", "PREFERRED", "as_words", "colour_family", "settings", "workspace"]

PLUGIN = "napari-dsc"
ANALYSIS, READING = "analysis", "reading"  # keys of the two groups
PREFERRED = ("deconvolution_method", "svd_threshold", "hematocrit_ratio", "density")
# Variables of the shell that set them, as napari reads them.
ENVIRONMENT = tuple(f"napari_{group}_" for group in (ANALYSIS, READING))
AS_LEFT = "as it was left"  # of the workspace

log = logging.getLogger(__name__)


def settings() -> dict[str, Any]:
    """Settings of an analysis that differ from our defaults, by the names of their rows."""
    group = _group(ANALYSIS)
    found = {name: getattr(group, name, None) for name in PREFERRED}
    return {
        name: value
        for name, value in found.items()
        if value is not None and value != SETTINGS[name].default
    }


def colour_family() -> str:
    """Family of colours in which the maps of a scan are shown at first."""
    return str(getattr(_group(READING), "colours", COLOUR_FAMILY))


def workspace() -> str:
    """Workspace with which the panel opens in a window of napari: "reading" or "workbench".

    `AS_LEFT`: as the last one was left.
    """
    return str(getattr(_group(READING), "workspace", AS_LEFT))


def _group(name: str) -> Any:
    """Group of the plugin's settings; None where this napari keeps none, or not those."""
    try:
        from napari.settings import get_plugin_settings
    except ImportError:  # a napari before 0.9
        return None
    if _untouched():
        return None
    try:
        return getattr(get_plugin_settings(PLUGIN), name, None)
    except (KeyError, ValueError) as error:  # not discovered, or a file that was damaged
        log.warning("napari's preferences cannot be read (%s)", type(error).__name__)
        return None


def _untouched() -> bool:
    """Whether nobody has set anything: napari writes each change into a file of the plugin's own.

    It lies beside napari's. To tell, napari would read the manifests of all plugins once more,
    which is a twentieth of the start of a window.
    """
    from napari import settings

    file = str(getattr(settings, "_CFG_PATH", None) or "")  # empty: what is set is in memory only
    return (
        bool(file)
        and not any(name.casefold().startswith(ENVIRONMENT) for name in os.environ)
        and not Path(file).with_name(f"{PLUGIN}.yaml").exists()
    )


def as_words(chosen: Mapping[str, Any]) -> str:
    """Settings that are preferred, for the status line; empty: none is."""
    told = ", ".join(f"{SETTINGS[name].label} {value}" for name, value in chosen.items())
    return f"As set in napari's preferences: {told}." if told else ""
