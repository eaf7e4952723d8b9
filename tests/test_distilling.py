"""A student of fewer steps: what it begins from, what it is trained on, and how it is sampled (chapter 4)."""

import json
from dataclasses import replace

import pytest
import torch

from minivid import checkpoint, zoo
from minivid.data import World, tokenize
from minivid.data.captions import VOCABULARY
from minivid.diffusion import COSINE, Denoising, Objective, ddim, diffuse, guided, sample
from minivid.diffusion.distill import progressive_target
from minivid.diffusion.schedule import like
from minivid.distilling import Distilling, step_ends, teacher_of
from minivid.nn import Cond, UNetConfig
from minivid.run import Run
from minivid.train import Step, TrainConfig, written_out

WORLD = World(frames=3, size=16)
SMALL = Run("small", UNetConfig(widths=(8, 8), vocabulary=len(VOCABULARY)), training=TrainConfig(1, 2), worlds=(WORLD,))


def published(run: Run, folder, weights: float = 1.0) -> str:
    """A file of weights as a run of one step leaves it, its weights multiplied."""
    training = run.start()
    for _ in training.steps(progress=False):
        pass
    with torch.no_grad():
        for weight in training.ema.parameters():
            weight.mul_(weights).add_(0.02 * (weights != 0))
    return str(zoo.publish(run, training, folder))


@pytest.fixture(scope="module")
def teacher(tmp_path_factory) -> str:
    return published(SMALL, tmp_path_factory.mktemp("teacher"))


@pytest.fixture
def run(teacher) -> Run:
    return replace(SMALL, name="small-4", loss=Distilling(teacher, 4, guidance=2.0), training=TrainConfig(2, batch=4))


def shown(n: int = 4):
    """Clips, noise, the middles of the student's steps, captions."""
    clips = WORLD.sample(n, 3)
    eps = torch.randn(clips.video.shape, generator=torch.Generator().manual_seed(0))
    return clips.video, eps, (torch.arange(n) + 0.5) / n, Cond(*tokenize(clips.caption))


@pytest.mark.parametrize("steps", [1, 2, 3, 8])
def test_times_are_the_ends_of_steps_and_in_order(steps):
    u = torch.linspace(0, 1, 200, dtype=torch.float64)[:-1]
    t, middle, s = step_ends(u, steps)
    assert ((s <= u) & (u < t)).all() and (t > middle).all() and (middle > s).all()
    assert torch.allclose(t - s, torch.full_like(t, 1 / steps)) and torch.allclose(t - middle, middle - s)
    assert s.unique().numel() == t.unique().numel() == steps and s.min() == 0 and t.max() == 1


def test_a_student_begins_from_its_teachers_weights(run):
    network, (_, teacher) = run.start().model, teacher_of(run.loss)
    for mine, theirs in zip(network.state_dict().values(), teacher.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)
    assert not any(weight.requires_grad for weight in teacher.parameters())
    assert all(weight.requires_grad for weight in network.parameters())


def test_whoever_says_the_target_has_no_loss_and_who_is_off_pays_by_the_snr_at_least_by_one(run):
    x, eps, u, cond = shown()
    levels = [COSINE.logsnr(time) for time in step_ends(u, 4)]  # the last is −20, to rounding
    alpha, sigma = (like(level, x) for level in COSINE.alpha_sigma(levels[0]))
    z = diffuse(x, eps, alpha, sigma)
    _, network = teacher_of(run.loss)
    goal = progressive_target(guided(network, 2.0), z, *levels, COSINE, Objective.V, cond)

    def saying(x_hat):
        def model(given, t, told):
            assert torch.equal(given, z) and torch.equal(t, levels[0].clamp(-20, 20)) and told is cond
            return (alpha * z - x_hat) / sigma

        return run.loss.per_clip(model, x, eps, u, cond)

    assert saying(goal).max() < 1e-6
    weights = torch.maximum(levels[0].exp(), torch.ones(4))
    assert weights[0] > 1 == weights[-1]
    torch.testing.assert_close(saying(goal + 0.5), weights / 4, rtol=1e-3, atol=1e-4)


def test_a_teacher_whose_guess_never_changes_teaches_that_guess(tmp_path):
    silent = replace(SMALL, loss=Denoising(Objective.X))
    loss = Distilling(published(silent, tmp_path, weights=0.0), 2, objective=Objective.X)
    _, network = teacher_of(loss)
    x, eps, u, cond = shown()
    assert loss.per_clip(network, x, eps, u, cond).max() < 1e-9


