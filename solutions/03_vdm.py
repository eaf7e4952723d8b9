# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3 · Video diffusion from scratch
# In this chapter you turn a clip into noise and teach a network the way back. At the end a network that you trained yourself
# answers *"a 7 moves up, quickly"* with a clip that it made from noise.
#
# **You will be able to** write the forward process, a schedule and the posterior · build a U-Net's residual block and the attention that joins
# frames · guide and sample · train a video U-Net with captions, on a training step of your own, and read its loss curve · extend and fill in
# clips · recognise five ways in which all of this goes wrong.
#
# **You need** PyTorch (modules, autograd), Gaussians and their KL divergence, and to have met attention and a U-Net once. No diffusion.
# **Time:** an evening. The longest cell is training; the receipt that section 3.9 prints says how long it took us.
#
# **Papers:** Ho, Jain & Abbeel 2020 (*DDPM*) · Kingma et al. 2021 (*Variational Diffusion Models*) · Ho et al. 2022 (*Video Diffusion Models*,
# which this chapter follows) · Ho & Salimans 2022 (*Classifier-Free Guidance*) · Jordan et al. 2024 (*Muon*).

# %% setup
import itertools
import math
import tempfile
from copy import deepcopy
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange
from IPython.display import display
from torch import nn

from minivid import zoo
from minivid.batches import clips_of, joint_clips_of
from minivid.chapters.ch03 import experiments, own, widgets
from minivid.course import award, check, hand_in, receipt, summary
from minivid.course.kept import kept
from minivid.data import VOCABULARY, World, tokenize
from minivid.diffusion import (
    COSINE,
    LINEAR,
    Objective,
    Schedule,
    ddim,
    inpainting,
    like,
    sample,
    super_resolution,
    variance_preserving,
)
from minivid.diffusion.bound import bits_per_value, diffusion_term, reconstruction
from minivid.diffusion.objective import per_clip_loss
from minivid.metrics.reader import agreement, fit_reader
from minivid.motion.trajectories import centroid
from minivid.nn import Cond, UNet, UNetConfig
from minivid.nn.attention.core import attend, join_heads, split_heads
from minivid.nn.attention.maps import temporal_attention_maps
from minivid.nn.attention.masks import joint_image_mask
from minivid.nn.attention.positions import RelativePositionBias
from minivid.nn.conv import FrameNorm, SpatialConv, fold
from minivid.nn.embed import PlaceEmbedding
from minivid.nn.initial import zero_
from minivid.show import player, show, show_curves, show_sheet, show_slice, show_source
from minivid.tools import budget

torch.manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 3.1 What is a clip?
# A clip is a tensor `b c t h w`: batch, channels, time, height, width, with values in [−1, 1]. Ours come from a simulator that moves real
# handwritten digits about a small canvas and writes down what it did.

# %%
world = World(digit_size=10)
clips = world.sample(8, seed=3)
print(
    tuple(clips.video.shape),
    "=",
    clips.video[0].numel(),
    "values a clip, from",
    clips.video.min().item(),
    "to",
    clips.video.max().item(),
)
show(clips.video[:4], captions=clips.caption[:4])

# %% [markdown]
# Eight frames beside each other, and the same clip cut along time: take one column of pixels and stack it frame after frame. What stands
# still is a horizontal line, **what moves is a slanted one**. You will look at many such slices.

# %%
show_sheet(clips.video[:2], captions=clips.caption[:2])

# %%
slow_and_quick = world.sample(2, seed=5, caption=["a 4 moves down, slowly", "a 4 moves down, quickly"]).video
show_slice(slowly=slow_and_quick[:1], quickly=slow_and_quick[1:], column=8)

# %% [markdown]
# ## 3.2 How does a clip become noise?
# Mix it with Gaussian noise $\epsilon$: less of the one, more of the other.
# $$z = \alpha\, x + \sigma\, \epsilon, \qquad \alpha^2 + \sigma^2 = 1$$
# One number says how noisy $z$ is, its **log signal-to-noise ratio** $\lambda = \log(\alpha^2/\sigma^2)$. Since $\alpha^2+\sigma^2=1$, it follows that
# $\alpha^2 = \mathrm{sigmoid}(\lambda)$: five lines of code if you are generous.

# %%
levels = torch.tensor([6.0, 2.0, 0.0, -2.0, -6.0])
alpha, sigma = variance_preserving(levels)
for level, a, s in zip(levels, alpha, sigma, strict=True):
    print(f"λ = {level:4.0f}   α = {a:.3f}   σ = {s:.3f}   α² + σ² = {a**2 + s**2:.3f}")

# %% [markdown]
# #### Exercise 3.1 · Noise a clip · ★☆☆ · 10 minutes · 2 points
# Write `noise_clip(x, logsnr, generator)` for a batch `x` of clips, with one level `logsnr` for each clip of the batch. Return `(z, eps)`.
# <details><summary>Hint</summary>
# α has the shape (b,), the batch has b c t h w. <code>alpha * x</code> either crashes or, when b happens to equal w, scales columns
# instead of clips. <code>like(alpha, x)</code> gives it the shape (b, 1, 1, 1, 1).</details>


# %% exercise="3.1"
def noise_clip(x, logsnr, generator):
    """z = α x + σ ε with fresh noise for every value; returns (z, ε)."""
    ### BEGIN SOLUTION
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    eps = torch.randn(x.shape, generator=generator)
    return alpha * x + sigma * eps, eps
    ### END SOLUTION


noise_clip = check("3.1", noise_clip)

# %% award="3.1"
award("3.1")

# %%
generator = torch.Generator().manual_seed(0)
same_clip = clips.video[:1].expand(5, -1, -1, -1, -1)
z, eps = noise_clip(same_clip, levels, generator)
show_sheet(**{f"λ = {level:.0f}": z[i : i + 1] for i, level in enumerate(levels.tolist())})

# %% [markdown]
# Look at λ = −2 first frame by frame, then as a film: which tells you more?

# %%
show(**{"λ = −2": z[3:4]})

# %% [markdown]
# Noise is fresh in every frame, the digit is not: **a video model can gather over time what an image model must guess.**
#
# How much noise, when? That is the *schedule*: λ as a function of a time u from 0 (clean) to 1 (noise). The **cosine** schedule lets α fall as a quarter of a cosine does,
# $\alpha = \cos(\tfrac{\pi}{2}u)$, so that $\sigma = \sin(\tfrac{\pi}{2}u)$ and
# $$\lambda(u) = \log\frac{\alpha^2}{\sigma^2} = -2\log\tan\!\big(\tfrac{\pi}{2}u\big)$$
# (Nichol & Dhariwal 2021). At its ends λ would be infinite: no noise at all, nothing but noise. A network cannot be told ∞, so λ is cut at ±20, where the weaker of α and σ is 0.00005.

