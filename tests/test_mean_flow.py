"""MeanFlow: the identity where the average velocity is a formula, what a network is told, the loss, one step of a trained network."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from minivid import zoo
from minivid.data import World
from minivid.diffusion import RECTIFIED, Objective, ddim, guided, sample
from minivid.diffusion.distill import mean_flow_target
from minivid.diffusion.schedule import like, rectified_logsnr
from minivid.mean_flow import MeanFlow, average_velocity, few_steps
from minivid.nn import Cond, UNetConfig
from minivid.nn.dit import DiTConfig
from minivid.run import Run
from minivid.train import Step, TrainConfig

MEAN, STD = 0.3, 0.4
SMALL = UNetConfig(widths=(16, 16), heads=2, vocabulary=10, dim_text=16, average=True)
WORDS = Cond(torch.tensor([[1, 2], [3, 4]]), torch.ones(2, 2, dtype=torch.bool))
CLIPS = torch.randn(2, 1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
NOISE = torch.randn(2, 1, 2, 4, 4, generator=torch.Generator().manual_seed(1))
R, T = torch.tensor([0.1, 0.3]), torch.tensor([0.8, 0.5])


@pytest.fixture
def unet():
    """Every weight drawn at random: what starts at zero hides a wrong path."""
    torch.manual_seed(0)
    network = SMALL.build()
    for weight in network.parameters():
        weight.data = torch.randn(weight.shape) / max(1, weight[0].numel()) ** 0.5
    return network.eval()


def spread(t):
    """The deviation of z at time t in a world whose values are drawn from N(MEAN, STD²)."""
    return ((1 - t) ** 2 * STD**2 + t**2).sqrt()


def exact(z, r, t):
    """Where the path through z at time t is at time r."""
    return (1 - r) * MEAN + spread(r) / spread(t) * (z - (1 - t) * MEAN)


def exact_average(z, r, t):
    r, t = like(r, z), like(t, z)
    return (z - exact(z, r, t)) / (t - r)


def exact_velocity(z, t):
    """E[ε − x | z], by the Gaussian's regression."""
    return -MEAN + (t - (1 - t) * STD**2) / spread(t) ** 2 * (z - (1 - t) * MEAN)


def drawn(n=64):
    chance = torch.Generator().manual_seed(3)
    z = torch.randn(n, 1, 2, 1, 1, generator=chance, dtype=torch.float64)
    r, t = torch.rand(2, n, generator=chance, dtype=torch.float64).sort(0).values
    return z, 0.9 * r, 0.05 + 0.9 * t


def test_the_exact_average_velocity_is_its_own_target():
    z, r, t = drawn()
    found = mean_flow_target(exact_average, z, exact_velocity(z, like(t, z)), r, t)
    torch.testing.assert_close(found, exact_average(z, r, t), rtol=1e-9, atol=1e-9)


def test_no_other_average_is_its_own_target():
    z, r, t = drawn()
    other = lambda z, r, t: exact_average(z, r, t) + 0.1 * like(t - r, z)  # noqa: E731
    off = (mean_flow_target(other, z, exact_velocity(z, like(t, z)), r, t) - other(z, r, t)).abs()
    torch.testing.assert_close(off, (0.2 * like(t - r, z)).expand_as(off))


def test_its_product_is_the_difference_quotient_along_the_path(unet):
    unet, v, h = unet.double(), (NOISE - CLIPS).double(), 1e-5
    u, (z, r, t) = average_velocity(unet, WORDS), (each.double() for each in (CLIPS, R, T))
    with torch.no_grad():
        quotient = (u(z + h * v, r, t + h) - u(z - h * v, r, t - h)) / (2 * h)
    found = (v - mean_flow_target(u, z, v, r, t)) / like(t - r, z)
    assert quotient.abs().max() > 0.1
    torch.testing.assert_close(found, quotient, rtol=1e-5, atol=1e-6)


def test_the_target_is_held_fixed(unet):
    assert not mean_flow_target(average_velocity(unet, WORDS), CLIPS, NOISE, R, T).requires_grad


