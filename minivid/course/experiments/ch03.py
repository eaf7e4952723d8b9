"""Chapter 3's measurements. `minivid measure 03_guidance` (and so on) runs one whole and writes its receipt."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid import zoo
from minivid.batches import clips_of, joint_clips_of
from minivid.course.receipt import Receipt
from minivid.data.captions import parse, tokenize
from minivid.data.world import World
from minivid.diffusion import COSINE, Objective, ddim, guided, inpainting, sample, to_x_eps, variance_preserving
from minivid.diffusion.objective import Video
from minivid.metrics.reader import DigitReader, agreement, fit_reader
from minivid.motion.trajectories import centroid, first_velocity
from minivid.nn.condition import Cond
from minivid.nn.unet import UNet
from minivid.train import Training
from minivid.zoo import Model

LAPTOP = zoo.RECIPES["vdm-laptop"]
GUIDANCE = 2.0
WEIGHT = 2.0  # of reconstruction guidance, chosen on 03_extend's table
READER_SEED = 0


# ---- the student's own run -------------------------------------------------------------------------------------------


def landmarks(world: World, n: int = 256, seed: int = 99) -> dict[str, float]:
    """The v-loss of two networks that learnt nothing: one says zero, one knows the mean clip and no more. In closed form."""
    x = world.sample(n, seed).video
    u = (torch.arange(512) + 0.5) / 512
    alpha2, sigma2 = (level.square() for level in COSINE.alpha_sigma(COSINE.logsnr(u)))
    power, spread = x.square().mean(), (x - x.mean(0)).square().mean()
    zero = (alpha2 + sigma2 * power).mean()
    # the best guess of v that is linear in z, given a clip of mean m and spread s²: the error is s² / (α² s² + σ²)
    linear = (spread / (alpha2 * spread + sigma2)).mean()
    return {"says zero": zero.item(), "knows the mean clip": linear.item()}


def smoothed(losses: Float[Tensor, " n"], window: int = 25) -> Float[Tensor, " n"]:
    """Mean over the last `window` steps, fewer at the start."""
    sums = torch.cat([torch.zeros(1), losses.cumsum(0)])
    end = torch.arange(1, len(losses) + 1)
    begin = (end - window).clamp(min=0)
    return (sums[end] - sums[begin]) / (end - begin)


def measure_laptop(seeds: tuple[int, ...] = (0, 1, 2), n: int = 120, every: int = 20) -> dict:
    """Train the laptop recipe from several seeds; how often the captioned digit is read, and the band of the loss curves."""
    curves, rates, minutes = [], [], []
    for seed in seeds:
        start = time.perf_counter()
        config = replace(LAPTOP.training, seed=seed)
        torch.manual_seed(seed)
        training = Training(UNet(LAPTOP.unet), clips_of(*LAPTOP.worlds), config)
        for _ in training.steps():
            pass
        world = LAPTOP.worlds[0]
        made = Model("laptop", training.ema, world)
        made.sample(["a 3 moves right, slowly"] * 4, steps=25, guidance=GUIDANCE)
        minutes.append((time.perf_counter() - start) / 60)
        rates.append(accuracy(made, n, seed=1000 + seed, steps=25, scale=GUIDANCE))
        curves.append(smoothed(torch.tensor([record.loss for record in training.records]))[every - 1 :: every])
    stack = torch.stack(curves)
    return {
        "n": n,
        "minutes_each": minutes,
        "relative_digit": [rate["digit_always"] / rate["real_digit_always"] for rate in rates],
        "rates": rates,
        "curve_steps": list(range(every, LAPTOP.training.steps + 1, every)),
        "curve_mean": stack.mean(0).tolist(),
        "curve_low": stack.amin(0).tolist(),
        "curve_high": stack.amax(0).tolist(),
    }


# ---- captions and guidance -------------------------------------------------------------------------------------------


def accuracy(model: Model, n: int, seed: int, steps: int, scale: float) -> dict[str, float]:
    """How n sampled clips keep their captions, and how the real clips of the same captions are read (`real_…`)."""
    world, reader = model.world, fit_reader(model.world, READER_SEED)
    asked = world.sample(n, seed)
    made = model.sample(asked.caption, seed=seed, steps=steps, guidance=scale)
    rates = agreement(made, asked.caption, reader).rates()
    real = {f"real_{name}": rate for name, rate in agreement(asked.video, asked.caption, reader).rates().items()}
    return rates | real | {"brightest": made.amax((1, 2, 3, 4)).mean().item()}


def guidance_point(model: Model, scale: float, n: int, seed: int, steps: int) -> dict[str, float]:
    """One point of the guidance curve."""
    return accuracy(model, n, seed, steps, scale)


def interval(rate: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share measured on n clips."""
    z, middle = 1.96, rate + 1.96**2 / (2 * n)
    half = z * (rate * (1 - rate) / n + z**2 / (4 * n**2)) ** 0.5
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


