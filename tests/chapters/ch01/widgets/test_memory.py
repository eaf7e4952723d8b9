"""The memory dial without a browser: sliders are turned, and the picture follows."""

from minivid.chapters.ch01.widgets import memory_dial, memory_dial_still
from minivid.chapters.ch01.widgets.memory import bars
from minivid.nn.memory import peak_bytes, training_bytes
from minivid.nn.unet import UNetConfig

SMALL = UNetConfig(widths=(16, 32))


def test_every_control_changes_the_picture():
    bar, image = memory_dial(SMALL).children
    seen = {image.value}
    for control, value in zip(bar.children, (32, 128, 8, "kept", True), strict=True):
        control.value = value
        seen.add(image.value)
    assert len(seen) == 6


def test_a_bar_says_what_is_there_at_once():
    parts = training_bytes(SMALL, (1, 1, 16, 64, 64))
    texts = [text.get_text() for text in bars({"a clip": parts}).texts]
    assert f"{peak_bytes(parts) / 1e6:.3g} MB at once" in texts


def test_the_twin_has_a_bar_for_each_case():
    (axes,) = memory_dial_still(SMALL).axes
    assert len(axes.get_yticklabels()) == 7
