# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7 · Without any training
# An image model has seen no motion, and will see none in this chapter either. You make films with it all the same, by what you do to its noise and by what its frames may look at.
#
# **You will be able to** move noise so that it stays noise · put noise on again, as much as is missing · let all frames look at the first · calm a background, and say what that costs · build Text2Video-Zero out of these
# · tell a picture where, by a ControlNet, and a film frame by frame, with a module of motion or without · let all frames look at all, and make a film of 64 frames out of short ones · tell which of its pieces did what · recognise three ways in which it goes wrong.
#
# **You need** chapter 1's flow and the frame between two (for section 7.11), chapter 6's motion module for section 7.13, keys and values from chapter 2, and from chapter 3 DDIM, guidance and the U-Net. **Time:** an evening.
#
# **Papers:** Khachatryan et al. 2023 (*Text2Video-Zero*, which sections 7.1 to 7.8 follow) · Zhang, Rao & Agrawala 2023 (*ControlNet*) · Zhang et al. 2023 (*ControlVideo*) · Guo et al. 2023 (*AnimateDiff*) · Song et al. 2020 (*DDIM*) · Ho et al. 2020 (*DDPM*).

# %% setup
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise

import torch
import torch.nn.functional as F
from einops import rearrange
from IPython.display import display

from minivid import zoo
from minivid.adapt.controlnet import control_of, controlled, copied
from minivid.adapt.controlvideo import along_flow, control_video, first_and_last, hierarchical
from minivid.adapt.processor import LookingAt
from minivid.adapt.stable import stable_diffusion, stand_in
from minivid.adapt.stable.loading import SUBJECTS, subject
from minivid.adapt.stable.stand_in import SUBJECT
from minivid.adapt.zeroshot import bright, looking_at, mirrored, noised_further, zero_shot
from minivid.chapters.ch07 import widgets
from minivid.chapters.ch07.clinic import clinic, clinic_table
from minivid.chapters.ch07.counted import counted
from minivid.chapters.ch07.experiments import (
    at_once,
    beside_control,
    beside_the_receipt,
    control_table,
    long_table,
    module_table,
    pieces_table,
    scores,
    seams,
)
from minivid.chapters.ch07.figures import show_pieces
from minivid.chapters.ch07.films import ALL, GUIDANCE, STEPS, TURN, WORLD, Pieces, film
from minivid.chapters.ch07.followed import followed
from minivid.chapters.ch07.joined import WORLD as WORLD_ON_BLACK
from minivid.chapters.ch07.steered import SMOOTH, recoloured, shown, steered
from minivid.chapters.ch07.steered import WORLD as WORLD_FILMS
from minivid.course import award, check, hint, receipt, summary  # noqa: F401  (hint is for you to call)
from minivid.data import tokenize
from minivid.diffusion.guidance import guided
from minivid.diffusion.samplers import ddim, predict, sample
from minivid.motion.interpolate import average
from minivid.nn import Cond
from minivid.nn.attention import keys
from minivid.nn.conv import SpatialConv
from minivid.nn.initial import zero_
from minivid.nn.unet import Stage
from minivid.show import show, show_image_grid, show_sheet, show_slice, show_source
from minivid.tools import budget

torch.manual_seed(0)
chance = torch.Generator().manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 7.1 What is a film, to a model of pictures?
# `image-digits` from the zoo draws one picture from a caption and noise. By DDIM nothing else is random: **the noise decides the picture**. So a film is made by choosing each frame's noise. The two simplest choices, by a sampler of which `predict` gives (x̂, ε̂) at a noise level λ:

# %%
image = zoo.load("image-digits")
captions = ["a green 0 moves left", "a red 3 moves down"]
SEED, FRAMES = 26, 6  # a seed of which both digits can be read, and one background is not black
cond = Cond(*tokenize(captions))
noise = image.noise(2, SEED)  # b c 1 h w
model = guided(image.network, GUIDANCE)
print(image, tuple(noise.shape))


# %%
@torch.no_grad()
def ddim_steps(model, z, first, last):
    """z, brought from step `first` of STEPS to step `last`; frames of a clip go on together."""
    levels = image.schedule.logsnr(torch.linspace(1, 0, STEPS + 1))
    for t, s in zip(levels[first:last], levels[first + 1 : last + 1], strict=True):
        x_hat, eps_hat = predict(model, z, t, image.schedule, image.objective, cond)
        alpha, sigma = image.schedule.alpha_sigma(s)
        z = alpha * x_hat + sigma * eps_hat  # DDIM, as in chapter 3
    return z


fresh = torch.randn(2, 3, FRAMES, 24, 24, generator=chance)
fresh[:, :, :1] = noise
apart = ddim_steps(model, fresh, 0, STEPS).clamp(-1, 1)
same = ddim_steps(model, noise.expand(-1, -1, FRAMES, -1, -1), 0, STEPS).clamp(-1, 1)
display(show_sheet(fresh_noise=apart, same_noise=same))
print(
    f"from frame to frame, fresh noise: {apart.diff(dim=2).abs().mean():.2f} on average, the same: at most {same.diff(dim=2).abs().max():.0e}"
)

# %% [markdown]
# Fresh noise makes six pictures, the same noise one picture six times. A film lies between: frames that are alike, *and differ by a motion*. The model knows no motion: "left" and "down" stood in its captions, and no still
# picture ever showed what they mean. Where could one come from?
# <details><summary>Answer</summary>From us: we move something that decides the picture. The noise.</details>
#
# ## 7.2 How far has each frame moved?
# Let the content move by δ = (x, y) pixels from a frame to the next, x to the right, y down. Counted from 0, frame k has moved by k δ.
#
# #### Exercise 7.1
# Write `motion_field(delta, frames)`: a tensor `frames 2` of float32, frame k's move in row k. `delta` is a pair of Python numbers, whole or not.
# <details><summary>Hint</summary><code>torch.arange(frames)[:, None]</code> is a column.</details>


# %% exercise="7.1"
def motion_field(delta, frames):
    """How far each frame's content has moved: k δ."""
    ### BEGIN SOLUTION
    k = torch.arange(frames)
    return k[:, None] * torch.tensor(delta, dtype=torch.float32)
    ### END SOLUTION


motion_field = check("7.1", motion_field)

# %% award="7.1"
award("7.1")

# %% [markdown]
# Now a frame of noise is moved. Three things are easily wrong:
#
# * **The direction.** To put content dx further right, pixel q must *look up* what was at q − dx: the content goes against the way in which the pixels look.
# * **Between pixels.** A move by 1.4 pixels looks up a place between two. What does a mean of two noises have for a deviation?
# * **The border.** What comes in from outside? Here the picture, mirrored at its edge.

