"""A video model out of an image model: a configuration, and the image model's weights under its names (chapter 6; tests/adapt).

No forward is replaced: an inflated network is a U-Net built from other parts. It is saved, loaded, trained and sampled as any other.
"""

from dataclasses import dataclass, fields
from enum import StrEnum

from torch import Tensor

from minivid.adapt.base import base_model, without_base
from minivid.adapt.compact import CompactBlock, ConvBlock, make_compact
from minivid.adapt.layers import Mixed, MotionModule, PseudoBlock, sparse_causal
from minivid.checkpoint import load_into, weights_of
from minivid.nn.condition import Cond
from minivid.nn.embed import WAVES
from minivid.nn.initial import zero_
from minivid.nn.spacetime import PseudoConv3d
from minivid.nn.unet import Parts, UNet, UNetConfig


class Method(StrEnum):
    """Whose way from images to video."""

    MAKE_A_VIDEO = "make-a-video"
    """A convolution over time behind every one over space, and attention over time (Singer et al. 2022)."""
    VIDEO_LDM = "video-ldm"
    """Layers over time, mixed with what they were given (Blattmann et al. 2023)."""
    ANIMATEDIFF = "animatediff"
    """A module of motion that can be lifted onto another base (Guo et al. 2023)."""
    TUNE_A_VIDEO = "tune-a-video"
    """Keys of the first frame and the one before, and attention over time; for one clip (Wu et al. 2023)."""
    LUMIERE = "lumiere"
    """Time is halved with space between the levels, and attended over where it is shortest (Bar-Tal et al. 2024)."""


PARTS = {
    Method.MAKE_A_VIDEO: Parts(block=PseudoBlock),
    Method.VIDEO_LDM: Parts(temporal=Mixed),
    Method.ANIMATEDIFF: Parts(temporal=MotionModule, position=None),
    Method.TUNE_A_VIDEO: Parts(spatial=sparse_causal, position=None),
    Method.LUMIERE: Parts(block=CompactBlock, temporal=ConvBlock, position=None),
}
TRAINED = {
    Method.MAKE_A_VIDEO: (".time.", ".temporal.", "position_bias."),
    Method.VIDEO_LDM: (".temporal.", "position_bias."),
    Method.ANIMATEDIFF: (".temporal.",),
    Method.TUNE_A_VIDEO: (".spatial.to_qkv.q.", ".cross.to_q.", ".temporal."),
    Method.LUMIERE: (".time.", ".temporal."),
}
"""What of a weight's name says that the method trains it; all others stand as the image model left them."""
TOLD = (".known_in.", ".numbers.", ".content_in.")
"""And what reads that which an image model is not told: trained under every method."""


@dataclass(frozen=True)
class InflatedConfig(UNetConfig):
    """An image U-Net's shape, and the method by which it sees time. whole: all weights are trained, the image model's too."""

    method: Method = Method.ANIMATEDIFF
    base: str = ""
    """A model of the zoo whose weights stand in the network and not in its file; without it, weights are loaded or drawn with the rest."""
    sha256: str = ""
    """How the hash of the base's weights begins."""
    whole: bool = False

    def __post_init__(self):
        super().__post_init__()
        if not self.temporal:
            raise ValueError("an inflated U-Net has layers over time: temporal must be True.")

    def build(self) -> "Inflated":
        """The network; its weights are drawn by torch's global generator until `inflate`'s are loaded, which a base's are at once."""
        if not self.base:
            return Inflated(self)
        _, weights = inflate(base_model(self.base, self.sha256), self.method)
        network = Inflated(self)
        load_into(network, weights, self.base)
        return without_base(network)

    def trains(self, name: str) -> bool:
        """Whether the method trains a weight of that name."""
        return self.whole or any(part in f".{name}" for part in (*TRAINED[self.method], *TOLD))


