"""The arc: z stands where its angle says, the step lands where it turns, and the sliders redraw."""

import math

import pytest

from minivid.chapters.ch04.widgets import rotation, rotation_still


def landed(axes):
    dot = next(line for line in axes.get_lines() if line.get_marker() == "o")
    return dot.get_xdata()[0], dot.get_ydata()[0]


def test_the_step_lands_on_the_arc_at_its_angle_less_the_turn():
    for axes, expected in zip(rotation_still((30, 80), turn=20).axes, (10, 60), strict=True):
        assert landed(axes) == pytest.approx((math.cos(math.radians(expected)), math.sin(math.radians(expected))))


def test_no_step_goes_beyond_the_clip():
    assert landed(rotation_still((10,), turn=40).axes[0]) == pytest.approx((1, 0))


def test_v_is_at_right_angles_to_z():
    z, v = (arrow for arrow in rotation_still((35,)).axes[0].collections)
    assert z.U[0] * v.U[0] + z.V[0] * v.V[0] == pytest.approx(0, abs=1e-12)


def test_the_sliders_redraw():
    widget = rotation()
    (phi, step), image = widget.children[0].children, widget.children[1]
    seen = [bytes(image.value)]
    phi.value = 30
    seen.append(bytes(image.value))
    step.value = 5
    seen.append(bytes(image.value))
    assert len(set(seen)) == 3


def test_an_angle_off_the_arc_is_refused():
    with pytest.raises(ValueError, match="from 0"):
        rotation_still((120,))