# %%
two = torch.randn(2, 100_000, generator=chance)
print(f"one noise: {two[0].std():.2f}, the mean of two: {two.mean(0).std():.2f}")
print("places −3 … 8 of a row of 6, mirrored:", mirrored(torch.arange(-3, 9), 6).tolist())

# %% [markdown]
# A mean is *quieter*, by √½, than the noise that the model was trained on. So a move goes to the nearest whole pixel, and every value stays what it was. (But at the border the mirror repeats values: there it is not quite noise.)
#
# #### Exercise 7.2
# Write `moved(z, by)`: clips `b c t h w`, and for each frame its move. Frame k's content goes `by[k]`, to the nearest pixel (a half may go either way); places outside are `mirrored`. `by`, `t 2` of float32, is (x, y) as in 7.1, and may be larger
# than the picture. Return clips of z's shape, type and device.
# <details><summary>Hint</summary>Rows and columns can be looked up at once: <code>frame[..., rows[:, None], columns]</code>.</details>


# %% exercise="7.2"
def moved(z, by):
    """Each frame with its content moved."""
    ### BEGIN SOLUTION
    *_, h, w = z.shape
    frames = []
    for k, (dx, dy) in enumerate(by.round().long().tolist()):
        rows, columns = mirrored(torch.arange(h) - dy, h), mirrored(torch.arange(w) - dx, w)
        frames.append(z[:, :, k][..., rows[:, None], columns])
    return torch.stack(frames, dim=2)
    ### END SOLUTION


moved = check("7.2", moved)

# %% award="7.2"
award("7.2")

# %%
six = noise.expand(-1, -1, FRAMES, -1, -1)
still = moved(six, motion_field((0.0, 0.0), FRAMES))
left = moved(six, motion_field((-1.0, 0.0), FRAMES))
print("no motion changes nothing:", torch.equal(still, six), f"· deviation of the moved noise {left.std():.2f}")

# %% [markdown]
# **When should it be moved?** The noise at the very start, or later, when a picture has begun to show in it? Say first what you expect of each. The clip goes to a step s as one frame, is copied and moved there, and goes on, each frame alone.
#
# **What is counted.** A reader names the digit on each frame (*digit as asked*: the caption's on all; *one digit*: the same on all). *Motion / δ* is the slope of the digit's centre along δ, 1 as asked. *Off* is its distance, in pixels, from the first
# frame's place plus k δ. *Background* is how much a pixel that is digit in neither of two neighbouring frames changes, as a share of its range; a background that moves along counts as change.

# %%
DELTAS = [(-1.0, 0.0), (0.0, 1.0)]  # to the left, and down


def copied_and_moved(z):
    """Six copies of each clip's one frame, moved as its caption says."""
    copies = z.expand(-1, -1, FRAMES, -1, -1)
    return torch.cat([moved(copies[i : i + 1], motion_field(DELTAS[i], FRAMES)) for i in range(2)])


# %%
clips = {}
for s in budget.pick(smoke=(0, 8), laptop=(0, 3, 5, 7, 9, 11), gpu=tuple(range(12))):
    z = copied_and_moved(ddim_steps(model, noise, 0, s))
    clips[f"moved at step {s}"] = ddim_steps(model, z, s, STEPS).clamp(-1, 1)
    seen = counted(clips[f"moved at step {s}"], captions)
    print(
        f"step {s:2} of {STEPS}: motion / δ {seen.motion.mean():5.2f}, off by {seen.off.mean():.2f} px, one digit on {int(seen.same.sum())} of 2"
    )
show_sheet(**{name: clip[:1] for name, clip in clips.items()})

# %% [markdown]
# Moved early, the noise is new noise to the network, and a frame may become another picture; here, at step 0, the last 0 is torn open, and its frames stand on no line. Moved late, a picture has formed and is pushed as it is, with what the mirror put at its border.
# The paper moves it in between, at a step t₀, and then does one more thing.
#
# ## 7.3 How does a pushed picture get room to change?
# By going *back* to more noise. From t₀ (the paper's T′) the frames are made noisier again, to a step t₁ that the sampler had passed before (the paper's T), each with noise of its own; what was decided between the two is decided again, for each frame where it is
# now. This is DDPM's forward process, whose step t takes z to $\sqrt{\alpha_t}\,z+\sqrt{1-\alpha_t}\,\epsilon$. Several steps at once are one, with the product of their α.
#
# #### Exercise 7.3
# Write `forward_noise(z, alphas, t0, t1, noise)`: z stands where step t0 has led; bring it to where step t1 ≥ t0 leads. `alphas[t]` is step t's α; t counts towards noise. `t0` and `t1` are ints, `alphas` a tensor; for t1 = t0 return z's values.
# <details><summary>Hint</summary>From t0 on, which is the first step to be taken? For t1 = t0 there is none.</details>


# %% exercise="7.3"
def forward_noise(z, alphas, t0, t1, noise):
    """A draw from q(z_t1 | z_t0)."""
    ### BEGIN SOLUTION
    kept = alphas[t0 + 1 : t1 + 1].prod()
    return kept.sqrt() * z + (1 - kept).sqrt() * noise
    ### END SOLUTION


forward_noise = check("7.3", forward_noise)

# %% award="7.3"
award("7.3")

# %% [markdown]
# The sampler's steps count the other way, from noise to clean: its step i is DDPM's step STEPS − i. With that, your product and the library's formula, which asks for the two levels alone, must agree.

# %%
levels = image.schedule.logsnr(torch.linspace(1, 0, STEPS + 1))
bars = image.schedule.alpha_sigma(levels)[0].flip(0) ** 2  # ᾱ of steps 0 … STEPS
alphas = torch.cat([bars[:1], bars[1:] / bars[:-1]])
early, late = TURN
z, eps = torch.randn(2, 2, 3, FRAMES, 24, 24, generator=chance)
yours = forward_noise(z, alphas, STEPS - late, STEPS - early, eps)
theirs = noised_further(z, levels[late], levels[early], image.schedule, eps)
print(f"yours and the library's differ by {(yours - theirs).abs().max():.1e}")
print(
    f"from step {late} back to step {early}: {alphas[STEPS - late + 1 : STEPS - early + 1].prod():.2f} of the variance is kept"
)

# %% [markdown]
# **Off by one.** The product over `alphas[t0:t1]`, as it was published, takes step t0 a second time and leaves step t1 out. The noise is then not the one of t₁, where the sampler goes on:

# %%
right, published = alphas[STEPS - late + 1 : STEPS - early + 1].prod(), alphas[STEPS - late : STEPS - early].prod()
for name, part in (("t0 + 1 … t1", right), ("t0 … t1 − 1", published)):
    alpha_squared = part * bars[STEPS - late]
    print(f"{name:12} ends at ᾱ = {alpha_squared:.3f}; the sampler goes on from ᾱ = {bars[STEPS - early]:.3f}")