# %% [markdown]
# #### Exercise 3.2
# Write `cosine_logsnr(u)` for a tensor `u` of any shape, of times in [0, 1]. At u = 0 it gives 20, at u = 1 it gives −20.
# <details><summary>Hint</summary>
# Try <code>torch.tan(torch.tensor(1.0) * torch.pi / 2)</code>: in 32 bits π/2 lies a little beyond π/2. Keep the <i>angle</i> between
# <code>end = math.atan(math.exp(-10))</code>, where λ is 20, and <code>torch.pi / 2 - end</code>.</details>


# %% exercise="3.2"
def cosine_logsnr(u):
    """λ(u) = −2 log tan(π u / 2), cut at ±20."""
    ### BEGIN SOLUTION
    end = math.atan(math.exp(-10))  # the angle at which λ is 20
    angle = (torch.pi / 2 * u).clamp(end, torch.pi / 2 - end)
    return -2 * torch.log(torch.tan(angle))
    ### END SOLUTION


cosine_logsnr = check("3.2", cosine_logsnr)

# %% award="3.2"
award("3.2")

# %% [markdown]
# The **linear** one is DDPM's (its β, the noise that a step adds, grows linearly): it destroys a clip sooner and spends more of its time on what is nearly noise.

# %%
schedule = Schedule(cosine_logsnr)  # yours, from here to the end
u = torch.linspace(0, 1, 201)
show_curves(
    u,
    {"cosine": schedule.logsnr(u), "linear": LINEAR.logsnr(u)},
    xlabel="time u",
    ylabel="log-SNR λ",
    heading="Two schedules",
)

# %%
display(widgets.forward_process(clips.video[:1], {"cosine": schedule, "linear": LINEAR}))
widgets.forward_process_still(clips.video[:1], {"cosine": schedule, "linear": LINEAR})

# %% [markdown]
# ## 3.3 If we knew the clean clip, how would we go back one step?
# Noise is *added on*: from a time s to a later t,
# $$z_t=\tfrac{\alpha_t}{\alpha_s}\,z_s+\sigma_{t|s}\,\epsilon,\qquad \sigma^2_{t|s}=(1-e^{\lambda_t-\lambda_s})\,\sigma_t^2,$$
# with fresh ε, so that $z_t$ is again $\alpha_t x+\sigma_t\epsilon$: $z_s$ and $z_t$ share most of their noise. Bayes' rule, $q(z_s|z_t,x)\propto q(z_t|z_s)\,q(z_s|x)$, multiplies
# two Gaussians, which gives one Gaussian:
# $$q(z_s\,|\,z_t,x) = \mathcal N\!\Big(e^{\lambda_t-\lambda_s}\tfrac{\alpha_s}{\alpha_t}\, z_t + (1-e^{\lambda_t-\lambda_s})\,\alpha_s\, x,\;\; (1-e^{\lambda_t-\lambda_s})\,\sigma_s^2\Big)$$
# Divided by $\alpha_s$, its mean is a weighted mean of $z_t/\alpha_t$ and $x$, with the weights $e^{\lambda_t-\lambda_s}$ and one minus it: partly where we are, partly where we
# want to go. The whole art of sampling will be to put a *guess* in the place of x.

# %% [markdown]
# #### Exercise 3.3 · The posterior, one step back · ★★☆ · 15 minutes · 3 points
# Write `posterior(x, z_t, logsnr_s, logsnr_t)`; return the mean (a clip) and the variance (a number). The levels are scalars here.
# <details><summary>Hint</summary>
# α of each level comes from <code>variance_preserving</code>. Check yourself: for λs = λt nothing happens, the mean is z_t and the variance 0.</details>


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

# %% [markdown]
# Does it lead home? Start from pure noise, step back thirty times with the true clip as the "guess":

# %%
grid = schedule.logsnr(torch.linspace(1, 0, 31))
z, path = torch.randn(1, 1, 8, 16, 16, generator=generator), []
for logsnr_t, logsnr_s in itertools.pairwise(grid):
    mean, variance = posterior(clips.video[:1], z, logsnr_s, logsnr_t)
    z = mean + variance.sqrt() * torch.randn(z.shape, generator=generator)
    path.append(z)
print(f"distance to the clip at the end: {(z - clips.video[:1]).abs().max():.4f}")
show_sheet(**{f"step {k}": path[k - 1] for k in (10, 18, 24, 30)})

# %% [markdown]
# ## 3.4 What should a network say?
# The clean clip x, of which it sees the noisy z: the posterior then leads one step back. To say x, to say the noise ε and to say any mixture of the two is the same knowledge, since
# $z=\alpha x+\sigma\epsilon$ ties them together. We ask for
# $$v = \alpha\,\epsilon - \sigma\, x \qquad\text{(Salimans \& Ho 2022)}, \qquad \hat x = \alpha z - \sigma \hat v,$$
# the noise where x is visible and −x where only noise is, and train on the **simple loss** of Ho et al. 2020: a plain squared error. Chapter 4 is about why v; what this loss has to do with
# the probability of a clip, section 3.13 tells those who want to know.

# %% [markdown]
# ## 3.5 Which network?
# Input and output are clips, so: a U-Net. A full 3-D one is expensive; Ho et al. **factorize**. Convolutions see *space only*, and attention over *time only*
# joins the frames. What is a space-only convolution? A `Conv3d` with a kernel of one frame. Folding frames into the batch gives the same numbers with
# `Conv2d`:

# %%
conv = SpatialConv(4, 8)
slow = nn.Conv3d(4, 8, kernel_size=(1, 3, 3), padding=(0, 1, 1))
slow.load_state_dict({"weight": conv.kernel[:, :, None], "bias": conv.bias})
features = torch.randn(2, 4, 8, 16, 16)
print(
    tuple(fold(features).shape),
    "->",
    tuple(conv(features).shape),
    " largest difference",
    f"{(conv(features) - slow(features)).abs().max():.1e}",
)

# %% [markdown]
# Who sees whom? Change one frame of the input and look at which frames of the output change. This **perturbation test** is worth more than reading code:


# %%
def reached(layer, frame, t=8):
    """Which output frames change when one input frame does."""
    x = torch.randn(1, 16, t, 4, 4)
    moved = x.clone()
    moved[:, :, frame] = torch.randn_like(moved[:, :, frame])
    with torch.no_grad():
        return ["■" if change > 1e-4 else "·" for change in (layer(moved) - layer(x)).abs().amax((0, 1, 3, 4))]


print("space-only convolution  ", *reached(SpatialConv(16, 16), frame=2))
print("FrameNorm               ", *reached(FrameNorm(16), frame=2))
print("GroupNorm over b c t h w", *reached(nn.GroupNorm(8, 16), frame=2))

# %% [markdown]
# The last line is a trap: the obvious normalisation pools over time and mixes all frames. Ours works frame by frame.
#
# Convolutions come in **residual blocks**, x plus what two of them make of it. The network must also know how noisy its input is: one vector for each frame, the *embedding* of λ
# (and of the caption, later), is turned by a linear map into a *scale* and a *shift* for each channel, halfway through the block. This is **FiLM** (Perez et al. 2018):
# $$h \leftarrow \mathrm{norm}(h)\,(1+\text{scale}) + \text{shift}$$

