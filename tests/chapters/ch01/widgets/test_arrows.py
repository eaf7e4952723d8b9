"""Flow as arrows: what is written is how far a method is off, and the slider and the switch redraw."""

import ipywidgets as w
import pytest
import torch

from minivid.chapters.ch01.widgets import flow_arrows, flow_arrows_still
from minivid.data import World
from minivid.motion.flow import estimate_flow

LOOKS = dict(frames=2, size=24, digit_size=10)


@pytest.fixture(scope="module")
def worlds():
    return World(**LOOKS).sample(2, seed=1), World(texture=True, background="checks", **LOOKS).sample(2, seed=1)


@pytest.fixture(scope="module")
def methods(worlds):
    flat, _ = worlds
    return {"exact": lambda video: flat.flow[:1], "DIS": estimate_flow}


def written(picture) -> list[str]:
    return [text.get_text() for text in picture.texts]


def test_the_exact_flow_is_off_by_nothing_and_another_by_its_distance(worlds, methods):
    flat, textured = worlds
    words = written(flow_arrows_still(flat, textured, methods, levels=(0.0, 1.0)))
    assert words.count("off by 0.00 px") == 2
    seen = ~flat.occluded[0, 0]
    for level, source in ((0, flat), (1, textured)):
        distance = (estimate_flow(source.video[:1])[0, 0] - flat.flow[0, 0]).norm(dim=0)[seen].mean()
        assert words[words.index(f"DIS, texture {level}.00") + 1] == f"off by {distance:.2f} px"


def test_arrows_are_as_many_as_moving_places_of_the_grid(worlds, methods):
    flat, textured = worlds
    picture = flow_arrows_still(flat, textured, {"exact": methods["exact"]}, levels=(0.0,))
    quivers = [axes.collections[0] for axes in picture.axes if axes.collections]
    moving = flat.flow[0, 0][:, 3::6, 3::6].norm(dim=0) > 0.05
    assert [len(quiver.U) for quiver in quivers] == [int(moving.sum())] * 2


def test_the_slider_and_the_switch_redraw(worlds, methods):
    widget = flow_arrows(*worlds, methods)
    (texture, method), image = widget.children[0].children, widget.children[1]
    seen = [bytes(image.value)]
    texture.value = 1.0
    seen.append(bytes(image.value))
    method.value = "DIS"
    seen.append(bytes(image.value))
    assert len(set(seen)) == 3 and isinstance(image, w.Image)


def test_nothing_moves_is_drawn_too(worlds):
    still = {"still": lambda video: torch.zeros(1, 1, 2, 24, 24)}
    assert flow_arrows_still(*worlds, still, levels=(0.5,)).png(1)
