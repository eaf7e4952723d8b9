"""ControlNet: a trained copy of an image model's way down that is told where things are (chapter 7; tests/adapt/test_controlnet.py).

Zhang et al. 2023, "Adding Conditional Control to Text-to-Image Diffusion Models". The image model stands; the copy reads the same noisy picture and
a control, a picture of edges or masks, and hands what it makes of them to the image model's skip connections and middle through
convolutions that begin at zero. The whole begins as the image model. Here the middle is not copied. The image model may have a motion
module (`minivid.adapt.inflate`): the ControlNet tells each frame where, and the module joins the frames.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from minivid.adapt.inflate import check_image_model
from minivid.adapt.zeroshot import looking_at, parts_of
from minivid.checkpoint import load_into, weights_of
from minivid.data.world import Clips
from minivid.nn.attention import keys
from minivid.nn.attention.core import SPACE, Attention
from minivid.nn.condition import Cond
from minivid.nn.conv import SpatialConv
from minivid.nn.initial import zero_
from minivid.nn.unet import Given, Parts, Stage, UNet, UNetConfig

KINDS = ("edges", "mask")
"""What a control's channels show."""


def edges(picture: Float[Tensor, "*n h w"]) -> Float[Tensor, "*n h w"]:
    """How steep a picture in [0, 1] is at each pixel: twice the length of its gradient, cut at 1. The picture's own border is no edge."""
    down, across = torch.gradient(picture, dim=(-2, -1))
    return (2 * (down.square() + across.square()).sqrt()).clamp(max=1)


def control_of(clips: Clips, *kinds: str) -> Float[Tensor, "n 2 t h w"]:
    """A control from the clips' truth: the digits' edges, and the share of each pixel that they cover; a kind that is not named is black.

    Raises ValueError for a kind that is not in KINDS.
    """
    if not kinds or set(kinds) - set(KINDS):
        raise ValueError(f"a control shows {list(kinds)}; expected one or both of {', '.join(KINDS)}.")
    digits = clips.mask[:, :-1]
    control = torch.stack([edges(digits).amax(1), digits.sum(1)], dim=1)
    shown = torch.tensor([float(kind in kinds) for kind in KINDS])
    return control * shown[:, None, None, None]


@dataclass(frozen=True)
class ControlNetConfig(UNetConfig):
    """The shape of the image model beside which it stands, and how many pictures a control has."""

    temporal: bool = False
    hints: int = len(KINDS)

    def __post_init__(self):
        super().__post_init__()
        if not isinstance(self.hints, int) or self.hints < 1:
            raise ValueError(f"hints is {self.hints!r}; expected a whole number of at least 1.")
        if self.temporal:
            raise ValueError("a ControlNet is a copy of an image model's way down: temporal must be False.")

    def build(self) -> "ControlNet":
        """The network; its weights are drawn by torch's global generator until `copied`'s are loaded."""
        return ControlNet(self)


class ControlNet(nn.Module):
    """The copy: called beside the image model's way down, it returns what is added to each skip connection and to the middle."""

    def __init__(self, config: ControlNetConfig, parts: Parts | None = None):
        super().__init__()
        self.config = config
        whole, width = UNet(config, parts or Parts()), config.widths[0]
        self.conv_in, self.down = whole.conv_in, whole.down  # weights have the image model's names
        self.hint_in = SpatialConv(config.hints * config.patch**2, width)
        self.hint_out = zero_(SpatialConv(width, width, kernel=1))
        widths = [width for width in config.widths for _ in range(config.blocks)]
        self.zeros = nn.ModuleList(zero_(SpatialConv(width, width, kernel=1)) for width in [*widths, widths[-1]])

    def forward(
        self,
        pixels: Float[Tensor, "b c t h w"],
        given: Given,
        control: Float[Tensor, "b k t h2 w2"],
    ) -> list[Float[Tensor, "b _ t _ _"]]:
        """pixels: z, folded as the image model folds it. given: the noise level and the caption, as the image model reads them."""
        x = self.conv_in(pixels) + self.hint(control)
        made = []
        for layer in self.down:
            if isinstance(layer, Stage):
                x = layer(x, given)
                made.append(x)
            else:
                x = layer(x)
        return [zero(part) for zero, part in zip(self.zeros, [*made, x], strict=True)]

    def hint(self, control: Float[Tensor, "b k t h2 w2"]) -> Float[Tensor, "b c t h w"]:
        """The control, folded as the pixels are and brought to the copy's width; it ends in a zero convolution too."""
        p = self.config.patch
        folded = rearrange(control, "b k t (h p) (w q) -> b (k p q) t h w", p=p, q=p)
        return self.hint_out(F.silu(self.hint_in(folded)))

    def matrices(self) -> list[str]:
        """Which weights are matrices inside the network; the zero convolutions are not, which an optimizer of matrices would tear from zero."""
        return [name for name, weight in self.named_parameters() if weight.ndim == 2 and name.startswith("down.")]


