# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 · Why video is hard
# A film is a stack of pictures, and models make beautiful pictures. So why do their films break? In this chapter you break films on purpose, learn to see each break
# in one picture, and measure it; and you count what a film costs.
#
# **You will be able to** tell flicker, drift and jump apart at a glance · say what a training step holds in memory, term by term, and check it · warp a frame along a flow, and know where
# you may not · write a loss for steadiness that a still image does not win · see motion in every way there is · clean a folder of films as the makers of large models do ·
# recognise five ways in which code of this kind runs and is wrong.
#
# **You need** PyTorch, and nothing else: no diffusion, no video. (A word that belongs to other chapters is said in brackets where it comes up.)
# **Time:** an evening for the exercises. The cells themselves take about a minute in the `smoke` budget and some minutes in `laptop`.
#
# **Papers:** Lai et al. 2018 (*blind video temporal consistency*) · Sundaram et al. 2010 (*where a flow can be followed*) · Zhang et al. 2018 (*LPIPS*) · Chen et al. 2016 (*checkpointing*) ·
# Dao et al. 2022 (*FlashAttention*) · Blattmann et al. 2023 (*Stable Video Diffusion*).

# %% setup
import re
import tempfile
import zlib
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange
from IPython.display import Markdown, display
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from torch import nn

from minivid import judges
from minivid.chapters.ch01 import camera, experiments, figures, history, widgets
from minivid.chapters.ch01.experiments import curation, films, flow_network, interpolation
from minivid.course import award, check, hint, receipt, summary  # noqa: F401  (hint is for you to call)
from minivid.data import World
from minivid.data.clips import VideoFolder
from minivid.metrics import paired, pretrained, temporal
from minivid.metrics.corruptions import drift as drifting
from minivid.metrics.corruptions import fade, gain_flicker, jump, moved, swap_identity
from minivid.metrics.curation import flow_score, looks, precision_recall
from minivid.metrics.features import Trunk
from minivid.metrics.paired import psnr
from minivid.metrics.text_score import text_score
from minivid.motion import affine, warp
from minivid.motion import gradients as space_and_time
from minivid.motion.flow import estimate_flow
from minivid.motion.trajectories import acceleration, autocorrelation, centroid, period, velocity
from minivid.nn import UNetConfig, memory
from minivid.nn.conv import ResBlock
from minivid.show import player, show, show_curves, show_image_grid, show_sheet, show_slice, show_source
from minivid.tools import budget
from minivid.tools.checkout import cards
from minivid.tools.memory import LiveTensors

torch.manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 1.1 Three ways to break a film
# A camera on a tripod films a digit that moves before a wall. Here are four takes of the same scene, and something is the matter with three of them. What?

# %%
scene = camera.SCENE.sample(1, seed=1).video  # 1 1 16 48 48: batch, channels, time, height, width
t, on_its_place = torch.arange(16), torch.zeros(1, 16, 2)
aside = torch.tensor([1.0, 0.0])  # a pixel to the right
lamp = 2 + 0.5 * torch.randn(1, 16, generator=torch.Generator().manual_seed(1))  # how bright, frame by frame
takes = {
    "steady": camera.filmed(scene, on_its_place),
    "flicker": camera.filmed(scene, on_its_place),
    "drift": camera.filmed(scene, 0.4 * t[None, :, None] * aside),
    "jump": camera.filmed(scene, 5.0 * (t >= 8)[None, :, None] * aside),
}
takes = {
    name: camera.exposed(film, lamp if name == "flicker" else torch.full((1, 16), 2.0)) for name, film in takes.items()
}
show(**takes)

# %% [markdown]
# In the second the lamp **flickers**. In the third the tripod slips, and everything **drifts**. In the fourth somebody knocks against it: a **jump**. Generated films break in the same three ways (no camera is to blame
# there), and also by changing what they show, of which more in 1.4. Each frame of all four is a fine picture. **What is broken is between the frames.**
#
# You need not watch a film to see it. Take *one row of pixels* of every frame, and stack the rows from top to bottom: an **x–t slice**.

# %%
row = int(takes["steady"].mean((0, 1, 2, 4)).argmax())  # the brightest: the digit moves along it
show_slice(**takes, row=row, side=128)

# %% [markdown]
# Time runs downwards. What stands still is **upright**, what moves is **slanted** (the faster, the flatter), and so:
#
# - *flicker* is a **stripe** from side to side: a whole frame brighter or darker than the one before;
# - *drift* is a **lean** of what should be upright, all of it by the same slant;
# - *jump* is a **break** of all lines at one frame.
#
# Now you. Eight films, of which you see a slice each; the film plays when you have named it.

# %%
game = widgets.Quiz(8, seed=0)
display(widgets.quiz(game))
widgets.quiz_still(game)

# %% [markdown]
# <details><summary>What are A to H?</summary>The next cell plays them under their names. Where the wall happens to be even a drift is hard to see (A), and so it is in a film.</details>

# %%
show(
    **{f"{chr(ord('A') + i)}: {kind}": film for i, (kind, film) in enumerate(zip(game.kinds, game.films, strict=True))},
    columns=4,
)

# %% [markdown]
# ## 1.2 How much is a film?
# A picture of 512 × 512 pixels in colour is a lot of numbers. Ten seconds at 30 frames a second?

# %%
picture_numbers = 3 * 512 * 512
film_numbers = 10 * 30 * picture_numbers
print(
    f"a picture {picture_numbers:,} numbers; a film of ten seconds {film_numbers:,}, {film_numbers // picture_numbers} times as many"
)
print(
    f"in float32: {picture_numbers * 4 / 1e6:.1f} MB and {film_numbers * 4 / 1e9:.2f} GB, before any network has seen it"
)

# %% [markdown]
# Hardly any of these numbers is news. So there are several ways to write a film down, and which one a model works on decides what it costs. Take clips of our own world, in colour. First as a list of **frames**, and as one **tensor**:

# %%
colourful = World(frames=16, size=32, colour=True, background="clouds").sample(
    budget.pick(smoke=96, laptop=256, gpu=1024), seed=2
)
clip = colourful.video[:1]  # 1 3 16 32 32, from -1 to 1
frames = list(((clip[0] + 1) * 127.5).round().byte().unbind(1))  # 16 pictures 3 32 32 of bytes
print(
    f"{len(frames)} frames of {tuple(frames[0].shape)}: {sum(frame.numel() for frame in frames):,} bytes, as in a file before it is packed"
)
print(
    f"one tensor {tuple(clip.shape)}: {clip.numel():,} numbers, {clip.numel() * 4:,} bytes in float32, as a network takes it"
)

# %% [markdown]
# **Latents**: boxes of 4 frames × 4 × 4 pixels (192 numbers each) are replaced by a few numbers from which the box can be drawn again. Real systems train an autoencoder for it. The best *linear* one is known in closed form: the boxes' principal components.
#
# How far is what comes back from the film? By **PSNR**, in decibels (dB): $10\log_{10}(R^2/\text{mean square error})$, where R is the distance from black to white. Ten more are a tenth of the square error, and a copy has infinitely many.


# %%
def boxes(video):
    """Clips as boxes of 4 frames of 4 × 4 pixels, one box a row."""
    return rearrange(video, "b c (t t1) (h h1) (w w1) -> (b t h w) (c t1 h1 w1)", t1=4, h1=4, w1=4)


def clips_again(rows):
    return rearrange(rows, "(b t h w) (c t1 h1 w1) -> b c (t t1) (h h1) (w w1)", t=4, h=8, w=8, c=3, t1=4, h1=4).clamp(
        -1, 1
    )


train, test = boxes(colourful.video[8:]), boxes(colourful.video[:8])
pca = PCA(16).fit(train.numpy())
latents = pca.transform(test.numpy())  # 8·256 boxes, 16 numbers each
from_latents = clips_again(torch.from_numpy(pca.inverse_transform(latents)).float())
print(
    f"{latents.size // 8:,} numbers a clip instead of {clip.numel():,}, and {paired.psnr(from_latents, colourful.video[:8]).mean():.1f} dB from the film"
)

# %% [markdown]
# **Tokens**: each box is replaced by the *number* of the nearest box in a codebook, here of 1,024 boxes. Now a film is a sentence, and a language model can write it.

# %%
words = budget.pick(smoke=128, laptop=1024, gpu=1024)
codebook = MiniBatchKMeans(words, n_init=1, random_state=0, max_iter=20).fit(pca.transform(train.numpy()))
tokens = codebook.predict(latents)  # a number for each box
from_tokens = clips_again(torch.from_numpy(pca.inverse_transform(codebook.cluster_centers_[tokens])).float())
print(
    f"{len(tokens) // 8} tokens of {words} words a clip, and {paired.psnr(from_tokens, colourful.video[:8]).mean():.1f} dB from the film; it begins",
    *tokens[:8],
    "…",
)

# %%
show(film=clip, from_latents=from_latents[:1], from_tokens=from_tokens[:1], height=160)

# %% [markdown]
# **Flow**: tell the first frame, and from then on only where each pixel goes. That is two numbers a pixel instead of three, and most of them are alike, so a packer likes them:

# %%
levels = clip.mul(127.5).round().to(torch.int8)
changes = torch.cat([levels[:, :, :1], levels[:, :, 1:] - levels[:, :, :-1]], dim=2)
flow_levels = colourful.flow[:1].mul(16).round().to(torch.int8)  # to a sixteenth of a pixel
ways = {
    "RGB": [levels],
    "RGB, change from frame to frame": [changes],
    "the first frame": [levels[:, :, 0]],
    "the first frame, then flow": [levels[:, :, 0], flow_levels],
}
for name, parts in ways.items():
    raw = b"".join(part.numpy().tobytes() for part in parts)
    print(f"{name:32} {len(raw):7,} bytes, packed {len(zlib.compress(raw, 9)):6,}")

# %% [markdown]
# What a packer finds in a film is that frames repeat each other; to hand it the changes instead gains next to nothing (of what moves, every pixel changes). Beside the first frame the flow is hardly there.
#
# But a flow does not know what comes into sight, and so it is a film only together with pictures; section 1.5 shows where it fails. Each of these ways is a family of models, which 1.10 compares by cost.

# %% [markdown]
# ## 1.3 What does training keep?
# The film itself is the smallest part of the bill. Automatic differentiation must keep whatever a layer needs on its way back. PyTorch tells us what that is: every tensor that it saves passes through a hook.

# %%
block, kept = ResBlock(64, 64, dim_embed=256), []
x, level = torch.randn(1, 8, 16, 16, 64).movedim(-1, 1).requires_grad_(), torch.randn(1, 8, 256)
with torch.autograd.graph.saved_tensors_hooks(lambda saved: kept.append(saved) or saved, lambda saved: saved):
    block(x * 1, level)
