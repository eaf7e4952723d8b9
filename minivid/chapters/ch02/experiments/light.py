"""Next frames by warping: the light network trained, held against a still picture and the exact motion, and where it fails."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean, median

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid import zoo
from minivid.batches import clips_of
from minivid.course.receipt import Receipt
from minivid.data.world import Clips, World
from minivid.motion.forecast import forecast, next_frames
from minivid.nn.light import LightConfig
from minivid.train import Step, TrainConfig, Training
from minivid.zoo import Model

WORLDS = {
    "one digit": World(),
    "two digits": World(digits=2),
    "moving background": World(background="checks", pan=1.2),
}
LIGHT = LightConfig()
KNOWN = 3
"""Frames from which a forecast begins."""
Motion = Callable[[Tensor], Tensor]
"""From a clip to the flow of each frame, `b c t h w` to `b 2 t h w`."""
TRAINING = TrainConfig(steps=900, batch=18, lr=1e-2, lr_matrices=0.05, warmup=20)


def warping_loss(model: nn.Module, batch: tuple[Tensor, object], step: Step) -> Float[Tensor, ""]:
    """The squared error of every next frame. What the flow should be is never told: it is what draws the right frame."""
    video = step.own(batch[0])
    past, future = video[:, :, :-1], video[:, :, 1:]
    return (next_frames(past, model(past)) - future).square().mean()


def light_training(training: TrainConfig = TRAINING) -> Training:
    """The light network on clips of all WORLDS in turns, not yet begun; its `ema` is the network that is kept."""
    torch.manual_seed(training.seed)
    return Training(LIGHT.build(), clips_of(*WORLDS.values()), warping_loss, training)


def held_out(name: str, n: int, seed: int = 7) -> Clips:
    """Clips of one of WORLDS in handwriting that no training has seen."""
    return replace(WORLDS[name], split="heldout").sample(n, seed)


@torch.no_grad()
def errors(model: Motion, video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b steps h w"]:
    """Squared error of each next frame, once the motion could be seen: from the one after the second on."""
    past, future = video[:, :, :-1], video[:, :, 1:]
    return (next_frames(past, model(past)) - future).square().mean(1)[:, 1:]


def stands_still(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b 2 t h w"]:
    """The motion of one who repeats the last frame."""
    return video.new_zeros(len(video), 2, *video.shape[2:])


def new_content(clips: Clips) -> Bool[Tensor, "b steps h w"]:
    """Where a next frame shows what the frame before did not: what came out from behind a digit, what came in at the picture's edge.

    Place q of frame i+1 shows a layer; where that layer's point was in frame i, another was seen, or the picture's outside.
    """
    step = torch.cat(
        [clips.position.diff(dim=1), -clips.pan[:, None, None].expand(-1, clips.video.shape[2] - 1, 1, 2)], 2
    )
    who = clips.layer[:, 1:]  # b t h w
    h, w = who.shape[2:]
    back = -step.mT.gather(3, who.flatten(2)[:, :, None].expand(-1, -1, 2, -1)).unflatten(3, (h, w))  # b t 2 h w
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    x, y = (x + back[:, :, 0]).round().long(), (y + back[:, :, 1]).round().long()
    outside = (x < 0) | (y < 0) | (x >= w) | (y >= h)
    place = (y.clamp(0, h - 1) * w + x.clamp(0, w - 1)).flatten(2)
    before = clips.layer[:, :-1].flatten(2).gather(2, place).unflatten(2, (h, w))
    return outside | (before != who)


def compared(name: str, clips: Clips) -> Bool[Tensor, "b steps h w"]:
    """The places whose new and old content is compared, like with like: the moving background's own, in the other worlds the digits'."""
    background = clips.layer[:, 1:] == clips.digit.shape[1]
    return background if name == "moving background" else ~background


def flow_error(model: Motion, clips: Clips) -> float:
    """On the ink of clips of one digit: the distance of the flow from the motion that drew the clip, in pixels a frame."""
    with torch.no_grad():
        flow = model(clips.video[:, :, :-1])[:, :, 1:]
    back = -clips.position.diff(dim=1)[:, 1:, 0].mT[..., None, None]
    return (flow - back).norm(dim=1)[clips.mask[:, 0, 2:] > 0.5].mean().item()


def sharpness(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "t"]:
    """Mean size of the differences between neighbouring pixels, of each frame."""
    return video.diff(dim=3).abs().mean((0, 1, 3, 4)) + video.diff(dim=4).abs().mean((0, 1, 3, 4))


def how_light_fares(model: Motion, n: int = 128) -> dict[str, float | list[float]]:
    """Each world's error as a share of a still picture's, and that of new and of old content; the flow's error; a forecast's, frame by frame."""
    found: dict[str, float | list[float]] = {"flow": flow_error(model, held_out("one digit", n))}
    for name in WORLDS:
        clips = held_out(name, n)
        made, still = errors(model, clips.video), errors(stands_still, clips.video)
        found[name] = (made.mean() / still.mean()).item()
        where, new = (part[:, 1:] for part in (compared(name, clips), new_content(clips)))
        found[f"{name}, new"], found[f"{name}, old"] = (made[where & part].mean().item() for part in (new, ~new))
    clips = held_out("one digit", n)
    ahead = forecast(model, clips.video[:, :, :KNOWN], clips.video.shape[2] - KNOWN, LIGHT.seen)
    truth = clips.video[:, :, KNOWN:]
    found["ahead"] = (ahead - truth).square().mean((0, 1, 3, 4)).tolist()
    found["ahead, still"] = (truth - clips.video[:, :, KNOWN - 1 : KNOWN]).square().mean((0, 1, 3, 4)).tolist()
    found["sharpness"] = (sharpness(ahead) / sharpness(truth)).tolist()
    return found


def seconds_a_frame(models: Mapping[str, Callable[[], int]], repeats: int) -> dict[str, list[float]]:
    """Seconds that each takes for a frame. Each is a call that makes some frames and says how many; they take turns, so that a busy machine is
    busy for all."""
    for make in models.values():
        make()
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(repeats):
        for name, make in models.items():
            start = time.perf_counter()
            frames = make()
            seconds[name].append((time.perf_counter() - start) / frames)
    return seconds


def makers(light: Motion, unet: Model, steps: int = 25) -> dict[str, Callable[[], int]]:
    """The next frame of a clip by the light network; a clip of the U-Net's, sampled in `steps` steps with guidance."""
    video = WORLDS["one digit"].sample(1, 0).video[:, :, : LIGHT.seen]

    def one_frame() -> int:
        return forecast(light, video, 1, LIGHT.seen).shape[2]

    def one_clip() -> int:
        return unet.sample(["a 3 moves right, slowly"], seed=0, steps=steps, guidance=3.0).shape[2]

    return {"light network": one_frame, f"U-Net, {steps} steps": one_clip}