# %% [markdown]
# With our few steps that is seen at once. And with a thousand, on Stable Diffusion's schedule?

# %%
many = 1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
for name, part in (("t0 + 1 … t1", many[882:942]), ("t0 … t1 − 1", many[881:941])):
    print(f"{name:12} from step 881 to 941: {part.prod():.5f} of the variance is kept")

# %% [markdown]
# There it hides: one step's α is much like the next one's.
#
# ## 7.4 How do frames agree?
# They have noise of their own now, and so may disagree: about a stroke, a background, the digit. No weight can be trained to join them. But attention over space, which the image model has anyway, asks *its own frame's* keys, and can ask another's. **All frames look at the
# first**: queries stay their own, keys and values are the first frame's.
#
# #### Exercise 7.4
# Write `first_frame(x, frames)`: `x` is `(b t) n c`, of every frame of every clip what keys and values are made of. Return as much, in which each frame has its clip's first frame's.
# <details><summary>Hint</summary>Give clips and frames an axis each. A published failure changed nothing at all.</details>


# %% exercise="7.4"
def first_frame(x, frames):
    """For every frame the first one's keys."""
    ### BEGIN SOLUTION
    clips = rearrange(x, "(b t) n c -> b t n c", t=frames)
    return rearrange(clips[:, :1].expand_as(clips), "b t n c -> (b t) n c")
    ### END SOLUTION


first_frame = check("7.4", first_frame)

# %% award="7.4"
award("7.4")

# %% [markdown]
# Into the network, with its weights as they are. The question that a processor without effect does not survive: if one frame of the input changes, which frames of the output do?

# %%
joined = looking_at(image.network, first_frame)
z, level = torch.randn(1, 3, 4, 24, 24, generator=chance), torch.zeros(1)
for frame in (0, 2):
    other = z.clone()
    other[:, :, frame] += 1
    for name, network in (("in the image model", image.network), ("with your keys", joined)):
        with torch.no_grad():
            change = (network(other, level) - network(z, level)).abs().amax((0, 1, 3, 4))
        print(f"frame {frame} reaches, {name:18}", change.gt(1e-6).nonzero().flatten().tolist())

# %% [markdown]
# The first frame reaches all of them, and no other reaches it: **it stays the image model's picture**, and the others follow it. Now the pieces so far, with your keys and with the image model's own:

# %%
z_early = ddim_steps(model, noise, 0, early)
copies = copied_and_moved(ddim_steps(model, z_early, early, late))
eps = torch.randn(copies.shape, generator=chance)
start = forward_noise(copies, alphas, STEPS - late, STEPS - early, eps)
start[:, :, :1] = z_early  # the first frame goes on as it was
alone = ddim_steps(model, start, early, STEPS).clamp(-1, 1)
looking = ddim_steps(guided(joined, GUIDANCE), start, early, STEPS).clamp(-1, 1)
for name, clip in (("each alone", alone), ("at the first", looking)):
    seen = counted(clip, captions)
    print(
        f"{name:13} background changes by {100 * seen.background.mean():.2f} of 100, digit off by {seen.off.mean():.2f} px"
    )
show_sheet(each_alone=alone, at_the_first=looking)

# %% [markdown]
# Look at the colour behind the 0. Two clips prove nothing, though: section 7.7 counts on more.
# <details><summary>What is seen</summary>Each alone, the green behind the 0 wanders: bluish in frame 1, olive in the last. Where all look at the first frame, it keeps to the green of that one.</details>
#
# ## 7.5 Can the background be held still?
# Ask the network for its guess x̂, find in it what is in front (here: what is bright; the paper asks a network for salient objects), and *mix the rest* with the first frame, moved along:
# $$M\odot z+(1-M)\odot\big(a\,\tilde z_1+(1-a)\,z\big),\qquad a=0.6$$
#
# #### Exercise 7.5
# Write `smoothed(z, moved_first, foreground, share)`: `foreground` is M, `b 1 t h w` of floats, 1 where something is in front and 0 elsewhere; `share`, a number, is a. `z` and `moved_first`
# are `b c t h w`, and so is what you return.
# <details><summary>Hint</summary>Where M is 1, z must come out as it went in.</details>


# %% exercise="7.5"
def smoothed(z, moved_first, foreground, share):
    """Outside the foreground, a share of the first frame."""
    ### BEGIN SOLUTION
    background = share * moved_first + (1 - share) * z
    return foreground * z + (1 - foreground) * background
    ### END SOLUTION


smoothed = check("7.5", smoothed)

# %% award="7.5"
award("7.5")

# %% [markdown]
# **What does it cost?** z is picture *and* noise. Mix two noises that know nothing of each other, and measure:

# %%
one, other = torch.randn(2, 1, 3, 1, 200, 200, generator=chance)
nothing = torch.zeros(1, 1, 1, 200, 200)
left_over = smoothed(one, other, nothing, 0.6).var()
print(f"variance 1 and 1, mixed: {left_over:.2f}; computed: 0.6² + 0.4² = {0.6**2 + 0.4**2:.2f}")

# %% [markdown]
# Half of the noise is gone, and the sampler goes on as if all were there. The more the frames still share (the picture, and what is left of their common noise), the less is lost. How much is it at the step where we smooth?

# %%
follower = guided(joined, GUIDANCE)
z_mid = ddim_steps(follower, start, early, late)
with torch.no_grad():
    x_hat, _ = predict(follower, z_mid, levels[late], image.schedule, image.objective, cond)
in_front = bright(x_hat)
mixed = smoothed(z_mid, copied_and_moved(z_mid[:, :, :1]), in_front, 0.6)
alpha, sigma = image.schedule.alpha_sigma(levels[late])
behind = (in_front == 0).expand_as(z_mid)[:, :, 1:]  # the first frame is mixed with itself
mixed_x = smoothed(x_hat, copied_and_moved(x_hat[:, :, :1]), in_front, 0.6)  # the picture in `mixed`
for name, z, x in (("before", z_mid, x_hat), ("after", mixed, mixed_x)):
    variance = (z - alpha * x)[:, :, 1:][behind].var()
    print(f"{name:7} noise in the background has a variance of {variance:.2f}; the sampler takes it for {sigma**2:.2f}")

# %%
show_sheet(guess=x_hat[:1].clamp(-1, 1), in_front=(2 * in_front - 1)[:1].expand(-1, 3, -1, -1, -1))

# %% [markdown]
# White is what stays as it is: the digit, and one pixel around.
# <details><summary>How much of the noise?</summary>About a fifth of its variance, and not half: the frames share the noise that they had before they were copied, as far as new noise has left it.</details>
#
# ## 7.6 The whole of it
# Your five functions (or the library's, where `check` said so), in order; the sampler, the guidance and `bright` are given. As in 7.4 the first frame begins where it was before the turn.


