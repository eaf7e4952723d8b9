"""Does a clip show what its caption says? A score in the manner of CLIP, from two towers trained on the world (chapter 8).

One tower looks at the clip, the other reads the caption; both end in a direction in the same space, and the score is the cosine
between the two (Radford et al. 2021; Hessel et al. 2021 use it to judge captions). Weights: `minivid train judge-text`.
Checked by tests/metrics/test_text_score.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from minivid.data.captions import VOCABULARY, tokenize
from minivid.metrics.features import ClipNet, ClipNetConfig
from minivid.nn.text import TransformerEncoder


@dataclass(frozen=True)
class TwoTowersConfig:
    """The width of the space between the towers. pictures: what is looked at is pictures, which are clips of one frame."""

    dim: int = 48
    vocabulary: int = len(VOCABULARY)
    pictures: bool = False

    def build(self) -> "TwoTowers":
        """The network, its weights drawn by torch's global generator."""
        return TwoTowers(self.dim, self.pictures)

    def check(self, clip: tuple[int, int, int, int]) -> None:
        """Raise ValueError for a clip of `c t h w` that its clip tower cannot see."""
        ClipNetConfig(dim=self.dim).check(clip)


class PictureNet(nn.Module):
    """What a clip's frames show, `dim` numbers: convolutions that halve height and width, each scaled by what is usual in training; then
    of each channel the mean over the picture and its largest, and of these the mean over frames."""

    def __init__(self, widths: tuple[int, int, int] = (24, 48, 64), dim: int = 48):
        super().__init__()
        layers, before = [], 3
        for width in widths:
            layers += [nn.Conv2d(before, width, 4, 2, 1), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        self.layers, self.out = nn.Sequential(*layers), nn.Linear(2 * before, dim)

    def forward(self, video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d"]:
        """Any number of frames, 8×8 pixels or more."""
        pictures = rearrange((video.expand(-1, 3, -1, -1, -1) + 1) / 2, "b c t h w -> (b t) c h w")
        x = self.layers(pictures).flatten(2)
        shown = self.out(torch.cat([x.mean(2), x.amax(2)], dim=1))
        return rearrange(shown, "(b t) d -> b t d", b=len(video)).mean(1)


class TwoTowers(nn.Module):
    """A clip tower and a caption tower with one space between them, `dim` wide; all outputs have length one."""

    def __init__(self, dim: int = 48, pictures: bool = False):
        super().__init__()
        self.pictures = pictures
        self.clip = PictureNet(dim=dim) if pictures else ClipNet(dim=dim)
        self.text = TransformerEncoder(len(VOCABULARY), dim, layers=1, heads=4)
        self.project_clip, self.project_text = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.log_scale = nn.Parameter(torch.tensor(2.0))

    def see(self, video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d"]:
        """Where each clip points."""
        return F.normalize(self.project_clip(F.relu(self.clip(video))), dim=-1)

    def read(self, captions: Sequence[str]) -> Float[Tensor, "b d"]:
        """Where each caption points: the mean over its words. Raises ValueError for a word that is none."""
        tokens, mask = (part.to(self.log_scale.device) for part in tokenize(captions))
        words = self.text(tokens, mask) * mask[..., None]
        return F.normalize(self.project_text(words.sum(1) / mask.sum(1, keepdim=True)), dim=-1)


def contrast(net: TwoTowers, video: Float[Tensor, "b c t h w"], captions: Sequence[str]) -> Float[Tensor, ""]:
    """The contrastive loss of a batch, both ways. Clips that share a caption are all right answers for it, in equal parts."""
    return told_apart(net, net.see(video), net.read(captions), captions)


def told_apart(
    net: TwoTowers, these: Float[Tensor, "b d"], those: Float[Tensor, "b d"], names: Sequence
) -> Float[Tensor, ""]:
    """How badly each of these finds, among those, the ones of its own name, and the other way round (Radford et al. 2021, fig. 3)."""
    alike = torch.tensor([[float(mine == theirs) for theirs in names] for mine in names])
    logits = these @ those.T * net.log_scale.clamp(max=4.6).exp()
    right = (alike / alike.sum(1, keepdim=True)).to(logits)
    return 0.5 * (F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right))


@torch.inference_mode()
def text_score(
    net: TwoTowers, video: Float[Tensor, "n c t h w"], captions: Sequence[str], batch: int = 32
) -> Float[Tensor, "n"]:
    """The cosine between each clip and its caption, in [-1, 1]. Real clips do not reach 1: compare with theirs."""
    if len(captions) != len(video):
        raise ValueError(f"{len(video)} clips need as many captions; these are {len(captions)}.")
    seen = torch.cat([net.see(some) for some in video.split(batch)])
    return (seen * net.read(captions)).sum(1)


@torch.inference_mode()
def retrieval(
    net: TwoTowers, video: Float[Tensor, "n c t h w"], captions: Sequence[str], batch: int = 32
) -> Float[Tensor, "n"]:
    """For each clip, the share of the other captions at hand that fit it worse than its own; a tie counts half. Chance is 0.5."""
    if len(captions) != len(video):
        raise ValueError(f"{len(video)} clips need as many captions; these are {len(captions)}.")
    others = [caption for caption in dict.fromkeys(captions)]
    if len(others) < 2:
        return torch.full((len(video),), 0.5)
    seen = torch.cat([net.see(some) for some in video.split(batch)])
    fit = seen @ net.read(others).T
    own = fit.gather(1, torch.tensor([[others.index(caption)] for caption in captions], device=fit.device))
    worse = (fit < own).sum(1) + 0.5 * ((fit == own).sum(1) - 1)
    return worse / (len(others) - 1)
