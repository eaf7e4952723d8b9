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
# **You need** PyTorch, and nothing else: no diffusion, no video.
# **Time:** an evening for the exercises. The cells themselves take about a minute in the `smoke` budget and some minutes in `laptop`.
#
# **Papers:** Lai et al. 2018 (*blind video temporal consistency*) · Sundaram et al. 2010 (*where a flow can be followed*) · Zhang et al. 2018 (*LPIPS*) · Chen et al. 2016 (*checkpointing*) ·
# Dao et al. 2022 (*FlashAttention*) · Blattmann et al. 2023 (*Stable Video Diffusion*).

# %% setup
import zlib

import torch
import torch.nn.functional as F
from einops import rearrange
from IPython.display import display
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import PCA
from torch import nn

from minivid import judges
from minivid.chapters.ch01 import camera, experiments, history, widgets
from minivid.course import award, check, receipt, summary
from minivid.data import World
from minivid.metrics import paired, pretrained, temporal
from minivid.metrics.corruptions import drift as drifting
from minivid.metrics.corruptions import fade, gain_flicker, jump, moved, swap_identity
from minivid.metrics.features import Trunk
from minivid.motion import warp
from minivid.motion.trajectories import centroid
from minivid.nn import UNetConfig, memory
from minivid.nn.conv import ResBlock
from minivid.show import show, show_curves, show_image_grid, show_slice, show_source
from minivid.show.style import PALETTE, Picture, look
from minivid.tools import budget
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
for name, numbers in {"RGB": levels, "RGB, change from frame to frame": changes, "flow": flow_levels}.items():
    print(f"{name:32} {numbers.numel():7,} bytes, packed {len(zlib.compress(numbers.numpy().tobytes(), 9)):6,}")

# %% [markdown]
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
# A block of two convolutions keeps *seven* maps of its input's size: what each norm and each convolution was given, what was squashed, what was modulated. Go through a U-Net like this, layer by layer, and its memory is a formula. The library has it:

# %%
show_source(memory.numbers_kept)

# %%
net = UNetConfig(widths=(32, 64))  # a U-Net of chapter 3, small
parts = memory.training_bytes(net, (1, 1, 16, 64, 64))  # one clip, b c t h w
for part, size in parts.items():
    print(f"{part:13} {size / 1e6:7.1f} MB")
print(f"{'at once':13} {memory.peak_bytes(parts) / 1e6:7.1f} MB")

# %% [markdown]
# Weights, Adam's two averages and the gradients, which beginners count, are the small change here: what is kept for the way back is many times as much, and it grows with every frame and pixel. Is the formula right? Count every tensor that
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
lengths, sides = (sorted({point["clip"][axis] for point in counted["grid"]}) for axis in (2, 3))
found = {(point["clip"][2], point["clip"][3]): point for point in counted["grid"]}
with look():
    picture = Picture(640, 340)
    axes = picture.axes_at(76, 30, 400, 250, xscale="log", yscale="log", xlabel="frames", ylabel="MB at once")
    for colour, side in zip(PALETTE, sides, strict=False):
        axes.plot(
            lengths,
            [found[n, side]["measured"] / 1e6 for n in lengths],
            "o",
            color=colour,
            label=f"{side} × {side}, measured",
        )
        axes.plot(lengths, [found[n, side]["estimate"] / 1e6 for n in lengths], color=colour, label="estimate")
    axes.set_title("A training step of one clip")
    axes.set_xticks(lengths, lengths)
    axes.minorticks_off()
    picture.legend(loc="outside right center")
display(picture)
worst = max(abs(point["estimate"] / point["measured"] - 1) for point in counted["grid"])
print(f"the estimate is never off by more than {worst:.0%}\n{counted}")

# %% [markdown]
# Short of memory, people blame *attention*: each position is compared with every other, so there are as many scores as pairs. Rightly?
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
# Kept scores grow with the *square* of a frame's pixels and soon are all there is; a fused kernel makes them vanish from the bill. So an estimate that adds n² scores to a network with a fused kernel is as wrong as one that forgets them (or the heads) without one. Turn it yourself:

# %%
display(widgets.memory_dial(UNetConfig(channels=3)))
widgets.memory_dial_still(UNetConfig(channels=3))

# %% [markdown]
# ### "About 20 GB"
# A published lesson prints that training on 16 frames of 512² takes about 20 GB. Its own formula, put into numbers, gives 1.3 GB. Who is right? Nobody here has a machine for it, and none is needed: in a **rehearsal** tensors have shapes and no contents, so that a step runs through
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
    f"one attention among all positions would keep {score_bytes(1, large.heads, 16, 256, 256, 'all') / 1e12:.0f} TB, of which {score_bytes(1, 1, 16, 256, 256, 'all') / 1e12:.0f} if its heads are forgotten"
)

# %% [markdown]
# For *this* U-Net (with 4 heads, at half the resolution from its first layer on) the printed 20 GB happens to be near the truth, and the formula's 1.3 GB is far from it: it has room for the film and one map, and what makes the bill are the dozens of maps that wait for the way back.
# With another kernel the same network would take *terabytes*. **An estimate that has not been held against a measurement is a guess.**
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
# **What turns has a reason** (cause and effect): there is a wall where it turns. In another world digits turn half-way, in the middle of the picture, for no reason at all. The slices look alike; the truth does not:

# %%
sideways = dict(frames=16, size=32, directions=("left", "right"), speeds=("quickly",))
bounced = World(**sideways).sample(40, seed=7)
ghosts = World(**sideways, change="direction").sample(40, seed=7)
for name, some in (("with walls", bounced), ("half-way", ghosts)):
    inked = (some.mask[:, 0] > 0.06).any(2)  # n t w: the columns that the digit covers
    to_edge = torch.minimum(inked.int().argmax(2), inked.flip(2).int().argmax(2))  # n t, pixels
    vx = some.velocity[:, :, 0, 0]
    turned = vx[:, 1:] * vx[:, :-1] < 0  # n 15
    turned[:, torch.arange(15) != 7] &= name == "with walls"  # of the ghosts, the turn from frame 7 to 8
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
# **It is the same from the first frame to the last** (long range). Let one digit become another, a sixteenth in each frame. From frame to frame next to nothing happens; who compares neighbours alone never finds out:

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
# Write `followed(flow, backward_flow)` for flows `n 2 h w`, there and back: a mask `n h w`, true where a point is neither hidden nor at an edge. $|\nabla w|^2$ is the sum of squares of both components' differences to the pixel *below* and to the pixel on the *right*; beyond the last row and column there is no difference.
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
# Without the mask every break is drowned, since the hidden ground of *undamaged* clips is most of the error; with it, all four stand out by a factor of about ten. But look at the last row. A **fade to half** of the light lowers the error of the unmasked kind, and the masked one does not see it: from frame to frame it
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
# **A still image wins.** The same for a network, which learns in no time to paint whatever it is given with one colour:

# %%
painter = nn.Sequential(nn.Conv3d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv3d(16, 1, 3, padding=1))
optimizer = torch.optim.Adam(painter.parameters(), lr=0.01)
for step in range(budget.pick(smoke=61, laptop=201, gpu=201)):
    if step % 20 == 0:
        with torch.no_grad():
            made = flickering + painter(flickering)
        print(
            f"step {step:3}: loss {experiments.difference_loss(made):.4f}, change {experiments.change(made, clean):4.0%}, contrast {made.std() / clean.std():4.0%}"
        ) if step % 60 == 0 else None
    optimizer.zero_grad()
    experiments.difference_loss(flickering + painter(flickering)).backward()
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
gain = {
    name: torch.tensor(
        [
            [run["psnr"] - before["psnr"] for run in runs]
            for runs, before in zip(tried[name], tried["flickering"], strict=True)
        ]
    )
    for name in ("difference", "warped")
}
print(experiments.steadying_sentence(tried))
print(tried)
show_curves(
    torch.tensor(tried["weights"]).log10(),
    {name: values.mean(0) for name, values in gain.items()},
    bands={name: (values.amin(0), values.amax(0)) for name, values in gain.items()},
    regions={"as it flickered": 0.0},
    xlabel="log₁₀ λ; band: from the worst to the best of three seeds",
    ylabel="decibels gained",
    heading="Which loss makes the film better, and how much of it?",
    dots=True,
)

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
# The last row is 0 in every column: each of the three is won by a still. The plain difference can hardly tell the undamaged film from a broken one, since motion is most of what it measures; the warped loss and the perceptual one can. But not alike: for the perceptual one (over the judge) a flicker is the least of the four, since features of length one have lost most of their brightness.
# **Which breaks a loss punishes is a choice**, and the fade is punished by none.
#
# ### A machine that sees what you see
# In 1.1 you named breaks at a glance. Can you write down what you looked at?
#
# #### Exercise 1.5
# Write `which_break(cuts)`: for x–t slices `n t w` in [−1, 1], a list of n words, each `"steady"`, `"flicker"`, `"drift"` or `"jump"`. It is judged on films that nobody has seen: of 24 of each kind, 20 must be named right. `camera.film(kind, n, seed)` and `camera.slices(films)` make as many as you want to try it on; `shift(a, b)` below tells by how many whole
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
# <!-- sections 1.7 to 1.9 -->

# %% [markdown]
# ## 1.10 Ten years, five routes
# How has the field answered all this? Here are thirty works, each at the date of its first version:

# %%
history.history_picture()

# %% [markdown]
# - **All pixels at once**: one network makes the film's pixels, all frames together. First GANs, then diffusion (VDM, which chapter 3 builds).
# - **Content and motion**: what is seen and how it moves are made apart; a key frame, and motion to carry it (LFDM makes a flow, Emu Video first a picture).
# - **Tokens**: films as sentences of a codebook's words, written by a language model (chapter 9 makes the words).
# - **Cascade**: a small film first, then networks that enlarge it (chapter 11).
# - **Latents**: an autoencoder makes the film small, and diffusion runs there. It is the main road since 2023, with U-Nets first, transformers since W.A.L.T and Latte (chapter 5), and lately frame after frame (CausVid, Self Forcing).
#
# What does each cost? For one film of 16 × 64 × 64 in colour, with networks of one size (the same U-Net with 32 and 64 channels, or 4 transformer layers of 128), 25 calls for everyone that denoises, and no autoencoder counted (the cascade's second network works on patches of 4 × 4 pixels, for it need not invent anything large):

