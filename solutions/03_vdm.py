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
# **Time:** an evening. The longest cell is training; section 3.9 prints how long it took us. What was measured beforehand comes from a **receipt**: a file in which a
# command left its numbers, seeds, machine and minutes, and which `minivid measure NAME` makes again. The line under a table says which.
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
from minivid.chapters.ch03.experiments.points import backwards, spread, two_moons
from minivid.chapters.ch03.figures import Panel, show_bias, show_plane, show_unet
from minivid.course import award, check, hand_in, hint, receipt, summary  # noqa: F401  (hint is for you to call)
from minivid.course.kept import kept
from minivid.course.listing import mention
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
from minivid.nn import Cond, UNet, UNetConfig
from minivid.nn.attention.core import attend, join_heads, split_heads
from minivid.nn.attention.maps import temporal_attention_maps
from minivid.nn.attention.masks import joint_image_mask
from minivid.nn.attention.positions import RelativePositionBias
from minivid.nn.conv import FrameNorm, SpatialConv, fold
from minivid.nn.embed import PlaceEmbedding
from minivid.nn.initial import zero_
from minivid.nn.unet import Given, Stage
from minivid.show import player, show, show_curves, show_sheet, show_slice, show_source
from minivid.tools import budget

torch.manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## Before clips: points in a plane
# Three minutes in which all of this chapter happens to points of two numbers each. With so few numbers nothing must be learnt: everything can be computed exactly, and drawn.

# %%
moons = two_moons()
chance = torch.Generator().manual_seed(0)
print(tuple(moons.x.shape), "points; the colour is the half moon that a point belongs to")
show_plane({f"λ = {level}": Panel(moons.noised(level, chance), moons.group) for level in (8, 2, -1, -6)})

# %% [markdown]
# **The noise level.** Each point x was made smaller and had Gaussian noise added: $z=\alpha x+\sigma\epsilon$. The number λ says how noisy z is: at 8 nearly clean, at −6 nearly nothing but noise.
# Which α and σ belong to a λ, `variance_preserving` knows, and you will from section 3.2 on.
#
# **The guess x̂.** Given one noisy z (the star), which points may it have been? Each with its own probability (the dots' areas); the mean over all of them (the cross) is the best guess.

# %%
star, level = torch.tensor([[-1.4, -0.9]]), torch.tensor(1.0)
share, x_hat = moons.share(star, level)[0], moons.x_hat(star, level)[0]
show_plane({"which point was it?": Panel(moons.x, moons.group, sizes=share, star=star[0], cross=x_hat)})

# %% [markdown]
# **Why a network says the same.** A network that is shown many pairs (z, x), and is punished by the *squared* error of what it says, can do no better for a z than the mean of the x
# that belong to it. Let us take such pairs, keep those whose z fell near the star, and average their x:

# %%
x = moons.x.repeat(1000, 1)
alpha, sigma = variance_preserving(level)
z = alpha * x + sigma * torch.randn(x.shape, generator=chance)
near = (z - star).norm(dim=1) < 0.1
print(f"{near.sum()} of {len(x)} pairs are near the star")
for name, point in (("the mean of their x", x[near].mean(0)), ("the exact x̂", x_hat)):
    print(f"{name:20} ({point[0]:.2f}, {point[1]:.2f})")

# %% [markdown]
# **The score** is an arrow at each z, towards where noised points become more frequent. It points from z to the guess, $(\alpha\hat x-z)/\sigma^2$: who knows x̂ knows the arrow.
# (Drawn: its direction everywhere, and its length where it is short.)

# %%
axis = torch.linspace(-2.6, 2.6, 12)
places = torch.cartesian_prod(axis, axis)
arrows = {}
for level in (4, 1, -3):
    arrow = moons.score(places, torch.tensor(float(level)))
    arrow = 0.4 * arrow / arrow.norm(dim=1, keepdim=True).clamp(min=1)
    arrows[f"λ = {level}"] = Panel(behind=moons.noised(level, chance), arrows=(places, arrow))
show_plane(arrows)

# %% [markdown]
# In much noise all arrows point to the middle; as it falls, they part, and end on the moons. **One step back** keeps the guess and makes the rest, which counts as noise, a little smaller. Then it guesses again, since
# from the new place the guess is a better one. Many such steps lead from pure noise to points of the moons:

# %%
show_source(backwards)

# %%
noise = torch.randn(300, 2, generator=chance)
levels = COSINE.logsnr(torch.linspace(1, 0, 61))  # from pure noise to clean; why these, section 3.2 says
path = backwards(noise, moons.x_hat, levels)
show_plane(
    {"noise": Panel(path[0]), "after 45 of 60 steps": Panel(path[45]), "the end": Panel(path[-1], paths=path[:, :40])}
)

# %% [markdown]
# (They end on the points that were given, or between close neighbours, since the exact guess knows no others. A network cannot remember that exactly, and so makes new ones.)
#
# **Guidance.** Let "the blue moon" be a caption, and compute two guesses: c for the points of the blue moon alone, u for all. Going from u to c *and beyond* follows the caption more:
# $u+s\,(c-u)$. What does "more" cost?


# %%
def towards_blue(scale):
    """The guess, guided to the blue moon."""

    def guess(z, level):
        u, c = moons.x_hat(z, level), moons.x_hat(z, level, group=0)
        return u + scale * (c - u)

    return guess


guided_panels = {}
for scale in (0, 1, 3):
    path = backwards(noise, towards_blue(scale), levels)
    moon = moons.group[torch.cdist(path[-1], moons.x).argmin(1)]
    guided_panels[f"s = {scale}"] = Panel(path[-1], moon, behind=moons.x, paths=path[:, :40])
    print(f"s = {scale}: on the blue moon {(moon == 0).float().mean():.0%}, spread {spread(path[-1]):.2f}")
show_plane(guided_panels)

# %% [markdown]
# With s = 0 the caption is not heard, with s = 1 it is kept. With s = 3 all points flee the other moon and crowd at the far end: **the price of guidance is variety.**
#
# **Now you change it.** What will s = 10 do: leave the moon, or crowd more? Say it first, then run the cell.

# %%
scale = 10
path = backwards(noise, towards_blue(scale), levels)
print(
    f"spread {spread(path[-1]):.2f}, at most {torch.cdist(path[-1], moons.x).amin(1).max():.2f} from a point of the moons"
)
show_plane({f"s = {scale}": Panel(path[-1], behind=moons.x, paths=path[:, :40])})

# %% [markdown]
# <details><summary>What happened</summary>They crowd more, and stay on the moon: when the noise is nearly gone, both guesses are all but the nearest point, and c − u is all but zero. The paths went far outside on their way.
# Real networks have no such exact end, so that the price is also seen in the picture: section 3.8 measures it.</details>
#
# That was all. A clip is a point too, of 2048 numbers; nobody can list all clips, so that a network has to learn the guess; and **from here on the same words are about clips**.
#
# ## 3.1 What is a clip?
# A clip is a tensor `b c t h w`: batch, channels, time, height, width, with values in [−1, 1]. Ours come from a simulator that moves real
# handwritten digits about a small canvas and writes down what it did. The canvas has walls: a digit that meets one turns back.

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
# $\alpha^2 = \mathrm{sigmoid}(\lambda)$ and $\sigma^2 = \mathrm{sigmoid}(-\lambda)$. `variance_preserving(λ)` gives both, α and σ, and has λ's shape.

# %%
levels = torch.tensor([6.0, 2.0, 0.0, -2.0, -6.0])
alpha, sigma = variance_preserving(levels)
for level, a, s in zip(levels, alpha, sigma, strict=True):
    print(f"λ = {level:4.0f}   α = {a:.3f}   σ = {s:.3f}   α² + σ² = {a**2 + s**2:.3f}")

# %% [markdown]
# #### Exercise 3.1 · Noise a clip · ★☆☆ · 10 minutes · 2 points
# Write `noise_clip(x, logsnr, generator)` for a batch `x` of clips, with one level `logsnr` for each clip of the batch; the noise comes from `generator`, fresh for every value. Return `(z, eps)`.
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
# Look at λ = −2 first frame by frame, then as a film: in which of them do you find the digit?

# %%
show(**{"λ = −2": z[3:4]})