weights = {weight.data_ptr() for weight in block.parameters()}
once = {saved.data_ptr(): saved.numel() for saved in kept if saved.data_ptr() not in weights}
print(
    "kept, in maps of the input's size:",
    *(f"{numbers / x.numel():.2g}" for numbers in once.values() if numbers > x.numel() / 10),
)

# %% [markdown]
# A block of two convolutions keeps *seven* maps of its input's size: what each norm and each convolution was given, what was squashed, what was modulated. A **U-Net** is such blocks in a row, on pictures that are halved on the way down and doubled again on the way up, with attention behind each block (chapter 3 builds one). Go through it like this, layer by layer, and its memory is a formula. The library has it:

# %%
show_source(memory.numbers_kept)

# %%
net = UNetConfig(widths=(32, 64))  # two sizes of picture, with 32 and 64 channels
parts = memory.training_bytes(net, (1, 1, 16, 64, 64))  # one clip, b c t h w
for part, size in parts.items():
    print(f"{part:13} {size / 1e6:7.1f} MB")
print(f"{'at once':13} {memory.peak_bytes(parts) / 1e6:7.1f} MB")

# %% [markdown]
# (*Attention* is what it keeps besides its scores; *scores* are those over time, of which more below; *in passing* is what the layer that is just on its way back needs; *at once* is the most that is there at any moment, which is less than the sum, since gradients come as
# what was kept for them goes.) Weights, Adam's two averages and the gradients, which beginners count, are the small change here: what is kept for the way back is many times as much, and it grows with every frame and pixel. Is the formula right? Count every tensor that
# is alive during two real training steps, and note the most there ever were:

# %%
sizes = budget.pick(
    smoke=((4, 16), (16, 32)), laptop=((4, 16), (8, 32), (16, 32), (32, 32), (16, 64)), gpu=((32, 64), (32, 128))
)
for frames, side in sizes:
    shape = (1, 1, frames, side, side)
    with LiveTensors() as live:
        experiments.train_steps(net, shape)
    estimate = memory.peak_bytes(memory.training_bytes(net, shape))
    print(
        f"{frames:3} × {side:3}²: measured {live.peak / 1e6:7.1f} MB, estimate {estimate / 1e6:7.1f} MB ({estimate / live.peak - 1:+.0%})"
    )

# %%
counted = receipt("01_memory")
display(figures.memory_chart(counted))
worst = max(abs(point["estimate"] / point["measured"] - 1) for point in counted["grid"])
print(f"the estimate is never off by more than {worst:.0%}\n{counted}")

# %% [markdown]
# Short of memory, people blame *attention*: each position is compared with every other, so there are as many scores as pairs. Rightly?
#
# (The first of ten exercises. What you write is checked at once. Where it is not right yet, the check says what is off; `hint("1.1", "where")` says where to look, and `hint("1.1", "line")` what would stand there. The chapter goes on in any case, on your code where it is right.)
#
# #### Exercise 1.1
# Write `score_bytes(b, heads, t, h, w, among, size=4)`: how many bytes the scores of one attention take where all of them are kept. There are b clips with t × h × w positions each; `among` says which of them are compared: `"all"` of a clip, those of one frame
# (`"space"`), or one pixel with itself over time (`"time"`). A score has `size` bytes.
# <details><summary>Hint</summary>
# How many sequences are there, and how long is each? A sequence of n positions has n² scores, and every head has its own.</details>


# %% exercise="1.1"
def score_bytes(b, heads, t, h, w, among, size=4):
    """Bytes of the scores of one attention, where a kernel keeps them; among "all", in "space" or in "time"."""
    ### BEGIN SOLUTION
    sequences, length = {"all": (b, t * h * w), "space": (b * t, h * w), "time": (b * h * w, t)}[among]
    return sequences * heads * length**2 * size
    ### END SOLUTION


score_bytes = check("1.1", score_bytes)

# %% award="1.1"
award("1.1")

# %%
for among in ("all", "space", "time"):
    print(f"16 × 64 × 64 positions, 8 heads, among {among:5}: {score_bytes(1, 8, 16, 64, 64, among) / 1e9:9.3f} GB")

# %% [markdown]
# That is why video models *factorize* (chapter 2): first among the pixels of a frame, then over time. And a **fused** kernel (FlashAttention, Dao et al. 2022) never writes the scores down at all; it computes them again on the way back. Measure both ways:

# %%
for frames, side in ((8, 16), (8, 32)):
    shape = (1, 1, frames, side, side)
    for kernel in ("fused", "kept"):
        peak = experiments.measured_peak(net, shape, rehearsed=False, kernel=kernel)
        estimate = memory.peak_bytes(memory.training_bytes(net, shape, kernel))
        print(
            f"{frames} × {side}², scores {kernel:5}: measured {peak / 1e6:6.1f} MB, estimate {estimate / 1e6:6.1f} MB"
        )

# %% [markdown]
# (This is attention within a frame. Over time the U-Net adds a trained bias to its scores, for which PyTorch has no fused kernel: those scores are kept in both lines. They are few.) Kept scores grow with the *square* of a frame's pixels and soon are all there is; a fused kernel makes them vanish from the bill. So an estimate that adds n² scores to a network with a fused kernel is as wrong as one that forgets them (or the heads) without one. Turn it yourself:

# %%
display(widgets.memory_dial(UNetConfig(channels=3)))
widgets.memory_dial_still(UNetConfig(channels=3))

# %% [markdown]
# ### "About 20 GB"
# A lesson on video models prints that training on 16 frames of 512² takes about 20 GB; its own formula, put into numbers, gives 1.3 GB. (We quote it without its source, which we could not find again: take it as an example of a number of unknown origin. That it does not say *which* network is the first
# thing that is wrong with it, so what follows is about ours.) Can either be right? No machine of that size is needed to know: in a **rehearsal** tensors have shapes and no contents, so that a step runs through
# in seconds, and its bytes are counted as before.

# %%
large, shape = UNetConfig(channels=3), (1, 3, 16, 512, 512)
parts = memory.training_bytes(large, shape)
film, one_map = 4 * 3 * 16 * 512**2, 4 * 64 * 16 * 512**2
print(
    f"the film {film / 1e9:.2f} GB, one map of 64 channels at full size {one_map / 1e9:.2f} GB: {(film + one_map) / 1e9:.2f} GB together: 1.3 GB has room for little more"
)
for part, size in parts.items():
    print(f"   {part:13} {size / 1e9:7.2f} GB")
print(
    f"estimate at once {memory.peak_bytes(parts) / 1e9:.1f} GB; counted in a rehearsal {experiments.measured_peak(large, shape) / 1e9:.1f} GB"
)

# %%
for kernel, found in counted["published"].items():
    print(f"scores {kernel:5}: counted {found['measured'] / 1e9:8.1f} GB, estimate {found['estimate'] / 1e9:8.1f} GB")
print(
    f"one attention among all 16 × 256 × 256 positions would keep {score_bytes(1, large.heads, 16, 256, 256, 'all') / 1e12:.0f} TB, of which {score_bytes(1, 1, 16, 256, 256, 'all') / 1e12:.0f} if its heads are forgotten"
)

# %% [markdown]
# For *this* U-Net (with 4 heads, at half the resolution from its first layer on) the printed 20 GB happens to be near the truth, and 1.3 GB is far from it: that has room for the film and one map, and what makes the bill are the dozens of maps that wait for the way back. Another network would have
# another bill; with another kernel this one would take *terabytes*. **An estimate that has not been held against a measurement is a guess.**
#
# ### Two remedies
# **Checkpointing** (Chen et al. 2016) keeps each stage's input alone and runs the stage a second time on the way back. **Mixed precision** computes and keeps most maps in bfloat16, two bytes a number. What do they save, and what do they cost?

# %%
print(experiments.remedies_table(counted))
shape = (2, 1, 16, 32, 32)
plain = experiments.measured_peak(net, shape, rehearsed=False)
spared = experiments.measured_peak(net, shape, rehearsed=False, checkpointing=True, bfloat16=True)
print(f"\nhere, a quarter of the pixels: {plain / 1e6:.0f} MB, with both {spared / 1e6:.0f} MB ({spared / plain:.0%})")

# %% [markdown]
# Checkpointing pays with time, for everything is computed forwards twice. Two bytes for four do not halve the bill, since weights, averages and the norms' maps stay as they are; and whether bfloat16 is faster or slower depends on the processor (the table says what ours did).

# %% [markdown]
# ## 1.4 What must stay the same?
# You noticed the breaks because you know how the world goes on. A model must know it, too. Six things that it must have learnt, each in a world where the truth is known.
#
# **What is hidden is still there** (object permanence). A digit passes behind another; how much of it is seen, frame by frame?

# %%
lane = World(
    frames=16, size=(20, 40), digits=2, digit_size=13, colour=True, directions=("left", "right"), speeds=("quickly",)
)
crossing = lane.sample(150, seed=6)
behind = crossing.depth.argmax(1)  # n: which of the two is farther away
seen = crossing.mask[torch.arange(150), behind].sum((2, 3))  # n t
seen = seen / seen.amax(1, keepdim=True)
hidden = (seen.amin(1) + (seen[:, [0, -1]] < 0.99).sum(1)).argmin().item()  # most hidden, and in sight at both ends
passing = crossing[hidden]
print(passing.caption[0] + ":", *(f"{share:.0%}" for share in seen[hidden].tolist()))
show(passing=passing.video, height=100)

# %% [markdown]
# It comes out at the place to which its path led, as the same numeral in the same handwriting. A model that has only seen the last frame cannot know either. **Memory of what is not in the picture** is what the attention of chapters 2 and 3 must carry.
#
# **Motion goes on** (continuity). A digit's velocity hardly changes from one frame to the next, but for the walls:

# %%
plain_world = World(frames=16, size=32, speeds=("quickly",))
clips = plain_world.sample(budget.pick(smoke=32, laptop=128, gpu=512), seed=4)
steps = clips.position.diff(dim=1)[:, :, 0]  # n 15 2, pixels a frame
turns = steps.diff(dim=1).norm(dim=2)  # n 14: how much the step changes
hit = clips.bounce[:, 0, :, None]  # n m 1, when a wall is met; infinity fills up
middle = torch.arange(1, 15)
near_wall = ((hit > middle - 1) & (hit < middle + 1)).any(1)  # n 14
print(
    f"change of the step: beside a bounce on average {turns[near_wall].mean():.2f} pixels, elsewhere at most {turns[~near_wall].max():.1e}"
)

