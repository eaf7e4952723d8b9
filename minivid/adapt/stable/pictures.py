"""Stable Diffusion whole: captions to what its U-Net is told, latents to pictures and back, and where a picture's subject is (chapters 6, 7)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from minivid.adapt.stable.network import StableUNet
from minivid.diffusion.objective import Objective
from minivid.diffusion.schedule import Schedule
from minivid.nn.condition import Cond
from minivid.nn.conv import fold, unfold

SEEN = 352  # pixels: the side at which CLIPSeg was trained
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's


@dataclass(frozen=True)
class Stable:
    """A latent diffusion model: `network` says `objective` of latents under `schedule`, `vae` (diffusers' AutoencoderKL) makes pictures of them."""

    network: StableUNet
    vae: nn.Module
    tokenizer: object
    schedule: Schedule
    objective: Objective

    @property
    def device(self) -> torch.device:
        return self.vae.device

    def cond(self, captions: list[str]) -> Cond:
        """What the network is told of these captions, one a clip; what is longer than CLIP reads is cut off."""
        found = self.tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt")
        return Cond(found.input_ids, found.attention_mask.bool()).to(self.device)

    def noise(
        self, clips: int, frames: int = 1, generator: torch.Generator | None = None
    ) -> Float[Tensor, "b c t h w"]:
        """z ~ N(0, I) at the size at which the network was trained."""
        config = self.network.unet.config
        shape = (clips, config.in_channels, frames, config.sample_size, config.sample_size)
        return torch.randn(shape, generator=generator).to(self.device)

    @torch.no_grad()
    def decode(self, latents: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b 3 t h2 w2"]:
        """Pictures in [-1, 1]; a frame at a time, since the VAE needs more memory than the U-Net."""
        pictures = [self.vae.decode(one / self.vae.config.scaling_factor).sample for one in self._frames(latents)]
        return unfold(torch.cat(pictures), latents.shape[2]).float().clamp(-1, 1)

    @torch.no_grad()
    def encode(self, video: Float[Tensor, "b 3 t h2 w2"]) -> Float[Tensor, "b c t h w"]:
        """The latents of pictures in [-1, 1]: the mean of what the VAE's encoder says."""
        latents = [
            self.vae.encode(one).latent_dist.mean * self.vae.config.scaling_factor for one in self._frames(video)
        ]
        return unfold(torch.cat(latents), video.shape[2]).float()

    def _frames(self, clip: Tensor) -> tuple[Tensor, ...]:
        return fold(clip).to(self.vae.dtype).split(1)


@dataclass(frozen=True)
class Subject:
    """Where the thing that `words` name is in a clip, 1 or 0 at each latent pixel: a foreground for `zero_shot`.

    The paper asks a network for salient objects; this asks CLIPSeg (Lüddecke & Ecker 2022) for the words. model: transformers'
    CLIPSegForImageSegmentation. A latent pixel is foreground if any pixel of its picture's is above `threshold`.
    """

    stable: Stable
    model: nn.Module
    tokenizer: object
    words: str
    threshold: float = 0.4

    @torch.no_grad()
    def __call__(self, x_hat: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b 1 t h w"]:
        frames, height, width = x_hat.shape[2:]
        pictures = fold(self.stable.decode(x_hat))
        mean, deviation = (pictures.new_tensor(part)[:, None, None] for part in (MEAN, DEVIATION))
        seen = F.interpolate((pictures + 1) / 2, size=(SEEN, SEEN), mode="bilinear", antialias=True)
        words = self.tokenizer([self.words] * len(seen), padding=True, truncation=True, return_tensors="pt").to(
            seen.device
        )
        said = self.model(**words, pixel_values=((seen - mean) / deviation).to(self.model.dtype)).logits
        share = said.float().sigmoid().reshape(len(seen), 1, *said.shape[-2:])
        return unfold((F.adaptive_max_pool2d(share, (height, width)) > self.threshold).to(x_hat), frames)
