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
# windows, shift and mask them · replace the scores of attention by something that grows no faster than the clip · tell frames their place, and pass on what was seen over a long time · prove, by touching one pixel, what a layer
# sees.
#
# **You need** PyTorch (modules, autograd), chapter 1's picture of a clip, and to have met convolution and attention once. No diffusion.
# **Time:** an evening. What was measured beforehand comes from a **receipt**: a file in which a command left its numbers, seeds, machine and minutes, and which
# `minivid measure NAME` makes again. The line under a table says which.
#
# **Papers:** Tran et al. 2018 (*R(2+1)D*) · Singer et al. 2022 (*Make-A-Video*) · Bertasius et al. 2021 (*TimeSformer*) · Liu et al. 2021 (*Swin*, *Video Swin*) ·
# Child et al. 2019 (*Sparse Transformers*) · Katharopoulos et al. 2020 (*linear attention*).

# %% setup
import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from einops import einsum, rearrange
from IPython.display import display
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from minivid import zoo
from minivid.chapters.ch02 import experiments, widgets
from minivid.course import award, check, hint, receipt, summary  # noqa: F401  (hint is for you to call)
from minivid.data import World, tokenize
from minivid.diffusion import variance_preserving
from minivid.motion import backward_warp
from minivid.motion.forecast import forecast
from minivid.nn import Cond, propagation
from minivid.nn.attention import sparse
from minivid.nn.attention.core import ALL, SPACE, TIME, Attention, Window, attend, linear_attend
from minivid.nn.attention.maps import place_attention_maps
from minivid.nn.attention.positions import angles, relative_buckets, sinusoidal
from minivid.nn.conv import SpatialConv
from minivid.nn.cost import conv_flops, scores, weights
from minivid.nn.light import MotionNet, TemporalMix
from minivid.nn.propagation import ConvGRUCell, Hierarchical
from minivid.nn.spacetime import PseudoConv3d, SeparableConv3d, TimeConv, full_conv
from minivid.show import show, show_curves, show_image_grid, show_sheet, show_slice, show_source
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
cut = colour.reshape(8, 3, 32, 32)  # no transpose
folded = rearrange(colour, "b c t h w -> (b t) c h w")
for_show = {"folded": folded, "reshaped": cut}
show_sheet(**{name: rearrange(x, "t c h w -> 1 c t h w") for name, x in for_show.items()})

# %% [markdown]
# Below, each "picture" has taken its red, green and blue from three neighbours in memory: mostly three *frames* of one channel, which is why it is grey and has coloured fringes where the digit moved.
#
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
    """Where the output changes when one place (frame, row, column) of the input does: grey there, black elsewhere."""
    x = torch.randn(1, 8, *clip)
    touched = x.clone()
    touched[:, :, *place] += 1
    with torch.no_grad():
        changed = (layer(touched) != layer(x)).any(1, keepdim=True)
    return 1.4 * changed - 1


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
# the time kernel sees zeros beyond both ends of the clip, and no inner bias there, which a Conv3d cannot imitate
nn.init.zeros_(space.bias)
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
sheet = {
    "3×3×3": reached(full_conv(8, 8)),
    "(2+1)D, of exercise 2.2": reached(FactorizedConv(8, inner_width(8, 8, 3, 3), 8)),
}
sheet |= {"separable": reached(SeparableConv3d(8, 8)), "pseudo-3-D at first": before}
show_sheet(**sheet | {"pseudo-3-D once its weights have moved": reached(pseudo)}, frames=9)

# %% [markdown]
# All of them end with the same cube of 27 places. What differs is what they may *do* with it, and what it costs.
#
# ## 2.3 What does a convolution cost?
# One rule covers them all: **every weight is used once at every place**, so a forward pass takes $2 \cdot \text{weights} \cdot T H W$ operations, a multiplication
# and an addition being two. PyTorch has a counter of its own; do they agree?

# %%
for name, make in experiments.CONVOLUTIONS.items():
    layer = make(32, 32)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.randn(1, 32, 8, 16, 16))
    print(
        f"{name:12} {weights(layer):7,} weights   formula {conv_flops(layer, 8, 16, 16):11,}   counted {counter.get_total_flops():11,}"
    )

# %% [markdown]
# Operations are no seconds, though, and no bytes. Measured, a training step (forward and backward) of each, 32 channels, two clips of 8 frames of 32×32, on one thread of a processor:

# %%
found = receipt("02_convolutions")
display(widgets.convolution_chart(found["rows"]))
print(experiments.convolution_table(found["rows"]))
print(experiments.convolution_sentences(found["rows"]))
print(found)

# %%
steps = {
    name: experiments.training_step(make(32, 32), (8, 16, 16), batch=2)
    for name, make in experiments.CONVOLUTIONS.items()
}
here = experiments.fastest(steps, repeats=budget.pick(smoke=2, laptop=20, gpu=20))
for name, seconds in here.items():
    print(
        f"{name:12} {1000 * seconds:6.1f} ms here, two clips of 8×16×16: {seconds / here['full 3×3×3']:.2f} of the full one"
    )

# %% [markdown]
# Compare the columns. **Equal weights and equal operations are not equal time**: (2+1)D and the full convolution that it replaces have both in common, and do not take equally long. (Which of them is the quicker one depends on the machine and on the clip:
# measure.) The separable one saves far more operations than time. And what stands between two halves has to be kept for the way back, so (2+1)D also needs the most memory.
# <details><summary>How much stands between its halves?</summary><code>inner_width(32, 32, 3, 3)</code> channels, more than twice the 32 that the clip has: what a layer has read is kept until its way back.</details>
#
# Even the same layer need not behave alike on another clip. PyTorch chooses among several routines by the shape of what it is given. Which does it take for the full convolution, for one clip and for two?

# %%
for batch in (1, 2):
    x = torch.randn(batch, 32, 8, 32, 32)
    print(f"clips in a batch: {batch}, routine: {experiments.routine(full_conv(32, 32), x)}")

# %% [markdown]
# The receipt's last column was measured with one clip. (On its machine the routine was `Slow3d`. We first measured with a single clip, and had all but written that (2+1)D is by far the quicker.) **A time is the time of one
# shape on one machine.**
#
# ## 2.4 What does attention over a whole clip cost?
# A convolution reaches its neighbours. **Attention** lets each place choose where to look: with queries, keys and values that are linear maps of the features,
# $$\mathrm{out}_i=\sum_j a_{ij}\,v_j,\qquad a_{ij}=\mathrm{softmax}_j\big(q_i\cdot k_j/\sqrt d\big)$$
# In the full form *i* and *j* run over all $N = T H W$ places of the clip. That is $N^2$ scores **for every head**. (Chapter 1's exercise 1.1
# counts them; the published estimate that it mends had left the heads out, and with eight of them was eight times too low.)

# %%
for t, side in ((8, 16), (16, 32), (16, 64)):
    n = t * side**2
    print(f"{t:2} frames of {side}×{side}: {n:6,} places, {4 * scores(8, n, n) / 1e9:8.2f} GB of scores for 8 heads")