# %% [markdown]
# **What turns has a reason** (cause and effect): there is a wall where it turns. In another world some digits turn back half-way through the film, wherever they are, for no reason at all. The slices look alike; the truth does not:

# %%
sideways = dict(frames=16, size=32, directions=("left", "right"), speeds=("quickly",))
bounced = World(**sideways).sample(40, seed=7)
ghosts = World(**sideways, change="direction").sample(40, seed=7)
for name, some in (("with walls", bounced), ("half-way", ghosts)):
    inked = (some.mask[:, 0] > 0.06).any(2)  # n t w: the columns that the digit covers
    to_edge = torch.minimum(inked.int().argmax(2), inked.flip(2).int().argmax(2))  # n t, pixels
    vx = some.velocity[:, :, 0, 0]
    turned = vx[:, 1:] * vx[:, :-1] < 0  # n 15
    if name == "half-way":  # walls turn these as well: only the turn from frame 7 to 8 counts
        turned &= torch.arange(15) == 7
    gap = torch.minimum(to_edge[:, 1:], to_edge[:, :-1])[turned].float()
    print(
        f"{name:10}: {int(turned.sum()):3} turns, with {gap.mean():.1f} pixels between the digit and the edge, {gap.max():.0f} at most"
    )

# %%
which = 8  # a ghost that turns far from the edge, and a digit that meets a wall
wall = int((bounced.velocity[:, 4:12, 0, 0].diff(dim=1).abs() > 1).any(1).float().argmax())
show_slice(wall=bounced.video[wall][None], no_reason=ghosts.video[which][None])

# %% [markdown]
# **Light moves, and the thing does not change.** And a fast thing **smears** along its path while the shutter is open. Neither is a break, and a measure that compares pixels takes both for one:

# %%
sights = {"plain": {}, "moving light": {"light": True}, "motion blur": {"motion_blur": 1.0}}
seen = {
    name: World(frames=16, size=32, background="checks", speeds=("quickly",), **how).sample(16, seed=8)
    for name, how in sights.items()
}
for name, some in seen.items():
    upright = (some.layer == 1).all(1)[:, None, None]  # n 1 1 h w: pixels that show the wall all the time
    change = (some.video.diff(dim=2).abs() * upright).sum() / (upright.sum() * 15)
    ink = (some.mask[:, 0] > 0.05).float().sum((2, 3)).mean()
    print(f"{name:13} the wall changes by {change:.4f} a frame; the digit is seen on {ink:.0f} pixels")
show(**{name: some.video[:1] for name, some in seen.items()})

# %% [markdown]
# **It is the same from the first frame to the last** (long range). Let one digit become another, a sixteenth in each frame. Hold every frame of it in the middle, so that only its looks can change, and compare:

# %%
pair = clips.video[:16]
other = moved(pair.roll(1, 0), centroid(pair) - centroid(pair.roll(1, 0)))  # its neighbour's digit, on its path
share = torch.linspace(0, 1, 16)[:, None, None]
changeling = (1 - share) * pair + share * other
for name, video in (("a digit", pair), ("a changeling", changeling)):
    held = moved(video, 15.5 - centroid(video))  # every frame brought to the middle
    near = held.diff(dim=2).abs().mean()
    print(f"{name:13} frame to frame {near:.4f}, first to last {(held[:, :, -1] - held[:, :, 0]).abs().mean():.4f}")
show(a_digit=pair[1:2], a_changeling=changeling[1:2])

# %% [markdown]
# (A digit that stays itself changes a little, too: it lies differently between the pixels.) From frame to frame the changeling changes a little more than that, and from first to last many times as much: who compares neighbours alone sees next to nothing of it.
#
# ## 1.5 Where should it be?
# Now to measuring. "The next frame should be as this one" is no use: something moves. What we can ask is that the next frame *brought back along the motion* be as this one. The motion is told by a **flow**: for each pixel of a frame two numbers, (dx, dy), where the point that is
# seen there goes until the next. (We take the simulator's, which is exact; section 1.7 estimates it.)
#
# #### Exercise 1.2
# Write `backward_warp(frame, flow)`: for each pixel q, the frame looked up at q + flow(q). `frame` is `b c h w`, `flow` is `b 2 h w`: (dx, dy) in pixels, x to the right and y down. Between pixels the look-up is bilinear, and beyond the picture it finds the border's value. `F.grid_sample`
# does the work, once it has a grid `b h w 2` of places (x, y), which run from −1 to 1 *over the picture*: with `align_corners=False` the picture's edges are at ±1, and pixel centres half a pixel inside. So the first of w pixels is centred at 1/w − 1.
# <details><summary>Hint</summary>
# Check yourself: for a flow of 0 nothing changes. Pixel x (0, 1, …, w − 1) is centred at (2x + 1) / w − 1.</details>


# %% exercise="1.2"
def backward_warp(frame, flow):
    """The frame looked up at q + flow(q) for each pixel q: frame b c h w, flow b 2 h w in pixels."""
    ### BEGIN SOLUTION
    h, w = frame.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    x, y = x + flow[:, 0], y + flow[:, 1]  # where to look, b h w
    grid = torch.stack([(2 * x + 1) / w - 1, (2 * y + 1) / h - 1], dim=-1)
    return F.grid_sample(frame, grid, mode="bilinear", padding_mode="border", align_corners=False)
    ### END SOLUTION


backward_warp = check("1.2", backward_warp)

# %% award="1.2"
award("1.2")

# %% [markdown]
# With the flow from frame i to frame i+1, it is frame **i+1** that is looked up, and it is drawn as frame i. (Tutorials look up frame i with that flow. That goes the wrong way.)

# %%
two = World(frames=16, size=32, digits=2, speeds=("quickly",)).sample(8, seed=11)
i = 5
here, there, w = two.video[:1, :, i], two.video[:1, :, i + 1], two.flow[:1, i]
drawn = backward_warp(there, w)
torch.testing.assert_close(drawn, warp.backward_warp(there, w))
print(
    f"mean |next − this| {(there - here).abs().mean():.4f}; warped {(drawn - here).abs().mean():.4f}; the wrong way {(backward_warp(here, w) - there).abs().mean():.4f}"
)

# %%
labels = ("frame i", "frame i+1", "i+1 drawn as i", "their difference")
show_image_grid(torch.cat([here, there, drawn, (drawn - here).abs().clamp(max=1) * 2 - 1]), labels=labels, height=128)

# %% [markdown]
# Most of the difference is gone, and what is left has a shape. Where the digit will be *next*, this frame shows the ground, and the flow says of it that it stays; but the next frame has the digit there. The ground is **hidden**: it is in one of the frames alone, and no warp can bring it back. The same at the picture's edge.
#
# A flow that can be followed leads back: if w goes from here to there, the flow back, ŵ, *looked up where w leads*, is its opposite. And where two motions meet, pixels are mixtures of both, so the flow's edges are left out as well (Sundaram et al. 2010; Lai et al. 2018):
# $$\text{hidden: } |w+\hat w|^2>0.01\,(|w|^2+|\hat w|^2)+0.5,\qquad \text{edge: } |\nabla w|^2>0.01\,|w|^2+0.002.$$
#
# #### Exercise 1.3
# Write `followed(flow, backward_flow)` for flows `n 2 h w`, there and back: a mask `n h w` of true and false (`torch.bool`), true where a point is neither hidden nor at an edge. $|\nabla w|^2$ is the sum of squares of both components' differences to the pixel *below* and to the pixel on the *right*; beyond the last row and column there is no difference.
# <details><summary>Hint</summary>
# A flow is an image with two channels: <code>backward_warp</code> can look it up, too. <code>x.diff(dim=2)</code> is one row short; <code>F.pad(…, (0, 0, 0, 1))</code> adds a row of zeros at the end.</details>


# %% exercise="1.3"
def followed(flow, backward_flow):
    """Where a point of frame i is seen in frame i+1 too, and stands at no motion's edge: flows n 2 h w, the mask n h w."""
    ### BEGIN SOLUTION
    back = backward_warp(backward_flow, flow)
    lengths = flow.square().sum(1)
    hidden = (flow + back).square().sum(1) > 0.01 * (lengths + back.square().sum(1)) + 0.5
    down, right = F.pad(flow.diff(dim=2), (0, 0, 0, 1)), F.pad(flow.diff(dim=3), (0, 1))
    edge = down.square().sum(1) + right.square().sum(1) > 0.01 * lengths + 0.002
    return ~(hidden | edge)
    ### END SOLUTION


followed = check("1.3", followed)

# %% award="1.3"
award("1.3")

# %%
mask = followed(w, two.backward_flow[:1, i])
assert torch.equal(mask, temporal.followed(two.flow[:1, i : i + 1], two.backward_flow[:1, i : i + 1])[:, 0])
off = (drawn - here).abs()[:, 0]
print(
    f"{mask.float().mean():.0%} of the pixels can be followed; mean difference there {off[mask].mean():.4f}, elsewhere {off[~mask].mean():.4f}"
)
show_image_grid(
    torch.cat([here, off[:, None].clamp(max=1) * 2 - 1, mask[:, None] * 2.0 - 1]),
    labels=("frame i", "difference", "followed (white)"),
    height=128,
)

# %% [markdown]
# This is the **warping error** (Lai et al. 2018; you write it in chapter 8): the mean square of that difference, over the pixels that can be followed. Does it notice our breaks? Break undamaged clips, keep *their* exact flow, and see by what factor the error grows:

# %%
found = receipt("01_breaks")
print(experiments.breaks_table(found))
print(found)

# %%
some = experiments.breaks.WORLD.sample(budget.pick(smoke=16, laptop=64, gpu=256), seed=9)
print(f"here, {len(some)} clips; the mask leaves {experiments.ink_left(some):.0%} of the ink")
for name, spoil in experiments.BREAKS.items():
    print(
        f"   {name:14}",
        "   ".join(
            f"{where} × {factor:5.2f}" for where, factor in experiments.factors(some, spoil(some.video, 9)).items()
        ),
    )

# %% [markdown]
# Without the mask a break stands out little, since the hidden ground of *undamaged* clips is most of the error; with it, all four multiply the error. But look at the last row. A **fade to half** of the light lowers the error of the unmasked kind, and the masked one does not see it: from frame to frame it
# is next to nothing, and there is less light to be wrong about. And the mask has its price: it takes away a part of the ink, the rims of the digits, where a broken model breaks first. **A measure from frame to frame is blind to whatever is slow.**
#
# ## 1.6 A loss for it
# If steadiness can be measured it can be trained. The first idea stands in many tutorials: punish what changes, $\mathcal L=\operatorname{mean}|x_{t+1}-x_t|$. Which film has the least of it? Train one and see, from a good clip:

# %%
_, clean, flickering = experiments.film_and_flicker(8, seed=0)
x = clean.clone().requires_grad_()
optimizer, path = torch.optim.Adam([x], lr=0.02), {}
for step in range(201):
    if step in (0, 20, 60, 200):
        path[f"after {step} steps"] = x.detach().clone()[:1]
        print(
            f"step {step:3}: loss {experiments.difference_loss(x):.5f}, change from frame to frame {experiments.change(x.detach(), clean):4.0%} of the film's"
        )
    optimizer.zero_grad()
    experiments.difference_loss(x).backward()
    optimizer.step()
show(**path)

# %% [markdown]
# **A still image wins.** The same for a network that may add what it likes to a flickering film. With the flicker goes the contrast: it learns to paint over whatever it is given.

# %%
painter = nn.Sequential(nn.Conv3d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv3d(16, 1, 3, padding=1))
optimizer = torch.optim.Adam(painter.parameters(), lr=0.01)
for step in range(budget.pick(smoke=61, laptop=201, gpu=201)):
    made = flickering + painter(flickering)
    loss = experiments.difference_loss(made)
    if step % 20 == 0:
        change, contrast = experiments.change(made.detach(), clean), made.std().item() / clean.std().item()
        print(f"step {step:3}: loss {loss:.4f}, change {change:4.0%}, contrast {contrast:4.0%} of the steady film's")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# %% [markdown]
# So the loss must know what *should* move. Lai et al. (2018) had a video I that was fine, and a film made of it frame by frame (coloured, stylised) that flickered. They trained the result O by two terms: stay near the flickering film; and be steady along the motion of I, as far as I itself is:
# $$\mathcal L_{st}=\operatorname{mean}\; M_t\,\big|O_t-\mathrm{warp}(O_{t-1})\big|,\qquad M_t=\exp\!\big(-50\,\lVert I_t-\mathrm{warp}(I_{t-1})\rVert^2\big)$$
#
# #### Exercise 1.4
# Write `short_term_loss(video, given, backward_flow)`: O and I are clips `b c t h w` in [−1, 1], the flow is `b t-1 2 h w` and leads from each frame but the first *back* to the one before it. Brightness counts from 0 to 1; $\lVert\cdot\rVert^2$ is summed over the channels, so that each pixel has one trust M; the mean is over everything. Return one number, through which a
# gradient flows into the video.
# <details><summary>Hint</summary>
# O and I are treated alike: a small function <code>change(clips)</code> that returns (this frame − the one before, warped) / 2. Time goes into the batch: <code>"b c s h w -> (b s) c h w"</code>.</details>


# %% exercise="1.4"
def short_term_loss(video, given, backward_flow):
    """Mean of M |O_t − warp(O_{t−1})| in brightness from 0 to 1; M trusts what the given video keeps (Lai et al. 2018, eq. 3)."""

    ### BEGIN SOLUTION
    def change(clips):
        before, after = (rearrange(part, "b c s h w -> (b s) c h w") for part in (clips[:, :, :-1], clips[:, :, 1:]))
        return (after - backward_warp(before, backward_flow.flatten(0, 1))) / 2

    trust = torch.exp(-50 * change(given).square().sum(1, keepdim=True))
    return (trust * change(video).abs()).mean()
    ### END SOLUTION


short_term_loss = check("1.4", short_term_loss)

# %% award="1.4"
award("1.4")

# %% [markdown]
# A flickering film made steady: minimise $\lVert O-\text{flickering}\rVert^2+\lambda\,\mathcal L(O)$ over the film O itself, once with the plain difference, once with your loss.

# %%
clips, clean, flickering = experiments.film_and_flicker(8, seed=0)
torch.testing.assert_close(
    short_term_loss(flickering, clean, clips.backward_flow),
    temporal.short_term_loss(flickering, clean, clips.backward_flow),
)
made = {
    "flickering": flickering,
    "difference, λ = 0.3": experiments.steadied(flickering, experiments.difference_loss, 0.3),
    "warped, λ = 0.3": experiments.steadied(flickering, lambda o: short_term_loss(o, clean, clips.backward_flow), 0.3),
}
for name, video in made.items():
    print(
        f"{name:20} {paired.psnr(video, clean).mean():5.1f} dB from the film without flicker; {experiments.change(video, clean):4.0%} of its change"
    )
show(clean=clean[:1], **{name: video[:1] for name, video in made.items()})

# %%
steady_row = int(clean[:1].mean((0, 1, 2, 4)).argmax())
show_slice(clean=clean[:1], **{name: video[:1] for name, video in made.items()}, row=steady_row, side=128)

# %%
tried = receipt("01_steadying")
print(experiments.steadying_sentence(tried))
print(tried)
figures.steadying_chart(tried)

# %% [markdown]
# The plain difference takes the flicker away *together with the motion*: no weight makes the film better. The warped one has a best weight, and keeps what moves. But by itself it can be cheated as well: a film of *one colour* has no loss under any flow. It needs the first term, always.
#
# **Perceptual loss.** One may compare not pixels but what a network sees in them: **LPIPS** (Zhang et al. 2018) takes the features of several layers, scales them to length one, and weighs their squared difference; chapter 8 builds it. The package `lpips` has it over AlexNet, whose weights must be fetched once; where they are not, we take the same formula
# over the **judge**, a small network of the course.

# %%
try:
    trunk, lin = paired.from_package(pretrained.lpips_model())
except (FileNotFoundError, ImportError) as missing:
    print(missing)
    trunk, lin = Trunk(judges.load("judge-motion").net), None
package = pretrained.lpips_model(trained=False)  # one trunk for both: AlexNet with random weights
a, b = (video[0].movedim(1, 0).expand(-1, 3, -1, -1) for video in (clean, flickering))
with torch.no_grad():
    theirs, ours = package(a, b).flatten(), paired.lpips_of_frames(a, b, *paired.from_package(package))
print(
    f"the package's {theirs.mean():.6f}, the library's {ours.mean():.6f}, largest difference {(theirs - ours).abs().max():.0e}"
)


# %%
def perceptual_loss(video, flow):
    """LPIPS between each frame and the one before it, warped."""
    before, after = (rearrange(part, "b c s h w -> (b s) c h w") for part in (video[:, :, :-1], video[:, :, 1:]))
    return paired.lpips_of_frames(after, backward_warp(before, flow.flatten(0, 1)), trunk, lin).mean()


# %%
digit = World(frames=16, size=32).sample(8, seed=10)
broken = {
    "undamaged": digit.video,
    "flicker": gain_flicker(digit.video, 0.2),
    "drift": drifting(digit.video, 0.25),
    "jump": jump(digit.video, 4),
    "identity swap": swap_identity(digit.video, 1.0),
    "fade to half": fade(digit.video, 0.5),
    "a still": digit.video[:, :, :1].expand(-1, -1, 16, -1, -1),
}
print(f"{'':16} difference    warped   perceptual")
for name, video in broken.items():
    flow = 0 * digit.backward_flow if name == "a still" else digit.backward_flow  # what stands still has a flow of 0
    losses = (
        experiments.difference_loss(video),
        short_term_loss(video, digit.video if name != "a still" else video, flow),
        perceptual_loss(video, flow),
    )
    print(f"{name:16}" + "".join(f"{loss.item():11.4f}" for loss in losses))

# %% [markdown]
# The last row is 0 in every column: a still that is held against itself, with its own flow of 0, has no loss of any kind. (Held against the film that moved, with that film's flow, it would have: that is why the flow and the trust must be those of the film which it should be.) The plain difference can hardly tell the undamaged film from a broken one, since motion is most of what it measures; the warped loss and the perceptual one can. But not alike: for the perceptual one (over the judge) a flicker is the least of the four, since features of length one have lost most of their brightness.
# **Which breaks a loss punishes is a choice**, and the fade is punished by none.
#
# ### A machine that sees what you see
# In 1.1 you named breaks at a glance. Can you write down what you looked at?
#
# #### Exercise 1.5
# Write `which_break(cuts)`: for x–t slices `n t w` in [−1, 1], a list of n words, each `"steady"`, `"flicker"`, `"drift"` or `"jump"`. It is judged on films that nobody has seen: of 12 of each kind, all mixed, 10 must be named right. `camera.film(kind, n, seed)` and `camera.slices(films)` make as many as you want to try it on; `shift(a, b)` below tells by how many whole
# pixels a row must be moved to fit another one best.
# <details><summary>Hint</summary>
# Ask in order. Flicker: do most pixels of a row change by one *factor* from frame to frame? (A median over the row does not mind a digit.) Jump: do two neighbouring rows fit best when one is moved by some pixels? Drift: 0.3 pixels a frame are rounded to none. Which rows must you compare?</details>


# %%
def shift(a, b, reach=7):
    """How many pixels further right rows b fit rows a best, n w each; no difference counts above 0.2, so that a digit does not decide."""
    w, off = a.shape[1], []
    for d in range(-reach, reach + 1):
        inside = torch.arange(max(0, -d), min(w, w - d))
        off.append((b[:, inside + d] - a[:, inside]).abs().clamp(max=0.2).mean(1) + 1e-4 * abs(d))
    return torch.stack(off).argmin(0) - reach


# %% exercise="1.5"
def which_break(cuts):
    """'steady', 'flicker', 'drift' or 'jump' for each x–t slice, n t w in [-1, 1]."""
    ### BEGIN SOLUTION
    light = (cuts + 1) / 2 + 0.02
    gain = (light[:, 1:] / light[:, :-1]).log().median(2).values.abs().median(1).values
    step = torch.stack([shift(light[:, t], light[:, t + 1]) for t in range(cuts.shape[1] - 1)], dim=1)
    whole = shift(light[:, 0], light[:, -1])
    return [
        "flicker" if g > 0.04 else "jump" if s > 2 else "drift" if d > 2 else "steady"
        for g, s, d in zip(gain, step.abs().amax(1), whole.abs(), strict=True)
    ]
    ### END SOLUTION


which_break = check("1.5", which_break)

# %% award="1.5"
award("1.5")

# %%
for kind in camera.KINDS:
    said = which_break(camera.slices(camera.film(kind, 50, seed=99)))
    print(f"{kind:8} taken for", {word: said.count(word) for word in camera.KINDS if word in said})

# %% [markdown]
# ## 1.7 What moves, and where to?
# A film is numbers that change. Motion is an explanation of the change: *this* went *there*. The simulator knows it exactly, as **optical flow**: for each pixel of a frame
# the step (dx, dy), in pixels, of the point that is seen there, until the next frame. Nobody else is told, so it has to be found.

