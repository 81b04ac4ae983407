"""Text that strangers wrote, made plain before it is printed."""

from napari_dsc.report.fonts import has_letter

__all__ = ["UNKNOWN", "cut", "plain", "printable"]

UNKNOWN = "□"


def plain(words: object) -> str:
    r"""One line of text without control characters.

    Those that turn the direction of writing or have no width are such: what is read is what
    stands there.

    Examples
    --------
    >>> plain("a\x00 b\n\tc \u202e")
    'a b c'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in str(words)).split())


def cut(words: str, most: int) -> str:
    """Leave out what is beyond a number of letters, and show that something is missing.

    Examples
    --------
    >>> cut("Cerebellum", 6), cut("Pons", 6)
    ('Cereb…', 'Pons')
    """
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def printable(words: str) -> str:
    """Words with a box for each letter that the font of the PDF does not have.

    Examples
    --------
    >>> printable("Läsion α 中")
    'Läsion α □'
    """
    return "".join(c if has_letter(c) else UNKNOWN for c in words)
