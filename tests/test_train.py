"""Training: it learns, it resumes to the byte, and it says what went wrong."""

import json
import math
import signal
import subprocess
import sys
import time
from copy import deepcopy
from dataclasses import dataclass, replace

import pytest
import torch

from minivid import checkpoint
from minivid.batches import clips_of, joint_clips_of
from minivid.data import VOCABULARY, World
from minivid.diffusion import COSINE, Denoising, Objective
from minivid.diffusion.objective import per_clip_loss
from minivid.nn import Cond, UNet, UNetConfig
from minivid.train import (
    Step,
    TrainConfig,
    Training,
    TrainingFailed,
    update_ema,
    written_out,
)

UNET = UNetConfig(widths=(8, 16), blocks=1, heads=2, vocabulary=len(VOCABULARY), dim_text=16)
CONFIG = TrainConfig(steps=6, batch=2, warmup=2, save_every=2)


def run(config: TrainConfig = CONFIG, out=None, data=None) -> Training:
    torch.manual_seed(config.seed)
    return Training(UNet(UNET), data or clips_of(World(frames=4)), Denoising(), config, out=out)


def drained(training: Training) -> Training:
    for _ in training.steps(progress=False):
        pass
    return training


def state(training: Training) -> dict[str, torch.Tensor]:
    """Everything that a run is, by name."""
    weights = {f"model.{name}": weight for name, weight in training.model.state_dict().items()}
    weights |= {f"ema.{name}": weight for name, weight in training.ema.state_dict().items()}
    for number, optimizer in enumerate(training.optimizers):
        for index, slot in optimizer.state_dict()["state"].items():
            weights |= {f"{number}.{index}.{key}": value for key, value in slot.items()}
    return weights


def assert_same_bytes(a: Training, b: Training) -> None:
    assert a.step == b.step
    mine, other = state(a), state(b)
    assert mine.keys() == other.keys()
    assert [name for name in mine if not torch.equal(mine[name], other[name])] == []


def test_the_same_seed_gives_the_same_weights():
    assert_same_bytes(drained(run()), drained(run()))


def test_another_seed_gives_others():
    a, b = drained(run()), drained(run(replace(CONFIG, seed=1)))
    assert not torch.equal(state(a)["model.conv_out.weight"], state(b)["model.conv_out.weight"])


def test_a_run_stopped_and_taken_up_in_the_same_session_ends_the_same():
    training = run()
    for record in training.steps(progress=False):
        if record.step == 3:
            break
    assert training.step == 3
    assert_same_bytes(drained(training), drained(run()))


def test_a_run_resumed_from_its_folder_ends_the_same_to_the_byte(tmp_path):
    first = run(out=tmp_path)
    for record in first.steps(progress=False):
        if record.step == 5:  # saved at 4: step 5 is done again
            break
    torch.manual_seed(99)
    second = Training(UNet(UNET), clips_of(World(frames=4)), Denoising(), CONFIG, out=tmp_path).resume()
    assert second.step == 4
    whole = drained(run())
    assert_same_bytes(drained(second), whole)
    assert [record.loss for record in second.records] == [record.loss for record in whole.records]


def test_a_run_that_is_killed_can_be_taken_up(tmp_path):
    """SIGKILL at no chosen moment: whatever it hits, the state that stands there is whole."""
    config = replace(CONFIG, steps=200, save_every=1)
    script = tmp_path / "go.py"
    script.write_text(
        "import sys, torch\n"
        "from dataclasses import replace\n"
        "from minivid.batches import clips_of\n"
        "from minivid.data import VOCABULARY, World\n"
        "from minivid.diffusion import Denoising\n"
        "from minivid.nn import UNet, UNetConfig\n"
        "from minivid.train import TrainConfig, Training\n"
        "torch.set_num_threads(1)\n"
        f"unet = {UNET!r}\n"
        "config = TrainConfig(steps=200, batch=2, warmup=2, save_every=1)\n"
        "torch.manual_seed(0)\n"
        f"training = Training(UNet(unet), clips_of(World(frames=4)), Denoising(), config, out={str(tmp_path / 'run')!r})\n"
        "for _ in training.steps(progress=False): pass\n"
    )
    process = subprocess.Popen([sys.executable, str(script)])
    while not Training.state_file(tmp_path / "run").is_file():
        assert process.poll() is None, "the run ended before it saved"
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()

    resumed = Training(UNet(UNET), clips_of(World(frames=4)), Denoising(), config, out=tmp_path / "run").resume()
    assert 0 < resumed.step < 200
    goal = resumed.step + 2
    whole = run(config)
    for training in (resumed, whole):
        for record in training.steps(progress=False):
            if record.step == goal:
                break
    assert_same_bytes(resumed, whole)


