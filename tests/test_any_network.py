"""The house is open: a second network, and each objective, are trained, resumed, published, loaded, sampled and evaluated by name.

Nothing in minivid knows the networks of this file.
"""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

from minivid import checkpoint, zoo
from minivid.checkpoint import CheckpointError
from minivid.cli import main
from minivid.data import World
from minivid.diffusion import COSINE, Denoising, Objective, diffuse, from_x, like, schedule_named
from minivid.nn import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig

WORLD = World(frames=4)
SMALL = UNetConfig(widths=(16, 16), heads=2)
CONFIG = TrainConfig(steps=4, batch=2, warmup=1, save_every=2)


@dataclass(frozen=True)
class PlainConfig:
    """A network of one hidden layer that looks at each clip as a row of numbers; it has no captions, and takes one size."""

    clip: tuple[int, int, int, int] = (1, 4, 16, 16)
    width: int = 16
    vocabulary: int = 0

    def build(self) -> nn.Module:
        return Plain(self)

    def check(self, clip) -> None:
        if tuple(clip) != self.clip:
            raise ValueError(f"this network takes clips of {self.clip} and no others, not {tuple(clip)}.")


class Plain(nn.Module):
    def __init__(self, config: PlainConfig):
        super().__init__()
        numbers = torch.Size(config.clip).numel()
        self.inside, self.outside = nn.Linear(numbers + 1, config.width), nn.Linear(config.width, numbers)

    def matrices(self):
        return ["inside.weight"]

    def forward(self, z, t, cond=None):
        level = t.reshape(len(z), -1).mean(1, keepdim=True) / 20
        return self.outside(torch.relu(self.inside(torch.cat([z.flatten(1), level], dim=1)))).reshape(z.shape)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """`command("train", ...)`: a command of minivid in an empty folder, which has one recipe, "plain"."""
    plain = Run("plain", PlainConfig(), Denoising(Objective.FLOW, "rectified"), CONFIG, worlds=(WORLD,))
    monkeypatch.setattr(zoo, "RECIPES", {"plain": plain})
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path / "weights")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIVID_BUDGET", "laptop")

    def run(*words) -> int:
        with pytest.raises(SystemExit) as leave:
            main([str(word) for word in words])
        return leave.value.code

    return run


def test_a_second_network_goes_through_every_command_by_name(command, capsys, tmp_path):
    training = zoo.recipe("plain").start(tmp_path / "begun")
    for record in training.steps(progress=False):
        if record.step == 2:
            break
    assert command("train", "plain", "--resume", "begun") == 0
    assert command("train", "plain", "--keep") == 0
    resumed, whole = (zoo.find(where) for where in ("begun/plain.safetensors", "plain"))
    assert resumed.manifest["sha256"] == whole.manifest["sha256"]
    assert whole.run == zoo.recipe("plain") and isinstance(whole.network, Plain)
    assert command("sample", "plain", "--steps", 2, "--n", 2, "--out", "x.gif") == 0
    assert command("world", "--like", "plain", "--n", 2, "--out", "real.npz") == 0
    assert command("evaluate", "plain", "--n", 4, "--steps", 2, "--json", "report.json", "--quiet") == 0
    assert command("zoo") == 0
    assert "plain" in capsys.readouterr().out


def test_what_a_network_cannot_take_it_says_itself(command, capsys):
    with pytest.raises(ValueError, match="takes clips of"):
        replace(zoo.recipe("plain"), worlds=(World(frames=4, size=32),))


@dataclass(frozen=True)
class GaussianConfig:
    """The best denoiser of a world in which every value is drawn from N(MEAN, STD²), saying what its objective and schedule ask for."""

    objective: str = "v"
    schedule: str = "cosine"
    vocabulary: int = 0

    def build(self) -> nn.Module:
        return Gaussian(self)

    def check(self, clip) -> None:
        pass


MEAN, STD = 0.3, 0.4


class Gaussian(nn.Module):
    def __init__(self, config: GaussianConfig):
        super().__init__()
        self.objective, self.schedule = Objective(config.objective), schedule_named(config.schedule)
        self.mean = nn.Parameter(torch.tensor(MEAN))

    def forward(self, z, t, cond=None):
        alpha, sigma = (like(level, z) for level in self.schedule.alpha_sigma(t))
        if self.objective is Objective.EDM:  # it is given z at unit size
            z = z * (0.25 * alpha**2 + sigma**2).sqrt()
        x_hat = self.mean + alpha * STD**2 / (alpha**2 * STD**2 + sigma**2) * (z - alpha * self.mean)
        return from_x(self.objective, x_hat, z, alpha, sigma)