# %%
@torch.no_grad()
def text_to_video_zero(delta, frames=FRAMES, share=0.6, seed=0):
    """A film of both captions, out of an image model; nothing was trained."""
    by, network = motion_field(delta, frames), guided(looking_at(image.network, first_frame), GUIDANCE)
    z = ddim_steps(network, image.noise(2, SEED), 0, early)  # one frame
    copies = moved(ddim_steps(network, z, early, late).expand(-1, -1, frames, -1, -1), by)
    eps = torch.randn(copies.shape, generator=torch.Generator().manual_seed(seed))
    noisier = forward_noise(copies, alphas, STEPS - late, STEPS - early, eps)
    z = torch.cat([z, noisier[:, :, 1:]], dim=2)
    z = ddim_steps(network, z, early, late)
    x_hat, _ = predict(network, z, levels[late], image.schedule, image.objective, cond)
    z = smoothed(z, moved(z[:, :, :1].expand_as(z), by), bright(x_hat), share)
    return ddim_steps(network, z, late, STEPS)


# %%
ours = text_to_video_zero((-1.0, 0.0))
*_, (library, _) = zero_shot(
    guided(looking_at(image.network), GUIDANCE), noise, image.schedule, image.objective, motion_field((-1.0, 0.0), FRAMES),
    STEPS, TURN, cond, smooth=(late, 0.6), generator=torch.Generator().manual_seed(0),
)  # fmt: skip
print(f"yours and the library's films differ by at most {(ours - library).abs().max():.1e}")
show(**{caption: clip[None].clamp(-1, 1) for caption, clip in zip(captions, ours, strict=True)})

# %%
show_slice(one_noise=same[:1], fresh_noise=apart[:1], text_to_video_zero=ours[:1].clamp(-1, 1))

# %% [markdown]
# Both captions were moved to the left here. In the x–t slice a still digit is upright, the flickering one torn, and the film's is slanted: one digit, and a motion.
#
# **Two invariants** hold the whole thing together. Without motion and without new noise all frames are the image; and the first frame is the image model's own picture, whatever the pieces. The library's `film` can leave pieces away:

# %%
frames = budget.pick(smoke=3, laptop=FRAMES, gpu=FRAMES)
bare = film(image, captions, pieces=Pieces(motion=False, noise=False, smoothing=False), seed=SEED, frames=frames)
whole = film(image, captions, seed=SEED, frames=frames)
print(f"nothing moved, no new noise: frames differ by at most {(bare - bare[:, :, :1]).abs().max():.0e}")
for name, clip in (("bare", bare), ("whole", whole)):
    print(
        f"{name:5}: its first frame is off the image model's picture by {(clip[:, :, 0] - same[:, :, 0]).abs().max():.0e}"
    )

# %% [markdown]
# ## 7.7 Which piece does what?
# The chapter's `film` makes clips of many captions, δ their own direction word: the word that the image model could not learn the meaning of. Each piece is taken away in turn, on the same captions and noise.
# Two cheap films stand beside: the *finished* first picture, pushed with all that is on it, its gradient too, black coming in at the border; and the same, left where it is.
# Decide what each column will show before you run the cell.

# %%
measured = receipt("07_pieces")
print(pieces_table(measured))
print(f"\nDrawn in parts, {measured['minutes_of_drawing']:.0f} minutes together; put together:\n{measured}")

# %%
show_pieces(measured)

# %% [markdown]
# A star, and orange, stand where the 95 % interval of the difference to all pieces, clip by clip, leaves out 0; among thirty such differences one or two would by chance alone. (Some digits leave the picture, so that not even the pushed one reaches 1.)
# <details><summary>What is seen</summary>
#
# * **Motion** is the warp's work alone: without it the digit stands. Without motion it is calmest: a gradient that moves along counts here as change.
# * **Smoothing** calms the background, the most of all pieces, and no difference in what is read was found.
# * **Attention** calms it too, by less. That it keeps the digit, these clips do not show: a null; and without it the digit is a little nearer to its path.
# * **New noise costs.** Without it the digit stays the same more often, and is nearer to its path.
# * **The cheapest film wins**: a finished picture, pushed, is one digit more often and nearer to its path than all pieces. That its background is calmer or less calm, these clips do not show.
#
# A star says that there is a difference, not that it is large: look at those of attention and smoothing under "motion".</details>
#
# So what is the method good for? This measurement cannot say. *Off* asks for the first frame's place plus k δ, which a push has by construction, and *one digit* for nothing new. A push cannot move one limb and leave another, and at the border it has nothing but black; whether new noise and attention do better there, nobody
# has counted here. Put the cheapest method beside the one that you judge, by a measure that it does not meet by construction.
#
# One row again, on a few other clips:

# %%
few = budget.pick(smoke=4, laptop=16, gpu=100)
again = WORLD.sample(few, (140, 0)).caption
print(beside_the_receipt(counted(film(image, again, seed=140), again), measured, "all pieces"))

# %% [markdown]
# ## 7.8 Your motion
# Choose δ with the two sliders. Every new δ is sampled when you let go, from the same noise; what you have seen once is kept.


# %%
@cache
def filmed(delta):
    """The first caption's film with this δ."""
    return film(image, captions[:1], delta, ALL, SEED, FRAMES)[0]


widgets.motion_pad(filmed)

# %%
widgets.motion_pad_still(
    filmed,
    budget.pick(
        smoke=((-1.0, 0.0), (1.0, -1.0)),
        laptop=((-1.0, 0.0), (0.0, 1.0), (1.0, -1.0), (-2.0, 0.5)),
        gpu=((-1.0, 0.0), (0.0, 1.0), (1.0, -1.0), (-2.0, 0.5)),
    ),
)

# %% [markdown]
# Try a δ that drives the digit out of the picture: what does the mirror do? And parts of a pixel: with (0.5, 0) the six frames stand at 0, 0, 1, 2, 2, 2, unevenly, since every move is rounded (a half to the even neighbour).
# <details><summary>The mirror</summary>What comes in on the far side is the picture itself, turned round at its edge. A digit that stood near that edge gets a mirrored twin, or a part of one, coming in behind it.</details>

# %% [markdown]
# ## 7.9 Can a picture say where?
# δ moves what the noise has chosen; where the digit stands and how it is written, nobody was asked. A *control* says so: a picture of edges, or of a mask. **ControlNet** leaves the image model as it is. Beside it runs a copy of
# its way down, which reads the same noisy picture and the control; what the copy makes is added to the image model's skip connections and to its middle:
# $$\text{skip}_i + \mathcal Z_i\big(\text{copy}_i(z + \mathcal Z(c))\big)$$
# Each $\mathcal Z$ is a convolution of 1×1 whose weights begin at zero. So the whole begins as the image model. **But does a zero ever learn?** Decide, then run:

# %%
zero = zero_(SpatialConv(8, 8, kernel=1))
h = torch.randn(1, 8, 1, 4, 4, generator=chance).requires_grad_()
zero(h).square().sub(zero(h)).sum().backward()  # some loss
print(
    f"gradient of its weights: up to {zero.weight.grad.abs().max():.2f}, of what lies before it: {h.grad.abs().max():.2f}"
)

# %% [markdown]
# <details><summary>Answer</summary>y = W h + b. The gradient of W is made of h, and h is not zero: the first step moves W. The gradient of h is made of W, and W is zero: whatever lies before, the copy, has to wait for
# the second step. The control's first convolution lies behind two zeros, the hint's own and the copy's, and waits for the third.</details>
#
# The control, from the world's truth, in handwriting that neither the image model nor the ControlNet has seen:

# %%
steerer = zoo.load("control-digits")  # image-digits, and a ControlNet beside it
asked = WORLD_FILMS.sample(2, (0, 7), ["a yellow 6 moves right, quickly", "a green 4 moves left, quickly"])
control = control_of(asked, "edges")  # b 2 t h w: edges, and a mask that is not shown here
show_sheet(world=asked.video, control=shown(control))

# %% [markdown]
# #### Exercise 7.6
# Write `beside(copy, pixels, given, control)`, the copy's forward. It has `copy.conv_in`, which takes `pixels` (z, folded as the network folds it); `copy.hint(control)`, of the same shape, which ends in a zero convolution; `copy.down`, a
# list of layers; and `copy.zeros`, one for each `Stage` of `copy.down` and one for the middle. A `Stage` is called `layer(x, given)`, any other layer `layer(x)`. What each stage makes goes through its zero convolution. There is no copy of the middle itself: it
# gets what the last layer made. (The paper copies the middle too; below it is counted what that would cost.) How many stages there are is for `copy.down` to say. Return the list: each stage's, then the middle's.
# <details><summary>Hint</summary>It is the first half of the U-Net's forward from chapter 3, where what a stage makes is kept for later.</details>


# %% exercise="7.6"
def beside(copy, pixels, given, control):
    """What is added to each skip connection and to the middle."""
    ### BEGIN SOLUTION
    x = copy.conv_in(pixels) + copy.hint(control)
    made = []
    for layer in copy.down:
        if isinstance(layer, Stage):
            x = layer(x, given)
            made.append(x)
        else:
            x = layer(x)
    return [zero(part) for zero, part in zip(copy.zeros, [*made, x], strict=True)]
    ### END SOLUTION


beside = check("7.6", beside)

# %% award="7.6"
award("7.6")

# %% [markdown]
# A fresh copy with your forward, beside the image model:

# %%
fresh_copy = copied(image.network)
z, level = torch.randn(2, 3, 4, 24, 24, generator=chance), torch.zeros(2)
told = Cond(*tokenize(asked.caption), control=control[:, :, :4])
untold = Cond(*tokenize(asked.caption))
for name, copy in (("a fresh copy", fresh_copy), ("the zoo's", steerer.network.control)):
    both = controlled(image.network, copy, beside=beside)
    with torch.no_grad():
        change = (both(z, level, told) - image.network(z, level, untold)).abs().max()
    print(f"{name:13} changes what the image model says by {change:.2g} at most")

# %% [markdown]
# To the bit, at the start; and from there the recipe has trained the copy alone, on the loss that the image model was trained on. Its file holds the copy alone:


# %%
def weights_in(part):
    """How many, in millions."""
    return sum(weight.numel() for weight in part.parameters()) / 1e6


own, middle = weights_in(steerer.network.control), weights_in(image.network.middle)
print(steerer.origin())
print(f"{own:.2f} M weights beside {weights_in(image.network):.2f} M that stand")
print(f"with a copy of the middle too, {own + middle:.2f} M: it would be {middle / (own + middle):.0%} of the copy")

# %% [markdown]
# **Is the control followed? And is the caption still read?** Your forward in the zoo's ControlNet; guidance takes away the caption alone, the control stays.


# %%
def steered_film(captions, control, policy, seed=2):
    """Your forward and a policy: all frames from one noise, by DDIM."""
    model = guided(controlled(image.network, steerer.network.control, policy, beside=beside), GUIDANCE)
    start = image.noise(len(captions), seed).expand(-1, -1, control.shape[2], -1, -1)
    path = ddim(model, start, image.schedule, image.objective, STEPS, Cond(*tokenize(captions), control=control))
    return sample(path).clamp(-1, 1)


# %%
lone = control[:, :, :1]
other_words = recoloured(asked.caption, ["cyan", "red"])
without = image.sample(asked.caption, 2, STEPS, GUIDANCE).clamp(-1, 1)
by_edges, other_colour = (steered_film(said, lone, keys.itself) for said in (asked.caption, other_words))
by_mask = steered_film(asked.caption, control_of(asked, "mask")[:, :, :1], keys.itself)
one_each = {
    "control": shown(lone),
    "no control": without,
    "edges": by_edges,
    "mask": by_mask,
    "other colour": other_colour,
}
show_image_grid(**{name: clip[:, :, 0] for name, clip in one_each.items()})

# %%
controls = receipt("07_control")
print(control_table(controls, against="edges"))
print(f"\n{controls}")

# %% [markdown]
# A star stands where the 95 % interval of the difference to *edges*, picture by picture, leaves out 0. *Edges alike* is the cosine of the picture's edges and the control's; *off* the distance of the digit's centre from the truth's.
# <details><summary>What is seen</summary>
#
# * **Followed:** without a control the digit stands where the noise has it; with edges, a fraction of a pixel from the truth. A mask is followed more closely still: it says where ink is, edges only where it begins or ends.
# * **The caption is read for what the control does not say:** its colour is kept, another colour too.
# * **Where they contradict each other** (the edges of a 3, and the word 4) the place stays the control's, and its digit is read more often than the caption's; but on many pictures it is neither.
# * **Half strength** already goes most of the way.
# * **Who reads:** a reader that learnt the digits from the hands of `train`, and knows none of the strokes that the controls show. It reads by the mask as much as of the world itself; by edges less. (Without a control the image model draws in hands like those that it learnt from, and they are the reader's too.)</details>
#
# One row again, on a few other pictures, with the library's forward:

# %%
few_stills = replace(WORLD_FILMS, frames=1).sample(budget.pick(smoke=4, laptop=40, gpu=200), (170, 0))
drawn = steered(steerer, few_stills.caption, control_of(few_stills, "edges"), seed=170)
print(beside_control(followed(drawn, few_stills.caption, few_stills), controls, "edges"))

