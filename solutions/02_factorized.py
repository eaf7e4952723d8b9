# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2 · Factorized convolution and attention
# An image network knows nothing of time. What has to be put into it so that frame 3 learns what happened in frame 2, and what does that cost?
# Almost every answer is one idea, **factorize**: first space, then time.
#
# **You will be able to** put an image layer on every frame · build (2+1)D, pseudo-3-D and separable convolutions and say what each costs · cut a clip into
# windows, shift and mask them · replace the scores of attention by something that grows no faster than the clip · prove, by touching one pixel, what a layer sees.
#
# **You need** PyTorch (modules, autograd), chapter 1's picture of a clip, and to have met convolution and attention once. No diffusion.
# **Time:** an evening.
#
# **Papers:** Tran et al. 2018 (*R(2+1)D*) · Singer et al. 2022 (*Make-A-Video*) · Bertasius et al. 2021 (*TimeSformer*) · Liu et al. 2021 (*Swin*, *Video Swin*) ·
# Child et al. 2019 (*Sparse Transformers*) · Katharopoulos et al. 2020 (*linear attention*).

# %% setup
import torch
import torch.nn.functional as F
from einops import einsum, rearrange
from torch import nn

from minivid.course import award, check, summary
from minivid.data import World
from minivid.nn.attention.core import (
    ALL,
    SPACE,
    TIME,
    Attention,
    Window,
    attend,
    join_heads,
    linear_attend,
    split_heads,
)
from minivid.nn.conv import SpatialConv
from minivid.nn.spacetime import Conv2Plus1d, PseudoConv3d, SeparableConv3d, TimeConv, full_conv
from minivid.show import show, show_sheet, show_source
from minivid.tools import budget

torch.manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 2.1 What does an image layer do to a film?
# A clip is `b c t h w`: batch, channels, time, height, width. An image layer wants `n c h w`. Nothing forbids us to call every frame a picture of its own: we **fold**
# the frames into the batch, run the layer, and unfold them.

# %%
clips = World(size=32).sample(2, seed=2).video
frames = rearrange(clips, "b c t h w -> (b t) c h w")
print(tuple(clips.shape), "->", tuple(frames.shape))

# %% [markdown]
# It is the shortest code of this chapter, and it has been got wrong in well-known repositories. In memory the channels stand *before* the frames. `reshape` cuts memory
# into pieces without asking what they mean:

# %%
colour = World(size=32, colour=True).sample(1, seed=4).video  # 1 3 8 32 32
cut = colour.reshape(
    8, 3, 32, 32
)  # no transpose: each "picture" takes its red, green and blue from three different frames
folded = rearrange(colour, "b c t h w -> (b t) c h w")
for_show = {"folded": folded, "reshaped": cut}
show_sheet(**{name: rearrange(x, "t c h w -> 1 c t h w") for name, x in for_show.items()})

# %% [markdown]
# #### Exercise 2.1
# Write `per_frame(layer, x)`: apply `layer`, which takes `n c h w` and gives `n d h2 w2`, to each frame of the clips `x`, and return clips `b d t h2 w2`.
# The layer may change the channels and the size of a picture.
# <details><summary>Hint</summary>
# Two calls of <code>rearrange</code>. On the way back only the batch and the frames have to be told apart: <code>b=len(x)</code> is enough.</details>


# %% exercise="2.1"
def per_frame(layer, x):
    """`layer` on each frame of each clip."""
    ### BEGIN SOLUTION
    frames = rearrange(x, "b c t h w -> (b t) c h w")
    return rearrange(layer(frames), "(b t) d h w -> b d t h w", b=len(x))
    ### END SOLUTION


per_frame = check("2.1", per_frame)

# %% award="2.1"
award("2.1")

# %% [markdown]
# What does it see? Change *one* pixel of one frame and look which values of the output change. We will put this question, the **perturbation test**, to every layer of
# the chapter.


# %%
def reached(layer, place=(4, 8, 8), clip=(9, 17, 17)):
    """Where the output changes when one place (frame, row, column) of the input does: +1 there, −1 elsewhere."""
    x = torch.randn(1, 8, *clip)
    touched = x.clone()
    touched[:, :, *place] += 1
    with torch.no_grad():
        changed = (layer(touched) != layer(x)).any(1, keepdim=True)
    return 2.0 * changed - 1


image_layer = nn.Conv2d(8, 8, 3, padding=1)
seen = reached(lambda x: per_frame(image_layer, x))
print("frames reached:", seen[0, 0].amax((1, 2)).gt(0).nonzero().flatten().tolist())
show_sheet(**{"a 3×3 convolution on every frame": seen}, frames=9)

# %% [markdown]
# Nine pixels of the same frame, and nothing before or after it: **folded frames do not know of each other.** The library calls this layer `SpatialConv`.
# It is also a `Conv3d` whose kernel is one frame deep.

# %%
space = SpatialConv(8, 8)
flat = nn.Conv3d(8, 8, (1, 3, 3), padding=(0, 1, 1))
flat.load_state_dict({"weight": space.kernel[:, :, None], "bias": space.bias})
x = torch.randn(2, 8, 9, 17, 17)
print(f"largest difference: {(space(x) - flat(x)).abs().max():.1e}")