# %% [markdown]
# #### Exercise 3.4
# `__init__` is given. Write `forward(x, embed)`: `norm1`, SiLU, `conv1`; then `norm2`, FiLM, SiLU, `conv2`; and `skip(x)` is added. Scale and shift are the first and the second half of
# `film(F.silu(embed))`. x is `b c t h w`, embed `b t e`.
# <details><summary>Hint</summary>
# Scale and shift come out as <code>b t d</code> and must multiply <code>b d t h w</code>: <code>rearrange(…, "b t (two d) -> two b d t 1 1", two=2)</code>.</details>


# %% exercise="3.4"
class ResBlock(nn.Module):
    """x + conv(FiLM(conv(x))): the embedding scales and shifts the features between two space-only convolutions."""

    def __init__(self, dim_in, dim_out, dim_embed):
        super().__init__()
        self.norm1, self.conv1 = FrameNorm(dim_in), SpatialConv(dim_in, dim_out)
        self.norm2, self.conv2 = FrameNorm(dim_out), zero_(SpatialConv(dim_out, dim_out))
        self.film = nn.Linear(dim_embed, 2 * dim_out)
        self.skip = SpatialConv(dim_in, dim_out, kernel=1) if dim_in != dim_out else nn.Identity()

    def forward(self, x, embed):
        ### BEGIN SOLUTION
        scale, shift = rearrange(self.film(F.silu(embed)), "b t (two d) -> two b d t 1 1", two=2)
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.norm2(h) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(h))
        ### END SOLUTION


ResBlock = check("3.4", ResBlock)

# %% award="3.4"
award("3.4")

# %%
block = ResBlock(16, 16, 32)
level_of_frame = torch.randn(1, 8, 32)
print(
    "as it starts            ",
    *reached(lambda x: block(x, level_of_frame), frame=2),
    "  (its second convolution is zero: x itself)",
)
nn.init.normal_(block.conv2.weight, std=0.1)
print(
    "residual block          ", *reached(lambda x: block(x, level_of_frame), frame=2), "  (still each frame by itself)"
)

# %% [markdown]
# Now the part that makes it a *video* model. Every pixel attends to the same pixel of the other frames. Attention does not know the order of its inputs, so we
# add a learned number to each score that depends on the *distance* $j-i$ of the two frames, the **relative position bias**:
# $$\mathrm{softmax}\Big(\frac{q_i\cdot k_j}{\sqrt d} + b_{j-i}\Big)$$
# To see a bias that has learnt we need a trained network. The **zoo** has one: a model that comes with the course, with the command that made it.

# %%
teacher = zoo.load("vdm-small")
print(teacher)
print(teacher.origin())

# %%
learned = teacher.network.position_bias(8).detach()
print(
    tuple(learned.shape),
    "heads, from frame, to frame; equal along each diagonal. Learned by the zoo's model, first head:",
)
print(learned[0].round(decimals=1))
bias = RelativePositionBias(heads=2)(8)  # a fresh one starts at zero

# %% [markdown]
# #### Exercise 3.5 · Attention over time · ★★★ · 25 minutes · 4 points
# `__init__` is given. Write `forward(x, bias, visible)`: normalise; bring `b c t h w` into sequences over time; queries, keys and values (in this order) from `to_qkv`;
# attend with the bias; `to_out`; back into shape; add to x. `visible` (`t t`, or None) is False where frame i must not see frame j.
# Yours to use: `split_heads(x, heads)` makes `n t c` into `n heads t d`, `join_heads` is its inverse, `attend(q, k, v, bias)` takes a bias that broadcasts to `n heads t t`; `bias` here is
# `heads t t`. `zero_` starts a layer at zero, so that the block begins as x itself.
# <details><summary>Hint</summary>
# <code>rearrange(x, "b c t h w -> (b h w) t c")</code>: what is not in the sequence belongs to the batch. A score that must not count is −∞.</details>


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
print("as it starts            ", *reached(lambda x: layer(x, bias), frame=2), "  (to_out is zero: x itself)")
nn.init.normal_(layer.to_out.weight, std=0.1)
print("temporal attention      ", *reached(lambda x: layer(x, bias), frame=2))
apart = joint_image_mask(8, images=2)  # False where frames must not see each other: the last two stand alone
print("the last two alone:     ", *reached(lambda x: layer(x, bias, apart), frame=2), "  (frame 2 was changed)")
print("                        ", *reached(lambda x: layer(x, bias, apart), frame=7), "  (frame 7 was changed)")

# %% [markdown]
# One thing is still missing. At the start the bias is zero, so this layer cannot tell an early frame
# from a late one: shuffle the frames, and it shuffles its answer. It must learn the order of time before it can learn to move anything. So each pixel is *told* its place, in time,
# height and width, before it attends: a few sines and cosines of it, and one linear map.

# %%
layer, place = TemporalAttention(16, 4), PlaceEmbedding(16)
nn.init.normal_(layer.to_out.weight, std=0.25)
x, shuffle = torch.randn(1, 16, 8, 4, 4), torch.tensor([3, 0, 7, 1, 6, 2, 5, 4])
zero_bias = RelativePositionBias(heads=4)(8)
for name, told in (("attention alone", lambda x: x), ("told its place first", place)):
    with torch.no_grad():
        straight, shuffled = layer(told(x), zero_bias), layer(told(x[:, :, shuffle]), zero_bias)
    print(f"{name:21} shuffled in against shuffled out: {(straight[:, :, shuffle] - shuffled).abs().max():.6f}")

# %% [markdown]
# Zero means: blind to order. (Ho et al. have the bias alone, in a larger network.)
#
# The library puts it together. Pixels are first folded 2×2 into channels, which saves time, so that a "pixel" inside the network is a patch of 2×2. Then a residual block whose features are
# scaled and shifted by the noise level (FiLM), and attention over space, on the caption, and over time, on each of two scales (8×8 and 4×4). This is its forward pass:

# %%
show_source(UNet.forward)

# %%
fresh = UNet(experiments.LAPTOP.network)
print(f"{sum(p.numel() for p in fresh.parameters()) / 1e6:.2f} M parameters")
out = fresh(clips.video, torch.zeros(8))
print("a fresh network says", out.abs().max().item(), "everywhere: its last convolution starts at zero")

# %% [markdown]
# What does trained temporal attention look at? Below: one layer of the zoo's model on a noisy clip. Choose a pixel and a frame.

# %%
look_at = teacher.world.sample(1, seed=21, caption="a 3 moves right, quickly")
level = torch.tensor([-1.0])
z, _ = noise_clip(look_at.video, level, torch.Generator().manual_seed(1))
maps = temporal_attention_maps(teacher.network, z, level, Cond(*tokenize(look_at.caption)))
display(widgets.attention_viewer(maps, look_at.video))
widgets.attention_viewer_still(maps, layers=3)