# %% [markdown]
# ## 7.10 A film that turns round
# With a control for each frame there is nothing to move: the control moves. Text2Video-Zero's other half, the keys of the first frame, goes into *both* networks, the image model and the copy. All frames begin from the same noise.

# %%
by_control = steered_film(asked.caption, control, first_frame)
each_alone = steered_film(asked.caption, control, keys.itself)
show(control=shown(control), each_alone=each_alone, at_the_first=by_control)

# %%
pushed_on = film(image, asked.caption, seed=2)  # Text2Video-Zero: a straight line by the caption
for name, clip in (("text2video-zero", pushed_on), ("each alone", each_alone), ("at the first", by_control)):
    found = followed(clip, asked.caption, asked).means()
    print(
        f"{name:16} off the world's path by {found['off']:.2f} px, background changes by {100 * found['background']:.2f} of 100"
    )
show_slice(world=asked.video[:1], controlled=by_control[:1], text2video_zero=pushed_on[:1])

# %% [markdown]
# In the slice the controlled digit turns round at the wall, where the world's does. Text2Video-Zero goes along its straight line, from where the same noise puts the digit when no control says otherwise; it was not told the path, so its distance is no measure of its quality. (The hole of the 6 is filled in some frames: an edge does not say on which side of it the ink is.) The keys of the first frame do for the controlled film what they did before: the background that the
# frames choose each for itself, they share. On more clips:

# %%
steered_films = receipt("07_steered")
print(control_table(steered_films, against="each alone"))
print(f"\n{steered_films}")

# %% [markdown]
# Stars here are of differences to *each alone*.
# <details><summary>What is seen</summary>(The two smoothed rows belong to section 7.11.) Place, edges and digit are the control's work: with the first frame's keys, or all frames', no difference to each alone was found in them. What the keys of other frames add is the background, which is calmer with the first frame's, and with all frames'.</details>
#
# ## 7.11 Why should all look at the first?
# It is one frame among others, and what it does not show, nobody can look up. **ControlVideo** lets every frame look at *all* frames: queries of one, keys and values of every frame of the clip. A policy again, and the library has it:

# %%
show_source(keys.all_frames)

# %%
network = controlled(image.network, steerer.network.control, keys.all_frames)
z, level = torch.randn(1, 3, 4, 24, 24, generator=chance), torch.zeros(1)
for frame in (0, 2):
    other = z.clone()
    other[:, :, frame] += 1
    with torch.no_grad():
        change = (network(other, level) - network(z, level)).abs().amax((0, 1, 3, 4))
    print(f"frame {frame} reaches", change.gt(1e-6).nonzero().flatten().tolist())

# %% [markdown]
# The first frame is no longer the image model's own picture: it looks at the others too. And it costs: of t frames the scores grow with t². We come back to that.
#
# **The smoother.** All frames begin from one noise; what still makes them tremble is that their controls differ, and each is read anew. At two steps, in the middle of the way, ControlVideo takes the guess x̂ and makes every other frame anew from its two neighbours; at the next step the others. So each frame between
# has been asked once what its neighbours think of it. ε̂ is left as it is, and the sampler goes on from both. (On latents x̂ is decoded before and encoded after; ours are pixels already. The published code, when it is the even frames' turn, makes frame 0 anew as well, from itself and frame 1; here it stands.)
#
# #### Exercise 7.7
# Write `interleaved(x_hat, step, between)`: at an even step the odd frames (counted from 0) are made anew, at an odd step the even ones. Frame k becomes `between(frame k − 1, frame k + 1)`, of frames `b c h w`; the first and the last have not two neighbours, and stand.
# `x_hat` is `b c t h w`, and so is what you return.
# <details><summary>Hint</summary>A frame's neighbours are not made anew at the same step. That is what the parity is for.</details>


# %% exercise="7.7"
def interleaved(x_hat, step, between):
    """Every other frame made anew from its two neighbours."""
    ### BEGIN SOLUTION
    frames = list(x_hat.unbind(2))
    for k in range(1 + step % 2, len(frames) - 1, 2):
        frames[k] = between(x_hat[:, :, k - 1], x_hat[:, :, k + 1])
    return torch.stack(frames, dim=2)
    ### END SOLUTION


interleaved = check("7.7", interleaved)

# %% award="7.7"
award("7.7")

# %% [markdown]
# **Which steps?** The paper says 30 and 31 of 50; its code asks for 19 and 20. They are the same steps: the code counts what is *left* (YBYBZhang/ControlVideo, issue 8).

# %%
numbers = torch.arange(8.0)[None, None, :, None, None]  # frames that are their numbers
for i in (30, 31):
    anew = interleaved(numbers, i, lambda before, after: 9 * after)
    which = (anew != numbers).flatten().nonzero().flatten().tolist()
    print(f"step {i} from the noise, {50 - i} before the end: frames {which} are made anew")
print(f"as far on our way of {STEPS} steps:", SMOOTH)

# %% [markdown]
# What stands between two frames? Their mean shows a moving digit twice. The paper has a trained interpolator; we go half-way along the estimated flow, as in chapter 1:


# %%
def control_film(between, smooth=SMOOTH, seed=2):
    """ControlVideo with your smoother, of the 4 alone: one noise, all frames at all, x̂ interleaved at two steps."""
    model, told = guided(network, GUIDANCE), Cond(*tokenize(asked.caption[1:]), control=control[1:])
    smoother = partial(interleaved, between=between)
    path = control_video(
        model, image.noise(2, seed)[1:], FRAMES, image.schedule, image.objective, STEPS, told, smooth, smoother
    )
    return sample(path).clamp(-1, 1)


# %%
unsmoothed, by_mean, by_flow = control_film(average, smooth=()), control_film(average), control_film(along_flow)
show_sheet(at_all=unsmoothed, smoothed_by_a_mean=by_mean, smoothed_along_the_flow=by_flow)

# %%
print(control_table(steered_films, against="at all"))

# %% [markdown]
# The same table once more, its stars now of differences to *at all*.
# <details><summary>What is seen</summary>Two nulls, in these films. That all frames at all are better than all at the first, they do not show; nor that the smoother along the flow changes what is counted, for better or worse. A difference was found where it goes wrong: by a mean a moving digit is smeared, its edges are less alike, and the background is less calm. What the table does not count is how a shape changes: look at the 4 above, which jumps from frame 1 to 2 and, smoothed along the flow, changes by degrees.</details>
#
# ## 7.12 How long may a film be?
# With all frames at all, 64 frames have 64² times the scores of one. **Two storeys** are cheaper: every eighth frame, and the last, is a *key frame*, and key frames look at all key frames. The frames between two key frames look at these two. At each step both storeys see the same z.