class Inflated(UNet):
    """A U-Net with a method's parts, of which only what the method trains asks for gradients."""

    def __init__(self, config: InflatedConfig):
        super().__init__(config, PARTS[config.method])
        if config.method is Method.MAKE_A_VIDEO:
            pixels = config.channels * config.patch**2
            self.conv_in = PseudoConv3d(pixels, config.widths[0])
            self.conv_out = PseudoConv3d(config.widths[0], pixels)
            zero_(self.conv_out.space)  # as a U-Net's last convolution begins
        if config.method is Method.LUMIERE:
            make_compact(self)
        trained = self.trained()
        for name, weight in self.named_parameters():
            weight.requires_grad_(name in trained)

    def trained(self) -> list[str]:
        """Names of the weights that the method trains: its adapter, which with the image model's weights is the whole network."""
        return [name for name, _ in self.named_parameters() if self.config.trains(name)]

    def adapter(self) -> dict[str, Tensor]:
        """The weights that the method trains, by name: what is carried from one base to another."""
        return {name: self.get_parameter(name).detach().clone() for name in self.trained()}

    def _check(self, z: Tensor, cond: Cond | None) -> None:
        super()._check(z, cond)
        images = cond.images if cond is not None else 0
        if (
            self.config.method is Method.LUMIERE
            and cond is not None
            and cond.tokens is not None
            and cond.tokens.ndim == 3
        ):
            raise ValueError("this U-Net halves time on its way: give it one caption a clip, not one for each frame.")
        if images and (self.config.method is not Method.VIDEO_LDM or images != z.shape[2]):
            raise ValueError(
                f"{images} of {z.shape[2]} frames are said to be images, but this U-Net joins neighbouring frames: "
                "give it clips alone (Video LDM also takes a batch of images alone)."
            )


def inflate(
    image: UNet, method: Method, known: int = 0, numbers: int = 0, whole: bool = False, content: int = 0
) -> tuple[InflatedConfig, dict[str, Tensor]]:
    """The video model's configuration, and all its weights: the image model's, and the method's own as they begin.

    Loaded into `config.build()`, they make each frame what the image model makes of it: on any clip to rounding, under Tune-A-Video and
    Lumiere on one frame or on equal ones. New weights are drawn by torch's global generator. Raises ValueError for what is no image model.
    """
    config = inflated_config(image, method, known, numbers, whole, content)
    return config, _begun(config.build(), image)


def inflated_config(
    image: UNet, method: Method, known: int = 0, numbers: int = 0, whole: bool = False, content: int = 0
) -> InflatedConfig:
    """The configuration alone: no weight is drawn. Raises ValueError for what is no image model."""
    check_image_model(image)
    shape = {field.name: getattr(image.config, field.name) for field in fields(UNetConfig)}
    told = {name: many for name, many in (("known", known), ("numbers", numbers), ("content", content)) if many}
    return InflatedConfig(**{**shape, **told, "temporal": True}, method=method, whole=whole)


def check_image_model(network: UNet) -> None:
    """Raise ValueError, in a sentence, for what is no image model: a U-Net with time, or with adapters that are not merged."""
    if type(network.config) is not UNetConfig or network.config.temporal:
        raise ValueError(
            f"an image model is a U-Net without time: UNetConfig(temporal=False), not {network.config}. Merge its adapters first."
        )


def inflated(
    image: UNet, method: Method, known: int = 0, numbers: int = 0, whole: bool = False, content: int = 0
) -> Inflated:
    """The video model that `inflate` describes."""
    network = inflated_config(image, method, known, numbers, whole, content).build()
    load_into(network, _begun(network, image), f"the image model, for {method}")
    return network


def _begun(network: Inflated, image: UNet) -> dict[str, Tensor]:
    """The network's own weights, the image model's in their places among them."""
    weights = weights_of(network)
    for name, weight in weights_of(image).items():
        weights.update(placed(name, weight.clone(), network.config))
    return weights


def placed(name: str, weight: Tensor, config: InflatedConfig) -> dict[str, Tensor]:
    """Where a weight of the image model goes in the video model, by name."""
    owner, _, last = name.rpartition(".")
    if name.endswith("place.linear.weight"):
        weight[:, : 2 * WAVES] = 0.0  # a picture has no time: what would read a frame's number was never trained
    if config.method is Method.MAKE_A_VIDEO and owner.rpartition(".")[2] in ("conv1", "conv2", "conv_in", "conv_out"):
        return {f"{owner}.space.{last}": weight}
    if config.method is Method.TUNE_A_VIDEO and name.endswith("spatial.to_qkv.weight"):
        q, kv = weight.split([len(weight) // 3, 2 * len(weight) // 3])
        return {f"{owner}.q.weight": q, f"{owner}.kv.weight": kv}
    return {name: weight}