# %% [markdown]
# ## 3.6 How does the network hear the caption?
# Words become numbers, numbers become vectors, and a small transformer lets the words of a caption look at one another. (The library also has a GRU, and frozen CLIP and T5 models, behind the
# same interface.) Every pixel then attends to the words by **cross-attention**, and one vector for the whole caption, pooled from its words, joins the noise level.

# %%
tokens, mask = tokenize(["a 3 moves right, slowly", "a 7 moves first up, then left"])
print(len(VOCABULARY), "words;", tokens.tolist())
print("mask:", mask.int().tolist())

# %% [markdown]
# Captions differ in length, and the rest of a row is padding. A network that reads the padding gives one caption two meanings, depending on what it was batched with.
#
# #### Exercise 3.6 · Only the words · ★☆☆ · 10 minutes · 1 point
# Write `masked_mean(words, mask)`: the mean of each caption's word vectors, `b l d` to `b d`, over the places where the mask is True. A caption without words gives zeros.
# <details><summary>Hint</summary>
# Multiply by the mask, sum over l, divide by the number of words, which may be 0: <code>clamp(min=1)</code>.</details>


# %% exercise="3.6"
def masked_mean(words, mask):
    """The mean of each caption's words, padding left out."""
    ### BEGIN SOLUTION
    weights = mask.to(words)[..., None]
    return (words * weights).sum(1) / weights.sum(1).clamp(min=1)
    ### END SOLUTION


masked_mean = check("3.6", masked_mean)

# %% award="3.6"
award("3.6")

# %%
words = teacher.network.text(tokens, mask)
print(tuple(words.shape), "->", tuple(masked_mean(words, mask).shape))

# %% [markdown]
# (In the network this mean is multiplied by the *root* of the number of words, so that a long caption is heard as well as a short one, and a **null word**, which stands for "nothing was said", counts
# among them: see `unet.pooled_by`.)

# %% [markdown]
# ## 3.7 Guidance: how strongly should the caption be followed?
# In training one caption in ten is hidden, so one network is two: with caption, $c$, and without, $u$. Going from u to c *and beyond* follows the caption more:
# $$u + s\,(c - u)$$
# At $s=1$ this is the plain model. (Papers also write $(1+w)\,c - w\,u$; there $w = s - 1$.)
#
# #### Exercise 3.7 · Guidance without a classifier · ★☆☆ · 10 minutes · 2 points
# Write `guide(model, scale)`: it returns a new model, called like the old one: `(z, logsnr, cond) -> output`. Without a caption (`cond` is None) there is nothing to guide.
# (u is the *unconditional* output here, and no time; s is the strength.)
# <details><summary>Hint</summary>
# Two calls of <code>model</code>, one with None for its condition; see first whether <code>cond is None</code>.</details>


# %% exercise="3.7"
def guide(model, scale):
    """A model that says u + s (c − u)."""

    ### BEGIN SOLUTION
    def guided_model(z, t, cond=None):
        unconditional = model(z, t, None)
        if cond is None:
            return unconditional
        return unconditional + scale * (model(z, t, cond) - unconditional)

    return guided_model
    ### END SOLUTION


guide = check("3.7", guide)

# %% award="3.7"
award("3.7")

# %% [markdown]
# What does the louder caption do to one guess? A clip at λ = −3, nearly all noise, and the x̂ that the network sees in it.

# %%
said = Cond(*tokenize(["a 3 moves right, quickly"]))
level = torch.tensor(-3.0)
a, s = variance_preserving(level)
z, _ = noise_clip(look_at.video, level.expand(1), torch.Generator().manual_seed(2))
guesses = {}
for scale in (0.0, 1.0, 3.0):
    with torch.no_grad():
        guesses[f"s = {scale:g}"] = a * z - s * guide(teacher.network, scale)(z, level.expand(1), said)
show_sheet(**{"seen": z, **guesses})

# %% [markdown]
# ## 3.8 Sampling: the whole way back
# Start from noise. Ask the network for v, turn it into a guess of the clean clip, $\hat x = \alpha z - \sigma \hat v$, and take one posterior step with the guess in the place of x: its mean, and
# fresh noise times its standard deviation. Then again, one level lower. The last step adds no noise: it *is* the guess.
#
# #### Exercise 3.8
# Write `sampler(model, z, steps, cond, generator)`, a **generator**: after each of `steps` steps it says `yield z, x_hat`, so that we can look at every one of them. The levels are
# `cosine_logsnr(torch.linspace(1, 0, steps + 1))`: step i goes from level i to level i + 1. The model is called as `model(z, logsnr, cond)`, with one level for each clip, under `torch.no_grad()`; noise comes from
# `generator`.
# <details><summary>Hint</summary>
# <code>for logsnr_t, logsnr_s in itertools.pairwise(levels):</code>; <code>posterior</code> of exercise 3.3 gives mean and variance; noise is multiplied by a standard deviation. Only <code>z</code> goes on to the next step.</details>


# %% exercise="3.8"
def sampler(model, z, steps, cond=None, generator=None):
    """Ancestral sampling: yields (z, x̂) after each step."""
    ### BEGIN SOLUTION
    levels = cosine_logsnr(torch.linspace(1, 0, steps + 1))
    for i in range(steps):
        alpha, sigma = variance_preserving(levels[i])
        with torch.no_grad():
            x_hat = alpha * z - sigma * model(z, levels[i].expand(len(z)), cond)
        mean, variance = posterior(x_hat, z, levels[i + 1], levels[i])
        noise = torch.randn(z.shape, generator=generator)
        z = x_hat if i == steps - 1 else mean + variance.sqrt() * noise
        yield z, x_hat
    ### END SOLUTION


sampler = check("3.8", sampler)

# %% award="3.8"
award("3.8")

# %%
captions = ["a 5 moves left, quickly", "a 2 moves up, slowly", "a 8 moves down, quickly", "a 9 moves right, slowly"]
told = Cond(*tokenize(captions))
steps = budget.pick(smoke=12, laptop=25, gpu=50)
noise = torch.randn(4, 1, 8, 16, 16, generator=torch.Generator().manual_seed(4))
strong = guide(teacher.network, experiments.GUIDANCE)
path = list(sampler(strong, noise[:1], steps, Cond(*tokenize(captions[:1])), torch.Generator().manual_seed(0)))
display(widgets.sampling_path(path))
widgets.sampling_path_still(path)

# %% [markdown]
# Read the right half from top to bottom. Without guidance the best guess is the mean of all clips that fit z, so it begins as a blur. Which is settled first: place, motion, or strokes?
#
# The library's `ddim` is the same loop without fresh noise, $z_s=\alpha_s\hat x+\sigma_s\hat\epsilon$: one start gives one clip. Chapter 4 derives it.
# With `eta=1` it has this loop's noise again. What a step got wrong, the next one may then mend: see the two columns of `vdm-digits`' table in 3.9.
#
# Now guidance again, on whole clips: the same noise, five strengths, your loop and your guidance.

