"""Settings of an analysis: one declaration each, for Python, form, command line, record and texts.

`SETTINGS` is the table. A row says what a setting is called in each of these places, its unit, its
default, its code in the OSIPI lexicon and its words in the methods of a paper. Parameters of a
method or of the scale are declared by their classes, and stand in the table as they are there.
"""

from napari_dsc.core.settings.setting import ALWAYS, Kind, Setting
from napari_dsc.core.settings.table import SETTINGS, TTP_CODES, settings_from
from napari_dsc.core.settings.values import Settings

__all__ = ["ALWAYS", "SETTINGS", "TTP_CODES", "Kind", "Setting", "Settings", "settings_from"]