def test_a_step_of_training_changes_the_student_and_not_the_teacher_and_hides_no_caption(run):
    training, (_, teacher) = run.start(), teacher_of(run.loss)
    before = {name: weight.clone() for name, weight in teacher.state_dict().items()}
    asked = []
    training.model.register_forward_pre_hook(lambda _, given: asked.append(given[2]))
    for _ in training.steps(progress=False):
        pass
    assert all(torch.equal(weight, before[name]) for name, weight in teacher.state_dict().items())
    assert any(not torch.equal(weight, before[name]) for name, weight in training.model.state_dict().items())
    assert len(asked) == 2 and all(cond.token_mask.any(1).all() for cond in asked)


def test_a_student_comes_nearer_to_where_its_teacher_ends(teacher):
    loss = Distilling(teacher, 1, guidance=2.0)
    run = replace(SMALL, name="small-1", loss=loss, training=TrainConfig(25, batch=4, warmup=5, ema=0.9))
    training, (_, network) = run.start(), teacher_of(loss)
    x, _, _, cond = shown()
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(1))
    two = sample(ddim(guided(network, 2.0), noise, COSINE, Objective.V, 2, cond))

    def off() -> float:
        one = sample(ddim(training.ema, noise, COSINE, Objective.V, 1, cond))
        return (one - two).square().mean().sqrt().item()

    before = off()
    for _ in training.steps(progress=False):
        pass
    assert off() < 0.8 * before


def test_a_student_is_written_down_read_again_and_sampled_in_its_own_steps(run, tmp_path):
    assert Run.of(json.loads(json.dumps(run.described()))) == run
    training = run.start(tmp_path / "run")
    for _ in training.steps(progress=False):
        pass
    model = zoo.load_file(zoo.publish(run, training, tmp_path))
    assert model.usual == zoo.Drawing(4, 1.0, 0.0)
    captions = WORLD.sample(2, 0).caption
    way = ddim(model.denoiser, model.noise(2, 5), COSINE, Objective.V, 4, Cond(*tokenize(captions)))
    assert torch.equal(model.sample(captions, seed=5), sample(way))
    torch.testing.assert_close(zoo.draw(model, captions, 2, seed=5), model.sample(captions, seed=5).clamp(-1, 1))


def test_another_model_is_drawn_as_before():
    assert zoo.load("vdm-small").usual == zoo.Drawing(50, 3.0, 1.0)


def test_a_run_that_was_cut_short_goes_on_to_the_byte(run, tmp_path):
    whole, first = run.start(), run.start(tmp_path)
    for _ in whole.steps(progress=False):
        pass
    for _ in first.steps(progress=False):
        first.save()
        break
    again = run.start(tmp_path).resume()
    for _ in again.steps(progress=False):
        pass
    for one, other in zip(whole.ema.parameters(), again.ema.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_written_out_step_is_refused(run):
    training = run.start(update=written_out(lambda *_: (0.0, 0.0)))
    with pytest.raises(ValueError, match="train on a Denoising loss"):
        next(training.steps(progress=False))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"student_steps": 0}, "student_steps is 0; expected a whole number of at least 1"),
        ({"student_steps": True}, "student_steps is True; expected a whole number"),
        ({"guidance": float("nan")}, "guidance is nan; expected a number"),
        ({"schedule": "sine"}, "there is no schedule 'sine'"),
    ],
)
def test_what_no_student_could_learn_is_refused(run, changed, said):
    with pytest.raises(ValueError, match=said):
        replace(run.loss, **changed)


def test_a_teacher_that_does_not_fit_is_refused_before_the_first_step(run, tmp_path):
    with pytest.raises(checkpoint.CheckpointError, match="the teacher nobody is not here"):
        replace(run, loss=replace(run.loss, teacher="nobody")).start()
    with pytest.raises(ValueError, match=r"schedule is linear, and that of the teacher .* cosine"):
        replace(run, loss=replace(run.loss, schedule="linear")).start()
    with pytest.raises(checkpoint.CheckpointError, match="it was made"):
        replace(run, network=replace(run.network, widths=(8, 16))).start()
    strange = tmp_path / "strange.safetensors"
    checkpoint.write(strange, {"a": torch.zeros(1)}, {"name": "strange"})
    with pytest.raises(checkpoint.CheckpointError, match="does not say what the teacher is"):
        replace(run, loss=replace(run.loss, teacher=str(strange))).start()


def test_step_draws_the_same_noise_whoever_asks(run):
    clips = WORLD.sample(4, 3)
    batch = clips.video, Cond(*tokenize(clips.caption))
    _, network = teacher_of(run.loss)
    with torch.no_grad():
        first, again, other = (run.loss(network, batch, Step(0, number)) for number in (0, 0, 1))
    assert first == again != other
