"""The student's own run: its landmarks, its band, what several seeds of it reach."""

from collections.abc import Iterable
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.batches import Batches
from minivid.chapters.ch03.experiments.following import GUIDANCE, accuracy
from minivid.course.kept import kept
from minivid.course.receipt import Receipt, receipt
from minivid.data.world import World
from minivid.diffusion import COSINE
from minivid.tools.seeds import plain_generator
from minivid.train import TrainConfig, Training
from minivid.zoo import Model

LAPTOP = zoo.RECIPES["vdm-laptop"]


def trained(name: str, config: TrainConfig, batches: Batches | None = None) -> tuple[Training, Model]:
    """The laptop's run with another training, and perhaps other clips, to its end; and the model that came of it."""
    run = replace(LAPTOP, name=name, training=config)
    training = run.start(data=batches)
    for _ in training.steps():
        pass
    return training, Model(run, training.ema)


def landmarks(world: World, n: int = 256, seed: int = 99) -> dict[str, float]:
    """The v-loss of three networks that know no shapes, over the cosine schedule.

    One says zero. One ignores its input and says the best constant for each level and pixel (both in closed form). One knows which values each
    pixel takes and guesses its mean given z, each by itself: the best that can be had without joining pixels.
    """
    x = world.sample(n, seed).video
    u = (torch.arange(512) + 0.5) / 512
    alpha2, sigma2 = (level.square() for level in COSINE.alpha_sigma(COSINE.logsnr(u)))
    power, spread = x.square().mean(), (x - x.mean(0)).square().mean()
    return {
        "says zero": (alpha2 + sigma2 * power).mean().item(),
        "ignores its input": (alpha2 + sigma2 * spread).mean().item(),
        "pixel by pixel": pixel_by_pixel(world, n, seed),
    }


def pixel_by_pixel(world: World, n: int = 256, seed: int = 99, levels: int = 24) -> float:
    """The v-loss of the posterior mean of each pixel by itself; what values it takes is known from the frames of n clips."""
    known = world.sample(n, (seed, 0)).video.movedim(2, 1).flatten(0, 1).flatten(1)  # frames pixels
    known = known[torch.randperm(len(known), generator=plain_generator(seed))[:400]]
    x = world.sample(max(1, n // 4), (seed, 1)).video[:, :, 0].flatten(1)
    eps, losses = torch.randn(x.shape, generator=plain_generator(seed)), []
    for u in (torch.arange(levels) + 0.5) / levels:
        alpha, sigma = COSINE.alpha_sigma(COSINE.logsnr(u))
        z = alpha * x + sigma * eps
        share = (-0.5 * ((z[:, None] - alpha * known) / sigma).square()).softmax(1)  # clips frames pixels
        losses.append((((share * known).sum(1) - x) / sigma).square().mean())  # (v − v̂)² = (x − x̂)² / σ²
    return torch.stack(losses).mean().item()


def smoothed(losses: Float[Tensor, " n"], window: int = 25) -> Float[Tensor, " n"]:
    """Mean over the last `window` steps, fewer at the start."""
    sums = torch.cat([torch.zeros(1), losses.cumsum(0)])
    end = torch.arange(1, len(losses) + 1)
    begin = (end - window).clamp(min=0)
    return (sums[end] - sums[begin]) / (end - begin)


def laptop_sentences(found: Receipt) -> str:
    """What the laptop recipe reached, seed by seed."""

    def listed(values: Iterable[float]) -> str:
        return ", ".join(f"{value:.2f}" for value in values)

    runs, told, clock = found["rates"], ", ".join(map(str, found.seeds)), receipt("03_minutes")
    lines = [
        f"the laptop recipe, seeds {told}: about {clock['minutes']:.1f} minutes each on {clock.hardware['threads']} threads,",
        f"{found['n']} captions that it had not drawn before, {found['steps']} steps, guidance {found['guidance']:g}, fresh noise at each step:",
    ]
    for key, words in (
        ("digit_always", "digit on every frame"),
        ("direction", "direction"),
        ("speed", "speed (a guess gets 0.50)"),
    ):
        real = sum(run[f"real_{key}"] for run in runs) / len(runs)
        lines.append(f"  {words:28}{listed(run[key] for run in runs)}   real clips {real:.2f}")
    lines.append(f"  {'off the path, px':28}{listed(run['off_path'] for run in runs)}")
    shares = [run["digit_always"] / run["real_digit_always"] for run in runs]
    lines.append(
        f"  the digit, as a share of the real clips' rate: {sum(shares) / len(shares):.2f} on average, {min(shares):.2f} to {max(shares):.2f}"
    )
    return "\n".join(lines)


def minutes_of_a_run(seed: int = 0, steps: int = 20, untimed: int = 3) -> float:
    """How long the laptop's training takes at this moment on this machine's threads: some steps of each stage, and how many it has."""
    config, minutes = replace(LAPTOP.training, seed=seed), 0.0
    every = [config.parts(step) for step in range(config.steps)]
    for parts in sorted(set(every)):
        stage = replace(config.shortened(untimed + steps), growth=((1.0, parts),) if parts > 1 else ())
        seconds = [record.seconds for record in replace(LAPTOP, training=stage).start().steps(progress=False)]
        minutes += every.count(parts) * (seconds[-1] - seconds[untimed - 1]) / steps / 60
    return minutes


def measure_minutes(seed: int = 0) -> dict:
    """How long the student will wait, on a machine that does nothing else."""
    return {"minutes": minutes_of_a_run(seed)}


def measure_laptop(
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4), n: int = 200, every: int = 20, steps: int = 25, home: str = "runs/laptop"
) -> dict:
    """Train the laptop recipe from several seeds; how often the captioned digit is read, and the band of the loss curves.

    The runs are kept in `home`: a measurement that is interrupted goes on.
    """
    curves, rates = [], []
    for seed in seeds:
        run = replace(LAPTOP, name=f"laptop-{seed}", training=replace(LAPTOP.training, seed=seed))
        training = kept(run, f"{home}/{seed}", own=[])
        for _ in training.steps():
            pass
        made = Model(run, training.ema)
        rates.append(accuracy(made, n, seed=1000 + seed, steps=steps, scale=GUIDANCE))
        curves.append(smoothed(torch.tensor([record.loss for record in training.records]))[every - 1 :: every])
    stack = torch.stack(curves)
    return {
        "n": n,
        "steps": steps,
        "guidance": GUIDANCE,
        "rates": rates,
        "curve_steps": list(range(every, LAPTOP.training.steps + 1, every)),
        "curve_mean": stack.mean(0).tolist(),
        "curve_low": stack.amin(0).tolist(),
        "curve_high": stack.amax(0).tolist(),
    }
