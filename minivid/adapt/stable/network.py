"""Stable Diffusion's U-Net, asked as the course's networks are, so that its samplers and policies serve it (tests/adapt/test_stable.py).

No forward is replaced: whose keys a frame looks at is an attention processor, and motion modules stand behind its layers as hooks.
"""

from functools import partial

import torch
from einops import repeat
from jaxtyping import Float, Int
from torch import Tensor, nn

from minivid.adapt.layers import MotionModule
from minivid.adapt.processor import LookingAt
from minivid.nn.attention import keys
from minivid.nn.condition import Cond
from minivid.nn.conv import fold, unfold


class StableUNet(nn.Module):
    """A clip of latents `b c t h w`, one λ a clip, the words of CLIP's tokenizer → what the U-Net was trained to say, mostly ε̂. Each frame is a picture, unless `look` or motion joins them.

    unet, text: diffusers' UNet2DConditionModel and transformers' CLIPTextModel. silence: the empty caption's tokens, which stand for every
    caption that is absent (Stable Diffusion knows no other way to be told nothing). alphas: ᾱ at each of its time steps, so that λ can
    be said as one. motion: modules by their places (`read_motion`), one behind every layer. Nothing is trained. Raises ValueError for motion
    that does not fit, or leaves a place out.
    """

    def __init__(
        self,
        unet: nn.Module,
        text: nn.Module,
        silence: Int[Tensor, "l"],
        alphas: Float[Tensor, "steps"],
        motion: dict[str, MotionModule] | None = None,
    ):
        super().__init__()
        self.unet, self.text = unet, text
        self.register_buffer("silence", silence)
        self.register_buffer("roots", alphas.double().sqrt())
        self.looking = LookingAt(keys.itself, frames=1)
        unet.set_attn_processor(self.looking)
        self.motion = nn.ModuleList((motion or {}).values())
        for place, module in (motion or {}).items():
            layer = layer_before(unet, place, module)
            layer.register_forward_hook(partial(self._then, module))
        if motion and (left_out := [place for place in widths(unet) if place not in motion and "mid" not in place]):
            raise ValueError(
                f"the motion is of {len(motion)} places, and {', '.join(left_out[:3])} {'is' if len(left_out) == 1 else 'are'} not among them: "
                "expected a module behind every layer of the U-Net; only the one in its middle may be missing, as in version 3."
            )
        self.eval().requires_grad_(False)

    def look(self, policy: keys.Keys) -> "StableUNet":
        """The same network, its self-attention looking where `policy` says from now on; `keys.itself` is the image model again."""
        self.looking.policy = policy
        return self

    def timestep(self, logsnr: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
        """The time step at which Stable Diffusion has that log-SNR; between two, a number between; beyond the first or last, that one."""
        return place_in(self.roots, logsnr.double().sigmoid().sqrt()).float()

    def words(self, cond: Cond | None, clips: int) -> Float[Tensor, "b l d"]:
        """What CLIP makes of each clip's caption, of the empty one where there is none. No word is masked: so it was trained."""
        tokens = self.silence.expand(clips, -1)
        if cond is not None and cond.tokens is not None:
            if cond.tokens.shape != tokens.shape:
                raise ValueError(
                    f"the captions' tokens are {tuple(cond.tokens.shape)}, but for {clips} clips Stable Diffusion reads "
                    f"{tuple(tokens.shape)}: make them by `Stable.cond(captions)`."
                )
            tokens = torch.where(cond.token_mask.any(1, keepdim=True), cond.tokens, tokens)
        return self.text(input_ids=tokens).last_hidden_state

    def forward(
        self, z: Float[Tensor, "b c t h w"], logsnr: Float[Tensor, "b"], cond: Cond | None = None
    ) -> Float[Tensor, "b c t h w"]:
        told = [
            name for name in ("control", "known", "numbers", "content", "r") if getattr(cond, name, None) is not None
        ]
        told += ["images"] * bool(getattr(cond, "images", 0))
        if told:
            raise ValueError(f"Stable Diffusion is told its caption alone, and cannot read {', '.join(told)}.")
        channels = self.unet.config.in_channels
        if z.ndim != 5 or z.shape[1] != channels or logsnr.shape != z.shape[:1]:
            raise ValueError(
                f"latents {tuple(z.shape)} with levels {tuple(logsnr.shape)}: expected clips (b, {channels}, t, h, w) and one λ a clip."
            )
        clips, frames = len(z), z.shape[2]
        self.looking.frames = frames
        said = self.unet(
            fold(z).to(self.unet.dtype),
            repeat(self.timestep(logsnr), "b -> (b t)", t=frames),
            encoder_hidden_states=repeat(self.words(cond, clips), "b l d -> (b t) l d", t=frames),
        ).sample
        return unfold(said, frames).to(z)

    def _then(self, module: MotionModule, layer: nn.Module, given: tuple, output: Tensor | tuple) -> Tensor | tuple:
        """A layer's output, and the motion module upon it; a transformer's output comes in a tuple."""
        pictures = output[0] if isinstance(output, tuple) else output
        moved = fold(module(unfold(pictures, self.looking.frames)))
        return (moved,) if isinstance(output, tuple) else moved


def place_in(falling: Float[Tensor, "n"], value: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    """Where in a falling table a value stands: 0 at its first entry, n − 1 at its last, on straight lines between, its ends beyond them."""
    right = torch.searchsorted(-falling, -value).clamp(1, len(falling) - 1)
    above, below = falling[right - 1], falling[right]
    return (right - 1 + (above - value) / (above - below)).clamp(0, len(falling) - 1)


def widths(unet: nn.Module) -> dict[str, int]:
    """Every place for a motion module, and how many channels there are."""
    blocks = {"mid_block": unet.mid_block.resnets[:1]}
    for way in ("down_blocks", "up_blocks"):
        blocks |= {f"{way}.{i}": block.resnets for i, block in enumerate(getattr(unet, way))}
    return {f"{block}.motion_modules.{i}": r.out_channels for block, row in blocks.items() for i, r in enumerate(row)}


def layer_before(unet: nn.Module, place: str, module: MotionModule) -> nn.Module:
    """The layer of diffusers' U-Net behind which AnimateDiff puts the module of that place: the attention over space where there is one,
    else the residual block. Raises ValueError where there is none, or one of another width."""
    block, _, number = place.partition(".motion_modules.")
    try:
        stage = unet.get_submodule(block)
        residual = stage.resnets[int(number)]
        layers = getattr(stage, "attentions", None)
        layer = layers[int(number)] if layers else residual
    except (AttributeError, IndexError):
        raise ValueError(f"this U-Net has no {place}: the motion modules were made for another one.") from None
    width, own = residual.out_channels, module.proj_out.out_features
    if width != own:
        raise ValueError(
            f"the motion module at {place} has {own} channels, the U-Net {width} there: it was made for another one "
            "(mm_sd_v15_v2 and v3_sd15_mm are for Stable Diffusion 1.5)."
        )
    return layer
