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
from IPython.display import display
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from minivid import zoo
from minivid.chapters.ch02 import experiments, widgets
from minivid.course import award, check, receipt, summary
from minivid.data import World, tokenize
from minivid.diffusion import variance_preserving
from minivid.nn import Cond
from minivid.nn.attention import sparse
from minivid.nn.attention.core import ALL, SPACE, TIME, Attention, Window, attend, linear_attend
from minivid.nn.attention.maps import place_attention_maps
from minivid.nn.conv import SpatialConv
from minivid.nn.cost import conv_flops, scores, weights
from minivid.nn.spacetime import PseudoConv3d, TimeConv, full_conv
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
    **{
        "3×3×3": reached(full_conv(8, 8)),
        "pseudo-3-D at first": before,
        "once its weights have moved": reached(pseudo),
    },
    frames=9,
)

# %% [markdown]
# All of them end with the same cube of 27 places (the separable one too). What differs is what they may *do* with it, and what it costs.
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
# Compare the columns. **Equal weights and equal operations are not equal time:** (2+1)D takes longer here than the full convolution that it replaces. (On another machine it may be the other way round: measure.) The
# separable one does a fifteenth of the operations, in far more than a fifteenth of the time. And what stands between two halves has to be kept for the way back, so (2+1)D also needs the most memory.
# <details><summary>How much stands between its halves?</summary>M = 72 channels, where the clip has 32, and what a layer has read is kept until its way back.</details>
#
# Look at the last column as well: the full convolution takes *longer for one clip than for two*. PyTorch chooses among several routines by the shape of what it is given, and for a single clip it chose one that is
# called `slow_conv3d`. We first measured with one clip, and had all but written that (2+1)D is twice as fast.
#
# ## 2.4 What does attention over a whole clip cost?
# A convolution reaches its neighbours. **Attention** lets each place choose where to look: with queries, keys and values that are linear maps of the features,
# $$\mathrm{out}_i=\sum_j a_{ij}\,v_j,\qquad a_{ij}=\mathrm{softmax}_j\big(q_i\cdot k_j/\sqrt d\big)$$
# In the full form *i* and *j* run over all $N = T H W$ places of the clip. That is $N^2$ scores **for every head**. (A published estimate of attention's memory left the heads
# out, and was eight times too low.)

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
        f"yours against the library's: {(in_windows(attend_to_box, clip, (2, 4, 4)) - library(clip)).abs().max():.1e}"
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
# The bracket is a d × d matrix, whatever the length of the clip. Time and memory grow with *N*.
#
# #### Exercise 2.6
# Write `linear_attention(q, k, v)` for queries `n heads i d`, keys and values `n heads j d`, without ever making a tensor with a number for each pair (i, j).
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
# Linear attention is cheap because it cannot point. It is used where a clip is very long, and often beside a few layers that can.
#
# **All of them on one chart.** A training step (forward, backward; 32 channels, 4 heads, one clip) against the number of frames of 12×12, and against the pixels of 4 frames. *Scores
# kept* is the formula as it stands; *full* is the same numbers by PyTorch's fused kernel, which computes scores block by block and forgets them.

# %%
found = receipt("02_attention")
display(widgets.growth_chart(found["along"]))
print(experiments.exponent_table(found["along"]))
print(found)

# %% [markdown]
# A cell *time* is the exponent *p* of cost $\propto n^p$, fitted to all five clips, in brackets the 95 % interval of the fit; *at the end* is the same between the last two clips; *formula* is fitted to the operations
# counted by hand. At the end full attention grows with the square of the clip, and windows and linear attention with the clip itself, as they should; space, then time lies between, by its frames cheap and by its pixels
# not. Over all five clips the fits lie lower, since a step also has costs that do not grow. **And memory tells a second story: the fused kernel pays the square in time, but not in bytes.** A smaller piece of all this,
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
# A layer over time, at a pixel that the 3 has just left. Two heads look at their own frame; two look at the frames *before and after*, when the digit was there. Nobody told them to. And a layer over space:

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
# *Trained* and *fresh*: 1 is an even spread, in brackets the 95 % interval over clips. The fresh network looks everywhere alike. The trained one **looks away from what moves on the way down, and at it from the middle on**;
# through time its preference is slight. The last two columns are the clearer story: in all layers over time a moving place concentrates on fewer frames than a still one. The
# pattern adapts to the data, as no convolution's can.
#
# ## 2.9 Where should frames meet, early or late?
# Enough of costs: what is it good for? Take a task that only motion can answer: in which of four directions does a digit move, and is it slow or quick? Eight answers. Small networks of three
# convolutions, each followed by a halving of the picture, and all of (nearly) equal weight, differ in *where* their frames meet: in the first layer (**early**), in the last (**late**), in each (**slow**, as Karpathy
# et al. 2014 call it), or in attention over time at the end.

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
# - **Late fusion learnt next to nothing**, no more than a network to which all frames are one heap. After two halvings the picture is 4×4, and a digit that moves by one pixel a frame moves by a quarter of a place: there
#   is little left for a kernel of three frames to see. Early fusion looks while motion is still visible.
# - **Attention at the end is not late in this sense**: it compares *all* frames, between the first and the last of which a digit crosses places. Convolution early and attention late see both, the near and the far, and
#   together are the best and the steadiest of all.
# - Of the networks that see time in each layer, (2+1)D and the full kernel cannot be told apart here (the intervals overlap); pseudo-3-D is lower, and why we have not tested.
# - **A null:** taking the ReLU out of (2+1)D changes nothing that four seeds could show. In this network a norm and a ReLU follow every layer anyway. That the ReLU makes a difference in *what can be computed* you have seen in 2.2;
#   that it helps must be shown anew for each task.
#
# (200 steps, one rate for all; longer training may change the order.)
#
# <!-- ch2b's sections come here -->
#
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
# Its U-Net is built of four things that you now know: images folded into the batch (`SpatialConv`, a norm of each frame by itself), attention in a `Window`, first `SPACE` and then `TIME`; a layer that begins as
# the identity; and a mask of who may see whom.
#
# ## To read next
# Tran et al. 2018 (*A Closer Look at Spatiotemporal Convolutions*), section 3; Bertasius et al. 2021 (*Is Space-Time Attention All You Need?*), which compares the factorizations of section 2.4 on real video; Liu et al. 2021 (*Swin*), figure 4, for
# the roll; Dong et al. 2024 (*Flex Attention*) for masks and blocks.
