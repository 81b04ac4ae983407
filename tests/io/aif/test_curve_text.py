"""The curve of an AIF as two columns of text: read as it was written, or refused in words."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_dsc import DscError
from napari_dsc.io.aif import read_curve, resampled_curve, write_curve

CANARY = "ZZCANARY^NAME"
TIME, CURVE = np.array([0.0, 1.5, 3.0]), np.array([0.0, 12.25, -0.5])


@pytest.fixture
def text(tmp_path):
    """Write text, and return where."""

    def text(content):
        path = tmp_path / "some.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return text


def test_a_curve_comes_back_bit_for_bit(tmp_path):
    """And says what its columns are."""
    time = np.cumsum(np.random.default_rng(0).random(60))
    curve = np.random.default_rng(1).normal(size=60) * 10.0 ** np.arange(-30, 30)
    write_curve(tmp_path / "one.csv", time, curve, "1/s")
    found_time, found = read_curve(tmp_path / "one.csv")
    np.testing.assert_array_equal(found_time, time)
    np.testing.assert_array_equal(found, curve)
    assert (tmp_path / "one.csv").read_bytes().startswith(b"time (s),delta R2* (1/s)\n")


def test_a_curve_of_whole_numbers_comes_back(tmp_path):
    """Integers and single precision are written as numbers like any other."""
    whole_numbers: Any = np.arange(3)
    write_curve(tmp_path / "one.csv", whole_numbers, np.arange(3, dtype=np.float32), "1/s")
    assert (tmp_path / "one.csv").read_text().splitlines()[1:] == ["0.0,0.0", "1.0,1.0", "2.0,2.0"]


def test_a_curve_scaled_by_an_unknown_echo_time_is_not_taken_for_another(tmp_path):
    """CBF would be wrong by the echo time."""
    write_curve(tmp_path / "one.csv", TIME, CURVE, "1 (TE-scaled)")
    with pytest.raises(DscError, match="got a curve scaled by its echo time"):
        read_curve(tmp_path / "one.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t", " ", "   ", " , ", ", ", "; ", " \t "])
@pytest.mark.parametrize("header", ["", "time (s){}delta R2* (1/s)\n", '"t"{}"AIF"\n', "words\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("dress", ["{}", "\ufeff{}", "# a comment; 1,2\n{}\n\n# 3,4", "\n\n{}\n\n"])
def test_two_columns_are_read_as_any_program_writes_them(text, separator, header, end, dress):
    """Separator, header, ends of lines, comments, mark of the encoding."""
    rows = "\n".join(
        separator.join(pair) for pair in (("0", "0.0"), ("1.5", "+12.25"), ("3.", "-5e-1"))
    )
    content = dress.format(header.format(separator) + rows).replace("\n", end)
    time, curve = read_curve(text(content))
    np.testing.assert_array_equal(time, TIME)
    np.testing.assert_array_equal(curve, CURVE)


def test_numbers_may_stand_in_quotes(text):
    """As spreadsheets write what they take for text."""
    time, curve = read_curve(text('"t","c"\n"0","0.0"\n"1.5","12.25"\n"3","-0.5"\n'))
    np.testing.assert_array_equal(time, TIME)
    np.testing.assert_array_equal(curve, CURVE)


def test_words_in_another_encoding_do_no_harm(text):
    """A header from a program that knows no UTF-8."""
    time, _ = read_curve(text("Zeit;Höhe\n0;0\n1;1\n2;2\n".encode("latin-1")))
    np.testing.assert_array_equal(time, [0, 1, 2])


@pytest.mark.parametrize(
    "content", ["0,0\n1,5\n3,0", "words\n0,0\n1,5\n3,0", "a,b,c\n0,0\n1,5\n3,0"]
)
def test_a_comma_that_may_be_decimal_is_not_guessed(text, content):
    """One column of decimal commas, or two of whole numbers: nothing tells."""
    with pytest.raises(DscError, match="commas that may be decimal"):
        read_curve(text(content))


@pytest.mark.parametrize("content", ["t,c\n0,0\n1,5\n3,0", "0, 0\n1, 5\n3, 0", "0,0\n1,5.0\n3,0"])
def test_a_comma_that_must_separate_does(text, content):
    """A header of two, a blank behind it, or a decimal point."""
    time, curve = read_curve(text(content))
    np.testing.assert_array_equal(time, [0, 1, 3])
    np.testing.assert_array_equal(curve, [0, 5, 0])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "at least 3 samples, got 0"),
        ("time,curve\n", "at least 3 samples, got 0"),
        ("a,b,c\n", "at least 3 samples, got 0"),
        ("# nothing\n", "at least 3 samples, got 0"),
        ("0.0,0\n1.5,1", "at least 3 samples, got 2"),
        ("0.0,0\n1.5,1,7\n3.0,2", "two columns, got 3 columns in line 2"),
        ("t,a,b\n0.0,0,1\n1.5,1,1\n3.0,2,1", "two columns, got 3 columns in line 2"),
        ("0.0\n1.5\n3.0", "two columns, got 1 column in line 1"),
        ("0.0,0\n\n# c\n1.5\n3.0,2", "two columns, got 1 column in line 4"),
        ("0.0;0\n1.5;\n3.0;2", "must hold numbers, got something else in line 2"),
        ("0.0,0\n1.5,none\n3.0,2", "must hold numbers, got something else in line 2"),
        ("0.0,x\n1.5,1\n3.0,2", "must hold numbers, got something else in line 1"),
        ("0.0,1_0\n1.5,1\n3.0,2", "must hold numbers, got something else in line 1"),
        ("0.0,١\n1.5,1\n3.0,2", "must hold numbers, got something else in line 1"),
        (f"0.0 {CANARY}\n1.5 1\n3.0 2", "must hold numbers, got something else in line 1"),
        ("0,0;0,0\n1,5;1,0\n3,0;2,0", "a decimal comma in line 1"),
        ("t;c\n0;0\n1,5;1\n3;2", "a decimal comma in line 3"),
        ("0,0\t0,0\n1,5\t1,0\n3,0\t2,0", "a decimal comma in line 1"),
        ("0,0 0,0\n1,5 1,0\n3,0 2,0", "got decimal commas"),
        ("0,0,0,0\n1,5,1,0\n3,0,2,0", "two columns, got 4 columns in line 1"),
        ("0.0,0\n3.0,1\n1.5,2", "time must increase .* got 1.5 s after 3 s"),
        ("0.0,0\n1.5,1\n1.5,2", "time must increase .* got 1.5 s after 1.5 s"),
        ("0.0,0\n1.5,nan\n3.0,2", "curve must be finite, got 1 of 3"),
        ("0.0,0\n1.5,-Infinity\n3.0,2", "curve must be finite, got 1 of 3"),
        ("0.0,0\n1.5,1e999\n3.0,2", "curve must be finite, got 1 of 3"),
        ("nan,0.0\n1.5,1\n3.0,2", "time must be finite, got 1 of 3"),
        (
            "0,0.0\n1500,1\n4500,2",
            "span at most 3600 s, got 0 to 4500. If it is in milliseconds, divide by 1000",
        ),
        ("0.0,0\n1.5,1\n3.0,2".encode("utf-16"), "plain text"),
        (b"\x89PNG\0\0", "plain text"),
        (b"0.0,0\n" * 2_000_000, "at most 8 MiB"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_anything_else_is_refused_in_words(text, content, words):
    """The line and what is wrong with it; never its text."""
    with pytest.raises(DscError, match=words) as refused:
        read_curve(text(content))
    said = str(refused.value)
    assert said.startswith("some.csv")
    assert "\n" not in said
    assert CANARY not in said
    assert said.endswith(".")


def test_an_hour_is_not_yet_milliseconds(text):
    """The bound itself is allowed."""
    rows = (f"{6 * at},{at % 7}.0" for at in range(601))
    time, _ = read_curve(text("\n".join(rows)))
    assert time[-1] == 3600


@settings(
    derandomize=True,
    deadline=None,
    max_examples=400,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    content=st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.text('0123456789.,;\t +-eE\n#nai"', max_size=60).map(str.encode)
)
def test_any_text_is_a_curve_or_a_refusal(tmp_path, content):
    """Never another kind of failure; what is accepted is a curve."""
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    try:
        time, curve = read_curve(path)
    except DscError:
        return
    assert time.shape == curve.shape
    assert time.size >= 3
    assert (np.diff(time) > 0).all()
    assert np.isfinite(curve).all()


def test_only_a_curve_is_written(tmp_path):
    """What could not be read again, and units that nobody knows, are refused."""
    with pytest.raises(DscError, match="time must increase"):
        write_curve(tmp_path / "one.csv", TIME[::-1], CURVE, "1/s")
    with pytest.raises(DscError, match="unit must be"):
        write_curve(tmp_path / "one.csv", TIME, CURVE, "mM")
    assert not list(tmp_path.iterdir())


@settings(derandomize=True, deadline=None, max_examples=50)
@given(
    slope=st.floats(-5, 5),
    height=st.floats(-5, 5),
    step=st.floats(0.3, 3),
    first=st.integers(0, 10),
)
def test_a_straight_line_stays_one(slope, height, step, first):
    """Whatever the time steps; also where a scan begins at its baseline."""
    onto = step * np.arange(first, 40)
    time = np.linspace(onto[0], onto[-1], 23)
    found = resampled_curve(time, slope * time + height, onto)
    np.testing.assert_allclose(found, slope * onto + height, atol=1e-9)


def test_a_curve_on_its_own_times_is_itself():
    """Bit for bit."""
    np.testing.assert_array_equal(resampled_curve(TIME, CURVE, TIME), CURVE)


@pytest.mark.parametrize(
    ("onto", "words"),
    [
        (np.array([0.0, 1.5, 3.0, 4.5]), "from 0 to 4.5 s, got one from 0 to 3 s"),
        (np.array([-1.5, 0.0, 1.5]), "from -1.5 to 1.5 s, got one from 0 to 3 s"),
        (np.array([0.0, 1.51, 3.02]), "from 0 to 3.02 s"),
    ],
    ids=["end", "start", "a little"],
)
def test_what_was_not_measured_is_not_invented(onto, words):
    """A curve must cover the scan."""
    with pytest.raises(DscError, match=words):
        resampled_curve(TIME, CURVE, onto)


def test_rounded_times_cover_the_scan():
    """Times to the hundredth of a second, as other programs write them."""
    onto = 1.4662 * np.arange(40)
    assert np.round(onto, 2)[-1] < onto[-1]
    found = resampled_curve(np.round(onto, 2), np.arange(40.0), onto)
    np.testing.assert_allclose(found, np.arange(40), atol=0.01)


def test_a_curve_that_is_none_is_not_laid_anywhere():
    """Times that go back."""
    with pytest.raises(DscError, match="time must increase"):
        resampled_curve(TIME[::-1], CURVE, TIME)