def test_nothing_to_resume_is_a_sentence(tmp_path):
    with pytest.raises(checkpoint.CheckpointError, match="nothing to resume"):
        run(out=tmp_path).resume()


def test_a_run_is_not_resumed_with_another_configuration(tmp_path):
    drained(run(out=tmp_path))
    with pytest.raises(checkpoint.CheckpointError, match="another lr"):
        run(replace(CONFIG, lr=1e-2), out=tmp_path).resume()


def test_a_run_that_an_earlier_version_began_without_an_option_goes_on(tmp_path):
    for record in run(out=tmp_path).steps(progress=False):
        if record.step == 4:
            break
    tensors, manifest = checkpoint.read(Training.state_file(tmp_path))
    del manifest["config"]["restarts"]
    checkpoint.write(Training.state_file(tmp_path), tensors, manifest)
    assert_same_bytes(drained(run(out=tmp_path).resume()), drained(run()))


def test_nan_stops_the_run_names_the_step_and_keeps_the_last_good_state(tmp_path):
    clips = clips_of(World(frames=4))

    def poisoned(n, key):
        video, cond = clips(n, key)
        return (video * torch.nan if key[1] == 3 else video), cond

    training = run(out=tmp_path, data=poisoned)
    with pytest.raises(TrainingFailed, match=r"step 4 .* last good state"):
        drained(training)
    tensors, manifest = checkpoint.read(training.state_file(tmp_path))
    assert len(manifest["records"]) == 2
    assert all(tensor.isfinite().all() for tensor in tensors.values())