# %% [markdown]
# So we factorize again: first each frame by itself, *space*, then each pixel through time, *time*. In the library a `Window` says what is a sequence, and everything else
# about attention stays the same:

# %%
x = torch.randn(1, 8, 9, 17, 17)
for name, window in (("ALL", ALL), ("SPACE", SPACE), ("TIME", TIME)):
    n, i, c = window.cut(x).shape
    print(f"{name:6} {n:5,} sequences of {i:5,} places: {n * i * i:10,} scores a head")

# %%
show_source(Window.cut)

# %% [markdown]
# Whom does each of them reach? The perturbation test again. A layer's norm is taken out for it: a mean over a frame's pixels joins them before attention does.


# %%
def attention(*windows, attend=attend):
    """One layer for each window, without norms, and with weights as after some training (a fresh layer begins as the identity)."""
    layers = [Attention(8, 2, window, attend=attend) for window in windows]
    for layer in layers:
        layer.norm = nn.Identity()
        nn.init.normal_(layer.to_out.weight, std=0.3)
    return nn.Sequential(*layers)


show_sheet(
    **{"full": reached(attention(ALL)), "space": reached(attention(SPACE)), "time": reached(attention(TIME))}
    | {"space, then time": reached(attention(SPACE, TIME))},
    frames=9,
)

# %% [markdown]
# Two cheap layers reach as far as one dear one. But it is not the same: in "space, then time" a place sees another frame's *pixel elsewhere* only through what that frame's
# own attention brought to its own column. Where one of the two axes has length one there is no difference left:

# %%
full, space, time = (Attention(8, 2, window) for window in (ALL, SPACE, TIME))
nn.init.normal_(full.to_out.weight)
space.load_state_dict(full.state_dict())
time.load_state_dict(full.state_dict())
picture, pixel = torch.randn(1, 8, 1, 6, 6), torch.randn(1, 8, 9, 1, 1)
print("one frame: space attention is full attention,", torch.equal(space(picture), full(picture)))
print("one pixel: time attention is full attention, ", torch.equal(time(pixel), full(pixel)))

# %% [markdown]
# ## 2.5 How does one cut a clip into windows?
# If near things matter most, let each place look only within its own box of, say, 2 frames of 4×4. The boxes must be *contiguous*. A tutorial on this very subject cuts
# by `(tw nw)` where it meant `(nw tw)`: each of its windows is spread over the whole clip like a comb.

# %%
numbers = torch.arange(8)
print("contiguous", rearrange(numbers, "(n tw) -> n tw", tw=2).tolist())
print("strided   ", rearrange(numbers, "(tw n) -> n tw", tw=2).tolist())

# %% [markdown]
# #### Exercise 2.4
# Write `in_windows(mix, x, size)`: cut clips `x` into boxes of `size` = (frames, height, width), hand them to `mix` as sequences `n i c`, and put what it returns back in
# place. Within a sequence: frames outermost, then rows, then columns. The boxes divide the clip.
# <details><summary>Hint</summary>
# One <code>rearrange</code> with three brackets such as <code>(t t1)</code>: t counts windows, t1 the places within one. Back: the same words from right to left; give
# <code>t, h, w</code> or <code>t1, h1, w1</code> <i>and</i> the numbers of windows.</details>


# %% exercise="2.4"
def in_windows(mix, x, size):
    """`mix` on each box of `size` = (frames, height, width)."""
    ### BEGIN SOLUTION
    t1, h1, w1 = size
    t, h, w = x.shape[2] // t1, x.shape[3] // h1, x.shape[4] // w1
    rows = rearrange(x, "b c (t t1) (h h1) (w w1) -> (b t h w) (t1 h1 w1) c", t1=t1, h1=h1, w1=w1)
    return rearrange(
        mix(rows), "(b t h w) (t1 h1 w1) c -> b c (t t1) (h h1) (w w1)", t=t, h=h, w=w, t1=t1, h1=h1, w1=w1
    )
    ### END SOLUTION


in_windows = check("2.4", in_windows)

# %% award="2.4"
award("2.4")

# %%
layer = Attention(8, 2, ALL)
layer.norm = nn.Identity()
nn.init.normal_(layer.to_out.weight)


def attend_to_box(rows):
    """The layer on boxes of 2×4×4, each as a clip of its own."""
    boxes = rearrange(rows, "n (t h w) c -> n c t h w", t=2, h=4, w=4)
    return rearrange(layer(boxes), "n c t h w -> n (t h w) c")


library = Attention(8, 2, Window(2, 4, 4))
library.norm = nn.Identity()
library.load_state_dict(layer.state_dict())
clip = torch.randn(2, 8, 4, 8, 8)
with torch.no_grad():
    print(
        f"exercise 2.4 against the library: {(in_windows(attend_to_box, clip, (2, 4, 4)) - library(clip)).abs().max():.1e}"
    )

# %% [markdown]
# Boxes have walls: two neighbours on either side of one never meet, however many such layers follow. So every second layer **shifts** the boxes by half their size. At the clip's ends
# stand smaller boxes then, and to keep all boxes alike one does three things, in this order:
#
# 1. **pad** with zeros at the end, until boxes divide the clip;
# 2. **roll** by the shift, so that what is cut off in front comes to stand behind;
# 3. **mask**: who only became neighbours by the roll must not see each other, and nobody sees the padding.

# %%
show_sheet(
    **{"windows of 3×4×4": reached(attention(Window(3, 4, 4)))}
    | {"shifted": reached(attention(Window(3, 4, 4, shifted=True)))}
    | {"one after the other": reached(attention(Window(3, 4, 4), Window(3, 4, 4, shifted=True)))},
    frames=9,
)

# %% [markdown]
# #### Exercise 2.5
# Write `shifted_windows(x, size, shift)` along *one* axis, for sequences `b n c` whose length `size` need not divide. Return `(rows, visible)`: the windows `b m size c`, and for
# each window who may see whom, `m size size`. True only where both were neighbours in the line that is cut at shift, shift + size, … (0 ≤ shift < size). What the padding itself sees does not
# matter. In three dimensions the mask is the product of three such.
# <details><summary>Hint</summary>
# Give each place the number of its run, <code>(torch.arange(n) - shift) // size</code>, and the padding a number that nobody else has. Then do with
# these numbers exactly what you do with x. Two places see each other when their numbers are equal.</details>