# %%
how = teacher.schedule, teacher.objective  # what the network was trained by, and what its output means: cosine, and v
by_scale = {}
for scale in (0.0, 1.0, 2.0, 4.0, 8.0):
    path = sampler(guide(teacher.network, scale), noise, steps, told, torch.Generator().manual_seed(0))
    by_scale[scale] = sample(path)  # runs the loop to its end
display(widgets.guidance_dial(by_scale, captions))
widgets.guidance_dial_still(by_scale, captions)

# %% [markdown]
# Does more guidance follow the caption more, and what does it cost? Measured on the zoo's model: the captioned digit (by the reader), the first direction and speed, and the brightest value of
# a clip, which in real clips is 1.

# %%
strengths = receipt("03_guidance")
show_curves(
    strengths["scale"],
    {
        name: strengths[key]
        for name, key in (
            ("digit", "digit_always"),
            ("direction", "direction"),
            ("speed", "speed"),
            ("brightest value", "brightest"),
        )
    },
    bands={"digit": strengths["digit_interval"]},
    xlabel="guidance s",
    ylabel="share of clips, or value",
    heading="Caption accuracy against guidance",
)

# %%
point = experiments.accuracy(teacher, scale=1.0, n=budget.pick(smoke=6, laptop=60, gpu=200), seed=5, steps=steps)
print(
    f"here, s = 1: digit on every frame {point['digit_always']:.2f}, direction {point['direction']:.2f}, brightest value {point['brightest']:.2f}"
)
print(
    f"receipt:     digit on every frame {strengths['digit_always'][1]:.2f}, direction {strengths['direction'][1]:.2f}, brightest value {strengths['brightest'][1]:.2f}"
)
print(strengths)

# %% [markdown]
# More guidance follows the caption more, up to about s = 3: the direction is nearly settled at s = 1, the digit needs more, the speed gains slowly. The price is contrast: the brightest value leaves the range of real clips. (One seed; the band is a 95 % interval, of the
# digit alone.) We take s = 3 for the zoo's models from here on.

# %% [markdown]
# The zoo's model was also trained on captions with *two actions in order*: "first up, then left". Does it hear the order? The same two words, turned around.

# %%
both = ["a 4 moves first right, then up, quickly", "a 4 moves first up, then right, quickly"]
start = torch.randn(2, 1, 8, 16, 16, generator=torch.Generator().manual_seed(2))
ordered = sample(sampler(strong, start, steps, Cond(*tokenize(both)), torch.Generator().manual_seed(2)))
display(show(ordered, captions=both))
turns = centroid(ordered)
for caption, track in zip(both, turns, strict=True):
    first, second = track[2] - track[0], track[6] - track[4]
    print(
        f"{caption}:  first two steps {first[0]:+.1f} right {-first[1]:+.1f} up,  two steps after the turn {second[0]:+.1f} right {-second[1]:+.1f} up"
    )

# %%
heard = receipt("03_ordered")
print(
    f"of {heard['n']} such captions the first action is done in {heard['first']:.0%}, the second in {heard['second']:.0%}, both in {heard['both']:.0%} "
    f"(real clips: {heard['both_real']:.0%}). {heard}"
)
print(
    f"So it hears which action comes first; the second it does in {heard['second']:.0%} of the clips, where guessing among the other three directions would give 33%."
)

# %% [markdown]
# Which word does a frame listen to? Sum the cross-attention of the digit's pixels, frame by frame:

# %%
level = torch.tensor([-1.0])
z, _ = noise_clip(ordered[:1], level, torch.Generator().manual_seed(1))
word_maps = widgets.word_attention(
    teacher.network, z, level, Cond(*tokenize(both[:1])), weights=(ordered[:1, 0] > 0).float()
)
widgets.word_attention_still(word_maps, ordered[:1])

# %% [markdown]
# One might expect *right* to be listened to in the first half and *up* in the second. Nothing of the kind: the shares hardly change from frame to frame, and the null word has the largest. **An attention map shows where a layer looks, not why the network does what it does.**

# %% [markdown]
# ## 3.9 Training
# One line of mathematics: noise each clip to a random level, ask for v, square the error. And six lines around it. Forget the last step's gradient; find this one's; if it is longer than 1, make it as long as 1 (a
# single odd batch must not throw the weights about); let the optimizer take its step; and let a second copy of the weights follow slowly behind, their **moving average** (EMA), which is what is sampled from:
# $$\text{average} \leftarrow \text{decay}\cdot\text{average} + (1-\text{decay})\cdot\text{weight}$$
#
# #### Exercise 3.9
# Write `training_step(model, ema, optimizer, x, eps, u, cond, decay)`. `u` is a time for each clip, which `cosine_logsnr` turns into λ; the model is called as `model(z, logsnr, cond)` and should have said
# v = α ε − σ x; the loss is the mean of the squared difference. `ema` is a network like `model`: change its weights in place. Return `(loss, norm)`, the norm being the gradient's before it was clipped.
# <details><summary>Hint</summary>
# <code>nn.utils.clip_grad_norm_(model.parameters(), 1.0)</code> clips, and gives back the norm before. For the average: <code>with torch.no_grad():</code>, and
# <code>zip(ema.parameters(), model.parameters())</code>; <code>a.lerp_(w, 1 - decay)</code> moves a towards w.</details>


# %% exercise="3.9"
def training_step(model, ema, optimizer, x, eps, u, cond, decay):
    """One step on the squared error of v; returns the loss and the gradient's norm."""
    ### BEGIN SOLUTION
    logsnr = cosine_logsnr(u)
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    v_hat = model(alpha * x + sigma * eps, logsnr, cond)
    v = alpha * eps - sigma * x
    loss = (v_hat - v).square().mean()
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        for average, weight in zip(ema.parameters(), model.parameters(), strict=True):
            average.lerp_(weight, 1 - decay)
    return loss.detach(), norm
    ### END SOLUTION


training_step = check("3.9", training_step)

# %% award="3.9"
award("3.9")

# %% [markdown]
# We let it memorise a single clip, which every new training code should be able to do first:

# %%
tiny = UNet(UNetConfig(widths=(16, 32), blocks=1, heads=2))
average, optimizer = deepcopy(tiny), torch.optim.AdamW(tiny.parameters(), lr=3e-3)
one_clip, losses = clips.video[:1].expand(8, -1, -1, -1, -1), []
for _step in range(budget.pick(smoke=10, laptop=150, gpu=300)):
    eps, u = torch.randn(one_clip.shape), torch.rand(8)
    loss, _ = training_step(tiny, average, optimizer, one_clip, eps, u, None, decay=0.99)
    losses.append(float(loss))
print(f"loss {losses[0]:.2f} -> {losses[-1]:.2f}")