# %%
for name, pairs, most in (
    ("all at all", scores(64), 64),
    ("two storeys", scores(64, every=8), at_once(64, every=8)),
):
    print(
        f"{name:11}: {pairs:5} pairs of frames look at each other, at most {most:2} frames are in the network at once"
    )
one_step = receipt("07_memory")
for name, cost in one_step["steps"].items():
    print(
        f"{name:11}: one step of one film holds {cost['megabytes']:.0f} MB and takes {cost['seconds']:.1f} s of a core"
    )

# %% [markdown]
# #### Exercise 7.8
# Write `two_storeys(z, chosen, among_keys, within)`. `chosen` are the key frames' numbers, a list that begins with 0 and ends with the last frame. `among_keys(frames, numbers)` says what the network makes of the key frames, `b c n h w`, together; `within(frames, numbers)` the same of a
# segment, whose frames look at *the first and the last frame that it is given*. Hand each segment over as key frame, frames between, key frame; return what was said of every frame, `b c t h w`. Of a key frame that is what `among_keys` said.
# <details><summary>Hint</summary><code>itertools.pairwise(chosen)</code> gives the two ends of each segment. In the published code both key frames stand in front of those between, and the policy takes the first and the last: so one key, and a frame between.</details>


# %% exercise="7.8"
def two_storeys(z, chosen, among_keys, within):
    """Key frames among themselves, then what lies between two of them."""
    ### BEGIN SOLUTION
    out = torch.empty_like(z)
    out[:, :, chosen] = among_keys(z[:, :, chosen], chosen)
    for first, last in pairwise(chosen):
        segment = list(range(first, last + 1))
        out[:, :, segment[1:-1]] = within(z[:, :, segment], segment)[:, :, 1:-1]
    return out
    ### END SOLUTION


two_storeys = check("7.8", two_storeys)

# %% award="7.8"
award("7.8")

# %% [markdown]
# Your storeys in the two networks, the image model with its ControlNet under two policies:

# %%
two = [controlled(image.network, steerer.network.control, policy) for policy in (keys.all_frames, first_and_last)]
storeyed = hierarchical(*two, every=8, storeys=two_storeys)
length = budget.pick(smoke=17, laptop=64, gpu=64)
journey = replace(WORLD_FILMS, frames=length).sample(1, seed=(3, 5))
path = control_video(
    guided(storeyed, GUIDANCE), image.noise(1, 4), length, image.schedule, image.objective,
    budget.pick(smoke=6, laptop=STEPS, gpu=STEPS), Cond(*tokenize(journey.caption), control=control_of(journey, "edges")), smooth=(),
)  # fmt: skip
long_take = sample(path).clamp(-1, 1)
show(world=journey.video, in_two_storeys=long_take)

# %%
print(*(f"{name}: {100 * value:.2f} of 100" for name, value in seams(long_take).items()), sep=" · ")
show_slice(world=journey.video, in_two_storeys=long_take)

# %% [markdown]
# **Are there seams?** *At seams* is how much the background changes at a step into every eighth frame, *elsewhere* at all other steps, *from frame 0* how far each frame's background is from the first's. Beside it: clips of eight that know nothing of one another (but begin from the same noise), all frames at the first, and each alone.

# %%
films_of_64 = receipt("07_long")
print(long_table(films_of_64))
print(f"\n{films_of_64}")

# %% [markdown]
# <details><summary>What is seen</summary>Clips by themselves tear: at a border the background changes many times as much as elsewhere. In two storeys a step into a key frame is still seen in the numbers, and is a fraction of that. All at the first is cheaper, has the least of a seam, and drifts least. Of the digit nothing can be said: the reader names one film's on every frame and the other's on hardly any, in every row; it does not know that hand. Two films are no proof of any of it. All 64 at all is not among the rows: whether two storeys come near it, the table cannot say; and the step into the last frame, which is a key frame too, counts as elsewhere.</details>

# %% [markdown]
# ## 7.13 What is left to do for a module of motion?
# Chapter 6 put weights between an image model's layers that have *seen* motion. The first frame's keys join the frames as well, and nobody trained them. And here a control tells each frame where. Do the two trained parts go together, which have never met? `control-digits` learnt from single pictures, `motion-digits` from clips
# without a control, both on `image-digits`. The ControlNet reads each frame by itself, what it makes is added in each frame, and the module joins the frames on the way up:

# %%
module = zoo.load("motion-digits")
z, level = torch.randn(1, 3, 4, 24, 24, generator=chance), torch.zeros(1)
told = Cond(*tokenize(asked.caption[:1]), control=control[:1, :, :4])
elsewhere = replace(told, control=torch.cat([told.control[:, :, :3], 1 - told.control[:, :, 3:]], dim=2))
joint = controlled(module.network, steerer.network.control, beside=beside)
with torch.no_grad():
    same_film = torch.equal(
        joint(z, level, replace(told, control=None)), module.network(z, level, replace(told, control=None))
    )
    change = (joint(z, level, elsewhere) - joint(z, level, told)).abs().amax((0, 1, 3, 4))
print(f"without a control it is the module's own film, to the bit: {same_film}")
print("another control for frame 3 changes the frames by", [f"{frame:.2f}" for frame in change.tolist()])

# %% [markdown]
# Now films. The module has seen eight frames on black, each begun from noise of its own; so are these. A digit walks along the world's path. Beside it the same by the control alone, and by Text2Video-Zero's means: one noise for all, and the keys of the first.

# %%
walks = budget.pick(smoke=1, laptop=2, gpu=2)
words = ["a red 5 moves right, quickly", "a cyan 2 moves down, quickly"][:walks]
walk = WORLD_ON_BLACK.sample(walks, (0, 22), words)
path_edges = control_of(walk, "edges")
own_noise = torch.randn(walks, 3, WORLD_ON_BLACK.frames, 24, 24, generator=torch.Generator().manual_seed(2))


def walked(network, start, policy=keys.itself):
    """Your forward beside an image model, with a module or without."""
    model = guided(controlled(network, steerer.network.control, policy, beside=beside), GUIDANCE)
    told = Cond(*tokenize(walk.caption), control=path_edges)
    steps = budget.pick(smoke=6, laptop=STEPS, gpu=STEPS)
    return sample(ddim(model, start, image.schedule, image.objective, steps, told)).clamp(-1, 1)


films_of_a_walk = {
    "control alone": walked(image.network, own_noise),
    "with keys": walked(image.network, own_noise[:, :, :1].expand_as(own_noise), first_frame),
    "with the module": walked(module.network, own_noise),
}
show(control=shown(path_edges), **films_of_a_walk)

# %%
show_sheet(**{name: film[:1] for name, film in {"control": shown(path_edges), **films_of_a_walk}.items()})