# %% exercise="2.5"
def shifted_windows(x, size, shift):
    """Pad, roll, cut; and a mask of who may see whom."""
    ### BEGIN SOLUTION
    n = x.shape[1]
    pad = -n % size
    rows = F.pad(x, (0, 0, 0, pad)).roll(-shift, 1)
    region = F.pad((torch.arange(n) - shift) // size, (0, pad), value=-2).roll(-shift)
    region = rearrange(region, "(m i) -> m i", i=size)
    return rearrange(rows, "b (m i) c -> b m i c", i=size), region[:, :, None] == region[:, None, :]
    ### END SOLUTION


shifted_windows = check("2.5", shifted_windows)

# %% award="2.5"
award("2.5")

# %%
line = torch.arange(10.0).reshape(1, 10, 1)
rows, seen = shifted_windows(line, size=4, shift=2)
for window, who in zip(rows[0, :, :, 0].int().tolist(), seen, strict=True):
    print(window, "".join("■" if sees else "·" for sees in who[0]), " is what its first place may see")

# %% [markdown]
# In the library this is `Window(2, 4, 4, shifted=True)`, which pads when it must. The best test of it knows nothing of rolls or masks: cut the clip where the walls are and attend to each piece
# by itself.

# %%
layer = attention(Window(2, 4, 4, shifted=True))
whole = attention(ALL)
whole.load_state_dict(layer.state_dict())
odd = torch.randn(1, 8, 5, 6, 7)  # nothing divides
expected = torch.zeros_like(odd)
for frames in (slice(0, 1), slice(1, 3), slice(3, 5)):
    for rows in (slice(0, 2), slice(2, 6)):
        for columns in (slice(0, 2), slice(2, 6), slice(6, 7)):
            box = (..., frames, rows, columns)
            expected[box] = whole(odd[box])
print(f"a loop over boxes against pad, roll and mask: {(layer(odd) - expected).abs().max():.1e}")

# %% [markdown]
# ## 2.6 One mask for everything else
# A mask is a table "may i see j?". All the sparse kinds of attention are rules for filling it in, and rules can be joined:

# %%
show_source(sparse.near)

# %%
clip = (6, 8, 8)
rules = {
    "causal": sparse.causal,
    "near": sparse.near(1, 2, 2),
    "near and causal": sparse.both(sparse.near(1, 2, 2), sparse.causal),
    "near or on a grid": sparse.either(sparse.near(1, 2, 2), sparse.every(2, 4, 4)),
    "near or first frame": sparse.either(sparse.near(1, 2, 2), sparse.first_frame),
}
seen = {name: sparse.visible(rule, *clip) for name, rule in rules.items()}
for name, mask in seen.items():
    print(f"{name:20} {mask.float().mean():5.1%} of the scores count")
at = 3 * 64 + 4 * 8 + 4  # frame 3, row 4, column 4
show_sheet(**{name: 1.4 * mask[at].reshape(1, 1, *clip) - 1 for name, mask in seen.items()}, frames=6)

# %% [markdown]
# What place (3, 4, 4) may look at. **Causal** attention is the one that a film made frame by frame needs: nothing that comes later may change what came before. Not
# nearly nothing; nothing, to the last bit:

# %%
layer, x = Attention(8, 2, ALL), torch.randn(1, 8, *clip)
nn.init.normal_(layer.to_out.weight)
other_end = torch.cat([x[:, :, :4], torch.randn(1, 8, 2, 8, 8)], dim=2)
for name, mask in (("causal", seen["causal"]), ("without a mask", None)):
    same = (layer(x, visible=mask) == layer(other_end, visible=mask))[:, :, :4].all().item()
    print(f"{name:15} the first four frames are the same to the bit: {same}")

# %% [markdown]
# A mask alone saves nothing: the scores are computed and thrown away. To save time one must *skip* them, and hardware skips in **blocks**. Cut the table into blocks of 64×64; a
# block without a True is never touched; only a block that is mixed needs the mask. (PyTorch's `flex_attention` works this way on a GPU.) Which blocks are empty depends on the rule *and* on
# the order in which places stand in the table:

# %%
q, k, v = torch.randn(3, 1, 4, 16 * 256, 8)
long = sparse.visible(sparse.both(sparse.near(1, 3, 3), sparse.causal), 16, 16, 16)
hidden = torch.zeros(1, 1, *long.shape).masked_fill(~long, -torch.inf)
ways = {
    "no mask": lambda: attend(q, k, v),
    "mask": lambda: attend(q, k, v, hidden),
    "blocks of 64": lambda: sparse.attend_in_blocks(q, k, v, long, 64),
}
seconds = experiments.fastest(ways, repeats=budget.pick(smoke=1, laptop=5, gpu=5))
print(
    f"{long.float().mean():.1%} of the scores count, {sparse.blocks(long, 64).float().mean():.1%} of the blocks are not empty"
)
for name, took in seconds.items():
    print(f"{name:13} {1000 * took:7.1f} ms")
print(f"blocks against mask, largest difference: {(ways['blocks of 64']() - ways['mask']()).abs().max():.1e}")

# %% [markdown]
# ## 2.7 Attention without scores
# Replace the softmax by a product of positive features, $a_{ij} \propto \phi(q_i)\cdot\phi(k_j)$ with $\phi(x) = \mathrm{elu}(x)+1$. Then the sum over *j* does not
# depend on *i*, and is computed once:
# $$\mathrm{out}_i=\frac{\phi(q_i)^{\!\top}\sum_j \phi(k_j)\,v_j^{\!\top}}{\phi(q_i)^{\!\top}\sum_j\phi(k_j)}$$
# The sum above the line is a d × d matrix and the one below it a vector, whatever the length of the clip. Time and memory grow with *N*.
#
# #### Exercise 2.6
# Write `linear_attention(q, k, v)` for queries `n heads i d`, keys and values `n heads j d`, without ever computing a number for each pair (i, j), neither all
# at once nor piece by piece.
# <details><summary>Hint</summary>
# Matrix products may be bracketed as one likes: φ(q) (φ(k)ᵀ v). <code>k.mT</code> exchanges the last two axes.</details>


# %% exercise="2.6"
def linear_attention(q, k, v):
    """φ(q) (φ(k)ᵀ v) / (φ(q) Σ φ(k))."""
    ### BEGIN SOLUTION
    phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1
    return phi_q @ (phi_k.mT @ v) / (phi_q @ phi_k.sum(2, keepdim=True).mT)
    ### END SOLUTION


linear_attention = check("2.6", linear_attention)

# %% award="2.6"
award("2.6")

# %%
phi_q, phi_k = F.elu(q[:, :, :300]) + 1, F.elu(k[:, :, :300]) + 1
squares = phi_q @ phi_k.mT  # the quadratic form of the same thing
squares = squares / squares.sum(-1, keepdim=True) @ v[:, :, :300]
print(
    f"against its quadratic form: {(linear_attention(q[:, :, :300], k[:, :, :300], v[:, :, :300]) - squares).abs().max():.1e}"
)

# %% [markdown]
# What is lost? The weights are flatter. Let a query ask for *one* key among many, the one that equals it, and look how much weight it gets.

# %%
keys = 3 * F.normalize(torch.randn(1, 1, 256, 16, generator=torch.Generator().manual_seed(0)), dim=-1)
one_hot = torch.eye(256)[None, None]  # values that say which key was looked at: what comes out are the weights
for name, weight in (("softmax", attend(4 * keys, keys, one_hot)), ("linear", linear_attend(4 * keys, keys, one_hot))):
    print(
        f"{name:8} the right one of 256 keys gets {weight[0, 0].diagonal().mean():.1%}, evenly would be {1 / 256:.1%}"
    )

# %% [markdown]
# With this φ linear attention hardly points: that is the price. It is used where a clip is very long, and often beside a few layers that can.
#
# **All of them on one chart.** A training step (forward, backward; 32 channels, 4 heads, one clip) against the number of frames of 12×12, and against the pixels of 4 frames. *Scores
# kept* is the formula as it stands; *full* is the same numbers by PyTorch's fused kernel, which computes scores block by block and forgets them.

# %%
found = receipt("02_attention")
display(widgets.growth_chart(found["along"]))
print(experiments.exponent_table(found["along"]))
print(experiments.end_sentence(found["along"]))
print(found)

# %% [markdown]
# A cell *time* is the exponent *p* of cost $\propto n^p$, fitted to all five clips, in brackets the 95 % interval of the fit; *at the end* is the same between the last two clips, and *formula* that of the operations counted by hand, between the same two.
# By the formula full attention grows with the square of the clip, windows and linear attention with the clip itself, and space, then time lies between: by its frames cheap, by its pixels not. The sentence under the table says where the measured time
# does that, too. Where it grows more slowly, a step has costs that do not grow, and these also pull down the fit over all five clips; where it grows faster, the formula counts operations and not the bytes that they wait for. **And memory tells a second story: the fused kernel pays the square in time, but not in bytes.** A smaller piece of all this,
# here:

# %%
for clip in ((4, 8, 8), (8, 8, 8), (16, 8, 8)):
    print(f"{clip[0]} frames of 8×8")
    for name in experiments.ATTENTIONS:
        cost = experiments.step_cost(name, clip, budget.pick(smoke=1, laptop=10, gpu=10))
        print(f"  {name:18} {1000 * cost['seconds']:7.1f} ms {cost['bytes'] / 1e6:7.1f} MB")

# %% [markdown]
# And by formula, for clips that no laptop would like. Turn the dials: where does full attention overtake a convolution? When does *time* attention begin to matter beside space?

# %%
display(widgets.cost_dial())
widgets.cost_dial_still()

# %% [markdown]
# <details><summary>Where does full attention overtake the full convolution?</summary>For N places of d channels: 4 N² d + 8 N d² operations (scores and sums; four linear maps) against 2 · 27 N d². They are equal at N = 11½ d: for the 64 channels of
# this chart less than three frames of 16×16.</details>
# <details><summary>When does time attention begin to matter beside space?</summary>Space has H W scores for each place, time has T. So not before the clip has as many frames as a frame has pixels: in networks that halve the picture, first in
# the innermost layers. (Its linear maps cost as much as those of space in any clip.)</details>

# %% [markdown]
# ## 2.8 What does attention look at?
# Chapter 3 will train a video U-Net whose layers are those of section 2.4, space then time. It is in the course's **zoo** (trained models that come with it). Watch it at work on a noisy clip: pick a layer,
# a frame and a place.

# %%
teacher = zoo.load("vdm-small")
watched = teacher.world.sample(1, seed=21, caption="a 3 moves right, quickly")
level = torch.tensor([experiments.LEVEL])  # how noisy the clip is; chapter 3 explains
alpha, sigma = variance_preserving(level)
z = alpha * watched.video + sigma * torch.randn(watched.video.shape, generator=torch.Generator().manual_seed(1))
maps = place_attention_maps(teacher.network, z, level, Cond(*tokenize(watched.caption)))
display(widgets.looking_glass(maps, watched.video))
widgets.looking_glass_still(maps, watched.video, "up 2 temporal", (4, 3, 4))

# %% [markdown]
# A layer over time (the names go along the U-Net: down, middle, up). The marked place is a square of four pixels. Two heads look mostly at their own frame, two mostly at the frames beside it, before *and* after. Did they look where the 3 was? Put the ink at that place beside it:

# %%
ink = (watched.video[0, 0, :, 6:8, 8:10].mean((1, 2)) + 1) / 2  # of the four pixels, in each frame
print("frame    ", "".join(f"{i:6}" for i in range(8)))
print("ink there", "".join(f"{value:6.2f}" for value in ink))
for head, weight in enumerate(maps["up 2 temporal"][:, 4, 3, 4, :, 3, 4]):
    print(f"head {head}   ", "".join(f"{value:6.2f}" for value in weight))

# %% [markdown]
# No: it was there earlier, and comes back later. A picture of attention is a story waiting for its teller, which is why below we shall *count*, over many clips. First a layer over space:

# %%
widgets.looking_glass_still(maps, watched.video, "up 2 spatial", (4, 3, 4))

# %% [markdown]
# The two halves in turn reach the whole clip. Multiply their weights (the mean over heads of each) to see from where something *can* arrive at that place:

# %%
space, time = (maps[f"up 2 {half}"].mean(0).flatten(3).flatten(0, 2) for half in ("spatial", "temporal"))
in_turn = (time @ space).unflatten(0, (8, 8, 8)).unflatten(-1, (8, 8, 8))
widgets.looking_glass_still({"space, then time": in_turn[None]}, watched.video, "space, then time", (4, 3, 4))

# %% [markdown]
# Is attention denser where things move? Count: of the weight that a moving place gives to *others*, how much lies on moving ones, compared with an even spread? The network without
# training is the control.

# %%
found = receipt("02_moving")
print(experiments.moving_table(found))
print(found)

# %% [markdown]
# The last two columns say over how many places (of a frame), or frames (of a place), the weights of the trained network are spread in effect. *Trained* and *fresh*: 1 is an even spread, in brackets the 95 % interval over clips. The fresh network looks everywhere alike. The trained one **looks away from what moves on the way down, and at it from the middle on**;
# through time its preference is slight. The last two columns are the clearer story: in all layers over time a moving place concentrates on fewer frames than a still one. The
# pattern adapts to the data, as no convolution's can.
#
# ## 2.9 Where should frames meet, early or late?
# Enough of costs: what is it good for? Take a task that only motion can answer: in which of four directions does a digit move, and is it slow or quick? Eight answers. Small networks of three
# convolutions, each followed by a halving of the picture, and all of (nearly) equal weight, differ in *where* their frames meet: in the first layer (**early**), in the last (**late**), in each (**slow**, as Karpathy
# et al. 2014 call it; the layers that join frames are pseudo-3-D unless the row says otherwise), or in attention over time at the end.

# %%
show_source(experiments.Reader.forward)

# %%
video, wanted = experiments.batch(4, seed=3)
show(video, captions=[" ".join(experiments.CLASSES[i]) for i in wanted])

# %%
steps = budget.pick(smoke=3, laptop=200, gpu=200)  # 200 is what was measured below, over four seeds
for name in ("early", "late"):
    _, right = experiments.train_reader(name, seed=0, steps=steps)
    print(f"{name:6} {right:.2f} read rightly after {steps} steps here (one in eight by chance)")

# %%
found = receipt("02_fusion")
print(experiments.fusion_table(found))
print(found)

# %% [markdown]
# Every number after the interval is one seed; a guess among eight is right in 0.125. Read it in four steps.
#
# - **Late fusion learnt next to nothing**, no more than a network to which all frames are one heap. A likely reason: after two halvings the picture is 4×4, and a digit that moves by one pixel a frame moves by a quarter of a place: there
#   is little left for a kernel of three frames to see. Early fusion looks while motion is still visible.
# - **Attention at the end is not late in this sense**: it compares *all* frames, between the first and the last of which a digit crosses places. Convolution early and attention late see both, the near and the far, and
#   together have the best mean and the narrowest interval of all.
# - Of the networks that see time in each layer, (2+1)D and the full kernel cannot be told apart here; pseudo-3-D (the row *slow*) has the lowest mean, and an interval that still overlaps theirs.
# - **A null:** taking the ReLU out of (2+1)D changes nothing that four seeds could show. In this network a norm and a ReLU follow every layer anyway. That the ReLU makes a difference in *what can be computed* you have seen in 2.2;
#   that it helps must be shown anew for each task.
#
# (200 steps, one rate for all; longer training may change the order.)

# %% [markdown]
# ## 2.10 Where does a frame stand?
# Attention is a sum over its inputs, and a sum has no order. Shuffle the frames: what comes out is the same, shuffled.

# %%
layer = Attention(8, 2, TIME)
nn.init.normal_(layer.to_out.weight, std=0.3)
x, shuffle = torch.randn(1, 8, 6, 4, 4), torch.tensor([3, 0, 5, 1, 4, 2])
same_vector = torch.randn(8, 1, 1, 1)
frame = torch.arange(6.0)
numbered = sinusoidal(frame, 8).T[:, :, None, None]
for words, added in (("nothing added", 0), ("one vector for all", same_vector), ("a vector for each frame", numbered)):
    with torch.no_grad():
        straight, shuffled = layer(x + added), layer(x[:, :, shuffle] + added)
    print(f"{words:24} shuffled in against shuffled out: {(straight[:, :, shuffle] - shuffled).abs().max():.6f}")

# %% [markdown]
# Zero means **blind to order**: a film played backwards is the same film to such a layer. A released model was like that (diffusers, issue 4568). The second line is a mistake from a tutorial: one learned
# vector `(1, 1, d)`, added to *every* frame, says nothing about any of them.
#
# The third line adds waves (Vaswani et al. 2017). Frame $n$ gets sines and cosines of the angles $n\,\omega_k$: dim/2 clocks, each slower than the one before,
# $$\omega_k = 10\,000^{-2k/\mathrm{dim}}, \qquad k = 0, \dots, \mathrm{dim}/2-1$$
# Write `arange(dim // 2) / dim` for $2k/\mathrm{dim}$, as a published video model does, and the slow half of the clocks is missing:

# %%
one_turn = 2 * math.pi / angles(torch.tensor([1.0]), 64)[0]
halved = 2 * math.pi / angles(torch.tensor([1.0]), 64, slowest=100)[0]
for words, frames in (("as it should be", one_turn), ("half the exponents", halved)):
    print(f"{words:20} clocks go round in {frames[0]:.1f} to {frames[-1]:,.0f} frames")

# %% [markdown]
# One can also *turn* instead of adding. **Rotary positions** (Su et al. 2021) take neighbouring channels of a query or key as a point $(a, b)$ of a plane, and turn it by the angle of its frame:
# $$(a, b) \;\to\; (a\cos n\omega_k - b\sin n\omega_k,\;\; a\sin n\omega_k + b\cos n\omega_k)$$
# A scalar product does not change when both vectors are turned alike. So the score of frame $i$ with frame $j$ depends on $j-i$ alone: the place in the clip cancels.
#
# #### Exercise 2.7
# Write `rotate(x, position, base)`: `x` is `n heads t d`, with d even, and `position` has the number of each of the t frames (any numbers). Pairs are the channels 0 and 1, 2 and 3, and so on; pair k turns by
# `position · base^(−2k/d)`. Return a new tensor of x's shape.
# <details><summary>Hint</summary>
# <code>x[..., 0::2]</code> are the a, <code>x[..., 1::2]</code> the b. <code>torch.stack([…, …], dim=-1).flatten(-2)</code> puts them next to each other again.</details>


# %% exercise="2.7"
def rotate(x, position, base=10_000):
    """Neighbouring channels as pairs, turned by the frame's position times the pair's speed."""
    ### BEGIN SOLUTION
    speed = base ** (-torch.arange(0, x.shape[-1], 2) / x.shape[-1])
    angle = position[:, None] * speed
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)
    ### END SOLUTION