def copied(image: UNet, hints: int = len(KINDS)) -> ControlNet:
    """A ControlNet as it begins: the image model's way down, and zeros. Raises ValueError for what is no image model."""
    check_image_model(image)
    shape = {field.name: getattr(image.config, field.name) for field in fields(UNetConfig)}
    control = ControlNetConfig(**shape, hints=hints).build()
    load_copy(control, image)
    return control


def load_copy(control: ControlNet, image: UNet) -> None:
    """Give the copy the image model's weights; its own stand. Raises CheckpointError where the two are not of one shape."""
    own, whole = weights_of(control), weights_of(image)
    load_into(control, {**own, **{name: whole[name] for name in own.keys() & whole.keys()}}, "the image model")


class Controlled(nn.Module):
    """The denoiser `model(z, t, cond)` of the two: without a control, or at strength 0, the image model itself.

    image: an image model, or one with a motion module; the ControlNet sees a clip as pictures either way. strength: what its part is
    multiplied by. beside: what makes that part, called with the ControlNet and with what its forward is given. Raises ValueError for a
    ControlNet of another shape, and for what is no image model.
    """

    def __init__(
        self,
        image: UNet,
        control: ControlNet,
        strength: float | int = 1.0,
        beside: Callable[[ControlNet, Tensor, Given, Tensor], list[Tensor]] = ControlNet.__call__,
    ):
        super().__init__()
        parts_of(image)
        for name in [field.name for field in fields(UNetConfig) if field.name != "temporal"]:
            mine, theirs = getattr(control.config, name), getattr(image.config, name)
            if mine != theirs:
                raise ValueError(f"the ControlNet is for an image model with {name}={mine}, not {theirs}.")
        self.image, self.control, self.strength, self.beside = image, control, strength, beside

    @property
    def config(self) -> UNetConfig:
        """The image model's: what it takes and makes is the same."""
        return self.image.config

    def forward(
        self,
        z: Float[Tensor, "b c t h w"],
        t: Float[Tensor, "b"] | Float[Tensor, "b t"],
        cond: Cond | None = None,
    ) -> Float[Tensor, "b c t h w"]:
        if cond is None or cond.control is None:
            return self.image(z, t, cond)
        control, cond = cond.control, replace(cond, control=None)
        self._check(z, control)
        if self.strength == 0:
            return self.image(z, t, cond)

        def beside(pixels: Tensor, given: Given) -> list[Tensor]:
            as_pictures = replace(given, images=z.shape[2])  # the copy was never told which frame comes when
            return [self.strength * part for part in self.beside(self.control, pixels, as_pictures, control)]

        return self.image(z, t, cond, beside)

    def _check(self, z: Tensor, control: Tensor) -> None:
        """A sentence instead of a trace from the depths."""
        wanted = (len(z), self.control.config.hints, *z.shape[2:])
        if tuple(control.shape) != wanted:
            raise ValueError(
                f"the control is {tuple(control.shape)} and the clips are {tuple(z.shape)}: expected a control of {wanted}, "
                "a picture of each kind for every frame."
            )


def controlled(
    image: UNet,
    control: ControlNet,
    policy: keys.Keys = keys.itself,
    strength: float | int = 1.0,
    beside: Callable[[ControlNet, Tensor, Given, Tensor], list[Tensor]] = ControlNet.__call__,
) -> Controlled:
    """The two together, copies with the same weights; attention over space, in both, looks at the keys that `policy` names."""
    parts = Parts(spatial=lambda dim, heads: Attention(dim, heads, SPACE, policy))
    copy = ControlNet(control.config, parts)
    load_into(copy, weights_of(control), "the ControlNet")
    copy = copy.train(control.training).requires_grad_(False)
    return Controlled(looking_at(image, policy), copy, strength, beside)