def test_a_gradient_that_is_no_number_stops_the_run_before_it_reaches_the_weights(tmp_path):
    """The loss itself is finite here."""

    class Cliff(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.matrix = torch.nn.Parameter(torch.zeros(1, 1))

        def forward(self, z, t, cond):
            return z * (self.weight.abs().sqrt() + self.matrix)  # the root's slope at 0 is infinite

    training = Training(Cliff(), clips_of(World(frames=4)), Denoising(), CONFIG, out=tmp_path)
    with pytest.raises(TrainingFailed, match=r"gradient at step 1 .* Nothing was saved"):
        drained(training)
    assert all(weight.isfinite().all() for weight in training.model.parameters())


def test_the_loss_falls():
    config = TrainConfig(steps=60, batch=8, lr=3e-3, warmup=5)
    losses = [record.loss for record in drained(run(config)).records]
    assert sum(losses[-10:]) < 0.75 * sum(losses[:10])


def test_the_learning_rate_warms_up_and_ends_at_zero():
    config = TrainConfig(steps=100, warmup=10)
    rates = [config.pace(step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == 1.0
    assert rates[55] == pytest.approx(0.5) and rates[100] == pytest.approx(0.0)


def test_short_clips_come_first_and_as_many_more_of_them():
    shapes = []

    class Spy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.matrix = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.eye(2))

        def forward(self, z, t, cond=None):
            shapes.append((z.shape[0], z.shape[2]))
            return z * self.weight + 0 * self.matrix.sum()

    config = TrainConfig(steps=10, batch=3, growth=((0.4, 4), (0.7, 2)))
    for _ in Training(Spy(), clips_of(World()), Denoising(), config).steps(progress=False):
        pass
    assert shapes == 4 * [(12, 2)] + 3 * [(6, 4)] + 3 * [(3, 8)]


def test_a_batch_of_clips_of_many_sizes_comes_to_the_loss_as_it_was_drawn():
    pack, seen = [torch.zeros(1, 2, 4, 4), torch.zeros(1, 4, 8, 2)], []

    def loss(model, batch, step):
        seen.append(batch)
        return model.weight.square().sum()

    training = Training(torch.nn.Linear(2, 2), lambda n, key: (pack, None), loss, TrainConfig(steps=2, batch=2))
    for _ in training.steps(progress=False):
        pass
    assert all(clips is pack and cond is None for clips, cond in seen) and len(seen) == 2


ROUNDS = replace(CONFIG, restarts=(3,), save_every=1)


def test_a_round_begins_from_the_average_as_published_and_remembers_nothing_else():
    first = drained(run(replace(ROUNDS, steps=3, restarts=())))
    published = {name: weight.half().float() for name, weight in first.ema.state_dict().items()}
    training = run(ROUNDS)
    for record in training.steps(progress=False):
        if record.step == 3:
            break
    begun = {}
    training.model.register_forward_pre_hook(lambda net, _: begun.update(deepcopy(net.state_dict())))
    next(training.steps(progress=False))
    assert [name for name, weight in published.items() if not torch.equal(weight, begun[name])] == []
    taken = {float(slot["step"]) for o in training.optimizers for slot in o.state.values() if "step" in slot}
    assert taken == {1.0}


@pytest.mark.parametrize("stop", [2, 3, 4])
def test_a_run_of_two_rounds_resumes_to_the_byte_before_at_and_after_the_restart(tmp_path, stop):
    for record in run(ROUNDS, out=tmp_path).steps(progress=False):
        if record.step == stop:
            break
    assert_same_bytes(drained(run(ROUNDS, out=tmp_path).resume()), drained(run(ROUNDS)))


def test_each_round_has_the_rates_of_a_run_and_growth_is_the_first_rounds():
    whole, alone = TrainConfig(steps=300, restarts=(200,), growth=((0.5, 4),)), TrainConfig(steps=200)
    assert [whole.pace(step) for step in range(200)] == [alone.pace(step) for step in range(200)]
    assert [whole.pace(200 + step) for step in range(100)] == [replace(alone, steps=100).pace(s) for s in range(100)]
    assert [step for step in range(300) if whole.parts(step) == 4] == list(range(100))


@pytest.mark.parametrize("restarts", [(0,), (6,), (4, 3), (9,)])
def test_restarts_that_are_not_within_the_run_are_refused(restarts):
    with pytest.raises(ValueError, match="restarts"):
        replace(CONFIG, restarts=restarts)


@pytest.mark.parametrize("growth", [((0.6, 4), (0.3, 2)), ((1.5, 2),), ((0.5, 0),)])
def test_a_growth_that_makes_no_sense_is_refused(growth):
    with pytest.raises(ValueError, match="growth"):
        TrainConfig(growth=growth)


def test_clips_with_a_caption_for_each_frame_are_not_cut():
    training = Training(
        UNet(UNET), joint_clips_of(World(frames=4), images=1), Denoising(), replace(CONFIG, growth=((1.0, 2),))
    )
    with pytest.raises(ValueError, match="cut short"):
        next(training.steps(progress=False))


def test_the_average_follows_the_weights_from_behind():
    model, ema = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1).requires_grad_(False)
    before, now = ema.weight.clone(), model.weight.detach().clone()
    update_ema(ema, model, 0.9)
    torch.testing.assert_close(ema.weight, 0.9 * before + 0.1 * now)


def test_one_caption_in_ten_is_hidden():
    """Counted through the network's eyes."""
    seen = []

    class Spy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))
            self.matrix = torch.nn.Parameter(torch.zeros(1, 1))

        def forward(self, z, t, cond: Cond):
            seen.append(cond.token_mask.any(1))
            return z * (self.weight + self.matrix)

    training = Training(Spy(), clips_of(World(frames=4)), Denoising(drop_caption=0.1), TrainConfig(steps=20, batch=50))
    drained(training)
    hidden = 1 - torch.cat(seen).float().mean()
    assert abs(hidden - 0.1) < 4 * (0.09 / 1000) ** 0.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"batch": -1},
        {"warmup": -1},
        {"seed": -1},
        {"save_every": 0},
        {"lr": 0.0},
        {"lr": math.nan},
        {"lr": math.inf},
        {"lr_matrices": -0.1},
        {"weight_decay": -1.0},
        {"weight_decay": math.nan},
        {"clip_norm": 0.0},
        {"ema": 1.0},
        {"ema": math.nan},
        {"growth": ((math.nan, 2),)},
    ],
    ids=str,
)
def test_a_senseless_configuration_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))} (is|are) "):
        TrainConfig(**wrong)