rotate = check("2.7", rotate)

# %% award="2.7"
award("2.7")

# %% [markdown]
# The same query in every frame, the same key in every frame; only their turns differ:

# %%
q, k = (torch.randn(1, 1, 1, 16).expand(1, 1, 6, 16) for _ in range(2))
turned = rotate(q, frame) @ rotate(k, frame).mT
print(turned[0, 0].round(decimals=1))
later = rotate(q, frame + 100) @ rotate(k, frame + 100).mT
print(f"a hundred frames later: {(turned - later).abs().max():.1e} off")

# %% [markdown]
# Each diagonal holds one number. For a token with a place in time, height *and* width (chapter 5) the channels are shared out among the three axes, and each share turns by its own coordinate. The order
# of the shares is a convention, and one that a comment and its code have disagreed about (HunyuanVideo, issue 184: *W, H, T* in the comment, *T, H, W* in the code). Nothing crashes when they are mixed up:

# %%
t, h, w = (axis.flatten().float() for axis in torch.meshgrid(*(torch.arange(n) for n in (4, 2, 2)), indexing="ij"))
tokens = torch.randn(1, 1, 16, 12)


def rotate_in(x, axes):
    """Three shares of the channels, each turned by its own axis."""
    return torch.cat([rotate(part, axis) for part, axis in zip(x.chunk(3, dim=-1), axes, strict=True)], dim=-1)