# %%
paced = dict(frames=8, size=32, slowly=(0.3, 0.5), quickly=(0.8, 1.0))
ways = ["right", "left", "down", "up"]
going = World(**paced).sample(4, seed=5, caption=[f"a 3 moves {way}, slowly" for way in ways])
print(f"video {tuple(going.video.shape)}, flow {tuple(going.flow.shape)}: one field fewer than frames")
print("at the digit's middle:", [[round(v, 2) for v in going.velocity[i, 0, 0].tolist()] for i in range(4)])
show(going.video, captions=ways)

# %% [markdown]
# ### Does anything move at all?
# The least that one can ask. Take the gradients of the brightness $I(x,y,t)$ along all three axes. A pixel's change, $I_t$, is zero where nothing moves. And the *products* of $I_t$ with the gradients in
# space tell the way: where brightness rises to the right and the pattern moves right, the pixel gets darker. $E=\overline{I_t^2}$ is a **motion energy**, and
# $-\overline{I_xI_t}$, $-\overline{I_yI_t}$ say how much more goes right than left and down than up (the *opponent* energies of Adelson & Bergen 1985, in the form that gradients give them).
#
# #### Exercise 1.6
# Write `motion_energy(video)`; return (energy, rightward, downward), the means of $I_t^2$, $-I_xI_t$ and $-I_yI_t$, each of shape (b,). $I$ is the mean over channels, from 0 to 1. A derivative is a central
# difference, half of what lies between the neighbours on either side, and all three are taken where all three exist: at inner pixels of inner frames.
# <details><summary>Hint</summary>
# <code>brightness[:, 2:, 1:-1, 1:-1]</code> is the frame after, at the inner pixels. Differences of three different shapes do not belong to the same places.</details>


# %% exercise="1.6"
def motion_energy(video):
    """(energy, rightward, downward) of clips b c t h w in [-1, 1]: the means of I_t², −I_x I_t, −I_y I_t; each of shape (b,)."""
    ### BEGIN SOLUTION
    brightness = (video.mean(1) + 1) / 2  # b t h w
    inner = slice(1, -1)
    dx = (brightness[:, inner, inner, 2:] - brightness[:, inner, inner, :-2]) / 2
    dy = (brightness[:, inner, 2:, inner] - brightness[:, inner, :-2, inner]) / 2
    dt = (brightness[:, 2:, inner, inner] - brightness[:, :-2, inner, inner]) / 2
    return tuple(part.mean((1, 2, 3)) for part in (dt**2, -dx * dt, -dy * dt))
    ### END SOLUTION


motion_energy = check("1.6", motion_energy)

# %% award="1.6"
award("1.6")

# %% [markdown]
# The four clips above, and a photograph that does not move. Beside them a formula that has been published as motion energy, $\overline{\sqrt{I_t^2+I_x^2+I_y^2}}$:

# %%
photo = films.photographs()[0][..., 20:84, 40:136]  # 1 3 64 96
still = photo[:, :, None].repeat(1, 1, 8, 1, 1)
for words, clip in [*zip(ways, going.video.split(1), strict=True), ("a still photograph", still)]:
    energy, rightward, downward = (1000 * part.item() for part in motion_energy(clip))
    published = torch.stack(space_and_time.spacetime_gradients(clip)).square().sum(0).sqrt().mean().item()
    print(
        f"{words:20} energy {energy:6.3f}   rightward {rightward:+6.3f}   downward {downward:+6.3f}   ('published': {1000 * published:5.1f})"
    )

# %% [markdown]
# (Times 1000.) Signs are right, and the photograph has none of it. **By the published formula the photograph moves as much as the digits do**: it measures contrast. A filter that keeps "clips with much motion" by it keeps pictures of
# gravel.
#
# ### From a change to a step: one equation, two unknowns
# If a point keeps its brightness while it moves by (u, v), then $I_x u + I_y v + I_t = 0$. One equation for two numbers: along an edge the motion is free, and only the part *across* it is seen. This is the
# **aperture problem**. Two beliefs help. Neighbours move alike: add up the squared errors over a window (Lucas & Kanade 1981). And things move slowly: add a little of $|w|^2$ (Simoncelli et al. 1991; Weiss
# et al. 2002 explain a number of visual illusions by it).
# $$w=\arg\min_{u,v}\sum_{\text{window}}(I_xu+I_yv+I_t)^2+\rho(u^2+v^2)\;\Leftrightarrow\;
# \begin{pmatrix}\sum I_x^2+\rho&\sum I_xI_y\\ \sum I_xI_y&\sum I_y^2+\rho\end{pmatrix}\begin{pmatrix}u\\v\end{pmatrix}=-\begin{pmatrix}\sum I_xI_t\\\sum I_yI_t\end{pmatrix}$$
#
# #### Exercise 1.7
# Write `slow_flow(dx, dy, dt, window, ridge)` for gradients `n h w`; return the flow `n 2 h w`. The sums run over the window × window pixels around each pixel (window is odd); beyond the picture there is nothing to add. `ridge` is ρ.
# <details><summary>Hint</summary>
# Five products, each summed by the same function: <code>F.avg_pool2d(…, window, stride=1, padding=window // 2) * window**2</code>. The inverse of a 2×2 matrix [[a, b], [b, d]] is
# [[d, −b], [−b, a]] / (ad − b²).</details>


