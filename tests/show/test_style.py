"""Pictures: crisp, drawn once, and the same whatever a notebook has set."""

import io
import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from minivid.show import show_curves, show_sheet, style


def test_a_notebook_gets_one_png_at_twice_the_resolution():
    picture = show_sheet(torch.zeros(1, 1, 2, 16, 16))
    data, meta = picture._repr_mimebundle_()
    size = Image.open(io.BytesIO(data["image/png"])).size
    assert size == (2 * meta["image/png"]["width"], 2 * meta["image/png"]["height"])


def test_pyplot_does_not_know_the_pictures():
    before = plt.get_fignums()
    show_curves([0, 1], {"a": [0, 1]})
    assert plt.get_fignums() == before


def test_pictures_do_not_depend_on_the_notebook_s_settings():
    expected = show_curves([0, 1], {"a": [0, 1]}).png(1)
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 20, "lines.linewidth": 9}):
        assert show_curves([0, 1], {"a": [0, 1]}).png(1) == expected


def test_use_gives_pyplot_the_look():
    with mpl.rc_context():
        style.use()
        assert mpl.rcParams["axes.spines.top"] is False and mpl.rcParams["image.interpolation"] == "nearest"


def test_colours_differ_in_lightness_or_hue_for_a_dichromat():
    """Simulated as in Viénot, Brettel & Mollon (1999), with their matrix for linear RGB without red cones."""
    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    seen = [protan @ (np.array(to_rgb(colour)) ** 2.2) for colour in style.PALETTE]
    assert min(np.abs(a - b).max() for a, b in itertools.combinations(seen, 2)) > 0.05