right, mixed = (rotate_in(tokens, axes) @ rotate_in(tokens, axes).mT for axes in ((t, h, w), (w, h, t)))
print(f"scores with time first and with width first: {(right - mixed).abs().max():.2f} apart")

# %% [markdown]
# The third way leaves queries and keys alone and adds a learned number to each *score*, chosen by the distance $j-i$ (Shaw et al. 2018; Raffel et al. 2020). Ho et al. do this in *Video Diffusion Models*,
# and chapter 3 will.
#
# #### Exercise 2.8
# Write `relative_bias(table, frames)`. The table has 2r + 1 rows, for the distances −r … r, and a column for each head. Return `heads t t`: at [head, i, j] the head's number for j − i. Frames farther apart
# than r get what stands for r.
# <details><summary>Hint</summary>
# A tensor of whole numbers as an index, <code>table[index]</code>, looks up a row for each of them. Make the t × t index first.</details>


# %% exercise="2.8"
def relative_bias(table, frames):
    """The table's number for the distance of each pair of frames."""
    ### BEGIN SOLUTION
    farthest = len(table) // 2
    frame = torch.arange(frames)
    distance = (frame[None, :] - frame[:, None]).clamp(-farthest, farthest)
    return table[distance + farthest].movedim(-1, 0)
    ### END SOLUTION


relative_bias = check("2.8", relative_bias)

# %% award="2.8"
award("2.8")

# %%
print(relative_bias(torch.arange(-3.0, 4)[:, None], 6)[0])