def measure_guidance(
    scales: tuple[float, ...] = (0.0, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0), n: int = 120, seed: int = 5, steps: int = 25
) -> dict:
    """Caption accuracy against guidance strength on the zoo's model, the same captions and noise throughout."""
    model = zoo.load("vdm-small")
    points = [guidance_point(model, scale, n, seed, steps) for scale in scales]
    columns = {name: [point[name] for point in points] for name in points[0]}
    low, high = zip(*(interval(rate, n) for rate in columns["digit_always"]), strict=True)
    return {"n": n, "steps": steps, "scale": scales, "digit_interval": (low, high), **columns}


def measure_ordered(n: int = 120, seed: int = 6, steps: int = 25) -> dict:
    """Captions with two actions in order: is each done in its half of the clip?"""
    model, world = zoo.load("vdm-small"), zoo.RECIPES["vdm-small"].worlds[1]
    asked = world.sample(n, seed)
    made = model.sample(asked.caption, seed=seed, steps=steps, guidance=GUIDANCE)
    first, second = actions_done(made, asked.caption, world)
    real_first, real_second = actions_done(asked.video, asked.caption, world)
    return {
        "n": n,
        "first": first.float().mean(),
        "second": second.float().mean(),
        "both": (first & second).float().mean(),
        "both_real": (real_first & real_second).float().mean(),
    }


def actions_done(video: Video, captions: list[str], world: World) -> tuple[Bool[Tensor, " n"], Bool[Tensor, " n"]]:
    """Whether the clip's first steps, and those after the turn, go where the caption says. The first two steps of each meet no wall."""
    path = centroid(video)
    said = [parse(caption)[0].directions for caption in captions]
    done = []
    for action, begin in ((0, 0), (1, world.turn)):
        seen = world.words(first_velocity(path[:, begin:]))
        done.append(torch.tensor([way[action] == word for way, (word, _) in zip(said, seen, strict=True)]))
    return done[0], done[1]


# ---- joint training --------------------------------------------------------------------------------------------------


def measure_joint(
    seeds: tuple[int, ...] = (0, 1), steps: int = 250, batch: int = 8, images: int = 4, n: int = 60
) -> dict:
    """Equal steps and equal clips, with and without independent images behind each clip; captions kept, and validation loss on clips."""
    world, results = LAPTOP.worlds[0], {"with images": [], "without": []}
    for seed in seeds:
        for name, batches in (("with images", joint_clips_of(world, images)), ("without", clips_of(world))):
            torch.manual_seed(seed)
            config = replace(LAPTOP.shortened(steps), batch=batch, seed=seed)
            training = Training(UNet(LAPTOP.unet), batches, config)
            for _ in training.steps():
                pass
            rates = accuracy(Model(name, training.ema, world), n, seed=2000 + seed, steps=25, scale=GUIDANCE)
            results[name].append(
                {"loss": validation_loss(training.ema, world), "seconds": training.records[-1].seconds, **rates}
            )
    return {"steps": steps, "batch": batch, "images": images, "n": n, "frames": world.frames, "results": results}


