"""Words beside the name of a map on its picture: what was measured in it."""

from weakref import WeakKeyDictionary

from napari.layers import Layer

__all__ = ["corner_of", "write_corner"]

_WORDS: "WeakKeyDictionary[Layer, str]" = WeakKeyDictionary()


def corner_of(layer: Layer) -> str:
    """What stands beside the name of a layer; empty: nothing."""
    return _WORDS.get(layer, "")


def write_corner(layer: Layer, words: str) -> bool:
    """Have words stand beside the name of a layer, or none; return whether they are others now."""
    if corner_of(layer) == words:
        return False
    _WORDS[layer] = words
    return True
