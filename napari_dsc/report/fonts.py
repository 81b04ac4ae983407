"""Fonts of page and pictures: DejaVu Sans, which matplotlib brings."""

from functools import cache
from pathlib import Path

__all__ = ["BOLD", "PLAIN", "font_file", "has_letter", "known_fonts"]

PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"


@cache
def font_file(bold: bool = False) -> Path:
    """File of the letters, plain or bold."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{BOLD if bold else PLAIN}.ttf"


@cache
def known_fonts() -> None:
    """Make both known to reportlab, by their names; once."""
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    for bold, name in ((False, PLAIN), (True, BOLD)):
        registerFont(TTFont(name, str(font_file(bold))))
        for slanted in (0, 1):  # nothing is set in italics
            addMapping(PLAIN, int(bold), slanted, name)


@cache
def has_letter(letter: str) -> bool:
    """Whether the plain letters hold one."""
    from reportlab.pdfbase.pdfmetrics import getFont

    known_fonts()
    return ord(letter) in getFont(PLAIN).face.charToGlyph
