"""The arc: z stands where its angle says, the step lands where it turns, and both follow whoever drags them."""

import html
import json
import math
import re
import shutil
import subprocess

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


def test_the_dragged_picture_asks_for_nothing_from_elsewhere():
    page = rotation(60, 20).page()
    assert 'data-phi="60" data-step="20"' in page
    assert not re.search(r"https?://|src=|import |@import|url\(", page)
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', rotation()._repr_html_()).group(1)) == page


BROWSER = """
const elements = {};
const element = (id) => elements[id] ??= {
  id, attributes: {}, told: {}, textContent: "", dataset: { phi: "60", step: "20" },
  setAttribute(key, value) { this.attributes[key] = value; },
  addEventListener(kind, act) { this.told[kind] = act; },
  setPointerCapture() {},
  getBoundingClientRect: () => ({ left: 100, top: 50, width: 380 }),  // drawn at half its size
};
global.document = { getElementById: element };
SCRIPT
const seen = () => console.log(JSON.stringify(Object.fromEntries(
  Object.values(elements).map((one) => [one.id, { ...one.attributes, text: one.textContent }]))));
const at = (degrees) => ({
  pointerId: 1, key: "", preventDefault() {},
  clientX: 100 + (215 + 150 * Math.cos(degrees * Math.PI / 180)) / 2,
  clientY: 50 + (300 - 150 * Math.sin(degrees * Math.PI / 180)) / 2,
});
seen();
elements.arc.told.pointermove(at(10));  // nothing is held yet
elements.point.told.pointerdown(at(60)); elements.arc.told.pointermove(at(75)); seen();
elements.arc.told.pointermove(at(-40)); seen();
elements.arc.told.pointermove(at(50)); elements.arc.told.pointerup(at(50)); elements.arc.told.pointermove(at(80));
elements.lands.told.pointerdown(at(30)); elements.arc.told.pointermove(at(5)); elements.arc.told.pointerup(at(5)); seen();
elements.point.told.keydown({ ...at(0), key: "ArrowUp" }); seen();
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here to run the picture's script")
def test_the_point_is_dragged_along_the_arc_and_the_step_follows():
    script = re.search(r"<script>(.*)</script>", rotation(60, 20).page(), re.DOTALL).group(1)
    done = subprocess.run(["node", "-e", BROWSER.replace("SCRIPT", script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, dragged, below, shorter, by_key = map(json.loads, done.stdout.splitlines())

    def on_the_arc(handle):
        x, y = (handle["cx"] - 215) / 190, (300 - handle["cy"]) / 190
        assert math.hypot(x, y) == pytest.approx(1)
        return math.degrees(math.atan2(y, x))

    def angles(state):
        return on_the_arc(state["point"]), on_the_arc(state["lands"])

    assert angles(first) == pytest.approx((60, 40))
    assert angles(dragged) == pytest.approx((75, 55))  # the step goes with it
    assert angles(below) == pytest.approx((2, 0), abs=1e-9)  # neither leaves the arc
    assert angles(shorter) == pytest.approx((50, 5))  # let go of, z stays; now the step's end was held
    assert angles(by_key) == pytest.approx((51, 6))
    assert first["where"]["text"] == "z stands at φ = 60°, λ = −1.1"
    assert dragged["turned"]["text"] == "A DDIM step turns it by 20° to 55°:"
    assert first["landed"]["text"] == "0.94 z − 0.34 v"
    for state in (first, dragged):
        z, v = ([state[name][end] - state[name][begin] for begin, end in (("x1", "x2"), ("y1", "y2"))] for name in "zv")
        assert z[0] * v[0] + z[1] * v[1] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("degrees", "turn"), [(95, 20), (60, -1)])
def test_a_picture_that_cannot_be_dragged_is_refused(degrees, turn):
    with pytest.raises(ValueError, match="from 2 to 88"):
        rotation(degrees, turn)


def test_an_angle_off_the_arc_is_refused():
    with pytest.raises(ValueError, match="from 0"):
        rotation_still((120,))