# %% exercise="1.7"
def slow_flow(dx, dy, dt, window=5, ridge=1e-3):
    """The flow (n 2 h w) that minimises Σ_window (I_x u + I_y v + I_t)² + ridge (u² + v²), from gradients n h w."""

    ### BEGIN SOLUTION
    def around(products):
        return F.avg_pool2d(products[:, None], window, stride=1, padding=window // 2)[:, 0] * window**2

    xx, xy, yy = around(dx * dx) + ridge, around(dx * dy), around(dy * dy) + ridge
    xt, yt = around(dx * dt), around(dy * dt)
    u, v = xy * yt - yy * xt, xy * xt - xx * yt
    return torch.stack([u, v], dim=1) / (xx * yy - xy**2)[:, None]
    ### END SOLUTION


slow_flow = check("1.7", slow_flow)

# %% award="1.7"
award("1.7")

# %% [markdown]
# An edge that leans to the left and moves to the right by half a pixel a frame, a blank wall, and a chequered one that moves alike. What does each tell?

# %%
x, y = torch.arange(24.0), torch.arange(24.0)[:, None]
surfaces = {
    "leaning edge": lambda t: torch.sigmoid((x - 0.5 * t + y - 24) / 3),
    "blank wall": lambda t: 0.5 + 0 * (x + y),
    "chequered wall": lambda t: 0.5 + 0.2 * torch.sin(0.8 * (x - 0.5 * t)) + 0.2 * torch.sin(0.8 * y),
}
for name, surface in surfaces.items():
    before, after = surface(0), surface(1)
    dy, dx = torch.gradient((before + after) / 2)
    seen = slow_flow(dx[None], dy[None], (after - before)[None], window=9)[0, :, 12, 12]
    print(f"{name:15} true (0.50, 0.00)   seen ({seen[0]:+.2f}, {seen[1]:+.2f})")

# %% [markdown]
# The edge moves by (½, 0) and shows (¼, ¼): the part across it, as it must. The wall shows nothing, and "nothing is known" comes out as "nothing moves": the prior speaks. Only texture in two directions
# gives the answer. On digits, whose strokes are edges:


# %%
def errors(flow, clips):
    """Mean distance from the exact flow in pixels: on the digit, and wherever a point can be followed."""
    distance = (flow - clips.flow).norm(dim=2)
    on_digit = (clips.mask[:, 0, :-1] > 0.5) & ~clips.occluded
    return distance[on_digit].mean().item(), distance[~clips.occluded].mean().item()


for pace in ("slowly", "quickly"):
    clips = World(**paced).sample(16, seed=1, caption=f"a 5 moves right, {pace}")
    for window in (5, 9):
        on_digit, _ = errors(space_and_time.lucas_kanade(clips.video, window), clips)
        speed = clips.velocity.norm(dim=-1).mean()
        print(f"{pace:8} ({speed:.2f} px a frame)   window {window}: off by {on_digit:.2f} px on the digit")

# %% [markdown]
# A gradient sees no farther than the stroke's edge is wide, about a pixel. What moves farther must first be found coarsely, on a smaller picture, and then refined; classical methods do this on a pyramid. Two of
# OpenCV's stand behind one function: Farnebäck's (2003) and **DIS** (Kroeger et al. 2016).
#
# ### A well-kept library's flow
# Texture under your thumb: the same motion, drawn with flat ink on black at 0 and with stripes on a chequered ground at 1. Arrows are four times as long as the motion.

# %%
large = dict(frames=2, size=96, digit_size=60, slowly=(0.5, 0.7), quickly=(0.8, 1.0))
flat_clips = World(**large).sample(2, seed=3)
textured_clips = World(texture=True, background="checks", **large).sample(2, seed=3)
methods = {
    "gradients, 9×9": partial(space_and_time.lucas_kanade, window=9),
    "Farnebäck": partial(estimate_flow, method="farneback"),
    "DIS": estimate_flow,
}
display(widgets.flow_arrows(flat_clips, textured_clips, methods))
widgets.flow_arrows_still(flat_clips, textured_clips, {name: methods[name] for name in ("gradients, 9×9", "DIS")})

# %%
for name, clips in (("flat, on black", flat_clips), ("textured", textured_clips)):
    for method, flow_of in methods.items():
        on_digit, everywhere = errors(flow_of(clips.video), clips)
        print(f"{name:16} {method:16} off by {on_digit:.2f} px on the digit, {everywhere:.2f} px everywhere")

# %% [markdown]
# DIS is excellent *on* the digit, flat or not. Look at the black ground: it is dragged along, far from any ink. Nothing is seen there, so what comes out is the method's belief, and DIS believes in smoothness where the
# gradients believed in rest. **Where nothing is seen, an estimated flow is an opinion.** A measure that averages it over the picture (how much does this clip move?) averages opinions.
#
# ### A network that has seen this world
# The simulator's exact flow can be *learnt*: a little U-Net takes two frames, says a flow, sees the second frame brought back along it, and corrects itself once. It trains in the loop that trains every model of
# this course; the loss is the distance from the true flow.

# %%
steps = budget.pick(smoke=15, laptop=500, gpu=1500)
training = flow_network.start(steps)
print(
    f"{sum(p.numel() for p in training.model.parameters()):,} parameters; the receipt's run has {flow_network.RUN.training.steps} steps, this one {steps}"
)
for _record in training.steps():
    pass
print(
    f"loss {training.records[0].loss:.2f} -> {training.records[-1].loss:.2f} pixels, in {training.records[-1].seconds:.0f} seconds"
)

# %%
learnt = receipt("01_flow")
show_curves(
    learnt["curve_steps"],
    {f"seed {seed}": curve for seed, curve in zip(learnt.seeds, learnt["curves"], strict=True)},
    regions={"says that nothing moves": learnt["curves"][0][0]},
    xlabel="step",
    ylabel="off by (pixels)",
    heading="The receipt's runs",
)

# %%
print("On the digits:\n" + flow_network.flow_table(learnt["errors"], 0))
print("\nWherever a point can be followed:\n" + flow_network.flow_table(learnt["errors"], 1))
print(f"\nPixels; mean and range over the seeds. {learnt}")

# %% [markdown]
# Read the second table. On *flat* digits the network beats every classical method by far: it has learnt that in this world black ground stands still. DIS cannot know, and is there worse than one who says that *nothing
# moves*. Before a moving camera, where there is something to see everywhere, the network has little advantage or none. And on *photographs*, of which it has never seen any, it is hardly better than saying that nothing moves, while DIS does
# not care. On the ink itself (the first table) DIS is nearer than the network in every column. **A learnt flow brings the habits of its world along**, which is why flow networks for real films are trained on many rendered worlds.
#
# One point of the table, made again here, by your run:

# %%
with torch.no_grad():
    here = flow_network.endpoint_errors(training.ema.of_video, budget.pick(smoke=16, laptop=64, gpu=128), 1000)
for name, (on_digit, everywhere) in here.items():
    print(f"{name:20} off by {on_digit:.3f} px on the digits, {everywhere:.3f} px everywhere, after {steps} steps")

# %% [markdown]
# ### The camera, and the rest
# When the camera moves, *everything* flows, and "how much moves" means little. But the flow of a flat scene before a panning, zooming or turning camera is (nearly) affine, six numbers: $u=a+bx+cy$, $v=d+ex+fy$. So fit
# them, and what is left is **local** motion.
#
# #### Exercise 1.8
# Write `affine_motion(flow, weight)`: the affine field nearest to a flow `b 2 h w` by least squares, where the pixel (y, x) counts `weight[:, y, x]`; return it as a field, `b 2 h w`.
# <details><summary>Hint</summary>
# <code>torch.linalg.lstsq(A, B)</code> minimises |A X − B|² for each clip of a batch: A has a row (1, x, y) for each pixel, B the flow there. To let a row count w times, multiply it by √w on both sides.</details>


# %% exercise="1.8"
def affine_motion(flow, weight):
    """The affine field (b 2 h w) that is nearest to a flow b 2 h w, by least squares with a weight b h w for each pixel."""
    ### BEGIN SOLUTION
    h, w = flow.shape[-2:]
    y, x = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    columns = torch.stack([torch.ones(h, w), x, y], dim=-1).flatten(0, 1).to(flow)  # (h w) 3
    root = weight.flatten(1).sqrt()[..., None]  # b (h w) 1
    numbers = torch.linalg.lstsq(root * columns, root * flow.flatten(2).mT).solution  # b 3 2
    return (columns @ numbers).mT.unflatten(2, (h, w))
    ### END SOLUTION


affine_motion = check("1.8", affine_motion)

# %% award="1.8"
award("1.8")

# %% [markdown]
# Whatever moves by itself pulls at the fit. So fit again, and let a pixel that missed by r pixels count $1/(1+(r/\tfrac14)^2)^2$: after ten rounds it has lost its say.

# %%
panned = World(frames=3, size=64, digit_size=14, digits=2, background="clouds", texture=True, pan=0.8).sample(5, seed=2)
camera = -panned.pan[:, :, None, None]  # the truth: the ground slides against the camera
for name, flow in (("exact flow", panned.flow[:, 0]), ("DIS", estimate_flow(panned.video)[:, 0])):
    weight = torch.ones_like(flow[:, 0])
    for rounds in range(1, 11):
        fitted = affine_motion(flow, weight)
        weight = 1 / (1 + (flow - fitted).square().sum(1) / 0.25**2) ** 2
        if rounds in (1, 10):
            off = (fitted - camera).norm(dim=1).mean()
            print(
                f"{name:10} round {rounds:2}: the camera's motion is off by {off:.3f} of {panned.pan.norm(dim=1).mean():.2f} pixels"
            )
torch.testing.assert_close(fitted, affine.camera_motion(flow)[0], rtol=1e-3, atol=1e-4)

# %%
lengths = {"all motion": flow.norm(dim=1), "local motion": (flow - fitted).norm(dim=1)}
local = {name: (2 * length / 2.5 - 1).clamp(-1, 1)[:, None] for name, length in lengths.items()}
show_image_grid(frame=panned.video[:, :, 0], **{name.replace(" ", "_"): image for name, image in local.items()})

# %% [markdown]
# Black is rest, white 2.5 pixels a frame. In the middle row everything moves, in the last one what moves by itself. With the exact flow nothing is left of the camera's error; with DIS some is, since its flow bleeds over the
# digits' edges and the even parts of the ground go along.
#
# ### Paths: how fast, how much faster, and when again?
# For a single object a path says more than a field. Velocity is its first difference and acceleration its second, *times the frames a second, and their square*: a path has pixels, and pixels a frame are not pixels a
# second. A thrown digit, its place measured as the centre of its ink:

# %%
thrown = World(frames=8, size=64, gravity=0.15, directions=("up", "right")).sample(32, seed=4)
thrown = [thrown[i] for i in range(32) if thrown.bounce[i].min() > 7][:8]  # none of them meets a wall
path = torch.cat([centroid(clip.video) for clip in thrown])  # 8 8 2
pulls, first = acceleration(path)[..., 1], velocity(path, fps=8)[0, 0]
print(
    f"acceleration downwards: {pulls.mean():.3f} px a frame², each by itself ± {pulls.std():.3f}; the world's gravity is 0.15"
)
print(
    f"at 8 frames a second: {acceleration(path, fps=8)[..., 1].mean():.1f} px a second², velocity at first ({first[0]:.1f}, {first[1]:.1f}) px a second"
)

# %% [markdown]
# What bounces comes back. Correlate a path with itself k frames later; the first peak is its **period**:

# %%
bouncing = World(frames=96, size=32, directions=("right",), speeds=("quickly",)).sample(3, seed=0)
across = centroid(bouncing.video)[..., 0]  # 3 96
bounces = bouncing.bounce[:, 0].sort(dim=1).values
for found, true in zip(period(across), bounces[:, 2] - bounces[:, 0], strict=True):
    print(f"period {found:.2f} frames, from wall to wall and back it takes {true:.2f}")
correlation = autocorrelation(across)
show_curves(
    range(72),
    {f"clip {i}": correlation[i, :72] for i in range(3)},
    xlabel="frames later",
    ylabel="correlation",
    heading="A path with itself",
)

# %% [markdown]
# Each of these was a **prior**, a belief about motion that fills in what the pixels do not say:
#
# | belief | where it was used | what it gets wrong |
# |---|---|---|
# | things move slowly | the ridge of `slow_flow` | large motions are too small |
# | neighbours move alike | windows; the smoothness of DIS | the ground is dragged along |
# | one camera | affine fit | scenes with depth |
# | inertia, gravity | accelerations | walls |
# | it comes back | periods | what happens once |
# | as in the training films | the network | other films |
#
# A diffusion model of video is the last line on a grand scale.

# %% [markdown]
# ## 1.8 What was between two frames?
# Half of the frames thrown away, can they be made again? The oldest answers are baselines still: repeat the nearest frame, or average. An average shows whatever moves twice. With flow one can do better: bring either frame to the
# time between, and blend.
#
# A backward warp needs, for each pixel q of the *new* frame, the place p where its point was. But the flow is known at p, not at q: $p+\tau\,w(p)=q$. So turn the equation round and repeat: $p\leftarrow q-\tau\,w(p)$, from $p=q$. Three
# rounds will do. Where it does not settle, no point of the frame leads to q: that place was hidden.
#
# #### Exercise 1.9
# Write `interpolate(before, after, flow, back, tau)`: frames `b c h w`, `flow` from before to after in the pixels of `before`, `back` the other way in the pixels of `after`, `tau` between 0 and 1; return the frame at time τ.
# For `before`: the *way* p − q starts at 0; three times, way ← −τ · flow(q + way); its pixel is before(q + way), and it is *known* where |way + τ · flow(q + way)| < ½. For `after` the same with `back` and 1 − τ. Blend with the
# weights 1 − τ and τ; a side that is not known has weight 0, and where neither is, both count as if they were.
# <details><summary>Hint</summary>
# <code>backward_warp(image, way)</code> is image(q + way), and a flow is an image with two channels. Where neither is known, 0 / 0 waits for you.</details>


# %% exercise="1.9"
def interpolate(before, after, flow, back, tau):
    """The frame at time tau in (0, 1) from frames b c h w, with the flow from `before` to `after` and the flow back, b 2 h w."""

    ### BEGIN SOLUTION
    def brought(frame, flow, share):
        way = torch.zeros_like(flow)  # from q, where a thing is at tau, to p, where it was
        for _ in range(3):
            way = -share * backward_warp(flow, way)
        missed = (way + share * backward_warp(flow, way)).norm(dim=1, keepdim=True)
        return backward_warp(frame, way), missed < 0.5

    of_before, known_before = brought(before, flow, tau)
    of_after, known_after = brought(after, back, 1 - tau)
    neither = ~(known_before | known_after)
    a = (1 - tau) * (known_before | neither)
    b = tau * (known_after | neither)
    return (a * of_before + b * of_after) / (a + b)
    ### END SOLUTION


interpolate = check("1.9", interpolate)

# %% award="1.9"
award("1.9")

# %% [markdown]
# Held against the frame that really was there; two of the columns are mistakes that have been published. *Wrong way*: the flow t → t+1 in a *backward* warp of frame t, which looks where the thing is going instead of where it came
# from. *−v*: the opposite of the flow taken for the way back, though it belongs to other pixels.

# %%
shown = {}
for case in ("moving scene", "three cross", "a jump"):
    clips = interpolation.three_frames(case, 4, seed=6)
    before, middle, after = clips.video[:1].unbind(2)
    made = interpolation.frames_between(before, after)
    shown[case.replace(" ", "_")] = torch.cat(
        [before, middle, after, *(made[name] for name in interpolation.WAYS[1:7])]
    )
show_image_grid(
    **shown,
    labels=["before", "truth", "after", "average", "wrong way", "one side", "−v", "both sides", "hidden left out"],
    height=88,
)

# %%
measured = receipt("01_interpolation")
print(interpolation.interpolation_table(measured["psnr"]))
for one, other in (("both sides", "average"), ("hidden left out", "both sides"), ("wrong way", "nearest frame")):
    print(interpolation.gain_sentence(measured["psnr"], one, other))
print(f"PSNR of {measured['n']} frames a seed; mean over the seeds, ± half of their range. {measured}")

# %%
few = budget.pick(smoke=8, laptop=32, gpu=64)
clips = interpolation.three_frames("quick", few, seed=0)
before, middle, after = clips.video.unbind(2)
flow, back = (estimate_flow(clips.video[:, :, ::2], backward=way)[:, 0] for way in (False, True))
for name, frame in (
    ("average", (before + after) / 2),
    ("yours, or the library's", interpolate(before, after, flow, back, 0.5)),
):
    print(f"{name:24} {psnr(frame[:, :, None], middle[:, :, None]).mean():.1f} dB on {few} quick digits")

# %% [markdown]
# Read the table by columns, and below it the gains from seed to seed.
# - *Quick*: nowhere does warping from both sides gain more over the average. *Wrong way* is worse than not moving anything, in every column.
# - *Moving scene*: here −v costs decibels. −v belongs to the pixels of the frame before, and where digit and ground go different ways these are not those of the frame after.
# - Leaving hidden places out changes little anywhere, now up and now down; where things move too far it costs at every seed. Such places are few, and a null is a result.
# - *Three cross*, *too far*: flow is wrong where things meet, and where the motion is larger than what it searches. The average is worse still.
# - *A jump*: nothing moved there, something was *replaced*. The flow explains it all the same and invents a path; the plain average is better than all of them. **An interpolator cannot tell a jump from a motion.**
# - The last two lines are a riddle. With the simulator's *exact* flow the frames are far worse than with DIS! Let each digit's motion reach three pixels beyond its ink, which is wrong, and they are the best of all, in every column where it was tried. Why?
#
# <details><summary>Answer</summary>Two points lead to one place: that of the digit which arrives, and that of the ground which will be hidden by it. p + τ w(p) = q has two solutions, and our search, which starts at p = q, finds the ground. An estimated
# flow bleeds over the digit's edge, so that the search finds the digit. The clean way is to push pixels forward and let the nearer one win (softmax splatting, Niklaus & Liu 2020), for which one must know who is nearer. The best flow for a task need not be the
# true one (Xue et al. 2019 train flow for the task).</details>
#
# <details><summary>Why is the average at a jump better than the frame before?</summary>A mean of two is the best guess under squared error when either may be true. PSNR rewards it, nobody would like to look at it; chapter 8 is about that.</details>

# %% [markdown]
# ## 1.9 Which films are fit to learn from?
# A model learns its motion from films, and films are expensive. Here is what there is; a card for each set, with sources and caveats, lies in `datasets/`:

# %%
contents = (cards() / "README.md").read_text(encoding="utf-8")
lines = ["| set | what | terms, in a word | size |", "|---|---|---|---|"]
for name, what, terms in re.findall(r"^\| \[(\w+)\]\(.*?\) \| (.*?) \| (.*?) \|$", contents, re.MULTILINE)[3:]:
    size = (cards() / f"{name}.md").read_text(encoding="utf-8").split("**Size.** ")[1].split("\n\n")[0]
    lines.append(f"| {name} | {what} | {terms} | {' '.join(size.split()).split(' (')[0]} |")
display(Markdown("\n".join(lines)))

# %% [markdown]
# Two things to see. Most of the large sets come from one site, and hardly any has a licence to the films themselves (what could not be confirmed is said to be so). And such films are often unfit: cut in the middle, photographs with music, watermarks, lettering. Stable Video
# Diffusion (Blattmann et al. 2023) made curation its subject: trained on a quarter of ten million clips, *chosen*, its model was preferred by people to one trained on all ten million (their Figure 3b). Their chain is: find
# cuts, drop clips with little flow, much text, or low looks, and give each that is left captions by several captioners.
#
# We rebuild it on a folder of **real video files**, which we write ourselves, so that the truth is known: photographs under a moving camera, each with defects drawn by chance, and digit clips with captions of which some are another clip's. Among
# them lie a file that was cut short and a film of a single frame.

# %%
folder = Path(tempfile.mkdtemp())
count = budget.pick(smoke=24, laptop=60, gpu=200)
truth, digit_rows = films.write_folder(folder, films=count, clips=count, seed=1)
size = sum(file.stat().st_size for file in folder.rglob("*.mp4"))
print(f"{count} films and {count} digit clips, {size / 1e6:.1f} MB of H.264")
print(
    {name: sum(getattr(film, name) for film in truth) for name in films.DEFECTS},
    "and",
    sum(film.slow for film in truth),
    "of the cuts are dissolves",
)

# %%
videos = VideoFolder(folder / "photos", frames=films.FRAMES, size=(films.HEIGHT, films.WIDTH))
print(videos)
footage = curation.films_of(folder)  # n 3 24 96 128
print(tuple(footage.shape))

# %%
examples = {"fit": None} | dict.fromkeys(films.DEFECTS)
for i, film in enumerate(truth):
    wrong = [name for name in films.DEFECTS if getattr(film, name)] or ["fit"]
    if len(wrong) == 1 and examples[wrong[0]] is None:
        examples[wrong[0]] = footage[i : i + 1]
show_sheet(**{name: film for name, film in examples.items() if film is not None}, frames=6)

# %% [markdown]
# Both bad files are named and skipped, not swallowed. Decoding is **preprocessing** already: which part of the picture, which size, how many frames a second. A film becomes another film:

# %%
as_it_is = VideoFolder(folder / "photos", frames=6, size=(96, 128), fps=8)
slower = VideoFolder(folder / "photos", frames=6, size=(96, 128), fps=2)
square, squeezed = (VideoFolder(folder / "photos", frames=6, size=64, fps=8, crop=crop) for crop in ("centre", "none"))
index = next(i for i, film in enumerate(truth) if not film.still and not film.dull)
for name, source in (("8 a second", as_it_is), ("2 a second", slower)):
    clip = source.clip(index)
    print(f"{name}: flow {100 * flow_score(estimate_flow(clip)).item():.2f} % of the picture a frame")
show_sheet(
    as_it_is=as_it_is.clip(index),
    two_a_second=slower.clip(index),
    centre=square.clip(index),
    squeezed=squeezed.clip(index),
)

# %% [markdown]
# At a quarter of the rate the same film moves faster, so a threshold of motion means nothing without its frame rate (SVD measures at 2 a second, and tells the model the rate). Squeezing keeps everything and makes circles ovals.
#
# ### Where does it cut?
# The oldest filter. A cut is a large difference between neighbouring frames; but a quick camera makes large differences *all the time*. So hold each against those around it.
#
# #### Exercise 1.10
# $d_i$ is the mean of $|I_{i+1}-I_i|$ over channels and pixels, brightness from 0 to 1. A cut lies between frames i and i + 1 where $d_i$ is above `least`, and above `ratio` times the mean of $d_{i-2},d_{i-1},d_{i+1},d_{i+2}$ (those that
# there are; at the film's ends they are fewer). Write `cuts(video, ratio, least)` for clips `b c t h w` in [−1, 1]; return true or false (`torch.bool`), `b t-1`. (The rule of PySceneDetect's adaptive detector.)
# <details><summary>Hint</summary>
# Pad d by two zeros on either side, and add up four shifted slices. Do the same with ones, and you know by how many to divide.</details>


# %% exercise="1.10"
def cuts(video, ratio=3.0, least=0.05):
    """Between which frames of clips b c t h w in [-1, 1] a cut lies: b t-1, true or false."""
    ### BEGIN SOLUTION
    difference = (video[:, :, 1:] - video[:, :, :-1]).abs().mean((1, 3, 4)) / 2  # b t-1
    padded = F.pad(difference, (2, 2))
    count = F.pad(torch.ones_like(difference), (2, 2))
    total, many = (sum(part[:, i : i + difference.shape[1]] for i in (0, 1, 3, 4)) for part in (padded, count))
    return (difference > least) & (difference > ratio * total / many.clamp(min=1))
    ### END SOLUTION


cuts = check("1.10", cuts)

# %% award="1.10"
award("1.10")

# %%
truly = curation.truth_of(truth)
sudden = truly["cut"] & ~torch.tensor([film.slow for film in truth])
every_frame = cuts(footage).any(1)
each = [cuts(slow, ratio=2.0).any(1) for slow in curation.slower(footage)]  # every sixth frame, from each of six starts
every_sixth = torch.stack(each).any(0)
for name, found, what in (
    ("every frame, sudden cuts", every_frame, sudden),
    ("every frame, all cuts", every_frame, truly["cut"]),
    ("and every sixth frame", every_frame | every_sixth, truly["cut"]),
):
    precision, recall = precision_recall(found, what)
    print(f"{name:26} precision {precision:.2f}   recall {recall:.2f}")

# %% [markdown]
# (Precision: of those flagged, how many are. Recall: of those that are, how many were flagged. In the first line a dissolve that is found counts as a mistake.) A **dissolve** has no large difference anywhere; seen at every sixth frame it is nearly a cut, so a second look at that rate, with a ratio of 2, finds some more. SVD runs its detector at three
# frame rates for this reason.
#
# ### Little flow, much text, dull looks
# A *still* has little flow, but measure it within a shot: across a cut the flow is nonsense, and large. *Text* is found by edges that stay where they are, side by side in a line, a stand-in for a text detector. *Looks* are contrast plus colourfulness (Hasler & Süsstrunk 2003), a stand-in
# for a network that was trained on people's votes. Turn the thresholds:

# %%
scores = curation.scores_of(footage)
display(widgets.curating(scores, truly))
widgets.curating_still(scores, truly)

# %%
flags = curation.Thresholds().flags(scores)
moving = ~flags["still"]
for name, of in (("all films", torch.ones_like(moving)), ("films that move", moving)):
    precision, recall = precision_recall(flags["text"][of], truly["text"][of])
    print(f"text, {name:16} precision {precision:.2f}   recall {recall:.2f}")
static = torch.rand(1, 3, 4, 96, 128) * 2 - 1
print(f"looks: the best film {looks(footage).max():.2f}, coloured noise {looks(static).item():.2f}")

# %% [markdown]
# Two lessons. Filters depend on each other: in a film that stands still *every* edge stays where it is, and a pair of glasses passes for a line of text. So the order matters. And a stand-in knows one kind of bad: **coloured noise is the most beautiful film of all**. A network's score has such
# holes too; one finds them by looking at what it likes best.
#
# The receipt, over more films and three other seeds; thresholds were chosen on this folder's seed:

# %%
curated = receipt("01_curation")
print(curation.quality_table(curated["filters"]))
print(f"95 % intervals. {curated['films']} films and {curated['clips']} clips a seed. {curated}")

# %% [markdown]
# (*Caption* is next.) What a filter costs is not in the table: each good clip that is flagged is lost. At the other end, what is kept shifts what a model sees: by *looks* a set loses fog and night.
#
# ### Does the caption belong to the film?
# Captions that come with films are about the film, perhaps. A **text judge** scores how well a caption fits its clip: here a small two-tower network that the course trained on its digits (`minivid train judge-text`; chapter 8 builds it), on real sets CLIP. And captions can be written anew. SVD's captioners are one that
# looks at the middle frame, one that sees the clip, and a language model that sums up both. Ours: one that sees the middle frame, one that sees all frames, one that reads the digit and measures its path. The judge then takes the best for each clip, as Panda-70M does with eight.

# %%
digit_clips = curation.clips_of(folder)  # n 1 16 32 32
said, true = ([row[key] for row in digit_rows] for key in ("said", "true"))
captions, fits = curation.captioned(digit_clips, said)
foreign = torch.tensor([row["wrong"] for row in digit_rows])
precision, recall = precision_recall(fits < curation.Thresholds().caption, foreign)
print(f"captions of another clip: flagged with precision {precision:.2f}, recall {recall:.2f}")
for name, lines in captions.items():
    right = sum(a == b for a, b in zip(lines, true, strict=True)) / len(true)
    print(f"{name:26} right in {right:4.0%}   {lines[0]!r} · {lines[1]!r}")
show(digit_clips[:4], captions=true[:4])

# %%
print(curation.caption_table(curated["captions"]))
print(f"right in all words, with 95 % intervals. {curated}")

# %% [markdown]
# One frame never tells a motion. And choosing beats each of those it chooses from: the captioners fail on different clips. (Where all are wrong, the judge chooses among wrong ones.)
#
# Is it the *clip* that is scored, or one frame after the other? Play the films backwards and leave the captions as they were:


# %%
def both_ways(score):
    """The mean score of the clips as they are, and played backwards, each with its true caption."""
    return " backwards ".join(f"{score(video, true).mean():.3f}" for video in (digit_clips, digit_clips.flip(2)))


print("our judge, forwards", both_ways(partial(text_score, judges.load("judge-text").net)))
if budget.budget() == "gpu":
    try:
        print("CLIP, forwards", both_ways(pretrained.clip_score()))
    except (ImportError, FileNotFoundError) as absent:
        print(absent)
else:
    print("CLIP is asked in the gpu budget.")

# %% [markdown]
# Our judge was trained on clips, and notices. CLIP is scored here as the field does it, frame by frame and then averaged: of a film played backwards it has the same frames, and so the same score, whatever it knows of "left" and "right".

# %% [markdown]
# What is kept in the end, and what a model would learn from it:

# %%
kept = ~torch.stack(list(flags.values())).any(0)
fit = ~torch.stack(list(truly.values())).any(0)
print(
    f"{len(kept)} films; {int(fit.sum())} are fit, {int(kept.sum())} were kept, {int((kept & fit).sum())} of them rightly"
)
player(footage[kept][:6])

# %% [markdown]
# ## 1.10 Ten years, five routes
# How has the field answered all this? Three words first. A **GAN** trains a generator against a second network that tells its films from real ones. A **diffusion** model begins with noise and takes it away in many calls of one network (chapter 3). A language model writes a film's tokens one after the other.
# Here are works of ten years, each at the date of its first version:

# %%
history.history_picture()

# %% [markdown]
# - **All pixels at once**: one network makes the film's pixels, all frames together. First GANs, then diffusion (VDM, which chapter 3 builds).
# - **Content and motion**: what is seen and how it moves are made apart; a key frame, and motion to carry it (LFDM makes a flow, Emu Video first a picture).
# - **Tokens**: films as sentences of a codebook's words, written by a language model (chapter 9 makes the words).
# - **Cascade**: a small film first, then networks that enlarge it (chapter 11).
# - **Latents**: an autoencoder makes the film small, and diffusion runs there. It is the main road since 2023, with U-Nets first, transformers since W.A.L.T and Latte (chapter 5), and lately frame after frame (CausVid, Self Forcing).
#
# What does each cost? For one film of 16 × 64 × 64 in colour, with networks of one size (the same U-Net with 32 and 64 channels, or 4 transformer layers of 128), 25 calls of the network for every route that takes noise away, and no autoencoder counted (the cascade's second network works on patches of 4 × 4 pixels, for it need not invent anything large):

# %%
costs = receipt("01_routes")
print(experiments.routes_table(costs))
print(costs)

# %%
figures.routes_chart(costs)

# %%
for route in ("latents", "all pixels at once"):
    here = experiments.routes.call_seconds(experiments.routes.ROUTES[route][0], repeats=3)
    print(
        f"one call, {route:18}: {1000 * here:6.1f} ms here, {1000 * costs['routes'][route]['call']:6.1f} ms in the receipt"
    )

# %% [markdown]
# The three charts do not agree. A film of tokens is the fewest numbers, but each of them is a call of its own. A cascade has to make the large film all the same. Latents are cheap in all three, and what they cost is hidden: an autoencoder whose mistakes no later network can mend (chapter 9).

# %% [markdown]
# ## 1.11 How this goes wrong
# Five pieces of code. Each runs, gives a plausible number, and is wrong; the first four stood in published tutorials. Read them, find the line, and say *what you would try them on*, before you run the next cell.


# %%
def patient_1(b, heads, t, h, w):
    """GB of the scores of an attention among all positions."""
    return b * (t * h * w) ** 2 * 4 / 1e9


def patient_2(frame, flow):
    """A backward warp."""
    h, w = frame.shape[-2:]
    y, x = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    grid = torch.stack([x + 2 * flow[:, 0] / w, y + 2 * flow[:, 1] / h], dim=-1)
    return F.grid_sample(frame, grid, padding_mode="border", align_corners=False)


def patient_3(flow, backward_flow):
    """Where a flow can be followed."""
    return (flow - backward_flow).norm(dim=1) < 1


# %%
def patient_4(a, b):
    """LPIPS of two batches of frames, for brightness from 0 to 1."""
    return package(a, b).mean()


def patient_5(video, backward_flow):
    """A loss for steadiness that trusts only what is not hidden."""
    return short_term_loss(video, video, backward_flow)


# %% [markdown]
# Each on something whose answer is known:

# %%
clips, clean, flickering = experiments.film_and_flicker(8, seed=0)  # as in 1.6
a, b = (video[0].movedim(1, 0).expand(-1, 3, -1, -1) for video in (clean, flickering))
here = two.video[:1, :, 5]
print(
    f"1  an attention of 8 heads over 4 × 8 × 8 positions keeps {8 * 256**2 * 4 / 1e6:.1f} MB of scores; patient 1: {1000 * patient_1(1, 8, 4, 8, 8):.1f} MB"
)
sunk = here
for _ in range(15):
    sunk = patient_2(sunk, torch.zeros(1, 2, 32, 32))
print(
    f"2  fifteen warps without flow change {(backward_warp(here, torch.zeros(1, 2, 32, 32)) - here).abs().max():.0e}; patient 2: {(sunk - here).abs().max():.2f}"
)
rightwards = torch.tensor([3.0, 0.0])[None, :, None, None].expand(1, 2, 32, 32)
print(
    f"3  everything moves 3 pixels right, and back: {followed(rightwards, -rightwards).float().mean():.0%} is followed; patient 3: {patient_3(rightwards, -rightwards).float().mean():.0%}"
)
with torch.no_grad():
    scaled = patient_4((a + 1) / 2, (b + 1) / 2).item()
print(f"4  the package's distance of two takes: {package(a, b).mean():.5f}; patient 4, of the same takes: {scaled:.5f}")

# %%
for strength in (0.3, 0.6, 1.0):
    stronger = gain_flicker(clean, strength, seed=0)
    right, trusting = short_term_loss(stronger, clean, clips.backward_flow), patient_5(stronger, clips.backward_flow)
    print(f"5  a flicker of {strength:.0%} costs {right:.3f}; by patient 5: {trusting:.3f}")
films_made = {
    "flickering": flickering,
    "by the right loss": experiments.steadied(
        flickering, lambda o: short_term_loss(o, clean, clips.backward_flow), 1.0
    ),
    "by patient 5": experiments.steadied(flickering, lambda o: patient_5(o, clips.backward_flow), 1.0),
}
for name, video in films_made.items():
    loss, gained = patient_5(video, clips.backward_flow), paired.psnr(video, clean).mean()
    print(f"   {name:18} patient 5's loss {loss:.4f}, {gained:.1f} dB from the steady film")

# %%
show(
    **{
        "here": here[:, :, None].expand(-1, -1, 16, -1, -1),
        "patient 2, fifteen times": sunk[:, :, None].expand(-1, -1, 16, -1, -1),
    },
    **{name: video[:1] for name, video in films_made.items()},
)

# %% [markdown]
# <details><summary>Patient 1</summary>The heads are missing: each has scores of its own. Count one attention's tensors (1.3), and you see it.</details>
# <details><summary>Patient 2</summary>The grid puts the first pixel's centre at −1, where <code>align_corners=False</code> has the picture's edge. So everything shrinks a little towards the middle, and blurs, at every warp. A warp without flow tells.</details>
# <details><summary>Patient 3</summary>The sign: the way back is the <i>opposite</i> of the way there, so it is the sum that must be small. And ŵ was not looked up where w leads. A motion of everything alike tells.</details>
# <details><summary>Patient 4</summary>The package wants [−1, 1] and is given [0, 1]: half of the contrast, on grey. It has a switch for it, <code>normalize=True</code>. Nothing crashes; only two known scales of one pair tell.</details>
# <details><summary>Patient 5</summary>The trust is taken from the video that is trained. Where it flickers most it is not trusted, so a stronger flicker soon costs no more, and what is worst may stay: its loss falls about as far as by the right loss, and of the decibels that this one gains nothing is left.
# Trust must come from something that the optimiser cannot change.</details>

# %%
summary("01")

# %% [markdown]
# ## To read next
# Lai et al. 2018, *Learning Blind Video Temporal Consistency*, for 1.5 and 1.6 in full. Sundaram, Brox & Keutzer 2010 for the flow's two tests. Zhang et al. 2018 for LPIPS. Chen et al. 2016, *Training Deep Nets with Sublinear Memory Cost*. Dao et al. 2022, *FlashAttention*, for how scores can be used and never kept.
# Blattmann et al. 2023, *Stable Video Diffusion*, its section on data.
#
# **Chapter 2** takes up the bill of 1.3: which convolutions and which attentions over space and time cost how much, measured. **Chapter 3** builds the U-Net that was counted here, and needs of this chapter the tensor `b c t h w`, the x–t slice, and the habit of asking what a number cannot see.