def test_a_value_of_another_kind_is_refused_by_name_too():
    """In a process of its own, where nothing checks types before the configuration does."""
    wrong = [
        "steps=2.5",
        "steps=True",
        "warmup=1.5",
        "lr='0.1'",
        "seed=None",
        "growth=((0.5, 2.5),)",
        "restarts=(2.5,)",
    ]
    script = "from minivid.train import TrainConfig\n"
    for one in wrong:
        script += f"try: TrainConfig({one})\nexcept ValueError as error: print(error)\n"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in told.splitlines()] == [one.split("=")[0] for one in wrong]


def test_the_manifest_says_how_to_run_it_again(tmp_path):
    drained(run(out=tmp_path))
    manifest = json.loads(checkpoint.manifest_path(Training.state_file(tmp_path)).read_text())
    assert manifest["config"]["steps"] == 6 and manifest["loss"]["objective"] == "v"


def test_a_run_is_not_resumed_with_another_loss(tmp_path):
    drained(run(out=tmp_path))
    other = Training(UNet(UNET), clips_of(World(frames=4)), Denoising(Objective.EPS), CONFIG, out=tmp_path)
    with pytest.raises(checkpoint.CheckpointError, match="another loss"):
        other.resume()


@pytest.mark.parametrize("objective", ["v", "eps"])
def test_a_state_of_before_had_the_objective_in_its_training_and_still_resumes(tmp_path, objective):
    def begun(**where):
        torch.manual_seed(0)
        return Training(UNet(UNET), clips_of(World(frames=4)), Denoising(Objective(objective)), CONFIG, **where)

    for record in begun(out=tmp_path).steps(progress=False):
        if record.step == 4:
            break
    tensors, manifest = checkpoint.read(Training.state_file(tmp_path))
    loss = manifest.pop("loss")
    manifest["config"] |= {"objective": loss["objective"], "drop_caption": loss["drop_caption"]}
    checkpoint.write(Training.state_file(tmp_path), tensors, manifest)
    other = Objective.X if objective == "v" else Objective.V
    with pytest.raises(checkpoint.CheckpointError, match="another loss"):
        Training(UNet(UNET), clips_of(World(frames=4)), Denoising(other), CONFIG, out=tmp_path).resume()
    assert_same_bytes(drained(begun(out=tmp_path).resume()), drained(begun()))


def squares(model, batch, step):
    """A loss that is a function: how far the network is from saying the clip back."""
    x = step.own(batch[0])
    return (model(x, torch.zeros(len(x)), None) - x).square().mean()


def test_any_function_of_model_batch_and_step_is_a_loss(tmp_path):
    losses = []
    for folder in ("a", "b"):
        torch.manual_seed(0)
        training = Training(UNet(UNET), clips_of(World(frames=4)), squares, CONFIG, out=tmp_path / folder)
        losses.append([record.loss for record in drained(training).records])
    assert losses[0] == losses[1] and losses[0][-1] < losses[0][0]
    assert "squares" in checkpoint.read(Training.state_file(tmp_path / "b"))[1]["loss"]["is"]