# %% [markdown]
# <details><summary>Answer</summary>It is easier in the film: the eye adds frames up. Noise is fresh in each frame and averages out; the digit is not.</details>
#
# **A video model can gather over time what an image model must guess.**
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
# The **linear** one is DDPM's. Its β, the noise that a step adds, grows linearly from 0.1 to 20, and what the steps up to u leave of the clip is
# $$\alpha^2 = e^{-\int_0^u \beta} = e^{-(0.1\,u \,+\, 9.95\,u^2)}, \qquad \lambda(u) = -\log\!\big(e^{\,0.1\,u + 9.95\,u^2}-1\big)$$
# since $\alpha^2/\sigma^2=\alpha^2/(1-\alpha^2)$. It was made for a thousand small steps. The cosine was made because of what the picture shows: the linear one is sooner at much noise, and spends more of its time
# where little of the clip is left to be learnt.

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
# Noise is *added on*: from a time s to a later t the clip shrinks further, and the noise that is missing comes on top,
# $$z_t=\tfrac{\alpha_t}{\alpha_s}\,z_s+\sigma_{t|s}\,\epsilon,\qquad \sigma^2_{t|s}=(1-e^{\lambda_t-\lambda_s})\,\sigma_t^2,$$
# with fresh ε, so that $z_t$ is again $\alpha_t x+\sigma_t\epsilon$: $z_s$ and $z_t$ share noise. Let $q$ be the probability density of what the noise does: $q(z_t|z_s)$ where $z_s$ may go,
# $q(z_s|x)$ where x may be found at s, and $q(z_s|z_t,x)$ the **posterior**, where $z_t$ came from if the clip was x. Bayes' rule, $q(z_s|z_t,x)\propto q(z_t|z_s)\,q(z_s|x)$, multiplies
# two Gaussians, which gives one Gaussian:
# $$q(z_s\,|\,z_t,x) = \mathcal N\!\Big(e^{\lambda_t-\lambda_s}\tfrac{\alpha_s}{\alpha_t}\, z_t + (1-e^{\lambda_t-\lambda_s})\,\alpha_s\, x,\;\; (1-e^{\lambda_t-\lambda_s})\,\sigma_s^2\Big)$$
# Divided by $\alpha_s$, its mean is a weighted mean of $z_t/\alpha_t$ and $x$, with the weights $e^{\lambda_t-\lambda_s}$ and one minus it: partly where we are, partly where we
# want to go. The whole art of sampling will be to put a *guess* in the place of x.

# %% [markdown]
# #### Exercise 3.3 · The posterior, one step back · ★★☆ · 15 minutes · 3 points
# Write `posterior(x, z_t, logsnr_s, logsnr_t)`; return the mean (a clip) and the variance (one number, as a tensor). The levels are tensors without axes here.
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
# **Now you change it.** From step `switch` on, the guess is *another* clip. On the way a picture of the first has formed; the other comes in for the last two steps only. Which clip will you end on?

# %%
switch = 28  # of 30
z = torch.randn(1, 1, 8, 16, 16, generator=generator)
for step, (logsnr_t, logsnr_s) in enumerate(itertools.pairwise(grid)):
    guess = clips.video[1:2] if step >= switch else clips.video[:1]
    mean, variance = posterior(guess, z, logsnr_s, logsnr_t)
    z = mean + variance.sqrt() * torch.randn(z.shape, generator=generator)
for i in range(2):
    print(f"distance to clip {i} at the end: {(z - clips.video[i]).abs().max():.2f}")

# %% [markdown]
# <details><summary>What happened</summary>You end on the other clip, even with <code>switch = 29</code>: at the end the weight of x is one. The last guess is the clip; all steps before it are
# there to make that guess a good one.</details>
#
# ## 3.4 What should a network say?
# The clean clip x, of which it sees the noisy z: the posterior then leads one step back. To say x, to say the noise ε and to say any mixture of the two is the same knowledge, since
# $z=\alpha x+\sigma\epsilon$ ties them together. We ask for v (Salimans & Ho 2022),
# $$v = \alpha\,\epsilon - \sigma\, x, \qquad \hat x = \alpha z - \sigma \hat v,$$
# the noise where x is visible and −x where only noise is, and train on the **simple loss** of Ho et al. 2020: a plain squared error, as on the plane. What this loss has to do with
# the probability of a clip, section 3.13 tells those who want to know.

# %%
print(f"Why v, and a sampler that follows from it: {mention('04')}.")

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
bias = RelativePositionBias(heads=2)(8)  # a fresh one starts at zero
learned = teacher.network.position_bias(8).detach()
print(tuple(learned.shape), "heads, from frame, to frame; one number for each distance, so equal along each diagonal")
show_bias(learned)