KINDS = [(objective, schedule) for objective in Objective for schedule in ("cosine", "rectified")]


def published(objective: Objective, schedule: str, folder, said: Objective | None = None):
    """The exact denoiser, in a file whose manifest says `said`, or the truth."""
    network = GaussianConfig(objective.value, schedule)
    config = TrainConfig(steps=1, batch=2, lr=1e-12)
    run = Run("gauss", network, Denoising(said or objective, schedule), config, clip=(1, 2, 8, 8), folder="nowhere")
    training = run.start(data=lambda n, key: (torch.zeros(n, 1, 2, 8, 8), None))
    list(training.steps(progress=False))
    return zoo.publish(run, training, folder)


@pytest.mark.parametrize(("objective", "schedule"), KINDS)
def test_a_model_of_any_objective_is_drawn_by_one_call_as_its_manifest_says(objective, schedule, tmp_path):
    model = zoo.find(str(published(objective, schedule, tmp_path)))
    clips = zoo.draw(model, None, 200, seed=1, steps=200, eta=1.0)
    n = clips.numel()
    outside = clips.abs() == 1  # draw cuts at ±1, 1.75 deviations above the mean
    assert abs(clips.median() - MEAN) < 0.01
    below = (clips < MEAN - STD).float().mean()
    assert abs(below - 0.1587) < 4 * (0.1587 * 0.8413 / n) ** 0.5 + 0.01 and outside.float().mean() < 0.06


@pytest.mark.parametrize("objective", [o for o in Objective])
def test_drawn_as_another_objective_it_would_show(objective, tmp_path):
    """The test above could fail: a manifest that says another objective gives other clips."""
    said = Objective.V if objective is not Objective.V else Objective.EPS
    model = zoo.find(str(published(objective, "cosine", tmp_path, said)))
    clips = zoo.draw(model, None, 50, seed=1, steps=50)
    below = (clips < MEAN - STD).float().mean()
    assert abs(clips.median() - MEAN) > 0.03 or abs(below - 0.1587) > 0.03


@pytest.mark.parametrize("objective", Objective)
def test_a_real_network_trained_on_any_objective_is_read_as_its_manifest_says(objective, tmp_path):
    """One clip to learn by heart, white on the left and black on the right: read as anything else, the guess is worse."""
    clip = torch.ones(8, 1, 4, 8, 8)
    clip[..., 4:] = -1
    config = TrainConfig(steps=60, batch=16, lr=1e-2, warmup=5, ema=0.9)
    run = Run("heart", SMALL, Denoising(objective), config, clip=(1, 4, 8, 8), folder="nowhere")
    training = run.start(data=lambda n, key: (clip[:1].expand(n, -1, -1, -1, -1), None))
    list(training.steps(progress=False))
    model = zoo.find(str(zoo.publish(run, training, tmp_path)))
    eps = torch.randn(clip.shape, generator=torch.Generator().manual_seed(1))

    def error(read_as: Objective) -> float:
        reader, levels = replace(model, run=replace(run, loss=Denoising(read_as))), (-1.0, 1.0)
        guesses = [
            reader.x_hat(diffuse(clip, eps, *COSINE.alpha_sigma(level)), level) for level in torch.tensor(levels)
        ]
        return sum((guess - clip).square().mean().item() for guess in guesses)

    assert (
        model.objective is objective and error(objective) < 0.4
    )  # one who says the mean of all, 0, makes an error of 2
    assert all(error(objective) < 0.75 * error(other) for other in Objective if other is not objective)


def test_a_manifest_without_an_objective_that_is_known_draws_nothing(tmp_path):
    path = published(Objective.V, "cosine", tmp_path)
    tensors, manifest = checkpoint.read(path)
    for wrong in ({"objective": "score"}, {"schedule": "sigmoid"}):
        checkpoint.write(path, tensors, {**manifest, "loss": manifest["loss"] | wrong})
        with pytest.raises(CheckpointError, match=f"does not say what the model is.*{next(iter(wrong.values()))}"):
            zoo.find(str(path))