class Odd(torch.nn.Module):
    """No matrices; a tied weight; a buffer that is averaged, one that is counted."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv3d(1, 1, 3, padding=1)
        self.second = self.first
        self.norm = torch.nn.BatchNorm3d(1)

    def forward(self, z, t, cond=None):
        return self.second(self.norm(self.first(z)))


def odd(**where) -> Training:
    torch.manual_seed(0)
    return Training(Odd(), clips_of(World(frames=4)), Denoising(), CONFIG, **where)


def test_a_network_without_matrices_trains():
    training = drained(odd())
    assert [type(optimizer.optimizer) for optimizer in training.optimizers] == [torch.optim.AdamW]


def test_what_is_frozen_stays_as_it_is_and_the_run_is_saved_and_resumed(tmp_path):
    """An adapter's base."""

    def begun(**where):
        torch.manual_seed(0)
        model = UNet(UNET)
        for name, weight in model.named_parameters():
            weight.requires_grad_("temporal" in name or name.startswith("conv_out"))
        return Training(model, clips_of(World(frames=4)), Denoising(), CONFIG, **where)

    first = begun(out=tmp_path)
    before = {name: weight.clone() for name, weight in first.model.state_dict().items()}
    for record in first.steps(progress=False):
        if record.step == 4:
            break
    resumed = drained(begun(out=tmp_path).resume())
    assert_same_bytes(resumed, drained(begun()))
    moved = {name for name, weight in resumed.model.state_dict().items() if not torch.equal(weight, before[name])}
    assert moved and all("temporal" in name or name.startswith("conv_out") for name in moved)


def test_a_tied_weight_is_saved_once_and_comes_back_tied_to_the_byte(tmp_path):
    for record in odd(out=tmp_path).steps(progress=False):
        if record.step == 4:
            break
    names = checkpoint.read(Training.state_file(tmp_path))[0]
    assert "model.first.weight" in names and "model.second.weight" not in names
    resumed = drained(odd(out=tmp_path).resume())
    assert_same_bytes(resumed, drained(odd()))
    assert resumed.model.second.weight is resumed.model.first.weight


def test_real_buffers_are_averaged_and_counts_are_copied():
    training = drained(odd())
    assert training.ema.norm.num_batches_tracked == training.model.norm.num_batches_tracked == 6
    one, other = training.ema.norm.running_var, training.model.norm.running_var
    assert one != other and abs(one - other) < abs(1 - other)  # on its way from where it began


def test_a_folder_that_takes_no_file_is_refused_before_the_first_step(tmp_path):
    (tmp_path / "run").write_text("a file, and no folder")
    with pytest.raises(checkpoint.CheckpointError, match="could not be written"):
        run(out=tmp_path / "run")


def test_weights_that_could_not_be_saved_are_refused_before_the_first_step(tmp_path):
    model = Odd()
    model.register_buffer("turn", torch.zeros(2, dtype=torch.complex64))
    with pytest.raises(checkpoint.CheckpointError, match=r"'turn' .* cannot be saved"):
        Training(model, clips_of(World(frames=4)), Denoising(), CONFIG, out=tmp_path)


def test_a_loss_that_could_not_be_written_down_is_refused_before_the_first_step(tmp_path):
    @dataclass(frozen=True)
    class Hidden:
        def __call__(self, model, batch, step):
            return squares(model, batch, step)

    with pytest.raises(ValueError, match="must be a dataclass or a function at the top of its module"):
        Training(UNet(UNET), clips_of(World(frames=4)), Hidden(), CONFIG, out=tmp_path)


def test_a_folder_with_a_run_is_not_written_over(tmp_path):
    drained(run(out=tmp_path))
    with pytest.raises(checkpoint.CheckpointError, match="already holds a run"):
        next(run(out=tmp_path).steps(progress=False))


def test_after_a_failure_nothing_goes_on_but_what_was_saved(tmp_path):
    """A buffer may have seen what was no number."""
    clips, poison = clips_of(World(frames=4)), [True]

    def poisoned(n, key):
        video, cond = clips(n, key)
        return (video * torch.nan if poison[0] and key[1] == 3 else video), cond

    torch.manual_seed(0)
    training = Training(Odd(), poisoned, Denoising(), CONFIG, out=tmp_path)
    for _ in range(2):
        with pytest.raises(TrainingFailed, match="step 4"):
            drained(training)
    poison[0] = False
    assert_same_bytes(drained(training.resume()), drained(odd()))


@pytest.mark.parametrize(("names", "sentence"), [(["typo"], "'typo'"), (["first.bias"], "no weight of two axes")])
def test_a_network_that_names_no_matrix_is_told_so(names, sentence):
    model = Odd()
    model.matrices = lambda: names
    with pytest.raises(ValueError, match=sentence):
        Training(model, clips_of(World(frames=4)), Denoising(), CONFIG)