# %% [markdown]
# Purple adds to a score, brown takes from it. All heads have learnt much the same, in different measure: more for the frame before and the one after, less for the frame itself and for those two or three away.
# Farther off almost nothing is added.

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
# **Now you change it.** `visible` decides who sees whom. Let frame i see only frames j ≤ i (a *causal* mask). Frame 2 is changed: which frames of the output will change?

# %%
causal = torch.ones(8, 8, dtype=torch.bool).tril()
print("causal:                 ", *reached(lambda x: layer(x, bias, causal), frame=2))

# %% [markdown]
# <details><summary>What happened</summary>Frame 2 and all later ones: they may look back at it. Frames 0 and 1 may not look ahead, and stay as they were. (<code>.triu()</code> turns time around.)</details>
#
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
# The library puts it together. Pixels are first folded 2×2 into channels, which saves time, so that a "pixel" inside the network is a patch of 2×2. Then **stages** on two scales, each a residual block and
# three attentions: over space, on the caption's words (section 3.6), and over time. What a stage made on the way down is kept, and laid beside what comes up from below (*skip*). This picture is drawn by sending a clip through the zoo's network:

# %%
said = Cond(*tokenize(["a 3 moves right, slowly"]))
show_unet(teacher.network, clips.video[:1], torch.zeros(1), said)

# %% [markdown]
# Read `64 → 128` as channels in and out. `Given` is what every stage is told beside the features, so that it need not be handed on from part to part:

# %%
show_source(Given)

# %%
show_source(Stage._forward)  # `Stage.forward` calls it; it can save memory on the way, and need not concern us

# %% [markdown]
# And the whole forward pass, the picture's two columns (`_read` and `pool` are the caption's part: section 3.6):

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
# <details><summary>What we saw</summary>In the first stage (<i>down 0</i>) mostly the frames next to it, as the bias has it; one head hardly ever the frame itself. In the middle, where one place stands for 4×4 pixels,
# upright stripes: all frames look at the same few. Another pixel has other maps.</details>
#
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
# Before every caption stands the **null word**, one more learned vector. Where nothing was said it stands alone, so that attention has something to look at.
# (In the network your mean is multiplied by the *root* of the number of words, so that a long caption is heard as well as a short one: see `unet.pooled_by`.)

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
# <details><summary>What we saw</summary>With s = 0 a blur that might be many digits, about where it moves. With s = 1 a 3 shows through. With s = 3 its strokes are brighter and harder, and all else that tells a 3 from the
# blur is exaggerated too: parts of the digit go missing, and bright spots stand where nothing should be.</details>
#
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
captions = ["a 5 moves left, quickly", "a 2 moves up, slowly", "an 8 moves down, quickly", "a 9 moves right, slowly"]
told = Cond(*tokenize(captions))
steps = budget.pick(smoke=8, laptop=25, gpu=50)
noise = torch.randn(4, 1, 8, 16, 16, generator=torch.Generator().manual_seed(4))
strong = guide(teacher.network, experiments.GUIDANCE)  # s = 3; why, the curves below say
path = list(sampler(strong, noise[:1], steps, Cond(*tokenize(captions[:1])), torch.Generator().manual_seed(0)))
display(widgets.sampling_path(path))
widgets.sampling_path_still(path)

# %% [markdown]
# Read the right half from top to bottom. The best guess is the mean of all clips that fit z, so it begins as a blur. Which is settled first: where something is, which digit it is, or its strokes?
# <details><summary>What we saw (25 steps)</summary>First where: a blur, brighter than any real clip, since guidance exaggerates. Then which digit: it can be read while z is still noise to the eye. Its strokes
# and its exact path change until the last steps.</details>
#
# The library's `ddim` is the same loop without fresh noise, $z_s=\alpha_s\hat x+\sigma_s\hat\epsilon$, which is the step that you saw on the plane: one start gives one clip.
# With `eta=1` it has this loop's noise again. What a step got wrong, the next one may then mend: see the two columns of `vdm-digits`' table in 3.9.
#
# **Now you change it.** Your loop never asks what a clip shows. Here it runs on clips of one frame of one row of two pixels, points of the plane, where the network is perfect. How many steps does it need to land on the moons: 3, 10, 30?