# %% [markdown]
# Decide what a module can still add to frames that are told where, and what it cannot. *Alike* is the cosine of the digit with itself in the next frame, each cut out around its own centre: its shape. *Flicker* is how much a pixel of that cut changes, in colour. Both say nothing of where it is.

# %%
with_module = receipt("07_module")
print(module_table(with_module))
print(f"\n{with_module}")

# %% [markdown]
# A star stands where the 95 % interval of a difference, film by film, leaves out 0. *With both* has the module, one noise and the first frame's keys; *module alone* has no control, and so cannot know the path.
# <details><summary>What is seen</summary>
#
# * **Where it is and which digit, the control says.** With the module the digit is nearer to its path by hundredths of a pixel; in what is read no difference was found.
# * **The module makes the frames agree:** the digit is more like itself from frame to frame, it flickers less, and the background, which each frame invented for itself, is much calmer. That is what is left to do.
# * **It is not the only way to it:** one noise and the first frame's keys, which nobody trained, do more of the same in all three. (How much of that is the noise's and how much the keys', these rows do not say.)
# * **On top of them** the module changes neither shape nor flicker, as far as is seen; the background is a little calmer still, and the digit a little further from its path.
# * **Alone** the module has to find the path and the shape itself, and its digit is the least like itself of all.
#
# This is one module, trained for some hundred steps on digits on black, and the films are such: what a large one adds is not measured here. But a comparison of it belongs beside the free means too.</details>

# %% [markdown]
# ## 7.14 How this goes wrong
# The same captions, noise and network, and three patients with one mistake each. Decide before you open the answers.

# %%
both_left = ["a green 0 moves left", "a red 3 moves left"]
patients = clinic(image, both_left, SEED, budget.pick(smoke=4, laptop=FRAMES, gpu=FRAMES))
show_sheet(**patients)

# %%
print(clinic_table(image, patients, both_left))

# %% [markdown]
# <details><summary>Patient 1</summary>It moves to the right: −δ. The <i>flow</i> of a backward warp says where a pixel looks, and content goes the other way. Code that adds δ to the pixel's coordinates has it reversed. Its first frames, and whom they reach, are the healthy ones; the motion tells.</details>
# <details><summary>Patient 2</summary>The 3 takes on colours of the 0. All clips of the batch look at the first clip's first frame, which therefore reaches clip 1 too: the axis (b t) was read without b. With one clip it runs rightly; with two even the <i>first</i> frame of the second is no longer the image model's.</details>
# <details><summary>Patient 3</summary>Nobody looks at anybody: the policy was never used. On these two clips the films hardly differ from the healthy ones ("film off"); the last column tells. It has been reported of a much used library: the attention
# processor was set, and the output was the same with it and without (huggingface/diffusers, issue 3619).</details>
#
# ## 7.15 The same in Stable Diffusion
# Your policy is a function of keys, and knows nothing of the network. Diffusers' networks have a place for it, the *attention processor*; no forward is replaced:

# %%
show_source(LookingAt.__call__)

# %% [markdown]
# `unet.set_attn_processor(LookingAt(first_frame, frames=8))`, and a U-Net of Stable Diffusion looks at the first frame. A test of the course holds it, on a small random network, against the processor of diffusers' own Text2Video-Zero: equal to rounding, and the first frame untouched. Two traps remain in the
# batch's layout: the frames of a clip must lie next to each other, with guidance too, and the processor cannot see how many clips there are. If the number of frames is not the one that it was made for, clips are mixed in silence, or, where that can be seen, it refuses.
#
# So `StableUNet` tells the processor at each call, and takes what our networks take: a clip of latents, λ, words. The library's `zero_shot` draws with it as it stands, by your `first_frame` and your `motion_field`. In the budget `gpu` the published weights are fetched, several gigabytes once; on a laptop random weights are read from files that are laid out alike, and draw nothing. The
# two invariants hold for any weights:

# %%
published = budget.pick(smoke="", laptop="", gpu="stable-diffusion-v1-5/stable-diffusion-v1-5")
home = published or stand_in()
stable = stable_diffusion(home)
stable.network.look(first_frame)
surfing, one_start = stable.cond(["a panda is surfing on a wave"]), stable.noise(1, generator=chance)
found = subject(stable, "panda", SUBJECTS if published else home / SUBJECT)
many, (t1, t0) = budget.pick(smoke=(5, (1, 2)), laptop=(8, (1, 3)), gpu=(50, (3, 6)))


def stable_film(delta, turn, smooth=None):
    """The latents of eight frames, moved by δ latent pixels a frame, one of which is eight pixels of the picture."""
    path = zero_shot(guided(stable.network, 7.5), one_start, stable.schedule, stable.objective, motion_field(delta, 8),
                     many, turn, surfing, smooth, found, torch.Generator().manual_seed(0))  # fmt: skip
    return sample(path)


# %%
bare, moving = stable_film((0, 0), (t1, t1)), stable_film((1.5, 1.5), (t1, t0))
picture = sample(ddim(guided(stable.network, 7.5), one_start, stable.schedule, stable.objective, many, surfing))
for says, one, other in (
    ("nothing moved, no new noise: frames differ by at most", bare, bare[:, :, :1]),
    ("its first frame and the picture alone differ by at most", moving[:, :, :1], picture),
    ("its other frames and its first one by as much as", moving, moving[:, :, :1]),
):
    print(f"{says:56} {(one - other).abs().max():.0e}")

# %% [markdown]
# The first two are zero but for rounding, which in the half precision of a GPU is coarser; the third, with motion and new noise, is what they are small against. The foreground, for which the paper asks a network for salient objects, here is asked for by name: CLIPSeg (Lüddecke & Ecker 2022) marks what "panda" may mean in the frames that x̂ shows, and what is not marked is smoothed.

# %%
calm = stable.decode(stable_film((1.5, 1.5), (t1, t0), smooth=(t0, 0.6)))
if published:
    show(
        **{name: F.avg_pool3d(clip, (1, 2, 2)) for name, clip in (("moved", stable.decode(moving)), ("smoothed", calm))}
    )
else:
    print(
        f"{calm.shape[2]} frames of {calm.shape[3]}×{calm.shape[4]} pixels, drawn by random weights: nothing to be seen"
    )

# %%
summary("07")

# %% [markdown]
# ## To read next
# Khachatryan et al. 2023, sections 3.2 to 3.4 and algorithm 1, which you have just written. Zhang, Rao & Agrawala 2023, section 3.1, for the zero convolution's gradients, and Zhang et al. 2023, sections 3.2 to 3.4, for ControlVideo. Song et al. 2020, section 4, for why the noise decides the picture. Geyer et al. 2023 (*TokenFlow*) for frames that agree by more than the first one's keys.