# %% [markdown]
# ## 2.2 How does a convolution see time?
# The obvious way is a kernel that is three frames deep as well, 3×3×3: 27 weights for each pair of channels instead of 9. Tran et al. (2018) take it apart. First a
# convolution over space into $M$ channels, then one over time:
# $$y = W_{\text{time}} * \mathrm{ReLU}(W_{\text{space}} * x)$$
# The ReLU in the middle is half of the point. Without it the two are *one* linear map, a full convolution whose kernel is a sum of $M$ products
# $W^{\text{time}}_{om}(\tau)\,W^{\text{space}}_{mi}(y,x)$. So they can do nothing that a full one cannot. Is that so? Compose the kernel and compare:

# %%
time = TimeConv(12, 8)
space = SpatialConv(8, 12)
nn.init.zeros_(
    space.bias
)  # an inner bias would be cut off at the first and the last frame, where the time kernel sees zeros
both = nn.Conv3d(8, 8, 3, padding=1)
kernel = einsum(time.conv.weight[..., 0], space.kernel, "o m t, m i y x -> o i t y x")
both.load_state_dict({"weight": kernel, "bias": time.conv.bias})
print(f"two convolutions against one: {(time(space(x)) - both(x)).abs().max():.1e}")
print(f"with a ReLU between:          {(time(F.relu(space(x))) - both(x)).abs().max():.1e}")

# %% [markdown]
# #### Exercise 2.2
# `__init__` is given. Write `forward(x)`: the convolution over space on every frame, a ReLU, the convolution over time on the frames of every pixel.
# <details><summary>Hint</summary>
# <code>nn.Conv1d</code> wants <code>n c length</code>. Here the length is time, and everything that is neither time nor channel belongs to n: <code>(b h w) c t</code>.</details>


# %% exercise="2.2"
class FactorizedConv(nn.Module):
    """(2+1)D: a 2-D convolution on every frame, a ReLU, a 1-D convolution over the frames of every pixel."""

    def __init__(self, dim_in, inner, dim_out):
        super().__init__()
        self.space = nn.Conv2d(dim_in, inner, 3, padding=1)
        self.time = nn.Conv1d(inner, dim_out, 3, padding=1)

    def forward(self, x):
        ### BEGIN SOLUTION
        h, w = x.shape[3:]
        features = F.relu(per_frame(self.space, x))
        tracks = rearrange(features, "b c t h w -> (b h w) c t")
        return rearrange(self.time(tracks), "(b h w) c t -> b c t h w", h=h, w=w)
        ### END SOLUTION


FactorizedConv = check("2.2", FactorizedConv)

# %% award="2.2"
award("2.2")

# %% [markdown]
# How large should $M$ be? For a fair comparison: so large that both weigh the same.
#
# #### Exercise 2.3
# Write `inner_width(dim_in, dim_out, frames, side)`: the largest whole $M$ with which the (2+1)D convolution has no more weights than the full one, whose kernel is
# `frames` deep and `side` × `side` large. Biases do not count.
# <details><summary>Hint</summary>
# Full: frames · side² · in · out. The two halves: side² · in · M, and frames · M · out.</details>


# %% exercise="2.3"
def inner_width(dim_in, dim_out, frames, side):
    """Channels between the two halves, for as many weights as the full kernel has."""
    ### BEGIN SOLUTION
    full = frames * side**2 * dim_in * dim_out
    return full // (side**2 * dim_in + frames * dim_out)
    ### END SOLUTION


inner_width = check("2.3", inner_width)

# %% award="2.3"
award("2.3")

# %%
print("64 channels in and out, 3×3×3:", inner_width(64, 64, 3, 3), "between")
student = FactorizedConv(64, inner_width(64, 64, 3, 3), 64)
for name, layer in (("full", full_conv(64, 64)), ("(2+1)D", student)):
    print(f"{name:8} {sum(p.numel() for p in layer.parameters() if p.ndim > 1):,} weights")

# %% [markdown]
# Two more ways to pay less.
#
# - **Pseudo-3-D** (Make-A-Video): an image model's convolution, then one over time that begins as the *identity*: kernel (0, 1, 0). Trained images are not lost on the way to video.
# - **Depthwise-separable**: each channel has a 3×3×3 kernel of its own and reads no other channel; then one matrix mixes the channels at each place.

# %%
show_source(PseudoConv3d)

# %%
pseudo = PseudoConv3d(8, 8)
print("as it begins, the time half changes nothing:", torch.equal(pseudo(x), pseudo.space(x)))
before = reached(pseudo)
nn.init.normal_(pseudo.time.conv.weight, std=0.2)  # as after some training
show_sheet(
    **{"3×3×3": reached(full_conv(8, 8)), "pseudo-3-D at first": before, "and trained": reached(pseudo)}, frames=9
)

# %% [markdown]
# All of them end with the same cube of 27 places. What differs is what they may *do* with it, and what it costs.