class Telling(nn.Module):
    """What a network was told."""

    def __init__(self):
        super().__init__()
        self.scale, self.told = nn.Parameter(torch.ones(())), []

    def forward(self, z, t, cond=None):
        self.told.append((t.detach(), cond))
        return self.scale * z


def test_both_ends_of_a_step_are_told_as_log_snr():
    model = Telling()
    average_velocity(model, WORDS)(CLIPS, R, T)
    (t, cond), *_ = model.told
    assert (
        torch.equal(t, rectified_logsnr(T)) and torch.equal(cond.r, rectified_logsnr(R)) and cond.tokens is WORDS.tokens
    )


def test_where_no_clip_is_asked_for_an_average_the_loss_is_flow_matchings_to_the_bit(unet):
    loss, step = MeanFlow(share=0, power=0), Step(0, 0)
    x, eps, r, t, cond = loss.drawn((CLIPS, WORDS), step)
    assert torch.equal(r, t)
    z = (1 - like(t, x)) * x + like(t, x) * eps
    plain = (unet(z, rectified_logsnr(t), cond) - (eps - x)).square().flatten(1).sum(1).mean()
    assert torch.equal(loss(unet, (CLIPS, WORDS), step), plain)


def test_a_step_of_no_length_is_asked_for_the_velocity_there(unet):
    level = rectified_logsnr(T)
    assert torch.equal(unet(CLIPS, level, replace(WORDS, r=level)), unet(CLIPS, level, WORDS))
    assert not torch.equal(unet(CLIPS, level, replace(WORDS, r=rectified_logsnr(R))), unet(CLIPS, level, WORDS))


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 1])
def test_so_many_clips_of_a_batch_are_asked_for_an_average(share):
    x = torch.zeros(8, 1, 2, 4, 4)
    _, _, r, t, _ = MeanFlow(share).drawn((x, None), Step(0, 5))
    assert (r < t).sum() == 8 * share and (r <= t).all() and r.min() > 0 and t.max() < 1


def test_the_loss_is_the_error_to_the_target_and_the_target_gives_no_gradient(unet):
    loss, step = MeanFlow(share=1, power=0, drop_caption=0), Step(0, 0)
    x, eps, r, t, cond = loss.drawn((CLIPS, WORDS), step)
    u, z = average_velocity(unet, cond), (1 - like(t, x)) * x + like(t, x) * eps
    goal = mean_flow_target(u, z, eps - x, r, t)
    wanted = torch.autograd.grad((u(z, r, t) - goal).square().sum() / 2, unet.conv_out.parameters())
    found = torch.autograd.grad(loss(unet, (CLIPS, WORDS), step), unet.conv_out.parameters())
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_the_adaptive_weight_takes_the_errors_size_out_of_the_gradient():
    """With power 1 a clip's loss is all but 1, and its gradient is that of the logarithm of its squared error."""
    model, step, x = Telling(), Step(0, 0), CLIPS
    plain, weighted = (MeanFlow(0, power=power) for power in (0, 1))
    error = plain(model, (x[:1], None), step)
    gradient = torch.autograd.grad(error, model.scale)[0] / error.detach()
    told = weighted(model, (x[:1], None), step)
    assert abs(told.item() - 1) < 1e-3
    torch.testing.assert_close(torch.autograd.grad(told, model.scale)[0], gradient, rtol=1e-3, atol=0)


def test_few_steps_of_the_exact_average_are_exact_however_few():
    """Of any number of steps the end is that of the path: averages compose."""

    def model(z, t, cond):
        ends = (torch.sigmoid(-level / 2) for level in (cond.r, t))
        return exact_average(z, *ends)

    z = torch.randn(8, 1, 2, 1, 1, dtype=torch.float64)
    for steps in (1, 2, 5):
        path = list(few_steps(model, z, steps))
        assert len(path) == steps
        torch.testing.assert_close(path[-1][0], MEAN + STD * z, rtol=1e-3, atol=1e-3)  # levels end at λ = ±20
        torch.testing.assert_close(*path[-1])


def test_without_r_every_sampler_may_ask_it(unet):
    """Its velocity at one level is the flow's: one DDIM step is Euler's."""
    one = sample(ddim(unet, NOISE, RECTIFIED, Objective.FLOW, 1, WORDS))
    with torch.no_grad():
        torch.testing.assert_close(one, NOISE - unet(NOISE, torch.full((2,), -20.0), WORDS), rtol=1e-3, atol=1e-3)


