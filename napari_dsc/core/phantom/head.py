"""Outline of the head: where the brain may lie, the tentorium, bone, air, muscle and eyes."""

from typing import NamedTuple

import numpy as np

from napari_dsc.core.phantom.grid import Fine
from napari_dsc.core.phantom.random_fields import Soft
from napari_dsc.core.phantom.shapes import ball, between, edge, smaller, steepness

__all__ = ["Head", "head_of", "outside"]

CENTRE = 0.0, -14.0, 8.0  # mm of the atlas
LENGTH, WIDTH, TOP, BASE = 87.0, 70.0, 71.0, 76.0  # mm: half of the cavity's, from the centre
EGG = 0.13  # by how much the front is narrower than the middle, and the back wider
WRAP, SCALP, BONE = 12.5, 5.0, 6.5  # mm outside the cavity: all, and two parts of it
CSF = 2.2  # mm of fluid over the brain


class Head(NamedTuple):
    """Depths in mm below surfaces; positive inside."""

    radius: Soft  # 1 at the cavity's outline without its floor, 0 at the centre
    cavity: Soft  # below the inner table of the skull
    skin: Soft  # below the skin
    below: Soft  # below the tentorium, in the posterior fossa


def head_of(fine: Fine) -> Head:
    """Outline of the head and of the cavity of the skull."""
    y, z = fine.y - np.float32(CENTRE[1]), fine.z - np.float32(CENTRE[2])
    narrow = 1 - np.float32(EGG) * np.clip(y * np.float32(1 / LENGTH), -0.35, 1)
    across = _power(fine.x / (np.float32(WIDTH) * narrow)) + _power(y * np.float32(1 / LENGTH))
    up = _power(np.maximum(z, 0) * np.float32(1 / TOP))
    radius = (across + up + _power(np.minimum(z, 0) * np.float32(1 / BASE))) ** np.float32(0.4)
    outer = (across + up + _power(np.minimum(z, 0) * np.float32(1 / 105))) ** np.float32(0.4)
    hull = (1 - radius) / np.maximum(steepness(radius, fine.step), np.float32(1e-3))
    skin = (1 - outer) / np.maximum(steepness(outer, fine.step), np.float32(1e-3))
    floor = (fine.z - _floor(fine)) * np.float32(0.8)
    return Head(radius, smaller(hull, floor, 8.0), skin + np.float32(WRAP), _below(fine))


def _power(values: Soft) -> Soft:
    """Of 2.5, which is quick."""
    size = np.abs(values)
    return np.asarray(size * size * np.sqrt(size))


def _floor(fine: Fine) -> Soft:
    """Height of the skull base: front, middle and rear fossa, and the ridges between them."""
    side = np.abs(fine.x)
    front = between(fine.y - 0.35 * side, 1.0, 15.0)
    petrous = fine.y + 5 + 0.8 * side
    rear = between(petrous, 8.0, -10.0)
    middle = between(side, 9.0, 20.0)
    orbits = np.exp(-(((side - 32) * np.float32(1 / 15)) ** 2))
    floor = (-24 - 22 * middle) * (1 - front) + (-23 + 8 * orbits) * front
    floor = floor * (1 - rear) + np.float32(-66.0) * rear
    ridge = np.exp(-((petrous + 1) ** 2) * np.float32(1 / 60)) * between(side, 8, 16)
    top = -27 - 0.12 * side
    return np.asarray(floor + np.maximum(top - floor, 0) * ridge, dtype=np.float32)


def _below(fine: Fine) -> Soft:
    """Depth below the tentorium and behind the petrous ridges."""
    side = np.abs(fine.x)
    tent = -1 - 0.36 * side - 0.22 * np.maximum(-55 - fine.y, 0)
    tent -= 0.5 * np.maximum(fine.y + 45, 0)
    under = (tent - fine.z) * np.float32(0.92)
    behind = (-2 - 0.8 * side - fine.y) * np.float32(0.78)
    return np.asarray(smaller(under, behind, 4.0), dtype=np.float32)


def outside(fine: Fine, head: Head) -> dict[str, Soft]:
    """Shares of what lies between the skin and the cavity, and of its walls; the first wins.

    Returns
    -------
    dict
        "air" of sinuses, "eye", "fat" around it, "bone", and "soft" for muscle and scalp.
    """
    side = np.abs(fine.x)
    low = between(fine.z, -12.0, -20.0)
    front = between(fine.y, 20.0, 30.0)
    sinuses = np.maximum(
        edge(ball(fine, (0, 42, -40), (11, 20, 13))), edge(ball(fine, (0, 13, -37), (12, 11, 8)))
    )
    sinuses = np.maximum(sinuses, edge(ball(fine, (9, 68, -16), (9, 6, 9))))
    sinuses = np.maximum(sinuses, edge(ball(fine, (28, 44, -60), (14, 17, 12))))
    nose = edge(ball(fine, (5, 48, -62), (4, 26, 14)))
    sinuses = np.maximum(sinuses, nose)
    mastoid = ball(fine, (46, -32, -45), (15, 11, 13))
    cells = np.sin(fine.x * 1.1) + np.sin(fine.y * 1.3) + np.sin(fine.z * 0.9)
    sinuses = np.maximum(sinuses, edge(mastoid) * between(cells, -0.6, 0.4))
    # Around the cavity bone; where face and neck are, only a plate of it.
    plate = edge(head.cavity + np.float32(BONE))
    vault = edge(head.skin - np.float32(SCALP))
    bone = np.maximum(plate, edge(ball(fine, (0, -4, -50), (15, 13, 20)))) * vault
    orbit = edge(ball(fine, (32, 50, -36), (17, 26, 16)))
    eye = edge(ball(fine, (32, 61, -35), (12.3, 12.3, 12.3)))
    temporal = edge(head.skin - 3) * between(side, 50, 56) * between(fine.z, 8, -4) * front * 0.8
    muscle = np.maximum(temporal, vault * low)
    return {
        "air": sinuses,
        "eye": eye,
        "fat": orbit,
        "bone": bone * (1 - orbit * 0.9),
        "soft": np.maximum(muscle, edge(head.skin)),
    }