def test_a_network_of_which_nothing_is_trained_is_refused():
    with pytest.raises(ValueError, match="nothing of this network is trained"):
        Training(Odd().requires_grad_(False), clips_of(World(frames=4)), Denoising(), CONFIG)


@pytest.mark.parametrize("rows", [2, 3, 17])
def test_shares_of_any_number_of_rows_weigh_as_much_as_they_hold(rows):
    """The mean of the processes' means, so weighted, is the mean over all rows."""
    values, steps = torch.randn(rows), [Step(0, 0, process=i, processes=2) for i in range(2)]
    shares = [step.own(values).mean() * step.weight(rows) for step in steps]
    torch.testing.assert_close(sum(shares) / 2, values.mean())
    with pytest.raises(ValueError, match="1 clips for 2 processes"):
        steps[0].weight(1)


def test_settings_under_which_a_run_would_be_another_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="2 processes were started and 1 joined"):
        run()


def by_hand(model, ema, optimizer, x, eps, u, cond, decay):
    """The library's step, written out."""
    loss = per_clip_loss(model, x, eps, u, cond, COSINE, Objective.V).mean()
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        for average, weight in zip(ema.parameters(), model.parameters(), strict=True):
            average.lerp_(weight, 1 - decay)
    return loss.item(), norm


GROWN = replace(CONFIG, growth=((0.5, 2),), restarts=(4,))


def written(step=by_hand, out=None, config=GROWN) -> Training:
    torch.manual_seed(config.seed)
    return Training(UNet(UNET), clips_of(World(frames=4)), Denoising(), config, out, written_out(step))


def test_a_step_that_somebody_wrote_out_makes_the_run_that_the_library_s_makes_to_the_byte():
    """Both optimizers, the learning rate's pace, growth and a second round are the run's; so are the records."""
    own, library = drained(written()), drained(run(GROWN))
    assert_same_bytes(own, library)
    assert len(own.optimizers) == 2
    for mine, theirs in zip(own.records, library.records, strict=True):
        assert replace(mine, seconds=0.0) == replace(theirs, seconds=0.0)


def test_a_run_of_written_out_steps_is_taken_up_to_the_byte(tmp_path):
    for record in written(out=tmp_path).steps(progress=False):
        if record.step == 3:
            break
    resumed = written(out=tmp_path).resume()
    assert resumed.step == 2
    assert_same_bytes(drained(resumed), drained(run(GROWN)))


def test_what_the_step_does_is_what_happens():
    """One that changes nothing leaves everything as it was; one that forgets the average leaves that."""
    idle = drained(written(lambda *_: (1.0, 2.0), config=CONFIG))
    torch.manual_seed(CONFIG.seed)
    start = UNet(UNET)
    assert all(torch.equal(a, b) for a, b in zip(idle.model.parameters(), start.parameters(), strict=True))
    assert [(record.loss, record.gradient) for record in idle.records] == [(1.0, 2.0)] * 6
    forgetful = drained(written(lambda model, ema, *rest: by_hand(model, deepcopy(ema), *rest), config=CONFIG))
    assert all(torch.equal(a, b) for a, b in zip(forgetful.ema.parameters(), start.parameters(), strict=True))
    assert not torch.equal(state(forgetful)["model.conv_out.weight"], start.conv_out.weight)


@pytest.mark.parametrize(("told", "what"), [((math.nan, 1.0), "loss"), ((1.0, math.inf), "gradient")])
def test_a_written_out_step_that_ends_in_no_number_stops_the_run(told, what):
    training = written(lambda *_: told)
    with pytest.raises(TrainingFailed, match=f"{what} at step 1 is not a number"):
        drained(training)
    with pytest.raises(TrainingFailed):
        drained(training)


def test_a_written_out_step_is_one_process_s_in_full_precision_and_on_noise():
    training = written()
    with pytest.raises(ValueError, match="one process and in full precision: start it without `accelerate launch`"):
        training.update(training, None, Step(0, 0, processes=2), 0.9)
    training.loss = lambda model, batch, step: 0.0
    with pytest.raises(ValueError, match="train on a Denoising loss"):
        drained(training)
