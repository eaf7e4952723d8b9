"""Five transformers that run, each with one mistake, three healthy ones, and the tests that tell them apart."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from minivid.evaluation.report import aligned
from minivid.nn.dit import DiT, DiTConfig, Parts
from minivid.tools.seeds import plain_generator

CONFIG = DiTConfig(channels=2, patch=(1, 2), dim=32, depth=2, heads=2, attention="full", positions="added")
CLIP, LEVEL = (2, 4, 4, 6), torch.tensor([0.5])
CLAIMS = {
    "healthy 1": "full attention",
    "healthy 2": "one block over space",
    "healthy 3": "causal",
    "patient 1": "begins by saying nothing",
    "patient 2": "one block over space",
    "patient 3": "clips in one sequence do not see each other",
    "patient 4": "knows where each token stands",
    "patient 5": "causal",
}


class WithMask(DiT):
    """Who sees whom is written over."""

    def _through(self, x: Tensor, embed: Tensor, layouts, words, later=None) -> Tensor:
        return super()._through(x, embed, [self.changed(layout) for layout in layouts], words, later)


class Unmasked(WithMask):
    @staticmethod
    def changed(layout):
        return replace(layout, visible=None)


class ByToken(WithMask):
    @staticmethod
    def changed(layout):
        return replace(layout, visible=layout.visible & torch.ones_like(layout.visible).tril())


class OnePlace(DiT):
    def _added(self, place: Tensor) -> Tensor:
        return super()._added(place[:, :1, :1, :1]).expand(*place.shape[1:], -1)


def by_reshape(x: Tensor, patch: tuple[int, int]) -> Tensor:
    """The right shape, and not a permutation in sight."""
    b, _, t, h, w = x.shape
    return x.reshape(b, t // patch[0], h // patch[1], w // patch[1], -1)


def zeroed_first(dit: DiT) -> DiT:
    """What a constructor zeroed, an initialisation that comes behind it has drawn again."""
    for layer in dit.modules():
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
    return dit


def healthy(seed: int = 0) -> dict[str, DiT]:
    """What the patients should be like."""
    torch.manual_seed(seed)
    return {
        "healthy 1": DiT(CONFIG),
        "healthy 2": DiT(replace(CONFIG, attention="factorized", depth=1)),
        "healthy 3": DiT(replace(CONFIG, attention="causal")),
    }


def patients(seed: int = 0) -> dict[str, DiT]:
    """As they are built. What each claims to be stands in CLAIMS."""
    torch.manual_seed(seed)
    return {
        "patient 1": zeroed_first(DiT(CONFIG)),
        "patient 2": DiT(replace(CONFIG, attention="factorized", depth=1), Parts(patchify=by_reshape)),
        "patient 3": Unmasked(CONFIG),
        "patient 4": OnePlace(CONFIG),
        "patient 5": ByToken(replace(CONFIG, attention="causal")),
    }


@torch.no_grad()
def awake(dit: DiT) -> DiT:
    """Every weight at random: at the start nothing could be seen."""
    generator = plain_generator(1)
    for weight in dit.parameters():
        weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return dit


@torch.no_grad()
def findings(dit: DiT) -> tuple[str, ...]:
    """What it says at the start; then, awake: the frames that frame 1 reaches, whether the last token of frame 1 reaches the first,
    whether it is blind to the order of frames, and whether it says the same of a clip alone and in a pack."""
    z, other = torch.randn(2, 1, *CLIP, generator=plain_generator(0))
    start = dit(z, LEVEL).abs().max()
    awake(dit)
    out = dit(z, LEVEL)
    moved, corner = z.clone(), z.clone()
    moved[:, :, 1] += 1
    corner[:, :, 1, -2:, -2:] += 1
    frames = (dit(moved, LEVEL) - out).abs().amax((0, 1, 3, 4)) > 1e-5
    within = (dit(corner, LEVEL) - out)[:, :, 1, :2, :2].abs().max() > 1e-5
    order = torch.tensor([2, 0, 3, 1])
    blind = (dit(z[:, :, order], LEVEL) - out[:, :, order]).abs().max() < 1e-4
    together = dit.packed([z[0], other[0, :, :2]], LEVEL.expand(2))[0]
    alone = (together - out[0]).abs().max() < 1e-4
    reached = " ".join("■" if frame else "·" for frame in frames.tolist())
    yes = lambda answer: "yes" if answer else "no"  # noqa: E731
    return (f"{start:.2f}", reached, yes(within), yes(blind), yes(alone))


def clinic_table(found: Mapping[str, DiT]) -> str:
    """A line a patient: what it claims, and what the tests found. It wakes them up."""
    head = (
        "claims to be",
        "says at the start",
        "frame 1 reaches",
        "corner reaches corner",
        "blind to order",
        "same in a pack",
    )
    rows = [head, *((f"{name}: {CLAIMS[name]}", *findings(dit)) for name, dit in found.items())]
    return "\n".join(aligned(rows))