def measure_light(seeds: tuple[int, ...] = (0, 1, 2), steps: int = TRAINING.steps, repeats: int = 9) -> dict:
    """The light network from three seeds: what is left of a still picture's error, where it fails, and its speed beside the U-Net's."""
    runs, seconds = [], []
    for seed in seeds:
        run = light_training(replace(TRAINING.shortened(steps), seed=seed))
        for _ in run.steps(progress=False):
            pass
        seconds.append(run.records[-1].seconds)
        runs.append(how_light_fares(run.ema))
    speed = seconds_a_frame(makers(run.ema, zoo.load("vdm-small")), repeats)
    return {
        "steps": steps,
        "batch": TRAINING.batch,
        "parameters": sum(weight.numel() for weight in run.ema.parameters()),
        "training_seconds": seconds,
        "runs": runs,
        "seconds_a_frame": speed,
    }


def light_table(found: Receipt) -> str:
    """What the seeds reached: means, the least and the largest in brackets."""

    def over_seeds(key: str, form: str) -> str:
        values = [run[key] for run in found["runs"]]
        return f"{fmean(values):{form}} [{min(values):{form}}, {max(values):{form}}]"

    lines = [
        f"flow on the digit's ink: {over_seeds('flow', '.2f')} pixels a frame from the truth",
        f"{'':20}{'error, share of a':^22}{'squared error where content is':^48}",
        f"{'':20}{'still picture’s':^22}{'new':^24}{'old':^24}   of",
    ]
    for name in WORLDS:
        cells = "".join(f"{over_seeds(f'{name}, {part}', '.3f'):^24}" for part in ("new", "old"))
        places = "background" if name == "moving background" else "digits"
        lines.append(f"{name:20}{over_seeds(name, '.2f'):^22}{cells}   {places}")
    return "\n".join(lines)


def forecast_table(found: Receipt) -> str:
    """Frames that are looked up in frames that were looked up: error beside a still picture's, and sharpness, further and further ahead."""

    def means(key: str) -> list[float]:
        return [fmean(each) for each in zip(*(run[key] for run in found["runs"]), strict=True)]

    left = [made / still for made, still in zip(means("ahead"), means("ahead, still"), strict=True)]
    lines = [f"{'frames ahead':34}" + "".join(f"{i + 1:7}" for i in range(len(left)))]
    for words, values in (
        ("error, share of a still picture's", left),
        ("sharpness, share of the real", means("sharpness")),
    ):
        lines.append(f"{words:34}" + "".join(f"{value:7.2f}" for value in values))
    return "\n".join(lines)


@torch.no_grad()
def hardest(model: Motion, name: str, n: int = 32) -> Float[Tensor, "5 1 h w"]:
    """Of all next frames of a world, the one whose new content was got most wrong: the frame before, the frame, what was looked up, how far
    off it is, and where that content is new; each in [-1, 1]."""
    clips = held_out(name, n)
    new, off = (compared(name, clips) & new_content(clips))[:, 1:], errors(model, clips.video)
    clip, i = divmod((off * new).sum((2, 3)).argmax().item(), off.shape[1])
    video = clips.video[clip : clip + 1]
    made = next_frames(video, model(video))[0, :, i + 1]
    shades = [off[clip, i].sqrt()[None] - 1, 2 * new[clip, i][None].float() - 1]
    return torch.stack([video[0, :, i + 1], video[0, :, i + 2], made, *shades]).clamp(-1, 1)


def speed_sentence(seconds: Mapping[str, Sequence[float]]) -> str:
    """Frames a second of each, by the median of the repeats, and the quotient with its least and largest."""
    (fast, quick), (slow, slowly) = sorted(seconds.items(), key=lambda item: median(item[1]))
    times = [b / a for a, b in zip(quick, slowly, strict=True)]
    return (
        f"{fast}: {1 / median(quick):.0f} frames a second; {slow}: {1 / median(slowly):.1f}; "
        f"the light one is {median(times):.0f} times as fast [{min(times):.0f}, {max(times):.0f}]"
    )