def test_guidance_takes_the_words_away_and_not_where_the_step_ends():
    model = Telling()
    guided(model, 3.0)(CLIPS, rectified_logsnr(T), replace(WORDS, r=rectified_logsnr(R)))
    assert [cond.token_mask.any().item() for _, cond in model.told] == [False, True]
    assert all(torch.equal(cond.r, rectified_logsnr(R)) for _, cond in model.told)


def test_a_condition_is_cut_and_moved_with_its_r():
    cond = replace(WORDS, r=R)
    assert torch.equal(cond[1:].r, R[1:]) and torch.equal(cond[R > 0.2].tokens, WORDS.tokens[1:])
    assert torch.equal(Cond(r=R)[:1].r, R[:1]) and cond.to("meta").r.is_meta and Cond().to("meta") == Cond()


@pytest.mark.parametrize("config", [replace(SMALL, average=False), DiTConfig(dim=32, depth=1, heads=2, patch=(1, 2))])
def test_a_network_of_one_level_refuses_the_end_of_a_step(config):
    with pytest.raises(ValueError, match=r"where a step ends.*average=True"):
        config.build()(CLIPS, torch.zeros(2), Cond(r=torch.ones(2)))


@pytest.mark.parametrize("option", ["share", "drop_caption"])
def test_what_is_no_share_is_refused(option):
    with pytest.raises(ValueError, match=f"{option} is 1.5; expected a share"):
        MeanFlow(**{option: 1.5})


def test_older_files_build_the_networks_that_they_did():
    network = zoo.load("vdm-small").network
    assert not network.config.average and "noise_level.mlp.0.weight" in network.state_dict()
    assert network.noise_level.mlp[0].in_features == network.noise_level.dim


def test_a_run_on_it_is_written_down_trained_kept_and_sampled(tmp_path):
    run = Run(
        "average",
        replace(SMALL, vocabulary=zoo.UNET.vocabulary),
        MeanFlow(share=0.5),
        TrainConfig(steps=2, batch=4, warmup=1),
        worlds=(World(frames=2),),
    )
    assert Run.of(run.described()) == run
    training = run.start(tmp_path / "run")
    list(training.steps(progress=False))
    model = zoo.load_file(zoo.publish(run, training, tmp_path))
    assert model.run.loss == run.loss and model.objective is Objective.FLOW and model.schedule is RECTIFIED
    assert sample(few_steps(model.network, model.noise(2), 1)).shape == (2, 1, 2, 16, 16)
    assert model.sample(["a 3 moves right, slowly"], steps=2).isfinite().all()


class Line(nn.Module):
    """u as a line in z, which it is in a Gaussian world; a small network of r and t says which line."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 2))

    def forward(self, z, t, cond):
        ends = torch.stack([torch.sigmoid(-level / 2) for level in (cond.r, t)], dim=1)
        slope, offset = (like(part, z) for part in self.layers(ends).T)
        return slope * z + offset


def test_one_step_of_a_trained_network_has_the_worlds_moments():
    """One step along the velocity itself would end at the mean, without a spread."""
    torch.manual_seed(0)
    model, loss, steps = Line(), MeanFlow(0.5, middle=0.0, spread=1.8, power=0), 300
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for number in range(steps):
        optimizer.param_groups[0]["lr"] = 0.02 * (1 - number / steps)
        chance = torch.Generator().manual_seed(number)
        clips = MEAN + STD * torch.randn(512, 1, 1, 1, 1, generator=chance)
        optimizer.zero_grad()
        loss(model, (clips, None), Step(1, number)).backward()
        optimizer.step()
    noise = torch.randn(4000, 1, 1, 1, 1, generator=torch.Generator().manual_seed(9))
    told = sample(few_steps(model, noise))
    assert abs(told.mean() - MEAN) < 0.06 and abs(told.std() / STD - 1) < 0.15
    at_once = noise - average_velocity(model)(noise, torch.ones(4000), torch.ones(4000)).detach()
    assert abs(at_once.mean() - MEAN) < 0.1 and at_once.std() < 0.1