def validation_loss(unet: torch.nn.Module, world: World, n: int = 128, seed: int = 12345) -> float:
    """The v-loss of clips that no run has seen, at evenly spread times."""
    from minivid.diffusion.objective import per_clip_loss

    clips = replace(world, split="heldout").sample(n, seed)
    eps = torch.randn(clips.video.shape, generator=torch.Generator().manual_seed(seed))
    u = (torch.arange(n) + 0.5) / n
    with torch.no_grad():
        return (
            per_clip_loss(unet, clips.video, eps, u, Cond(*tokenize(clips.caption)), COSINE, Objective.V).mean().item()
        )


def joint_sentence(found: Receipt) -> str:
    """What the joint training's receipt says, a line a measure: mean of each arm, and how many seeds agree."""
    with_images, without = found["results"]["with images"], found["results"]["without"]
    lines = [
        f"{found['steps']} steps of {found['batch']} clips of {found['frames']} frames, "
        f"and {found['images']} images behind each clip or none; {len(without)} seeds, {found['n']} samples each:"
    ]
    for key, words, better in (
        ("loss", "v-loss on clips in unseen handwriting", -1),
        ("digit_always", "captioned digit on every frame", 1),
        ("direction", "captioned direction", 1),
    ):
        a, b = ([result[key] for result in arm] for arm in (with_images, without))
        agree = sum((x - y) * better > 0 for x, y in zip(a, b, strict=True))
        lines.append(
            f"  {words}: {mean(a):.3f} with images, {mean(b):.3f} without (images better in {agree} of {len(a)} seeds)"
        )
    ratio = mean([x["seconds"] / y["seconds"] for x, y in zip(with_images, without, strict=True)])
    lines.append(f"  a step with images costs {ratio:.1f} times one without")
    return "\n".join(lines)


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


# ---- extending clips -------------------------------------------------------------------------------------------------


def extend(model: Model, known: Video, frames: int, weight: float, seed: int, steps: int) -> Video:
    """Keep the first `frames` frames of each clip and sample the rest, without a caption."""
    mask = (torch.arange(known.shape[2]) < frames).reshape(1, 1, -1, 1, 1)
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(known.shape, generator=generator)
    return sample(ddim(inpainting(model.unet, known, mask, weight, generator=generator), start, COSINE, steps))


def continuity(video: Video, truth: Video, frames: int, reader: DigitReader) -> dict[str, float]:
    """Does a continuation belong to its beginning? Shares of clips, pixels, and pixels a frame.

    same_last: the digit read on the last frame is that of the first; same_all: on every frame. jump: how far the first new frame is from
    where the known frames' motion leads; drift: distance to the true path over the new frames (walls included: the truth is simulated).
    """
    read = reader.read(video)
    path, true_path = centroid(video), centroid(truth)
    off = (path - true_path).norm(dim=-1)
    return {
        "same_last": (read[:, -1] == read[:, 0]).float().mean().item(),
        "same_all": (read == read[:, :1]).all(1).float().mean().item(),
        "jump": off[:, frames].mean().item(),
        "drift": off[:, frames:].mean().item(),
    }


def measure_extend(
    weights: tuple[float, ...] = (0.0, 1.0, 2.0, 5.0),
    seeds: tuple[int, ...] = (0, 1, 2),
    n: int = 32,
    frames: int = 4,
    steps: int = 25,
) -> dict:
    """Replacement (weight 0) against reconstruction guidance: four known frames, four to make, no caption."""
    model = zoo.load("vdm-small")
    reader = fit_reader(model.world, READER_SEED)
    table = {str(weight): [] for weight in weights}
    real = []
    for seed in seeds:
        known = model.world.sample(n, (400, seed)).video
        real.append(continuity(known, known, frames, reader))
        for weight in weights:
            table[str(weight)].append(
                continuity(extend(model, known, frames, weight, seed, steps), known, frames, reader)
            )
    return {"n": n, "frames": frames, "steps": steps, "weights": weights, "table": table, "real": real}