# %%
costs = receipt("01_routes")
print(experiments.routes_table(costs))
print(costs)

# %%
routes = {route: costs["routes"][route] for route in history.ROUTES}
with look():
    picture = Picture(840, 250)
    charts = {
        "numbers of the film": [cost["numbers"] for cost in routes.values()],
        "MB of a training step": [cost["peak"] / 1e6 for cost in routes.values()],
        "processor seconds a film": [cost["calls"] * cost["call"] for cost in routes.values()],
    }
    for i, (name, values) in enumerate(charts.items()):
        axes = picture.axes_at(150 + 230 * i, 34, 205, 170, title=name, xscale="log", ylim=(4.6, -0.6))
        axes.barh(range(5), values, color=list(history.ROUTES.values()), height=0.7)
        axes.set_yticks(range(5), list(routes) if i == 0 else [""] * 5)
        axes.set_xlim(min(values) / 3, max(values) * 25)
        for y, value in enumerate(values):
            axes.annotate(
                f"{value:,.3g}" if value < 1000 else f"{value:,}",
                (value, y),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
        axes.grid(axis="y", visible=False)
picture

# %%
part = experiments.routes.ROUTES["latents"][0]
one_call = experiments.routes.call_seconds(part, repeats=5)
print(
    f"here, one call for latents: {1000 * one_call:.1f} ms (the receipt's {1000 * costs['routes']['latents']['call']:.1f} ms), one for all pixels: {1000 * experiments.routes.call_seconds(experiments.routes.ROUTES['all pixels at once'][0], repeats=3):.0f} ms"
)

# %% [markdown]
# The three charts do not agree. A film of tokens is the fewest numbers, but each of them is a call of its own. A cascade has to make the large film all the same. Latents are cheap in all three, and what they cost is hidden: an autoencoder whose mistakes no later network can mend (chapter 9).

# %% [markdown]
# ## 1.11 How this goes wrong
# Five pieces of code. Each runs, gives a plausible number, and is wrong; the first three stood in published tutorials. Read them, find the line, and say *what you would try them on*, before you run the next cell.


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
cheated = experiments.steadied(flickering, lambda o: patient_5(o, clips.backward_flow), 1.0)
loss_before, loss_after = (patient_5(video, clips.backward_flow).item() for video in (flickering, cheated))
print(
    f"5  trained by patient 5: its loss falls from {loss_before:.4f} to {loss_after:.4f}, and the flicker from {experiments.change(flickering, clean):.0%} to {experiments.change(cheated, clean):.0%} of a steady film's change"
)

# %%
show(
    **{
        "here": here[:, :, None].expand(-1, -1, 16, -1, -1),
        "patient 2, fifteen times": sunk[:, :, None].expand(-1, -1, 16, -1, -1),
    },
    flickering=flickering[:1],
    by_patient_5=cheated[:1],
)

# %% [markdown]
# <details><summary>Patient 1</summary>The heads are missing: each has scores of its own. Count one attention's tensors (1.3), and you see it.</details>
# <details><summary>Patient 2</summary>The grid puts the first pixel's centre at −1, where <code>align_corners=False</code> has the picture's edge. So everything shrinks a little towards the middle, and blurs, at every warp. A warp without flow tells.</details>
# <details><summary>Patient 3</summary>The sign: the way back is the <i>opposite</i> of the way there, so it is the sum that must be small. And ŵ was not looked up where w leads. A motion of everything alike tells.</details>
# <details><summary>Patient 4</summary>The package wants [−1, 1] and is given [0, 1]: half of the contrast, on grey. It has a switch for it, <code>normalize=True</code>. Nothing crashes; only two known scales of one pair tell.</details>
# <details><summary>Patient 5</summary>The trust is taken from the video that is trained. Where it flickers it is not trusted, so a stronger flicker costs <i>less</i>, and the optimiser finds out. Trust must come from something that the optimiser cannot change.</details>

# %%
summary("01")

# %% [markdown]
# ## To read next
# Lai et al. 2018, *Learning Blind Video Temporal Consistency*, for 1.5 and 1.6 in full. Sundaram, Brox & Keutzer 2010 for the flow's two tests. Zhang et al. 2018 for LPIPS. Chen et al. 2016, *Training Deep Nets with Sublinear Memory Cost*. Dao et al. 2022, *FlashAttention*, for how scores can be used and never kept.
# Blattmann et al. 2023, *Stable Video Diffusion*, its section on data.
#
# **Chapter 2** takes up the bill of 1.3: which convolutions and which attentions over space and time cost how much, measured. **Chapter 3** builds the U-Net that was counted here, and needs of this chapter the tensor `b c t h w`, the x–t slice, and the habit of asking what a number cannot see.
