"""Each patient has its own mistake: seen where the perfect network is known."""

import torch

from minivid.chapters.ch04.clinic import clinic, clinic_table
from minivid.chapters.ch04.gaussian import Gaussian
from minivid.diffusion import COSINE, Objective

NOISE = torch.randn(500, 1, 2, 2, 2, generator=torch.Generator().manual_seed(0))


def test_each_patient_strays_from_the_world_in_its_own_way():
    world = Gaussian()
    clips = clinic(world.network(Objective.V, COSINE), NOISE, steps=6)
    spread = {name: x.std().item() for name, x in clips.items()}
    for name in ("2M, healthy", "turns, healthy"):
        assert abs(clips[name].mean() - world.mean) < 0.05
    assert abs(clips["patient 1"].mean() - world.mean) > 1
    assert spread["patient 2"] > 1.1 * spread["turns, healthy"]
    assert spread["patient 3"] > 2 * spread["2M, healthy"]


def test_a_row_of_the_table_for_each():
    clips = {"healthy": torch.zeros(1, 1, 1, 2, 2), "patient 1": torch.full((1, 1, 1, 2, 2), 2.0)}
    head, healthy, patient = clinic_table(clips).splitlines()
    assert "beyond" in head and healthy.endswith("0.0%") and patient.endswith("100.0%")