def extend_table(found: Receipt) -> str:
    """The receipt as a table: mean over seeds and, in brackets, the smallest and the largest."""
    rows = [
        ("replacement" if float(w) == 0 else f"reconstruction, w = {float(w):g}", runs)
        for w, runs in found["table"].items()
    ]
    rows.append(("real clips", found["real"]))
    heads = {
        "same_last": "first digit on last frame",
        "same_all": "on all frames",
        "jump": "jump, px",
        "drift": "off the true path, px",
    }
    lines = [f"{'':26}" + "".join(f"{head:>28}" for head in heads.values())]
    for name, runs in rows:
        cells = []
        for key in heads:
            values = [run[key] for run in runs]
            cells.append(f"{mean(values):.2f} [{min(values):.2f}, {max(values):.2f}]")
        lines.append(f"{name:26}" + "".join(f"{cell:>28}" for cell in cells))
    return "\n".join(lines)


# ---- the clinic ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clinic:
    """The same captions and noise, sampled rightly and with one mistake each."""

    clips: dict[str, Video]
    captions: list[str]


def clinic(model: Model, captions: list[str], seed: int, steps: int) -> Clinic:
    """Run the sampler as it should be, and five times with one mistake in the code around the same network."""
    cond = Cond(*tokenize(captions))
    world = model.world
    z = torch.randn(
        len(captions), 1, world.frames, world.height, world.width, generator=torch.Generator().manual_seed(seed)
    )
    strong = guided(model.unet, GUIDANCE)

    def alone(z: Tensor, t: Tensor, cond: Cond | None) -> Tensor:
        """Every frame an image: temporal attention joins nothing."""
        if cond is None:
            return model.unet(z, t, Cond(images=z.shape[2]))
        return model.unet(z, t, replace(cond, images=z.shape[2]))

    def told_time(z: Tensor, t: Tensor, cond: Cond | None) -> Tensor:
        """The network is given u in [0, 1] for λ."""
        u = torch.atan(torch.exp(-t / 2)) * 2 / torch.pi
        return strong(z, u, cond)

    def run(
        denoiser: Callable, noise_at_the_end: bool = False, last: int = 0, objective: Objective = Objective.V
    ) -> Video:
        generator = torch.Generator().manual_seed(seed)
        x = z
        levels = COSINE.logsnr(torch.linspace(1, 0, steps + 1))
        for i in range(steps - last):
            alpha, sigma = variance_preserving(levels[i])
            with torch.no_grad():
                x_hat, eps_hat = to_x_eps(objective, denoiser(x, levels[i].expand(len(x)), cond), x, alpha, sigma)
            alpha_s, sigma_s = variance_preserving(levels[i + 1])
            x = alpha_s * x_hat + sigma_s * eps_hat
            if i == steps - 1 and noise_at_the_end:
                x = x + sigma * torch.randn(x.shape, generator=generator)
        return x.clamp(-1, 1)

    def frames_alone(z: Tensor, t: Tensor, cond: Cond | None) -> Tensor:
        unconditional = alone(z, t, None)
        return unconditional + GUIDANCE * (alone(z, t, cond) - unconditional)

    return Clinic(
        {
            "healthy": run(strong),
            "patient 1": run(strong, noise_at_the_end=True),
            "patient 2": run(strong, last=max(1, steps // 6)),
            "patient 3": run(frames_alone),
            "patient 4": run(strong, objective=Objective.EPS),
            "patient 5": run(told_time),
        },
        captions,
    )


def clinic_table(found: Clinic, reader: DigitReader) -> str:
    """What can be measured on each patient without looking: grain of the background, frame-to-frame shift, digits read."""
    lines = [f"{'':12}{'background grain':>20}{'step of the centre, px':>26}   digits read, first clip"]
    for name, video in found.clips.items():
        grain = video[:, :, :, [0, -1]].std().item()  # the top and bottom rows are mostly black
        step = centroid(video).diff(dim=1).norm(dim=-1).mean().item()
        digits = " ".join(str(digit) if digit >= 0 else "-" for digit in reader.read(video)[0].tolist())
        lines.append(f"{name:12}{grain:>20.3f}{step:>26.2f}   {digits}")
    return "\n".join(lines)


MEASUREMENTS = {
    "03_laptop": measure_laptop,
    "03_guidance": measure_guidance,
    "03_ordered": measure_ordered,
    "03_joint": measure_joint,
    "03_extend": measure_extend,
}