# %% [markdown]
# Now the real thing, and **it is put together from what you wrote**: your residual block, your attention over time and your mean of the words inside the network, your schedule and your step in its training, your
# guidance and your loop when it is drawn. Where an exercise is open, or yours takes more than twice the library's time, the library's piece stands in; the table says which.

# %%
pieces = own.pieces(
    cosine_logsnr=cosine_logsnr,
    ResBlock=ResBlock,
    TemporalAttention=TemporalAttention,
    masked_mean=masked_mean,
    guide=guide,
    sampler=sampler,
    training_step=training_step,
)
pieces

# %% [markdown]
# `Training` adds what a run needs: a second optimizer (**Muon** for the matrices inside the network; AdamW for the rest; your step sees the two as one), warm-up and decay of the learning rate, records of every step,
# and its state on disk, in the folder that the next cell prints (in the `smoke` budget in one that is thrown away). Interrupt the cell that trains when you like and run *it* again: it goes on where it was; after a restart of the kernel run the chapter from the top, and it goes
# on from what was saved last. A run with other settings, or on other pieces, gets a folder of its own.
#
# And it begins with **short clips**. Eight frames of one clip show one handwriting eight times; for the same work, two frames each of four clips show four, and which way they move. Whole clips come last.

# %%
recipe = experiments.LAPTOP
config = budget.pick(smoke=recipe.training.shortened(4), laptop=recipe.training, gpu=recipe.training.longer(4))
run = replace(recipe, name="your-model", training=config)
thrown_away = tempfile.TemporaryDirectory()
training = kept(
    run,
    budget.pick(smoke=thrown_away.name, laptop="runs/chapter-03-laptop", gpu="runs/chapter-03-gpu"),
    own.trained(pieces),
    build=partial(UNet, run.network, own.parts(pieces)),
    update=own.step(pieces),
)
mine = zoo.Model(run, training.ema)
print(mine, f"kept in {training.out}, {training.step} of {config.steps} steps done", sep="\n")
for step in (0, config.steps // 2, config.steps - 1):
    parts = config.parts(step)
    print(f"step {step + 1:4}: {config.batch * parts:2} clips of {world.frames // parts} frames")

# %%
print(experiments.growth_sentence(receipt("03_growth")))
print(receipt("03_growth"))

# %% [markdown]
# Digits become legible sooner, and **motion pays for it**: after so few steps the speed is worse with either seed, and the direction with one of the two, than with whole clips from the start. That is why whole clips come last. (The laptop recipe takes more steps, and gets the direction with every seed: see below.)

# %%
x, cond = clips_of(world)(4, (0, 0))
u, eps = torch.rand(4), torch.randn(x.shape)
copy = deepcopy(teacher.network).requires_grad_()
loss, _ = training_step(copy, deepcopy(copy), torch.optim.SGD(copy.parameters(), lr=1e-3), x, eps, u, cond, 0.99)
library_loss = per_clip_loss(teacher.network, x, eps, u, cond, COSINE, Objective.V).mean()
torch.testing.assert_close(torch.as_tensor(loss), library_loss, rtol=1e-3, atol=1e-4)

# %% [markdown]
# While it trains it is drawn now and then, with guidance 5, a firmer hand than the zoo's models need.

# %%
preview = ["a 7 moves up, quickly", "a 3 moves left, slowly", "a 0 moves down, quickly", "a 4 moves right, slowly"]


def drawn(captions, seed, steps, scale=experiments.LAPTOP_GUIDANCE):
    """Clips of your model, one a caption, through your guidance and your loop."""
    chance = torch.Generator().manual_seed(seed)
    start = torch.randn(len(captions), *run.clip, generator=chance)
    model = pieces["guide"](training.ema, scale)
    return sample(pieces["sampler"](model, start, steps, Cond(*tokenize(captions)), chance))


# %%
window = display(display_id=True)
few = budget.pick(smoke=3, laptop=12, gpu=25)
for record in training.steps():
    if record.step % 150 == 0:
        window.update(show(**{f"step {record.step}": drawn(preview, seed=1, steps=few)}, captions=preview))
window.update(show(**{f"step {training.step}": drawn(preview, seed=1, steps=steps)}, captions=preview))

# %% [markdown]
# **Is my curve right?** is the question asked most often about this kind of code. Landmarks answer it: what a network loses that says zero; what one loses that
# ignores its input; what the best one loses that takes each pixel by itself (it knows which values each pixel takes, and the noise level, and no shapes);
# and the band of our own runs. (In the `smoke` budget your run is too short to be drawn; in the `gpu` budget it is four times as long: compare the landmarks, not the band.)

# %%
curve = receipt("03_laptop")
landmarks = experiments.landmarks(world)
steps_shown = torch.tensor(curve["curve_steps"])
losses = experiments.smoothed(torch.tensor([record.loss for record in training.records]))
yours_so_far = [losses[step - 1].item() if step <= len(losses) else float("nan") for step in steps_shown]
show_curves(
    steps_shown,
    {"our runs": curve["curve_mean"], "yours": yours_so_far},
    bands={"our runs": (curve["curve_low"], curve["curve_high"])},
    regions=landmarks,
    xlabel="step",
    ylabel="loss",
    log=True,
    heading="Is my curve right?",
)

# %% [markdown]
# From experience, not measured here:
#
# | What you see | What it means |
# |---|---|
# | flat at *says zero* from the first step | the network predicts zero: no gradient reaches it (a zero-initialised end *and* a zero learning rate; weights not given to the optimizer) |
# | stays at *ignores its input* | the input does not reach the output, or input and target do not belong together |
# | stays at *pixel by pixel* | it removes noise and joins no pixels: too short a run, or clips, captions and levels of different batches |
# | falls as it should, samples are noise | training is right; the *sampler* is wrong, or the EMA was never updated |
# | falls as it should, frames disagree | nothing joins the frames: temporal attention masked, or attending over the batch |
# | NaN | learning rate too high, no warm-up, no clipping |

# %%
reader = fit_reader(world)
asked = world.sample(budget.pick(smoke=8, laptop=100, gpu=200), seed=77)
many = budget.pick(smoke=4, laptop=25, gpu=50)
yours = drawn(asked.caption, seed=1, steps=many)
real = agreement(asked.video, asked.caption, reader).rates()
print("captioned digit on every frame, read by a support vector machine that was fitted to other people's handwriting:")
print(
    f"  real clips {real['digit_always']:.2f}   your model {agreement(yours, asked.caption, reader).rates()['digit_always']:.2f}"
)
print(experiments.laptop_sentences(curve))
print(curve)

# %% [markdown]
# Digit and direction are heard. The **speed** is the last to be learnt, and the paths still wobble; a louder caption helps neither much (compare the two strengths).
#
# The zoo's model is the same network, trained on batches twice as large, half of them with two actions. The three side by side:

# %%
beside = {
    "yours": yours[:4],
    "zoo": teacher.sample(asked.caption[:4], seed=1, steps=steps, guidance=experiments.GUIDANCE),
    "real": asked.video[:4],
}
show(**beside, captions=asked.caption[:4])

# %% [markdown]
# The same again, larger: sixteen frames of 32×32, by the zoo's `vdm-digits`. It is drawn with new noise at each step (`eta` is how much),
# and the table says what that is worth.

# %%
larger = zoo.load("vdm-digits")
print(larger)
print(larger.origin())
made = larger.sample(asked.caption[:4], seed=1, steps=steps, guidance=experiments.GUIDANCE, eta=zoo.ETA)
show(made, captions=asked.caption[:4])

# %%
print(experiments.digits_table(receipt("03_digits")))
print(receipt("03_digits"))

# %% [markdown]
# ## 3.10 Do images teach video?
# A clip of eight frames is expensive, and its frames tell the same digit eight times. Ho et al. add independent *images* to the batch as extra frames, which temporal attention is forbidden to join
# (the mask of exercise 3.5). They count as one-frame clips:

# %%
joint_video, joint_cond = joint_clips_of(world, images=4)(2, (0, 1))
print(
    tuple(joint_video.shape), "8 frames of video, 4 images;", tuple(joint_cond.tokens.shape), "a caption for each frame"
)
show_sheet(joint_video, frames=12)

# %%
help_ = receipt("03_joint")
print(experiments.joint_sentence(help_))
print(help_)

# %% [markdown]
# A little, here: the loss falls slightly and digits are read more often, in both seeds; the direction does not gain. So short a training follows captions badly with images or without, and the arm with images saw half as many frames again: no proof, only a sign.
#
# ## 3.11 Extend, fill in, sharpen: one trained model, three more tools
# We know the first frames of a clip and want the rest. **Replacement** (Song et al. 2021): at each step overwrite the known part of z with the noised truth. The flaw: the open frames
# are guessed from a *noisy copy* of the known ones, not from the known ones themselves. **Reconstruction guidance** (Ho et al. 2022, eq. 7) adds what is missing: it looks how wrong
# $\hat x$ is on the known part, and moves $\hat x$ against that error's gradient:
# $$\tilde x = \hat x - \frac{w\,\alpha}{2}\,\nabla_{z}\,\big\|x^{\text{known}} - \hat x^{\text{known}}(z)\big\|^2$$
# A *sum* of squares; the gradient runs *through the network*, to z. The library's `inpainting` does both; with w = 0 only replacement is left.
#
# #### Exercise 3.10 · Reconstruction guidance · ★★★ · 25 minutes · 4 points
# Write `reconstruction_guided(denoise, z, known, mask, alpha, weight)`: `denoise(z)` gives x̂; return x̃. It will be called under `torch.no_grad()`.
# <details><summary>Hint</summary>
# <code>with torch.enable_grad():</code>, a fresh <code>z.detach().requires_grad_()</code>, <code>torch.autograd.grad(error, z)[0]</code>; give back a detached clip.</details>


# %% exercise="3.10"
def reconstruction_guided(denoise, z, known, mask, alpha, weight):
    """x̂ moved to where the known part is reconstructed."""
    ### BEGIN SOLUTION
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        x_hat = denoise(z)
        error = ((known - x_hat)[mask] ** 2).sum()
        gradient = torch.autograd.grad(error, z)[0]
    return (x_hat - weight * alpha / 2 * gradient).detach()
    ### END SOLUTION


reconstruction_guided = check("3.10", reconstruction_guided)

# %% award="3.10"
award("3.10")

# %% [markdown]
# What does one step change? The squared error of x̂ on the known frames, and on the open ones, before and after the same small step of z.

# %%
clip = teacher.world.sample(24, seed=31).video
mask = (torch.arange(8) < 4).reshape(1, 1, 8, 1, 1)
level = torch.tensor(-1.0)
a, s = variance_preserving(level)
z, _ = noise_clip(clip, level.expand(len(clip)), torch.Generator().manual_seed(3))


def denoise(z):
    return a * z - s * teacher.network(z, level.expand(len(z)), None)


before = denoise(z).detach()
after = reconstruction_guided(denoise, z, clip, mask.expand_as(clip), a, weight=0.3)
known_part = mask.expand_as(clip)


def errors(z):
    """Squared error of the guess on the known and on the open frames, for a clip."""
    difference = (clip - denoise(z).detach()) ** 2 / len(clip)
    return difference[known_part].sum().item(), difference[~known_part].sum().item()


for name, z_at in (("at z", z), ("at z moved by the same step", z + after - before)):
    print(f"{name:28} known frames {errors(z_at)[0]:6.1f}   open frames {errors(z_at)[1]:6.1f}")

# %% [markdown]
# Only the known frames were looked at, and the open ones became better too: the gradient reached them through temporal attention. Too large a step overshoots: try `weight=8`.
#
# Now extend a clip *without a caption*: only the four known frames tell which digit it is and where it goes.

# %%
known = teacher.world.sample(4, seed=41).video
start = torch.randn(known.shape, generator=torch.Generator().manual_seed(6))
extended = {}
for name, weight in (("replacement", 0.0), ("reconstruction", experiments.WEIGHT)):
    model = inpainting(teacher.network, known, mask, weight, *how, generator=torch.Generator().manual_seed(7))
    extended[name] = sample(ddim(model, start, *how, steps))
show_sheet(**{name: video[:2] for name, video in ({"real": known} | extended).items()})

# %%
display(player(**{name: video[:2] for name, video in ({"real": known} | extended).items()}))
show_slice(**{name: video[1:2] for name, video in ({"real": known} | extended).items()})

# %%
fills = receipt("03_extend")
print(experiments.extend_table(fills))
print(fills)

# %% [markdown]
# In brackets the least and the largest of three seeds. *Jump*: how far the first new frame is from the true place; *off the true path*: the same over all new frames. **Reconstruction guidance is better in every column and every seed, and far from real clips.** w = 8 is the
# largest weight that we tried, and no optimum.
#
# The same call fills a gap (know the first and the last frames) and, with a `downsample` in place of the mask, sharpens: any measurement of the clip that has a gradient will do.

# %%
gap = ((torch.arange(8) < 2) | (torch.arange(8) > 5)).reshape(1, 1, 8, 1, 1)
filling = inpainting(teacher.network, known, gap, experiments.WEIGHT, *how, generator=generator)
filled = sample(ddim(filling, start, *how, steps))


def pool(x):
    return F.avg_pool3d(x, (1, 2, 2))


sharpening = super_resolution(teacher.network, pool(known), pool, experiments.WEIGHT, *how)
sharp = sample(ddim(sharpening, start, *how, steps))
low = F.interpolate(pool(known), scale_factor=(1, 2, 2))
for name, video in (("repeated pixels", low), ("sharpened", sharp)):
    print(f"{name:16} {(video - known).square().mean().sqrt():.3f} from the real clip (root mean square)")
show_sheet(
    **{"real": known[:1], "frames 2 to 5 filled in": filled[:1], "given at half size": low[:1], "sharpened": sharp[:1]}
)

# %% [markdown]
# ## 3.12 How this goes wrong
# Five patients. Each ran without an error; each is the zoo's model with *one* mistake in the code around it. Look, and decide before you open the answers.

# %%
patients = experiments.clinic(teacher, captions[:1], seed=4, steps=steps)
show(**patients)

# %%
print(experiments.clinic_table(patients, reader))

# %% [markdown]
# <details><summary>Patient 1</summary>Noise is added at the last step too. The picture may still look fine; the table's <i>background grain</i> gives it away.</details>
# <details><summary>Patient 2</summary>The loop stops some steps before the end of its grid and returns z instead of x̂: noise was left in.</details>
# <details><summary>Patient 3</summary>Nothing joins the frames (here: every frame masked as an image; in the wild: <code>nn.MultiheadAttention</code> without
# <code>batch_first=True</code>). Each frame is made alone: compare its step of the centre, and the digits read, with the healthy row's.</details>
# <details><summary>Patient 4</summary>The network says v and is read as ε: x̂ = (z − σ v̂)/α divides by an α near 0, the values explode and are cut at ±1.</details>
# <details><summary>Patient 5</summary>The network is told the time u instead of λ, and so believes that every input is half clean. In the table it looks much like patient 3:
# samples alone do not tell the two apart. The loss at a known noise level would.</details>

# %% [markdown]
# ## 3.13 For those who want it: the bound
# Why should a squared error make good clips? A model that knows how to go from $z_1$ back to $x$ gives every clip a probability, and $-\log p(x)$ has an upper bound in three parts
# (Kingma et al. 2021):
# $$-\log p(x) \;\le\; \underbrace{\mathrm{KL}\big(q(z_1|x)\,\|\,\mathcal N(0,I)\big)}_{\text{prior: what noise still tells}}
# + \underbrace{\mathbb E[-\log p(x|z_0)]}_{\text{reconstruction}}
# + \underbrace{\textstyle\sum_{s<t\,\text{neighbours}} \tfrac12\big(\mathrm{SNR}(s)-\mathrm{SNR}(t)\big)\,\mathbb E\,\|x-\hat x(z_t)\|^2}_{\text{diffusion: how good the guesses are}}$$
# Here $\mathrm{SNR}=e^\lambda$, $\hat x$ is the network's guess, and $p(x|z_0)$ chooses among 256 grey values.
# The first two have no weights to train. The third is *a squared error, weighted*: that is all a diffusion model learns from.

# %% [markdown]
# #### Exercise 3.11 · The bound's first term · ★★☆ · 15 minutes · 2 points
# Write `prior_kl(x, logsnr)`: the KL divergence of $\mathcal N(\alpha x, \sigma^2)$ from $\mathcal N(0, 1)$, **summed** over the values of a clip, in nats, one number a clip. For one value, $\mathrm{KL}(\mathcal N(\mu, s^2)\,\|\,\mathcal N(0,1)) = \tfrac12(s^2 + \mu^2 - 1 - \log s^2)$.
# <details><summary>Hint</summary>
# What are μ and s² of q(z_1 | x)? The mean differs from value to value, the variance does not.</details>


# %% exercise="3.11"
def prior_kl(x, logsnr):
    """KL(q(z_1 | x) ‖ N(0, 1)) in nats, one number a clip."""
    ### BEGIN SOLUTION
    alpha, sigma = variance_preserving(logsnr)
    per_value = 0.5 * (sigma**2 + (alpha * x) ** 2 - 1 - torch.log(sigma**2))
    return per_value.flatten(1).sum(1)
    ### END SOLUTION


prior_kl = check("3.11", prior_kl)

# %% award="3.11"
award("3.11")

# %% [markdown]
# How large are the terms? The zoo's network guesses; beside it stands a guesser that says the same mean clip whatever it sees.

# %%
many = teacher.world.sample(budget.pick(smoke=8, laptop=32, gpu=128), seed=11)
said = Cond(*tokenize(many.caption))
mean_clip = teacher.world.sample(500, seed=12).video.mean(0).expand_as(many.video)
grid = torch.linspace(11, -9, budget.pick(smoke=11, laptop=41, gpu=161))  # log-SNR, from almost clean to almost noise
terms = {"mean clip": [], "network": []}
for logsnr_s, logsnr_t in itertools.pairwise(grid):
    z, _ = noise_clip(many.video, logsnr_t.expand(len(many)), generator)
    for name, x_hat in (("mean clip", mean_clip), ("network", teacher.x_hat(z, logsnr_t, said))):
        nats = diffusion_term(many.video, x_hat, logsnr_s, logsnr_t)
        terms[name].append(bits_per_value(nats, many.video).mean().item())

z_0, _ = noise_clip(many.video, grid[:1].expand(len(many)), generator)
prior = bits_per_value(prior_kl(many.video, grid[-1]), many.video).mean().item()
grey = bits_per_value(reconstruction(many.video[:4], z_0[:4], grid[0]), many.video).mean().item()
print(f"bits a value:   prior {prior:.5f}   reconstruction {grey:.2f}")
for name, bits in terms.items():
    print(f"  diffusion, with the {name}'s guesses: {sum(bits):.1f}")

# %%
show_curves(
    grid[1:].flip(0),
    {name: bits[::-1] for name, bits in terms.items()},
    xlabel="log-SNR λ",
    ylabel="bits a value, each step",
    log=True,
    heading="Where the bound is paid",
)

# %% [markdown]
# (The sum depends on how finely λ is cut, so compare the two guessers and not the total with a paper's.) Look at the vertical axis: a step at high λ, on the right, where noise is
# invisible and bits go into grey values, costs even the network more than ten times as much as one in the middle, where a shape is found. Ho et al. 2020 got better samples *without* these
# weights, and the field trains on the simple loss, as you did.

# %% [markdown]
# ## 3.14 What has your model learnt?
# The last exercise asks the model itself. From a file of weights it is drawn with captions that nobody has seen, and its clips are measured: does a reader that was fitted to other people's handwriting see the digit on
# every frame, does the clip set out where the caption says, and does it move at all? (A still picture of the right digit would win the first alone.)
#
# #### Exercise 3.12
# Train. The cell writes `03_vdm.safetensors` and `03_vdm.json` beside the notebook: hand them in together with it. What is measured is a run of at least 600 steps, so in the `smoke` budget there is nothing to judge;
# the weights that come with the course earn nothing. It takes a minute.

# %% exercise="3.12"
file = check("3.12", hand_in("3.12", run, training))

# %% award="3.12"
award("3.12")

# %%
summary("03")

# %% [markdown]
# ## To read next
# Ho et al. 2022, *Video Diffusion Models*, sections 2 and 3: you have now written most of it. Then Kingma et al. 2021, section 3, for the bound. Song et al. 2021 (*Score-Based Generative
# Modeling*) for the same story told with differential equations, which chapter 4 will need when it draws the DDIM step as a rotation.
