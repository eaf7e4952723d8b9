"""What each route costs for one and the same film: numbers, memory of a training step, seconds to make it."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from minivid.chapters.ch01.experiments.memory import measured_peak
from minivid.course.receipt import Receipt
from minivid.nn.unet import UNetConfig
from minivid.tools.memory import LiveTensors

CALLS = 25
"""Denoiser calls for a film, for everyone that denoises."""
TOKENS = 16 * 8 * 8 // 4
"""The film's tokens: one for 4 frames of 8 × 8 pixels."""
FILM = (3, 16, 64, 64)
"""What is to be made: c t h w."""


@dataclass(frozen=True)
class Part:
    """One network of a route: what it is given (c t h w of one film), and of what shape it is."""

    name: str
    clip: tuple[int, int, int, int]
    config: UNetConfig


def _net(channels: int, patch: int) -> UNetConfig:
    return UNetConfig(channels=channels, patch=patch, widths=(32, 64))


ROUTES = {
    "all pixels at once": (Part("pixels", FILM, _net(3, 2)),),
    "cascade": (
        Part("16 × 16 pixels", (3, 16, 16, 16), _net(3, 2)),
        Part(
            "64 × 64 from it",  # noise, beside the small film enlarged
            (6, 16, 64, 64),
            _net(6, 4),
        ),
    ),
    "content and motion": (
        Part("first frame", (3, 1, 64, 64), _net(3, 2)),
        Part("flow, a quarter as fine", (2, 16, 16, 16), _net(2, 2)),
    ),
    "latents": (Part("4 channels, 8 × 8 and 4 frames in one", (4, 4, 8, 8), _net(4, 1)),),
}
"""The networks of each denoising route, all of one shape but for what comes in. Autoencoders are not counted."""


class TokenModel(nn.Module):
    """A small language model of the film's tokens: 4 causal layers of 128 channels."""

    def __init__(self, words: int = 1024, dim: int = 128):
        super().__init__()
        self.embed, self.place = nn.Embedding(words, dim), nn.Parameter(torch.zeros(TOKENS, dim))
        layer = nn.TransformerEncoderLayer(dim, 4, 4 * dim, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
        self.read = nn.Linear(dim, words)

    def forward(self, tokens: Tensor) -> Tensor:
        n = tokens.shape[1]
        causal = nn.Transformer.generate_square_subsequent_mask(n)
        return self.read(self.layers(self.embed(tokens) + self.place[:n], causal, is_causal=True))


def measure_routes(seed: int = 0, repeats: int = 5) -> dict:
    """Of each route: numbers of its film, peak of a training step on one film, seconds of the processor to make a film."""
    torch.manual_seed(seed)
    found = {}
    for route, parts in ROUTES.items():
        calls = [call_seconds(part, repeats) for part in parts]
        found[route] = {
            "numbers": sum(_size(part.clip) for part in parts),
            "peak": max(measured_peak(part.config, (1, *part.clip)) for part in parts),
            "call": sum(calls),
            "calls": CALLS,
        }
    found["tokens"] = _tokens(repeats)
    return {"film": _size(FILM), "routes": found}


def _size(clip: tuple[int, int, int, int]) -> int:
    c, t, h, w = clip
    return c * t * h * w


@torch.no_grad()
def call_seconds(part: Part, repeats: int) -> float:
    """Seconds of the processor for one call, the median of a few."""
    net, x = part.config.build().eval(), torch.randn(1, *part.clip)
    return _median(lambda: net(x, torch.zeros(1)), repeats)


def _tokens(repeats: int) -> dict:
    """A token at a time; each call reads what came before, here on average half of the film, for no cache is kept."""
    model, half = TokenModel().eval(), torch.zeros(1, TOKENS // 2, dtype=torch.long)
    with torch.no_grad():
        call = _median(lambda: model(half), repeats)
    with LiveTensors() as live:
        made = TokenModel()
        optimizer = torch.optim.Adam(made.parameters())
        for _ in range(2):
            tokens = torch.zeros(1, TOKENS, dtype=torch.long)
            nn.functional.cross_entropy(made(tokens)[0], tokens[0]).backward()
            optimizer.step()
            optimizer.zero_grad()
    return {"numbers": TOKENS, "peak": live.peak, "call": call, "calls": TOKENS}


def _median(call, repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return sorted(taken)[len(taken) // 2]


def routes_table(receipt: Receipt) -> str:
    """Numbers, memory and seconds, route by route."""
    lines = [f"{'':20}  numbers of the film    training step      calls × seconds = seconds a film"]
    for route in (*ROUTES, "tokens"):
        cost = receipt["routes"][route]
        whole = cost["calls"] * cost["call"]
        lines.append(
            f"{route:20} {cost['numbers']:9,} ({cost['numbers'] / receipt['film']:6.1%})   {cost['peak'] / 1e6:8.0f} MB"
            f"   {cost['calls']:8} × {cost['call']:.3f} = {whole:6.2f}"
        )
    return "\n".join(lines)