# %% [markdown]
# The library's `RelativePositionBias` has the refinement of T5 (a language model): near distances have a row each, far ones share rows, more of them the farther away. Which row of 32 does frame 0 use for frame j?

# %%
print(relative_buckets(24)[0].tolist())

# %% [markdown]
# **Which of them works on clips that are longer than those of training?** Small networks, attention over time and nothing else, read a moving digit frame by frame. They were trained on 8 frames, and are asked
# two questions of every frame of clips of 8 and of 16: *how fast does the digit move* (look at the neighbours) and *where was it in the first frame* (look at the beginning).

# %%
found = receipt("02_positions")
for name, words in experiments.POSITIONS.items():
    print(f"{name:20} {words}")
print()
print(experiments.positions_table(found))
print(f"{found['steps']} steps of {found['batch']} clips each. {found}")

# %%
across = {
    name: found["rows"][name]["twice the length"]["velocity"] for name in ("table", "sinusoidal", "bias", "rotary")
}
show_curves(
    range(16),
    {name: torch.tensor(seeds).mean(0) for name, seeds in across.items()},
    bands={name: (torch.tensor(seeds).amin(0), torch.tensor(seeds).amax(0)) for name, seeds in across.items()},
    regions={"none: blind": torch.tensor(found["rows"]["none"]["twice the length"]["velocity"]).mean().item()},
    xlabel="frame (trained on 0 to 7)",
    ylabel="velocity, pixels a frame off",
    heading="Read beyond the trained length",
)

# %%
steps = budget.pick(smoke=10, laptop=400, gpu=800)
for kind in ("sinusoidal", "rotary"):
    model = experiments.trained_reader(kind, seed=7, steps=steps)
    short, long = (experiments.reading_errors(model, frames)[0].mean() for frames in (8, 16))
    print(f"{kind:12} after {steps} steps here: velocity {short:.2f} off on 8 frames, {long:.2f} on 16")

# %% [markdown]
# Each cell is a mean over five seeds with its 95 % interval; the bands of the figure are the least and the largest seed. Read the table from the left.
#
# - **Without positions the network is blind** (a digit that moves right looks like one that moves left), and *one vector* is no better than none.
# - **On the trained length** each of the other forms works; after this much training the bias is behind the rest.
# - **At twice the length, asked about neighbours**, what speaks of distances holds on: bias and rotary. What was added to the frames does not: frames 8 to 15 carry numbers that no training has seen, and from frame 10 on (figure) both
#   the table and the waves do worse than a network that knows nothing. That waves have *a value* for frame 12 does not mean that anybody has learnt to read it. Rotary is not unharmed, and its seeds differ.
#   (Nor are frames 0 to 7 what they were: in a longer clip every kind reads them worse than in one of eight. They, too, look at all the others.)
# - **Asked about the beginning, it is the other way round**: number 0 is number 0 in a clip of any length (the waves' seeds differ widely all the same), and a network that knows distances alone must look for a frame farther away than any in its training.
# - **Two nulls.** Half the exponents do no measurable harm in clips as short as these: the clocks that are missing would hardly have moved. And whether T5's far buckets were ever trained (the row with few buckets) made no difference that
#   five seeds could show.
#
# So no position "extrapolates". It depends on what is asked. For films, in which most of what a frame needs is near, distances are the better bet; CogVideoX, HunyuanVideo and Wan all turn.
#
# ## 2.11 Who hears whom over a long time?
# Attention keeps every frame and pays for every pair. The other way is to keep *one* picture of what has been seen, a **state**, and hand it on from frame to frame. A GRU decides for each of its numbers how much of it to keep, $u$, and what to write:
# $$h_i = u\odot h_{i-1} + (1-u)\odot\tilde h, \qquad u = \sigma(W x_i + U h_{i-1}), \quad \tilde h=\tanh\!\big(W' x_i + r\odot U'h_{i-1}\big)$$
# with $r$ another gate like $u$. For films $W$ and $U$ are convolutions, and the state has rows and columns like a frame (Ballas et al. 2016).

# %%
show_source(ConvGRUCell.forward)

# %%
cell = ConvGRUCell(3, 5, kernel=1)  # at one pixel it is PyTorch's own
gru = nn.GRU(3, 5, batch_first=True)
names = {
    "from_input.weight": "weight_ih_l0",
    "from_input.bias": "bias_ih_l0",
    "from_state.weight": "weight_hh_l0",
    "from_state.bias": "bias_hh_l0",
}
gru.load_state_dict({names[name]: weight for name, weight in cell.state_dict().items()})
pixel = torch.randn(2, 3, 7, 1, 1)
difference = propagation.propagate(cell, pixel) - gru(pixel[..., 0, 0].mT)[0].mT[..., None, None]
print(f"against nn.GRU: {difference.abs().max():.1e}")

# %% [markdown]
# So far a frame knows its past. Where the whole clip is there (restoring, editing, a denoiser), it may know its future as well: a second pass from the end, with a cell of its own. What is *not* that: a plain convolution over time on the clip, and another on
# the clip played backwards. A published "bidirectional propagation" is that, and it is one convolution:

# %%
there, back, one = (nn.Conv3d(2, 2, (3, 1, 1), padding=(1, 0, 0), bias=False) for _ in range(3))
one.load_state_dict({"weight": there.weight + back.weight.flip(2)})  # the second kernel, turned round
x = torch.randn(1, 2, 9, 4, 4)
both_ways = there(x) + back(x.flip(2)).flip(2)
print(f"two passes against one convolution: {(both_ways - one(x)).abs().max():.1e}")

# %% [markdown]
# #### Exercise 2.9
# `__init__` is given. Write `forward(x)`: the state after each frame, from the first to the last by `forward_cell` and from the last to the first by `backward_cell`. At each frame join the channels of both, the past first, by `join`. A cell is called as
# `cell(frame, state)` with a frame `b c 1 h w`; `cell.start(x)` is the state before anything was seen.
# <details><summary>Hint</summary>
# <code>x.split(1, dim=2)</code> gives the frames with their time axis kept. What the second pass says of a frame must stand at that frame: it is made in the other order.</details>


# %% exercise="2.9"
class Bidirectional(nn.Module):
    """Past and future of each frame, joined."""

    def __init__(self, dim_in, dim):
        super().__init__()
        self.forward_cell = ConvGRUCell(dim_in, dim)
        self.backward_cell = ConvGRUCell(dim_in, dim)
        self.join = SpatialConv(2 * dim, dim, kernel=1)

    def forward(self, x):
        ### BEGIN SOLUTION
        frames = x.split(1, dim=2)
        past, state = [], self.forward_cell.start(x)
        for frame in frames:
            state = self.forward_cell(frame, state)
            past.append(state)
        future, state = [], self.backward_cell.start(x)
        for frame in reversed(frames):
            state = self.backward_cell(frame, state)
            future.insert(0, state)
        return self.join(torch.cat([torch.cat(past, dim=2), torch.cat(future, dim=2)], dim=1))
        ### END SOLUTION


Bidirectional = check("2.9", Bidirectional)

