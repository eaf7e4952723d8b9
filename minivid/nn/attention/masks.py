"""Who may look at whom."""

import torch
from jaxtyping import Bool
from torch import Tensor


def joint_image_mask(frames: int, images: int, device: torch.device | str = "cpu") -> Bool[Tensor, "t t"]:
    """True where frame i may attend to frame j, when the last `images` frames are independent images.

    Video frames see one another, an image sees only itself (Ho et al. 2022, sec. 3): for it temporal attention is the identity's map.
    """
    if not 0 <= images <= frames:
        raise ValueError(f"images is {images}, but a clip of {frames} frames can hold 0 to {frames} images.")
    is_video = torch.arange(frames, device=device) < frames - images
    return (is_video[:, None] & is_video[None, :]) | torch.eye(frames, dtype=torch.bool, device=device)
