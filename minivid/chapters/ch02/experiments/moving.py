"""Does trained attention look where things move? The weights of the zoo's model on its own clips, against an untrained one's."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid import zoo
from minivid.chapters.ch02.experiments.fusion import interval
from minivid.course.receipt import Receipt
from minivid.data import tokenize
from minivid.diffusion import variance_preserving
from minivid.nn.attention.maps import PlaceMaps, place_attention_maps
from minivid.nn.condition import Cond
from minivid.tools.seeds import plain_generator

MODEL = "vdm-small"
LEVEL = 2.0
"""The log-SNR at which the network is watched: the digit is seen, noise is left."""
CHANGED = 0.5
"""A pixel moves where it differs by so much, of [−1, 1], from the same pixel a frame before or after."""


def moving(video: Float[Tensor, "b c t h w"], height: int, width: int) -> Bool[Tensor, "b t y x"]:
    """Which places of a layer of height × width hold a pixel that moves."""
    step = (video[:, :, 1:] - video[:, :, :-1]).abs().amax(1)
    either_side = torch.maximum(F.pad(step, (0, 0, 0, 0, 1, 0)), F.pad(step, (0, 0, 0, 0, 0, 1)))
    return F.adaptive_max_pool2d(either_side, (height, width)) > CHANGED


def looks(maps: PlaceMaps, moves: Bool[Tensor, "t h w"]) -> dict[str, float]:
    """What moving places look at, mean over heads: of the weight that they give to others, the share that lies on moving ones (`mass`);
    the share of the others within their window that move (`share`); and over how many places their weight spreads, beside that of still ones.

    The spread is the exponential of the entropy: of equal weights it is their number.
    """
    there = moves.flatten()
    weights = maps.flatten(4).flatten(1, 3)  # heads n n
    itself = torch.eye(
        len(there), dtype=torch.bool
    )  # moves, as the place that looks does: it would count for any network
    others = weights.masked_fill(itself, 0)
    window = (weights > 0).any(0) & ~itself
    spread = (-(weights * weights.clamp(min=1e-12).log()).sum(-1)).exp().mean(0)
    return {
        "mass": ((others * there).sum(-1) / others.sum(-1)).mean(0)[there].mean().item(),
        "share": ((window & there).sum(-1) / window.sum(-1))[there].mean().item(),
        "spread": spread[there].mean().item(),
        "spread, still": spread[~there].mean().item(),
    }


def watch(network: nn.Module, clips, seed: int) -> list[dict[str, dict[str, float]]]:
    """`looks` of every layer, for each clip by itself, at the noise level LEVEL."""
    alpha, sigma = variance_preserving(torch.tensor(LEVEL))
    eps = torch.randn(clips.video.shape, generator=plain_generator(seed))
    z, found = alpha * clips.video + sigma * eps, []
    for i in range(len(clips)):
        told = Cond(*tokenize(clips.caption[i : i + 1]))
        maps = place_attention_maps(network, z[i : i + 1], torch.full((1,), LEVEL), told)
        found.append({name: looks(m, moving(clips.video[i : i + 1], *m.shape[2:4])[0]) for name, m in maps.items()})
    return found


def measure_moving(seeds: tuple[int, ...] = (0, 1, 2), n: int = 16) -> dict:
    """How much of a moving place's attention lies on moving places, layer by layer: the trained network and a fresh one, n clips a seed."""
    model = zoo.load(MODEL)
    rows: dict[str, dict[str, dict[str, list[float]]]] = {}
    for seed in seeds:
        clips = model.world.sample(n, (seed, 2))
        torch.manual_seed(seed)
        for who, network in (("trained", model.network), ("fresh", model.network.config.build())):
            for clip in watch(network.eval(), clips, seed):
                for layer, values in clip.items():
                    for key, value in values.items():
                        rows.setdefault(layer, {}).setdefault(who, {}).setdefault(key, []).append(value)
    return {"model": model.manifest["sha256"], "name": MODEL, "clips": n * len(seeds), "level": LEVEL, "layers": rows}


def gain(values: dict[str, Sequence[float]]) -> tuple[float, float, float]:
    """How many times as much of the attention lies on moving places as if it were spread evenly over all other places: mean and 95 % interval over clips."""
    return interval([mass / share for mass, share in zip(values["mass"], values["share"], strict=True)])


def moving_table(found: Receipt) -> str:
    """A line for each layer: the gain of the trained and of the fresh network, and over how many places the trained one spreads."""
    lines = [f"{'':20}{'trained':^22}{'fresh':^22}{'moving places spread over':>28}{'still ones':>12}"]
    for layer, who in sorted(found["layers"].items(), key=lambda item: (item[0].split()[-1], item[0])):
        cells = []
        for network in ("trained", "fresh"):
            mean, low, high = gain(who[network])
            cells.append(f"{f'{mean:.2f} [{low:.2f}, {high:.2f}]':^22}")
        spread, still = (sum(who["trained"][key]) / found["clips"] for key in ("spread", "spread, still"))
        lines.append(f"{layer:20}{''.join(cells)}{spread:28.1f}{still:12.1f}")
    return "\n".join(lines)
