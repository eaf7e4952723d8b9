# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Three exercises
# A small chapter for the tests of the course's machinery: a random-valued function, a function, a class.

# %% setup
import torch
from einops import rearrange
from torch import nn

from minivid.course import award, check, summary
from minivid.diffusion.schedule import COSINE, like, variance_preserving
from minivid.nn.attention.core import attend, join_heads, split_heads
from minivid.nn.conv import FrameNorm
from minivid.nn.initial import zero_

clip = torch.rand(2, 1, 8, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


# %% [markdown]
# #### Exercise 3.1
# Write `noise_clip(x, logsnr, generator)`.
# <details><summary>Hint</summary>One level a clip: `like(level, x)`.</details>


# %% exercise="3.1"
def noise_clip(x, logsnr, generator):
    """z = α x + σ ε, ε fresh for every value; returns (z, ε)."""
    ### BEGIN SOLUTION
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    eps = torch.randn(x.shape, generator=generator)
    return alpha * x + sigma * eps, eps
    ### END SOLUTION


noise_clip = check("3.1", noise_clip)

# %% award="3.1"
award("3.1")

# %%
logsnr_s, logsnr_t = COSINE.logsnr(torch.tensor(0.4)), COSINE.logsnr(torch.tensor(0.5))
z_t, eps = noise_clip(clip, logsnr_t.expand(2), torch.Generator().manual_seed(1))
print(z_t.shape, f"variance {z_t.var():.2f}")


# %% [markdown]
# #### Exercise 3.3
# Write `posterior(x, z_t, logsnr_s, logsnr_t)`.


# %% exercise="3.3"
def posterior(x, z_t, logsnr_s, logsnr_t):
    """Mean and variance of q(z_s | z_t, x)."""
    ### BEGIN SOLUTION
    (alpha_s, sigma_s), (alpha_t, _) = variance_preserving(logsnr_s), variance_preserving(logsnr_t)
    kept = torch.exp(logsnr_t - logsnr_s)
    mean = kept * (alpha_s / alpha_t) * z_t + (1 - kept) * alpha_s * x
    return mean, (1 - kept) * sigma_s**2
    ### END SOLUTION


posterior = check("3.3", posterior)

# %% award="3.3"
award("3.3")

# %%
mean, variance = posterior(clip, z_t, logsnr_s, logsnr_t)
print(mean.shape, f"variance {variance:.3f}")


# %% [markdown]
# #### Exercise 3.5
# `__init__` is given; write `forward(x, bias, visible)`.


# %% exercise="3.5"
class TemporalAttention(nn.Module):
    """Each pixel attends to the same pixel of the other frames."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm = FrameNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def forward(self, x, bias, visible=None):
        ### BEGIN SOLUTION
        b, _, _, h, w = x.shape
        tracks = rearrange(self.norm(x), "b c t h w -> (b h w) t c")
        q, k, v = (split_heads(part, self.heads) for part in self.to_qkv(tracks).chunk(3, dim=-1))
        if visible is not None:
            bias = bias.masked_fill(~visible, -torch.inf)
        out = self.to_out(join_heads(attend(q, k, v, bias[None])))
        return x + rearrange(out, "(b h w) t c -> b c t h w", b=b, h=h, w=w)
        ### END SOLUTION


TemporalAttention = check("3.5", TemporalAttention)

# %% award="3.5"
award("3.5")

# %%
layer = TemporalAttention(16, heads=2)
print(layer(torch.randn(1, 16, 4, 2, 2), torch.zeros(2, 4, 4)).shape)

# %%
summary("03")