# %% award="2.9"
award("2.9")

# %%
mine, library = Bidirectional(8, 8), propagation.Bidirectional(8, 8)
library.load_state_dict(mine.state_dict())
x = torch.randn(1, 8, 9, 17, 17)
print(f"against the library's: {(mine(x) - library(x)).abs().max():.1e}")
show_sheet(
    **{"two convolutions": reached(nn.Conv3d(8, 8, (3, 1, 1), padding=(1, 0, 0))), "two GRUs": reached(mine)}, frames=9
)

# %% [markdown]
# A third way between the two is **hierarchical**: pool time by 1, by 2 and by 4, and convolve over three steps of each. The short branch sees neighbours, the long one twelve frames, at a quarter of the cost. (Its branches take the C channels of x
# and nothing else. Branches of 2C and 4C channels, fed with C, are another thing that has been published and cannot run.)

# %%
show_source(Hierarchical.forward)

# %% [markdown]
# **What reaches what?** All blocks of the chapter, and two whole networks. One place in the middle of a frame is touched; blue is every place of the output in which any bit changed. Choose a block and move the touched frame; below it all of them at once.

# %%
reached_by = experiments.reach_of(experiments.blocks())
display(widgets.reach_viewer(reached_by))
widgets.reach_viewer_still(reached_by, frame=3)

# %% [markdown]
# Read it as a table of promises. A convolution's reach is its kernel, a GRU's grows by a kernel with each frame (a light cone), attention over time is as long as the clip and one pixel wide. In the network the norms look at the whole frame, so every
# pixel is reached at once. *Causal* is a word that this picture can check: nothing to the left of the touched frame.
#
# Being reached is not being heard, though. **How much** does each place count? Ask from the other end: the gradient of one place of the output by every place of the input, the *effective* receptive field (Luo et al. 2016).
#
# #### Exercise 2.10
# Write `influence(layer, x, place, mixture)`: x is one clip, `1 c t h w`; `place` is (frame, row, column) of the output, which is as large as x. Weigh the output's channels there by `mixture` and add them up; return, for each place of the input,
# the length of the gradient over its channels: `t h w`. Leave no gradients behind, neither on x nor on the layer's weights.
# <details><summary>Hint</summary>
# <code>torch.autograd.grad(number, x)</code> returns a tuple, and touches nothing else. <code>x.detach().requires_grad_()</code> is a clip of your own.</details>


# %% exercise="2.10"
def influence(layer, x, place, mixture):
    """How much each place of the input counts for one place of the output."""
    ### BEGIN SOLUTION
    x = x.detach().requires_grad_()
    frame, row, column = place
    heard = (layer(x)[:, :, frame, row, column] * mixture).sum()
    gradient = torch.autograd.grad(heard, x)[0]
    return gradient.square().sum((0, 1)).sqrt()
    ### END SOLUTION


influence = check("2.10", influence)

# %% award="2.10"
award("2.10")

# %%
x, mixture = torch.randn(1, 8, 12, 12, 12), torch.randn(8)
layers = experiments.blocks()
heard = {}
for name in ("bidirectional GRU", "short, middle, long", "attention over time"):
    by_frame = influence(layers[name], x, (6, 6, 6), mixture).square().sum((1, 2)).sqrt()
    heard[name] = by_frame / by_frame.max()
show_curves(
    range(12),
    heard,
    xlabel="frame",
    ylabel="counts, as a share of the most",
    log=True,
    dots=True,
    heading="What counts for frame 6",
)

# %% [markdown]
# A fresh GRU reaches everything and hears its neighbours. (Attention hears all frames alike, since nothing is learnt; frame 6 has its own residual path.) In space it is the same with depth. Stack convolutions 3×3 (linear, random weights): the reach grows by a pixel with each. How far away does what counts lie, by the root of the mean square?

# %%
depths = (1, 2, 4, 8, 16)
counted = [[experiments.radius(depth, seed=seed) for seed in range(5)] for depth in depths]
for depth, each in zip(depths, counted, strict=True):
    mean = sum(each) / 5
    print(
        f"{depth:2} layers reach {depth:2} pixels to each side; what counts lies {mean:.1f} [{min(each):.1f}, {max(each):.1f}] away"
    )
exponent, low, high = experiments.exponent(depths, [sum(each) / 5 for each in counted])
print(f"it grows with depth to the power {exponent:.2f} [{low:.2f}, {high:.2f}]")

# %% [markdown]
# With the square root: convolutions one behind the other are like steps of a random walk. This is why a network that must join far places *halves* the picture, or attends.
#
# **What fits through a bottleneck?** A GRU's state is all that it knows of the past. A digit is seen for four frames, then goes behind an occluder as large as the picture. An eye without fault tells the GRU which digit it is and where; then it is told nothing.
# From its state alone: *which digit is it*, and *where is it by now* (behind the occluder it flies on and bounces off the walls)? Trained on 8 hidden frames, asked for 16.

# %%
found = receipt("02_memory")
print(experiments.memory_table(found))
print(found)

# %%
hidden = range(1, len(found["rows"]["64"]["off"][0]) + 1)
off = {f"{dim} numbers": torch.tensor(found["rows"][dim]["off"]) for dim in ("4", "16", "64")}
show_curves(
    hidden,
    {name: seeds.mean(0) for name, seeds in off.items()},
    bands={name: (seeds.amin(0), seeds.amax(0)) for name, seeds in off.items()},
    regions={"says the mean place": found["guess"]},
    xlabel="frames behind the occluder (trained on 8)",
    ylabel="place, pixels off",
    heading="Where is it by now?",
)

# %%
steps = budget.pick(smoke=20, laptop=600, gpu=2500)
named, off = experiments.recall(experiments.trained_memory(16, seed=7, steps=steps))
print(f"16 numbers, {steps} steps here: named {named[7]:.2f}, {off[7]:.1f} pixels off after 8 hidden frames")

# %% [markdown]
# **One number is enough for the digit, sixteen are not enough for the place.** Which digit it was does not change: the state has only to be left alone, and that holds twice as long as it was trained to hold, almost without loss. Where the digit is *by now* has to be computed anew in
# every frame, with walls; what cannot be computed in the state's few numbers is lost, and after eight frames four numbers know hardly more than one who always says the mean. Sixty-four stay within a pixel for as long as they were trained, and
# then drift too. (2500 steps for all, three seeds; a longer training may move each line.) So the size of a state is no mere question of how much there is to keep: *what must move takes more room than what may rest.* Attention has no such
# bottleneck, it keeps every frame; and no such memory either, for beyond its window there is nothing.
#
# ## 2.12 What can be done in real time?
# Chapter 3's network draws every pixel of a clip, in dozens of passes. If a film only has to go *on*, most of the next frame has been drawn already: it has moved. A light network says where to, and **looks up** the frame instead of drawing it:
#
# 1. a 2-D **backbone**, shared by all frames: each frame is read once, as it comes;
# 2. **depthwise** convolution over time, each channel by itself, over the present frame and the two before;
# 3. a **motion head**: two numbers for each pixel, the flow;
# 4. a **warp**, which has no weights.