# %%
many_steps = 3
start = torch.randn(300, 1, 1, 1, 2, generator=torch.Generator().manual_seed(0))


def perfect(z, logsnr, cond):
    return moons.v(z.flatten(1), logsnr).reshape(z.shape)


ends = sample(sampler(perfect, start, many_steps, None, torch.Generator().manual_seed(1))).flatten(1)
print(
    f"{many_steps} steps: {torch.cdist(ends, moons.x).amin(1).mean():.3f} from the nearest point of the moons, on average"
)
show_plane({f"{many_steps} steps": Panel(ends, behind=moons.x)})

# %% [markdown]
# <details><summary>What happened</summary>With 3 steps the last guess is made in much noise, and is a mean between the moons: even a perfect network blurs when it is asked too early. With 10 nearly all
# of that is gone, and 30 gain little more: the last guess is then a mean of a few close neighbours on one moon.</details>
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
# Does more guidance follow the caption more, and what does it cost? Measured on the zoo's model: the captioned digit, the first direction and speed, and the brightest value of
# a clip, which in real clips is 1. (Digits are read by a small classifier, the **reader**, fitted to handwriting of other people than those from whom the model learnt.)

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
few_clips = budget.pick(smoke=6, laptop=60, gpu=200)
point = experiments.accuracy(teacher, scale=1.0, n=few_clips, seed=5, steps=steps)
print(experiments.beside_the_receipt(point, few_clips, strengths, scale=1.0))
print(strengths)

# %% [markdown]
# More guidance follows the caption more, up to about s = 3: the direction is nearly settled at s = 1, the digit needs more, the speed gains slowly. The price is contrast: the brightest value leaves the range of real clips. (One seed; the band is a 95 % interval, of the
# digit alone.) We take s = 3 for the zoo's models from here on.

# %% [markdown]
# The zoo's model was also trained on captions with *two actions in order*: "first up, then left". Does it hear the order? The same two words, turned around, from two noises each.

# %%
both = ["a 4 moves first right, then up, quickly", "a 4 moves first up, then right, quickly"] * 2
start = torch.randn(4, 1, 8, 16, 16, generator=torch.Generator().manual_seed(2))
ordered = sample(sampler(strong, start, steps, Cond(*tokenize(both)), torch.Generator().manual_seed(2)))
display(show(ordered, captions=both))
print(experiments.ordered_here(ordered, both))
show_sheet(ordered, captions=both)

# %%
print(experiments.ordered_sentence(receipt("03_ordered")))
print(receipt("03_ordered"))

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
# One might expect *right* to be listened to in the first half and *up* in the second. Hardly: the shares change little from frame to frame, and the null word, *(no word)*, has the largest in each. (One clip, at one noise
# level.) **An attention map shows where a layer looks, not why the network does what it does.**

# %% [markdown]
# ## 3.9 Training
# One line of mathematics: noise each clip to a random level, ask for v, square the error. And six lines around it. Forget the last step's gradient; find this one's; if it is longer than 1, make it as long as 1 (a
# single odd batch must not throw the weights about); let the optimizer take its step; and let a second copy of the weights follow slowly behind, their **moving average** (EMA). The weights themselves jump about with
# every batch; their average jumps less, and is what is sampled from:
# $$\text{average} \leftarrow \text{decay}\cdot\text{average} + (1-\text{decay})\cdot\text{weight}$$
#
# #### Exercise 3.9
# Write `training_step(model, ema, optimizer, x, eps, u, cond, decay)`. `u` is a time for each clip, which `cosine_logsnr` turns into λ; the model is called as `model(z, logsnr, cond)` and should have said
# v = α ε − σ x; the loss is the mean of the squared difference. `ema` is a network like `model`, for which no gradient is wanted: change its weights in place. Return `(loss, norm)`, the norm being the gradient's before it was clipped.
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
average, optimizer = deepcopy(tiny).requires_grad_(False), torch.optim.AdamW(tiny.parameters(), lr=3e-3)
one_clip, losses = clips.video[:1].expand(8, -1, -1, -1, -1), []
for _step in range(budget.pick(smoke=10, laptop=150, gpu=300)):
    eps, u = torch.randn(one_clip.shape), torch.rand(8)
    loss, _ = training_step(tiny, average, optimizer, one_clip, eps, u, None, decay=0.99)
    losses.append(torch.as_tensor(loss).item())
