"""Chapter 5's experiments: what they claim holds where it can be known."""

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch05.experiments import CONVENTIONS, clinic_table, conventions_table, healthy, patients
from minivid.chapters.ch05.experiments.clinic import findings
from minivid.chapters.ch05.experiments.digits import MODELS, digits_sentence
from minivid.chapters.ch05.experiments.flow import ARMS, LEVELS, x_errors
from minivid.chapters.ch05.experiments.small import SMALL
from minivid.course import receipt
from minivid.data.world import World
from minivid.diffusion.objective import target


@pytest.mark.parametrize("each", CONVENTIONS, ids=lambda each: each.name)
def test_the_step_that_the_table_says_leads_from_noise_to_the_clip(each):
    x, e = torch.randn(2, 16, dtype=torch.float64)
    row = next(line for line in conventions_table().splitlines() if line.startswith(each.name))
    first, last = (1.0, 0.0) if "t falls" in row else (0.0, 1.0)
    sign = {"+": 1, "−": -1}[row.split("z ")[-1][0]]
    z = each.z(x, e, first)
    for _ in range(4):
        z = z + sign * 0.25 * each.says(x, e)
    torch.testing.assert_close(z, each.z(x, e, last))
    torch.testing.assert_close(z, x)


SICK = {
    "patient 1": (0, lambda said: float(said) > 0.5),
    "patient 2": (1, lambda reached: reached.count("■") > 1),
    "patient 3": (4, "no".__eq__),
    "patient 4": (3, "yes".__eq__),
    "patient 5": (2, "no".__eq__),
}


def test_each_patient_is_found_by_its_own_test_and_the_table_says_so():
    found, table = patients(), clinic_table(patients())
    for name, dit in found.items():
        column, sick = SICK[name]
        what = findings(dit)
        assert sick(what[column]), (name, what)
        assert name in table


def test_the_healthy_ones_have_none_of_the_findings():
    found = [findings(dit) for dit in healthy().values()]
    assert [reached for _, reached, *_ in found] == ["■ ■ ■ ■", "· ■ · ·", "· ■ ■ ■"]
    assert all((start, *rest) == ("0.00", "yes", "no", "yes") for start, _, *rest in found)


@pytest.mark.parametrize("name", ARMS)
def test_a_network_that_knows_the_clips_has_no_error(name):
    objective, schedule = ARMS[name]
    clips = World(**{**vars(SMALL.worlds[0]), "split": "heldout"}).sample(4, 77).video

    def oracle(z, logsnr, cond):
        alpha, sigma = schedule.alpha_sigma(logsnr[0])
        return target(objective, clips, (z - alpha * clips) / sigma, alpha, sigma)

    errors = x_errors(oracle, objective, schedule, n=4)
    assert len(errors) == len(LEVELS) and max(errors) < 1e-8


def test_the_notebook_s_network_takes_the_world_s_clips():
    SMALL.network.check(SMALL.clip)
    network = SMALL.network.build()
    assert sum(weight.numel() for weight in network.parameters()) < 1e6


def test_what_the_chapter_says_of_flow_and_v_is_what_was_measured():
    found = receipt("05_flow")
    v, flow, shifted = (torch.tensor(found[name]).mean(0) for name in ARMS)
    noisy = torch.tensor(found["levels"]) < 0
    assert (v < flow)[noisy].all() and (flow < v)[~noisy].all()
    assert (shifted < flow)[noisy].all() and (shifted > flow)[~noisy].all()
    lowest_of_v, highest_of_flow = torch.tensor(found["v, cosine"]).amin(0), torch.tensor(found["flow"]).amax(0)
    assert (lowest_of_v > highest_of_flow).tolist() == [level in (1.0, 3.0) for level in found["levels"]]


def test_what_the_chapter_says_of_equal_minutes_is_what_was_measured():
    found = receipt("05_minutes")
    transformer, unet = found["transformer"], found["U-Net"]
    assert max(transformer["loss"]) < min(unet["loss"]) and transformer["seconds_a_step"] < unet["seconds_a_step"]
    assert all(abs(took / found["seconds"] - 1) < 0.1 for each in (transformer, unet) for took in each["took"])


def test_the_receipt_is_of_the_models_that_are_shipped():
    """A new model needs new measurements."""
    for name in MODELS:
        assert receipt("05_digits")[f"about {name}"]["sha256"] == zoo.load(name).manifest["sha256"]


def test_what_the_chapter_says_of_the_two_models_is_what_was_measured():
    found = receipt("05_digits")
    mine, theirs, longer = (found[name] for name in (*MODELS, "longer clips"))
    assert "dit-digits on 0 of 5" in digits_sentence(found)
    assert min(mine["direction"], mine["speed"]) > 0.85 and mine["digit_always"] < 0.2 < 0.8 < theirs["digit_always"]
    assert min(longer["direction"], longer["speed"]) > 0.8 and longer["digit_always"] < 0.2
    mine, theirs = (found[f"about {name}"] for name in MODELS)
    assert theirs["minutes"] > 2 * mine["minutes"] and theirs["seconds_a_clip"] > 2 * mine["seconds_a_clip"]


def test_the_shipped_transformer_is_small():
    model = zoo.load("dit-digits")
    assert (zoo.WEIGHTS / "dit-digits.safetensors").stat().st_size <= 4_000_000
    assert sum(weight.numel() for weight in model.network.parameters()) <= 2_000_000
    assert (
        model.run.worlds == zoo.load("vdm-digits").run.worlds and model.run.network == zoo.recipe("dit-digits").network
    )