# %%
show_source(TemporalMix)

# %%
show_source(MotionNet.forward)

# %% [markdown]
# `backward_warp(frame, flow)` is chapter 1's: at each pixel q it finds `frame` at q + flow(q), between pixels bilinearly. So the flow leads from the picture that is *made* back to the one that is known.
#
# #### Exercise 2.11
# Write `next_frames(video, flow)`: video `b c t h w`, flow `b 2 t h w`. For each frame, what follows it: that frame looked up along its own flow. Yours to use: `backward_warp(frame, flow)` for `n c h w` and `n 2 h w`.
# <details><summary>Hint</summary>
# It is exercise 2.1 with two inputs.</details>


# %% exercise="2.11"
def next_frames(video, flow):
    """Each frame's successor, looked up in it."""
    ### BEGIN SOLUTION
    frames = rearrange(video, "b c t h w -> (b t) c h w")
    flows = rearrange(flow, "b c t h w -> (b t) c h w")
    return rearrange(backward_warp(frames, flows), "(b t) c h w -> b c t h w", b=len(video))
    ### END SOLUTION


next_frames = check("2.11", next_frames)

# %% award="2.11"
award("2.11")

# %% [markdown]
# Nobody tells it what the flow is. The loss is the squared error of the next frame, and a flow is right when it draws the right picture. Three worlds take turns: one digit; two, which hide each other; one before a background that slides by.

# %%
show_source(experiments.warping_loss)

# %%
config = experiments.LIGHT_TRAINING
run = experiments.light_training(
    budget.pick(smoke=replace(config.shortened(120), batch=9), laptop=config, gpu=config.longer(4))
)
*_, record = run.steps()
light = run.ema
print(
    f"{sum(weight.numel() for weight in light.parameters()):,} weights; loss {run.records[0].loss:.3f} -> {record.loss:.3f} in {record.seconds:.0f} s"
)

# %%
clips = experiments.held_out("one digit", 2)
with torch.no_grad():
    flow = light(clips.video)
made = next_frames(clips.video, flow)
show_sheet(**{"real, frames 1 to 7": clips.video[:1, :, 1:], "looked up in the frame before": made[:1, :, :-1]})

# %%
found = receipt("02_light")
print(experiments.light_table(found))
print(f"{found['parameters']:,} weights, {found['steps']} steps")
print(found)

# %% [markdown]
# The flow that nobody taught it is close to the one that the simulator used, on the digit's ink. (In the black around it any flow that finds black draws the right picture, and it says anything.) Now its speed, beside that of chapter 3's U-Net, which draws a clip in 25 steps, taking turns on this machine:

# %%
speed = experiments.seconds_a_frame(
    experiments.makers(light, zoo.load("vdm-small")), repeats=budget.pick(smoke=1, laptop=10, gpu=10)
)
print("here:   ", experiments.speed_sentence(speed))
print("receipt:", experiments.speed_sentence(found["seconds_a_frame"]))

# %% [markdown]
# It is no fair race: the U-Net invents a whole clip from words, the light network goes on with one that it is shown. It is the price of *drawing*.
#
# **How it fails.** A warp can move what was there. It cannot make what was not.

# %%
pairs = {name: experiments.hardest(light, name) for name in ("two digits", "moving background")}
show_image_grid(labels=["before", "after", "looked up", "off by", "new content"], **pairs)

# %% [markdown]
# White on the right: content that was not to be seen in the frame before, since it comes out from behind the other digit or in at the picture's edge. What is bright in *off by* there is not bad training: no flow could have fetched it. In the table above compare *new* with *old*, like with like. One digit is the
# control: nothing hides it, what counts as new there is its outline (places that move by half a pixel), and it makes hardly a difference. Where one digit hides another, new ink is about twice as wrong as old ink; at the edge of a sliding
# chequerboard new background is several times as wrong as old.
#
# It also goes blind slowly. Let it go on from its own frames: each is looked up between the pixels of the one before, and bilinear look-ups blur.

# %%
known = experiments.held_out("one digit", 2).video
ahead = forecast(light, known[:, :, :3], steps=5, seen=5)
goes_on = torch.cat([known[:1, :, :3], ahead[:1]], dim=2)
show_sheet(**{"real": known[:1], "three known, then its own": goes_on})

# %%
show_slice(**{"real": known[:1], "its own": goes_on}, column=4)

# %%
print(experiments.forecast_table(found))

# %% [markdown]
# The slice shows how long the line keeps its slope, and how its edges run. One frame ahead keeps most of the sharpness; after five, about a third of it is gone, and the error has grown, though it stays well below a still picture's. One would look up what was there, and draw only where nothing was.

# %% [markdown]
# ## 2.13 How this goes wrong
# Five patients. Each runs without an error and has the right shape. Nobody shows you the code: you have the perturbation test, and one more. A map *f* is linear (up to a constant) when $f(a+b)-f(a)-f(b)+f(0)$ is zero; **bend**
# is how large that is, relative to $f(a+b)$. Compare what each says that it is with what it does, and decide before you open the answers.

# %%
patients = experiments.patients()
print(experiments.clinic_table(patients))
show_sheet(**experiments.reach_sheet(patients), frames=9)

# %% [markdown]
# <details><summary>Patient 1</summary>Frame 4 reaches frames 0 to 3, so it is not causal. The mask is right; the norm in front is <code>nn.GroupNorm</code> over <code>b c t h w</code>, which
# takes its mean over all frames, the later ones included. Normalise each frame by itself (the library's <code>FrameNorm</code>).</details>
# <details><summary>Patient 2</summary>A comb: every third frame, row and column. The windows were cut by <code>(t1 t)</code> in place of <code>(t t1)</code>.</details>
# <details><summary>Patient 3</summary>In the middle of the clip all is well. But frames 0 and 1 stand before the first shifted window and should see each other: frame 0 reaches itself alone. It was padded after the roll, where
# the mask expects the padding elsewhere (timm, issue 2438). At a length that the window divides it would have passed every test.</details>
# <details><summary>Patient 4</summary>It reaches what it should, and does not bend: the ReLU between the halves is missing.</details>
# <details><summary>Patient 5</summary>It reaches no other frame, but another <i>clip</i>. <code>nn.MultiheadAttention</code> without <code>batch_first=True</code> takes the first axis for the sequence: the pixels of both clips
# attend to one another.</details>

# %%
summary("02")

# %% [markdown]
# ## What chapter 3 needs
# Its U-Net is built of four things that you now know: images folded into the batch (`SpatialConv`, a norm of each frame by itself), attention in a `Window`, first `SPACE` and then `TIME`, with a bias for each distance of two frames; a layer that begins as
# the identity; and a mask of who may see whom.
#
# ## To read next
# Tran et al. 2018 (*A Closer Look at Spatiotemporal Convolutions*), section 3; Bertasius et al. 2021 (*Is Space-Time Attention All You Need?*), which compares the factorizations of section 2.4 on real video; Liu et al. 2021 (*Swin*), figure 4, for
# the roll; Dong et al. 2024 (*Flex Attention*) for masks and blocks.