print(f"loss {losses[0]:.2f} -> {losses[-1]:.2f}")

# %% [markdown]
# Now the real thing, and **it is put together from what you wrote**: your residual block, your attention over time and your mean of the words inside the network, your schedule and your step in its training, your
# guidance and your loop when it is drawn. Where an exercise is open, or yours is noticeably slow (more than twice the library's time, and more than a thousandth of a second), the library's piece stands in; the table says which.

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
# `Training` adds what a run needs: two optimizers (your step sees them as one), warm-up and decay of the learning rate, records of every step,
# and its state on disk, in the folder that the next cell prints (in the `smoke` budget in one that is thrown away). Interrupt the cell that trains when you like and run *it* again: it goes on where it was; after a restart of the kernel run the chapter from the top, and it goes
# on from what was saved last. A run with other settings, or on other pieces, gets a folder of its own.
#
# **Muon** is the optimizer of the matrices inside the network. It makes each update of a matrix orthogonal, so that all its directions learn at one pace, where a plain gradient would feed the strongest; AdamW takes
# care of the rest: biases, embeddings, the first and the last layer.
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
where = budget.pick(smoke="a folder that is thrown away", laptop=training.out, gpu=training.out)
print(mine, f"kept in {where}, {training.step} of {config.steps} steps done", sep="\n")
for step in (0, config.steps // 2, config.steps - 1):
    parts = config.parts(step)
    print(f"step {step + 1:4}: {config.batch * parts:2} clips of {world.frames // parts} frames")

# %%
print(experiments.growth_sentence(receipt("03_growth")))
print(receipt("03_growth"))

# %% [markdown]
# Digits become legible sooner, and **motion pays for it**: after so few steps the speed is worse with either seed, and the direction with one of the two, than with whole clips from the start. That is why whole clips come last. (The laptop recipe takes more steps, and gets the direction with every seed: see below.)

# %% [markdown]
# Is your step the library's? Both on one batch, with the zoo's network:

# %%
x, cond = clips_of(world)(4, (0, 0))
u, eps = torch.rand(4), torch.randn(x.shape)
copy = deepcopy(teacher.network).requires_grad_()
loss, _ = training_step(
    copy, deepcopy(teacher.network), torch.optim.SGD(copy.parameters(), lr=1e-3), x, eps, u, cond, 0.99
)
library_loss = per_clip_loss(teacher.network, x, eps, u, cond, COSINE, Objective.V).mean()
print(f"loss by your step {loss:.5f}, by the library {library_loss:.5f}")
torch.testing.assert_close(torch.as_tensor(loss), library_loss, rtol=1e-3, atol=1e-4)

# %% [markdown]
# While it trains it is drawn now and then, by your loop and with your guidance, s = 3. (After the few steps of the `smoke` budget that is noise, and should be.)

# %%
preview = ["a 7 moves up, quickly", "a 3 moves left, slowly", "a 0 moves down, quickly", "a 4 moves right, slowly"]


def drawn(captions, seed, steps, scale=experiments.GUIDANCE):
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
print("captioned digit on every frame (the reader was fitted to other people's handwriting):")
print(
    f"  real clips {real['digit_always']:.2f}   your model {agreement(yours, asked.caption, reader).rates()['digit_always']:.2f}"
)
print(experiments.laptop_sentences(curve))
print(curve)

# %% [markdown]
# Digit and direction are heard. The **speed** is the last to be learnt, and the paths still wobble.
#
# The zoo's model is the same network, trained on batches twice as large, of whose clips half have two actions. The three side by side:

# %%
beside = {
    "yours": yours[:4],
    "zoo": teacher.sample(asked.caption[:4], seed=1, steps=steps, guidance=experiments.GUIDANCE),
    "real": asked.video[:4],
}
show(**beside, captions=asked.caption[:4])

# %% [markdown]
# The same on larger clips, sixteen frames of 32×32, by the zoo's `vdm-digits`. It is drawn with new noise at each step (`eta` is how much),
# and the table says what that is worth.

# %%
larger = zoo.load("vdm-digits")
print(larger)
print(larger.origin())
made = larger.sample(asked.caption[:4], seed=1, steps=steps, guidance=experiments.GUIDANCE, eta=zoo.ETA)
print(experiments.read_of(made, asked.caption[:4], fit_reader(larger.world)))
show(made, captions=asked.caption[:4])

# %% [markdown]
# Where a clip is read as another digit than its caption's, look for yourself: some fool the reader, some are wrong, and four are few. The table counts two hundred.

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
show_sheet(joint_video, frames=12, labels=[f"frame {i}" for i in range(8)] + ["image"] * 4)

# %%
help_ = receipt("03_joint")
print(experiments.joint_sentence(help_))
print(help_)

# %% [markdown]
# Here nothing is shown: neither that images help nor that they harm. And these are two questions. Images *on top of* as many clips: more work for each step. Images *in place of* clips: as much work, spent on another mixture. In brackets is a 95 % interval over the seeds; one that holds 0
# shows nothing. And it is the loss of a short training of a small network: what longer ones gain, it does not say.
#
# ## 3.11 Extend, fill in, sharpen: one trained model, three more tools
# We know the first frames of a clip and want the rest. **Replacement** (Song et al. 2021): at each step overwrite the known part of z with the noised truth. The flaw: the open frames
# are guessed from a *noisy copy* of the known ones, not from the known ones themselves. **Reconstruction guidance** (Ho et al. 2022, eq. 7) adds what is missing: it looks how wrong
# $\hat x$ is on the known part, and moves $\hat x$ against that error's gradient:
# $$\tilde x = \hat x - \frac{w\,\alpha}{2}\,\nabla_{z}\,\big\|x^{\text{known}} - \hat x^{\text{known}}(z)\big\|^2$$
# A *sum* of squares; the gradient runs *through the network*, to z. The library's `inpainting` does both; with w = 0 only replacement is left.
#
# #### Exercise 3.10 · Reconstruction guidance · ★★★ · 25 minutes · 4 points
# Write `reconstruction_guided(denoise, z, known, mask, alpha, weight)`: `denoise(z)` gives x̂; `mask`, of the clips' shape, is True where `known` is known; `alpha` and `weight` are numbers. Return x̃, *all* of it: the known frames
# are moved like the open ones (what a sampler does with them afterwards is its own affair). It will be called under `torch.no_grad()`.
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


known_part = mask.expand_as(clip)
before = denoise(z).detach()
after = reconstruction_guided(denoise, z, clip, known_part, a, weight=0.3)


# %%
def errors(z):
    """Squared error of the guess on the known and on the open frames, for a clip."""
    difference = (clip - denoise(z).detach()) ** 2 / len(clip)
    return difference[known_part].sum().item(), difference[~known_part].sum().item()


for name, z_at in (("at z", z), ("at z moved by the same step", z + after - before)):
    print(f"{name:28} known frames {errors(z_at)[0]:6.1f}   open frames {errors(z_at)[1]:6.1f}")

# %% [markdown]
# Only the known frames were looked at, and the open ones became better too: the gradient reached them through temporal attention.
#
# **Now you change it.** If a small step is good, is a large one better? Say what weight 8 does to both numbers.

# %%
large = reconstruction_guided(denoise, z, clip, known_part, a, weight=8)
for name, z_at in (("at z", z), ("moved by weight 8", z + large - before)):
    print(f"{name:28} known frames {errors(z_at)[0]:6.1f}   open frames {errors(z_at)[1]:6.1f}")

# %% [markdown]
# <details><summary>What happened</summary>Both errors grow: the gradient is right for a small step, and this one goes past the valley. In the sampler below x̂ is moved, and not z; what
# weight 8 does there, the table below says.</details>
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
# Look at the last frames: in some clips the digit has fallen apart, or become another one. *Digit kept* counts the clips whose last frame is read as their first. In brackets the least and the largest of three seeds. *Jump*: how far the first new frame is from the true place; *off the path*: the same over all new frames. **Reconstruction guidance is better in every column and every seed, and far from real clips.** w = 8 is the
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
# Why should a squared error make good clips? In four steps (Kingma et al. 2021).
#
# **1. Two chains.** Choose levels from clean to noise, and call the clip at the first of them $z_0$ (nearly clean), at the last $z_1$ (nearly noise). $q$ is what *noise* does, and has nothing to learn:
# $q(z_t|x)$ is the clip noised to level t, $q(z_s|z_t,x)$ the step back when x is known (3.3). $p$ is what the *model* does: it draws $z_1$ from plain noise, takes steps $p(z_s|z_t)$, and at the end chooses each
# pixel's grey value by $p(x|z_0)$.
#
# **2. A model gives every clip a probability.** $p(x)$ sums over all ways down that end at x. A good model finds real clips probable, so $-\log p(x)$ should be small: so many nats (or, over log 2, bits) it takes to
# write x down. The sum over all ways cannot be computed. But for any way that q would draw, Jensen's inequality gives an upper bound, the **variational bound**:
# $$-\log p(x) \;\le\; \mathbb E_q\Big[-\log\frac{p(\text{the way and } x)}{q(\text{the way}\,|\,x)}\Big]$$
#
# **3. The bound falls into three.** Both chains are products of steps, so the logarithm is a sum, step by step:
# $$\underbrace{\mathrm{KL}\big(q(z_1|x)\,\|\,p(z_1)\big)}_{\text{prior: what is left of x in } z_1} +
# \underbrace{\mathbb E[-\log p(x|z_0)]}_{\text{reconstruction: grey values}} +
# \underbrace{\textstyle\sum\,\mathbb E\,\mathrm{KL}\big(q(z_s|z_t,x)\,\|\,p(z_s|z_t)\big)}_{\text{diffusion: one term a step}}$$
# The first two have no weights to train.
#
# **4. A step's term is a squared error.** The model takes its step as q does, with its guess $\hat x$ in the place of x. Then both are Gaussians of *one* variance, $(1-e^{\lambda_t-\lambda_s})\,\sigma_s^2$, whose means
# differ by $(1-e^{\lambda_t-\lambda_s})\,\alpha_s\,(x-\hat x)$. The KL of such two is half the squared distance over the variance, which is, with $\mathrm{SNR}=e^\lambda=\alpha^2/\sigma^2$,
# $$\tfrac12\big(\mathrm{SNR}(s)-\mathrm{SNR}(t)\big)\,\|x-\hat x(z_t)\|^2$$
# *A squared error, weighted*: that is all a diffusion model learns from.

# %% [markdown]
# #### Exercise 3.11 · The bound's first term · ★★☆ · 15 minutes · 2 points
# Write `prior_kl(x, logsnr)`: the KL divergence of $\mathcal N(\alpha x, \sigma^2)$ from $\mathcal N(0, 1)$, **summed** over the values of a clip, in nats, one number a clip. `logsnr` is one level for all, a tensor without axes. For one value, $\mathrm{KL}(\mathcal N(\mu, s^2)\,\|\,\mathcal N(0,1)) = \tfrac12(s^2 + \mu^2 - 1 - \log s^2)$.
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
cost, middle = terms["network"], len(grid) // 2  # the first step is at the highest λ
print(
    f"the network's step at λ = {grid[1]:.1f} costs {cost[0] / cost[middle - 1]:.0f} times its step at λ = {grid[middle]:.1f}"
)
show_curves(
    grid[1:].flip(0),
    {name: bits[::-1] for name, bits in terms.items()},
    xlabel="log-SNR λ",
    ylabel="bits a value, each step",
    log=True,
    heading="Where the bound is paid",
)

# %% [markdown]
# (The sum depends on how finely λ is cut, so compare the two guessers and not the total with a paper's.) The mean clip's total is absurd: it says the same at high λ too, where z is all but the clip itself
# and an error counts most. Look at the vertical axis: a step at high λ, on the right, where noise is
# invisible and bits go into grey values, costs even the network many times as much as one in the middle, where a shape is found. Ho et al. 2020 got better samples *without* these
# weights, and the field trains on the simple loss, as you did.

# %% [markdown]
# ## 3.14 What has your model learnt?
# The last exercise asks the model itself. From a file of weights it is drawn with captions that nobody has seen, and its clips are measured: does a reader that was fitted to other people's handwriting see the digit on
# every frame, does the clip set out where the caption says, and is it one digit that moves? (A still picture of the right digit would win the first alone: only clips that move count.)
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
# Ho et al. 2022, *Video Diffusion Models*, sections 2 and 3: its attention over time, its guidance, its loop and its way to extend clips you have now written. Then Kingma et al. 2021, section 3, for the bound. Song et al. 2021 (*Score-Based Generative
# Modeling*) for the same story told with differential equations.
