"""Each patient has its own mistake, and the table tells it."""

import re

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch06.clinic import clinic_table, patients


@pytest.fixture(scope="module")
def rows():
    image, module = zoo.load("image-digits").network, zoo.load("motion-digits").network
    z = torch.randn(1, 3, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    found = clinic_table(image, patients(image, module, module.adapter(), z), z).splitlines()[1:]
    cells = (re.split(r"  +", row.strip(), maxsplit=2) for row in found)
    return {name: (float(off), reached) for name, off, reached in cells}


def test_the_healthy_one_has_learnt_and_joins_all_frames(rows):
    assert rows["healthy"][0] > 1e-2 and rows["healthy"][1] == "0, 1, 2, 3, 4"


def test_names_that_do_not_fit_leave_the_image_model(rows):
    assert rows["patient 1"][0] < 1e-4 and rows["patient 1"][1] == "2"


def test_a_last_layer_at_random_is_far_from_the_image_model(rows):
    assert rows["patient 2"][0] > 1e-2 and rows["patient 2"][1] == "0, 1, 2, 3, 4"


def test_zeros_everywhere_move_a_bias_and_join_nothing(rows):
    assert rows["patient 3"][0] > 1e-4 and rows["patient 3"][1] == "2"
