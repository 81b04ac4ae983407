"""What vispy finds in the text of a shader is what it found before it was remembered."""

import re
from types import SimpleNamespace

import pytest
from vispy.gloo import program  # type: ignore[import-untyped]

from napari_dsc.viewer.background.shader_text import remember_shaders

VERTEX = """
attribute vec2 place; // where it lies
uniform vec4 colours[3];
varying vec2 at;  // uniform float no_variable;
void main() { gl_Position = vec4(place, 0.0, 1.0); at = place; }
"""
FRAGMENT = """
varying vec2 at;
uniform sampler2D levels;
void main() { gl_FragColor = texture2D(levels, at); }
"""


def variables() -> list[tuple[str, ...]]:
    made = program.Program()
    made.set_shaders(VERTEX, FRAGMENT)
    return sorted(made.variables)


@pytest.fixture
def as_it_comes(monkeypatch):
    monkeypatch.setattr(program, "re", re)


def test_it_finds_the_same(as_it_comes):  # noqa: ARG001
    before = variables()
    assert ("uniform", "sampler2D", "levels") in before
    assert not any("no_variable" in one for one in before)
    assert remember_shaders()
    assert program.re is not re
    assert variables() == variables() == before


def test_it_searches_a_text_once(as_it_comes, monkeypatch):  # noqa: ARG001
    assert remember_shaders()
    variables()
    searched = []
    monkeypatch.setattr(re, "sub", lambda *words, **more: searched.append((words, more)))
    variables()
    assert not searched


def test_twice_is_as_good_as_once_and_another_vispy_is_left_alone(as_it_comes, monkeypatch):  # noqa: ARG001
    assert remember_shaders()
    first = program.re
    assert remember_shaders()
    assert program.re is first
    other = SimpleNamespace
    monkeypatch.setattr(program, "re", other)
    assert not remember_shaders()
    assert program.re is other
