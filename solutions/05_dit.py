# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 5 · Diffusion transformers
# The U-Net of chapter 3 knows that a clip is frames of pixels: convolutions, two scales, skip connections. A transformer knows nothing of the kind. It gets a *set of tokens*, each of which says where it stands.
# In this chapter you write its parts, train one, and hold it against the U-Net at equal minutes.
#
# **You will be able to** cut a clip into spacetime patches · modulate a block by the noise level, so that it begins as nothing (AdaLN-Zero) · tell tokens their places in three axes · choose who looks at whom ·
# put clips of any size into one sequence · train by flow matching, with shifted times · recognise five ways in which all of this goes wrong.
#
# **You need** chapter 2's attention, chapter 3's training, and of chapter 4 the first two sections. **Time:** an evening; the longest cell is training (section 5.8).
#
# **Papers:** Peebles & Xie 2023 (*DiT*, which this chapter follows) · Ma et al. 2024 (*Latte*) · Dehghani et al. 2023 (*NaViT*) · Liu et al. 2023 (*Rectified Flow*) · Esser et al. 2024 (*Stable Diffusion 3*).

# %% setup
import math
from dataclasses import replace
from itertools import pairwise

import torch
from einops import rearrange
from IPython.display import Markdown, display
from torch import nn

from minivid import zoo
from minivid.chapters.ch05 import experiments, widgets
from minivid.course import award, check, hint, receipt, summary  # noqa: F401  (hint is for you to call)
from minivid.data import World
from minivid.diffusion import RECTIFIED, like
from minivid.nn.attention.core import ALL, SPACE, TIME, attend
from minivid.nn.attention.layout import of_grid
from minivid.nn.attention.places import grid, sincos_3d
from minivid.nn.attention.positions import angles, turned
from minivid.nn.dit import ATTENTION, DiT, DiTConfig, Parts, initialise
from minivid.nn.transformer import TokenAttention, WordAttention, modulated, of_level
from minivid.show import show, show_curves, show_sheet, show_slice, show_source
from minivid.tools import budget

torch.manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 5.1 A clip as tokens
# An image transformer cuts a picture into squares of p × p pixels. For a clip the squares get a depth: boxes of f frames and p × p pixels, **spacetime patches**. Each box, read off as one long vector, is a token.
# How many there are decides what everything costs: attention's scores grow with the *square* of their number. (Drawn is the first frame of each token, of at most eight.)

# %%
clip = World(frames=16, size=32, digit_size=18).sample(1, seed=3).video
print(tuple(clip.shape))
display(widgets.patch_dial(clip))
widgets.patch_dial_still(clip)

# %% [markdown]
# #### Exercise 5.1
# Write `patchify(x, patch)`: clips `b c t h w` to tokens `b t1 h1 w1 d`, where `patch` is (f, p): frames, and pixels along each side. A token's numbers stand channel by channel, in a channel frame by frame, in a frame row by row.
# <details><summary>Hint</summary>
# One <code>rearrange</code>. In <code>(t f)</code> the last letter runs fastest: t counts boxes, f the frames within one.</details>


# %% exercise="5.1"
def patchify(x, patch):
    """A clip as tokens of patch[0] frames of patch[1] × patch[1] pixels."""
    ### BEGIN SOLUTION
    f, p = patch
    return rearrange(x, "b c (t f) (h p) (w q) -> b t h w (c f p q)", f=f, p=p, q=p)
    ### END SOLUTION


patchify = check("5.1", patchify)

# %% award="5.1"
award("5.1")

# %% [markdown]
# #### Exercise 5.2
# Write `unpatchify(tokens, patch)`: the clip of these tokens.
# <details><summary>Hint</summary>
# The same letters on both sides of the arrow, the sides exchanged.</details>


# %% exercise="5.2"
def unpatchify(tokens, patch):
    """The clip of these tokens."""
    ### BEGIN SOLUTION
    f, p = patch
    return rearrange(tokens, "b t h w (c f p q) -> b c (t f) (h p) (w q)", f=f, p=p, q=p)
    ### END SOLUTION


unpatchify = check("5.2", unpatchify)

# %% award="5.2"
award("5.2")

# %%
tokens = patchify(clip, (2, 8))
print(tuple(clip.shape), "->", tuple(tokens.shape), " and back, equal:", torch.equal(unpatchify(tokens, (2, 8)), clip))

# %% [markdown]
# **What is lost?** Nothing: it is the same numbers in another order. A shape that fits proves nothing, though. `x.reshape(b, t1, h1, w1, d)` has the right shape and mixes pixels from all over the clip. One well-known video model
# had such a `reshape` where a transposition was missing; whoever found it feared that it must be trained again (Open-Sora-Plan, issue 171). Look at a token once:

# %%
ramp = torch.arange(32.0).expand(1, 1, 2, 32, 32)  # each pixel holds its column's number
for name, cut in (("patchify", patchify(ramp, (2, 8))), ("reshape ", ramp.reshape(1, 1, 4, 4, -1))):
    inside = cut[0, 0, 0, 1]
    print(f"{name}  the token at column 1 holds columns {inside.min():.0f} to {inside.max():.0f}")

# %% [markdown]
# ## 5.2 A block that begins as nothing
# A transformer's block is two residual branches: attention, then an MLP, each behind a norm. How does it hear the noise level? Through **AdaLN-Zero**. A linear map of the level's vector gives six vectors of the tokens' width: *shift*, *scale*
# and *gate* of the attention, and the same of the MLP:
# $$\begin{aligned}x &\leftarrow x + \text{gate}_a\cdot\text{attention}\big(\text{norm}(x)\,(1+\text{scale}_a)+\text{shift}_a\big)\\ x &\leftarrow x + \text{gate}_m\cdot\text{mlp}\big(\text{norm}(x)\,(1+\text{scale}_m)+\text{shift}_m\big)\end{aligned}$$
# The map starts at zero. So every gate starts closed and every block is the identity: to begin with, forty blocks do no more harm than four. The first step can only move the last layer; the next ones open gates. The caption's words are looked at in between (cross-attention, whose last layer starts at zero too).

# %%
show_source(TokenAttention)

# %% [markdown]
# (A `layout` says what is a sequence, and turns queries and keys; section 5.4. `norm_q` and `norm_k` bring queries and keys to one size before they meet: *QK-norm*. Without it Dehghani et al. 2023, *ViT-22B*, saw the scores of a large model grow until training broke off.)
#
# #### Exercise 5.3
# `__init__` is given. Write `forward(x, level, layout, words)`: tokens x are `b t h w d`, level `b 1 1 1 d`: one vector a clip, chapter 3's embedding of λ, to which the caption's mean is added where there is one. The six come out of `self.modulation(level)` side by side, in the order of the formula. `modulated(x, shift, scale)` is x (1 + scale) + shift.
# `self.attention(…, layout)`; `self.cross(x, words)`, where it is not None; `self.mlp(…)`; one `self.norm` serves both branches, since it has no weights.
# <details><summary>Hint</summary>
# <code>self.modulation(level).chunk(6, dim=-1)</code>. The cross-attention has a norm of its own inside, and no gate.</details>


# %% exercise="5.3"
class Block(nn.Module):
    """Attention, the caption, an MLP, under the noise level."""

    def __init__(self, dim, heads, mlp=4, qk_norm=True, shared=False, dim_words=None):
        # mlp: how many times as wide its inside is; shared: for a variant of the library's, without use here
        super().__init__()
        self.modulation = of_level(dim, 6)
        self.norm = nn.LayerNorm(dim, eps=1e-6, elementwise_affine=False)
        self.attention = TokenAttention(dim, heads, qk_norm)
        self.cross = WordAttention(dim, heads, dim_words) if dim_words else None
        self.mlp = nn.Sequential(nn.Linear(dim, mlp * dim), nn.GELU("tanh"), nn.Linear(mlp * dim, dim))

    def forward(self, x, level, layout, words=None):
        ### BEGIN SOLUTION
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(level).chunk(6, dim=-1)
        x = x + gate_a * self.attention(modulated(self.norm(x), shift_a, scale_a), layout)
        if self.cross is not None:
            x = x + self.cross(x, words)
        return x + gate_m * self.mlp(modulated(self.norm(x), shift_m, scale_m))
        ### END SOLUTION


Block = check("5.3", Block)

# %% award="5.3"
award("5.3")

# %% [markdown]
# The whole network is short: tokens, their places, the level's vector, blocks, and a last modulated linear layer. It is built from your parts from here on.
# Here it is by hand, with weights at random, since a fresh network says nothing; places and layouts are the next two sections' business.

# %%
mine = Parts(block=Block, patchify=patchify, unpatchify=unpatchify)
config = DiTConfig(patch=(2, 8), dim=64, depth=4, heads=2, attention="full")
dit = DiT(config, mine)
print(f"{sum(weight.numel() for weight in dit.parameters()):,} weights")
print("a fresh network says", dit(clip, torch.zeros(1)).abs().max().item(), "everywhere")


# %%
def wake(network):
    """Weights at random: at the start every block is the identity, and there would be nothing to see."""
    for weight in network.parameters():
        nn.init.normal_(weight, std=weight[0].numel() ** -0.5)
    return network


awake = wake(DiT(config, mine))
level = awake.noise_level(torch.zeros(1, 1))[:, :, None, None]  # of λ = 0: b 1 1 1 d
x = awake.patch_in(patchify(clip, config.patch))
place = grid(*x.shape[1:4])
x = x + sincos_3d(place, config.dim, config.slowest)
for block in awake.blocks:
    x = block(x, level, of_grid(ALL, place, rotary=config.rotary), None)
shift, scale = awake.modulation_out(level).chunk(2, dim=-1)
said = unpatchify(awake.patch_out(modulated(awake.norm_out(x), shift, scale)), config.patch)
print(
    f"by hand {tuple(said.shape)}; the network's own differs by",
    (said - awake(clip, torch.zeros(1))).abs().max().item(),
)

# %% [markdown]
# The library's `forward` is these lines, and beside them the caption and the other kinds of attention:

# %%
show_source(DiT.forward)

# %% [markdown]
# **In which order?** Zeroing is the *last* thing that an initialisation does. A published tutorial zeroes in the constructor, and then calls `self.apply(xavier)`, which draws every linear layer anew, those that were zero as well. Both run:

# %%
show_source(initialise)


# %%
def xavier(layer):
    """What `self.apply` would call on every layer."""
    if isinstance(layer, nn.Linear):
        nn.init.xavier_uniform_(layer.weight)


wrong = DiT(config, mine).apply(xavier)
for name, network in (("zero last", dit), ("zero first", wrong)):
    gates = [
        block.modulation(torch.ones(1, 1, 1, 1, 64)).chunk(6, -1)[2].abs().mean().item() for block in network.blocks
    ]
    says = network(clip, torch.zeros(1)).abs().max().item()
    print(f"{name:10}  gates {sum(gates) / len(gates):.2f}, says up to {says:.2f}")

# %% [markdown]
# ## 5.3 Where is a token?
# Attention sees a set. Shuffle the tokens and it shuffles its answer, so each token must be told its place: frame, row, column. Two ways. **Sines and cosines** of the three numbers, side by side, are added to the token, once. Or each
# query and key is **turned** by angles that grow with its place, in every block (*rotary*, chapter 2): a score then depends on how far apart two tokens are. With three axes the channels of a head are shared out: a quarter is time's, three eighths each are the row's and the column's.
#
# #### Exercise 5.4
# Write `rotary_3d(place, dim, slowest)`: place is `3 *n` (frame, row, column); the result `*n dim/2` holds the angle of each pair of channels: first the frame's, then the row's, then the column's. `angles(position, channels, slowest)` gives those of one axis, half as many as `channels`; `slowest` is the place at which the slowest clock has turned by about a radian (our clips are short: 100).
# <details><summary>Hint</summary>
# Each axis has clocks of its own, from the fastest on: <code>angles(place[0], dim // 4, slowest)</code> and so on, joined along the last axis.</details>


# %% exercise="5.4"
def rotary_3d(place, dim, slowest):
    """The angles by which queries and keys at these places are turned."""
    ### BEGIN SOLUTION
    shares = (dim // 4, 3 * dim // 8, 3 * dim // 8)
    parts = [angles(axis, channels, slowest) for axis, channels in zip(place, shares, strict=True)]
    return torch.cat(parts, dim=-1)
    ### END SOLUTION


rotary_3d = check("5.4", rotary_3d)

# %% award="5.4"
award("5.4")

# %% [markdown]
# How well does a token fit others, if all hold the same vector and only their places differ? Below, of a query in the middle: the score against each place around it, by both ways; of each pair the left is the same frame, the right three frames later.

# %%
place = grid(7, 15, 15)
flat = place.flatten(1)
same = torch.ones(flat.shape[1], 32)  # one vector, everywhere
by_turning = turned(same, rotary_3d(flat, 32, 100.0)).unflatten(0, (7, 15, 15))
by_adding = sincos_3d(place, 32, 100.0)
maps = {}
for name, at in (("rotary", by_turning), ("added", by_adding)):
    score = (at * at[3, 7, 7]).sum(-1) / (at[3, 7, 7] ** 2).sum()
    maps |= {f"{name}, same frame": score[3], f"{name}, 3 frames on": score[6]}
widgets.place_maps(maps, "Who stands near fits well")

# %% [markdown]
# Both know what is near, without a single weight, and on equal vectors the two pairs are the same: each score is a sum of cosines of differences. (The bright cross: a token that shares the row, or the column, already has that axis' share.) They part
# where tokens hold something. A rotary score depends on the *difference* of two places alone, whatever they hold; where places were added, they are mixed with the content. Move all places and look:

# %%
q, k = torch.randn(2, 1, 32)
for moved in (0.0, 5.0):
    here = torch.tensor([[1.0, 4.0], [2.0, 2.0], [3.0, 6.0]]) + moved  # two places, as columns
    turn, add = rotary_3d(here, 32, 100.0), sincos_3d(here, 32, 100.0)
    rotary_score = (turned(q, turn[:1]) * turned(k, turn[1:])).sum()
    added_score = ((q + add[:1]) * (k + add[1:])).sum()
    print(f"all places moved by {moved:.0f}: rotary {rotary_score:7.3f}, added {added_score:7.3f}")

# %% [markdown]
# ## 5.4 Who looks at whom?
# **Full** attention: every token at every token of the clip. **Factorized** (Latte): a block over space, in which each frame's tokens form a sequence, then a block over time, in which each place runs through the frames. **Windowed**: boxes of neighbours, every other block shifted by half a box (chapter 2).
# **Causal**: full, but no frame sees a later one.
#
# #### Exercise 5.5
# Write `over_space_then_time(x, space, time)` for tokens `b t h w d`: `space` is handed the tokens of each frame as one sequence `n i d`, `time` then each place through the frames, `n i d` as well. Rows come before columns in a sequence.
# <details><summary>Hint</summary>
# What is not in the sequence belongs to the batch: <code>"(b t) (h w) d"</code>, and <code>"(b h w) t d"</code>.</details>


# %% exercise="5.5"
def over_space_then_time(x, space, time):
    """First among the tokens of a frame, then among the frames of a place."""
    ### BEGIN SOLUTION
    b, _, h, _, _ = x.shape
    x = rearrange(space(rearrange(x, "b t h w d -> (b t) (h w) d")), "(b t) (h w) d -> b t h w d", b=b, h=h)
    return rearrange(time(rearrange(x, "b t h w d -> (b h w) t d")), "(b h w) t d -> b t h w d", b=b, h=h)
    ### END SOLUTION


over_space_then_time = check("5.5", over_space_then_time)

# %% award="5.5"
award("5.5")


# %% [markdown]
# In the library one word of the configuration chooses, and the same attention runs. A `Layout` holds the window that cuts the clip into sequences, the angles, and a mask where one is needed. Is yours the same as the library's two windows?


# %%
def itself(rows):
    """Attention at its plainest: queries, keys and values are the tokens."""
    return attend(rows[:, None], rows[:, None], rows[:, None])[:, 0]


x = torch.randn(2, 4, 3, 5, 16)
by_windows = rearrange(x, "b t h w d -> b d t h w")
for window in (SPACE, TIME):
    by_windows = window.join(itself(window.cut(by_windows)), by_windows)
difference = over_space_then_time(x, itself, itself) - rearrange(by_windows, "b d t h w -> b t h w d")
print(f"largest difference {difference.abs().max():.1e}")


# %% [markdown]
# Who reaches whom, in a network of two blocks? Of eight frames, frame 3 is changed, counted from 0 (one frame a token here, weights at random):

# %%
z = torch.randn(1, 1, 8, 16, 16)
other = z.clone()
other[:, :, 3] += 1
for kind in ATTENTION:
    network = wake(DiT(replace(config, patch=(1, 4), depth=2, attention=kind, window=(2, 2, 2)), mine))
    with torch.no_grad():
        changed = (network(other, torch.zeros(1)) - network(z, torch.zeros(1))).abs().amax((0, 1, 3, 4)) > 1e-5
    print(f"{kind:11}", *("■" if frame else "·" for frame in changed.tolist()))

# %% [markdown]
# Full and factorized attention carry it to every frame within two blocks. Windowed: to the other frame of its box and, by the shifted block, half a box further to either side. Causal: to no earlier frame.
#
# What does it cost? A whole network, forward and back, on clips of 16 frames of 32×32 in patches of 2×4×4: 512 tokens. As multiples of factorized attention, here:

# %%
print(experiments.cost_sentence(experiments.seconds_of(repeats=budget.pick(smoke=1, laptop=3, gpu=5))))

# %% [markdown]
# The more tokens, the further apart: full attention's scores grow with the square of 512, factorized attention's with 64² for each frame and 8² for each place.
#
# **Now you change it.** Set `clip=(16, 64, 64)` in `seconds_of`: four times the tokens. Which of the four will grow most?
# <details><summary>What happens</summary>Full and causal: their scores become sixteen times as many. Windowed attention's become four times as many, and grow as the rest of the network does; factorized attention's frames become sequences four times as long, which at this size is hardly felt yet.</details>
#
# **And the caption?** By *cross-attention*, as above, or *in context*: the words stand in the same sequence as the tokens, and both are changed by every block (`text="context"`). That needs one sequence, so it goes with full and causal attention.

# %% [markdown]
# ## 5.5 Any size in one batch
# A convolution wants a rectangle: clips of one batch have one length and one size, so that others are cut or padded. A transformer takes a *set*. So put several clips of different length, height and width one after the other into one sequence, and forbid them to look at each other:
# **patch n' pack** (NaViT; Sora's report says that native sizes framed better than squares, and not how it was done).
#
# #### Exercise 5.6
# Write `pack_mask(sides, causal)`: `sides` is a list of (frames, rows, columns) in tokens, one for each clip; the clips stand one after the other, tokens in the order frames, rows, columns. The result is `n n`, True where token i may look at token j: both belong to one clip and, where `causal`,
# j's frame is not later than i's.
# <details><summary>Hint</summary>
# Give each token two numbers, its clip's and its frame's: <code>repeat_interleave</code>. Then compare <code>clip[:, None] == clip[None, :]</code>.</details>


# %% exercise="5.6"
def pack_mask(sides, causal=False):
    """True where a token may look at another."""
    ### BEGIN SOLUTION
    many = torch.tensor([t * h * w for t, h, w in sides])
    clip = torch.arange(len(sides)).repeat_interleave(many)
    frame = torch.cat([torch.arange(t).repeat_interleave(h * w) for t, h, w in sides])
    same = clip[:, None] == clip[None, :]
    return same & (frame[:, None] >= frame[None, :]) if causal else same
    ### END SOLUTION


pack_mask = check("5.6", pack_mask)

# %% award="5.6"
award("5.6")

# %%
sides = [(2, 2, 4), (4, 2, 2), (1, 3, 3)]
widgets.mask_picture({"all frames": pack_mask(sides), "causal": pack_mask(sides, causal=True)}, sides)

# %% [markdown]
# What do squares cost? Here are wide clips, and the squares that a fixed size would cut out of them. The test of a pack comes two cells later: each clip comes out as if it had been alone. `scaled_dot_product_attention` takes such a mask, computes the empty blocks and throws them away; on a GPU *flex attention* skips them. All four kinds of attention can be packed, since each is a rule of who sees whom.

# %%
wide = World(size=(16, 32), digit_size=10).sample(200, seed=4)
ink = wide.mask[:, 0]  # b t h w, by the simulator
share = ink[..., 8:24].sum((2, 3)) / ink.sum((2, 3))  # of the digit, inside a square cut from the middle
print(
    f"squares cut from wide clips: the digit is whole on {(share > 0.99).float().mean():.0%} of the frames, gone from {(share < 0.01).float().mean():.0%}"
)
show(**{"as it is": wide.video[:2], "the square": wide.video[:2, ..., 8:24]})

# %% [markdown]
# Such squares show things that stand half out of the picture. In a pack every clip keeps its own shape.

# %%
several = [torch.randn(1, 4, 16, 32), torch.randn(1, 8, 16, 16), torch.randn(1, 2, 24, 24)]
levels = torch.tensor([0.0, 3.0, -2.0])
for kind in ATTENTION:
    network = wake(DiT(replace(config, attention=kind), mine))
    with torch.no_grad():
        together = network.packed(several, levels)
        alone = [network(one[None], level[None])[0] for one, level in zip(several, levels, strict=True)]
    print(f"{kind:11} largest difference {max((a - b).abs().max() for a, b in zip(together, alone, strict=True)):.1e}")

# %% [markdown]
# **Does it matter what a model is taught?** Two small transformers, each trained on packs of clips: one on wide, tall and square clips as they are, one on the squares cut out of them, with nearly as many tokens a step, and so more clips. Both then draw squares, and wide clips,
# a size that the second was never shown. An eye counts on how many frames the digit is whole, cut off by the frame, or gone. It has only pixels to go by; its three thresholds were chosen on squares of which the simulator knows what they cut. **Guess first:** who frames better, and where?

# %%
found = receipt("05_native")
print(experiments.native_sentence(found))
print(found)

# %%
widgets.framing_bars(experiments.native_bars(found), "Is the digit in the picture?")

# %%
print(experiments.native_table(found))

# %% [markdown]
# **Where it was never taught, it cannot go.** Asked for wide clips, the network of squares fills the right of the picture, whose places it was never told, with a pattern of patches. The eye calls that cut, on every frame; it is no badly framed digit, though, but no picture, and the loss says the same. (Section 5.9 finds it again, in time.)
# The network of native sizes draws both sizes, about as often inside the picture as the same eye says of real clips.
#
# **On squares, the harm that was expected is not seen.** A third of what the second network was shown is cut off, and yet its squares are framed no worse than those of the first. Its loss on whole squares is even a little lower: it sees nothing but squares, and more of them. Sora's report says that native sizes frame better. In networks as small as these, after so few steps,
# that was *not* found. What they draw are blobs, often several, hardly digits yet, and whoever trains for longer may find more.

# %%
many = budget.pick(smoke=3, laptop=250, gpu=2000)
framed = {}
for arm in experiments.NATIVE:
    native = experiments.native_run(arm, steps=many)
    *_, last = native.steps(progress=False)
    framed[arm] = experiments.drawn(native.ema.eval(), "wide", 3, steps=budget.pick(smoke=3, laptop=25, gpu=25))
    print(f"{arm}: {last.step} steps, loss {last.loss:.2f}")
if budget.budget() == "smoke":
    print("After so few steps there is nothing to see; on a laptop this shows wide clips of both.")
else:
    display(show(**{f"trained on {arm}": clips for arm, clips in framed.items()}))

# %% [markdown]
# ## 5.6 Straight paths
# The path from clip to noise was a quarter of a circle (chapter 4), $\alpha^2+\sigma^2=1$, and the network says v. Many of today's transformers walk a straight line instead and say its velocity: **flow matching**, or rectified flow.
# $$z_t=(1-t)\,x+t\,\epsilon,\qquad \frac{dz_t}{dt}=\epsilon-x$$
# t = 0 is the clip, t = 1 noise. The velocity does not depend on t; the network has to guess it from $z_t$, and its best guess is the mean over all (x, ε) that lead through there.
#
# #### Exercise 5.7
# Write `flow_pair(x, eps, t)` for clips x, noise eps and one time t for each clip: return z and the velocity.
# <details><summary>Hint</summary>
# t is <code>b</code> and must multiply <code>b c t h w</code>: <code>like(t, x)</code> gives it the axes. Which way does the velocity point, if t grows towards noise?</details>


# %% exercise="5.7"
def flow_pair(x, eps, t):
    """A point on the straight path, and the path's velocity."""
    ### BEGIN SOLUTION
    t = like(t, x)
    return (1 - t) * x + t * eps, eps - x
    ### END SOLUTION


flow_pair = check("5.7", flow_pair)

# %% award="5.7"
award("5.7")

# %% [markdown]
# Nothing else changes: an objective is two coefficients (section 4.1), and the sampler can stay. What *does* go wrong is the sign. Three well-known codebases, asked for their own two functions:

# %%
print(experiments.conventions_table())

# %% [markdown]
# Whoever loads one's weights and samples with another's loop gets noise, without an error; readers have asked (Open-Sora, issue 628). Find out by asking: mix at two times, take the slope, and compare.
#
# **The timestep shift.** A larger clip is more redundant: neighbouring pixels say the same, and averaging over them one sees through more noise. So at one and the same t less of a large clip is hidden than of a small one, and its times should be moved towards noise (Esser et al. 2024):
# $$t' = \frac{s\,t}{1+(s-1)\,t}$$
#
# #### Exercise 5.8
# Write `shift_time(t, shift)` for a tensor of any shape.
# <details><summary>Hint</summary>
# The formula as it stands. Try it at the ends: 0 must stay 0, and 1 must stay 1.</details>


# %% exercise="5.8"
def shift_time(t, shift):
    """Times moved towards noise, for a shift above 1; the ends stay."""
    ### BEGIN SOLUTION
    return shift * t / (1 + (shift - 1) * t)
    ### END SOLUTION


shift_time = check("5.8", shift_time)

# %% award="5.8"
award("5.8")

# %%
t = torch.linspace(0, 1, 101)
shifts = (1.0, 3.0, 7.0)
curves = {f"s = {s:g}": shift_time(t, s) for s in shifts}
show_curves(t, curves, xlabel="t", ylabel="shifted t", heading="More tokens, more noise")

# %% [markdown]
# In log-SNR it is nothing but a step down: $t/(1-t)$ is multiplied by s, so $\lambda=2\log\frac{1-t}{t}$ falls by $2\log s$ everywhere. By just this, with s the ratio of the sides, Hoogeboom et al. 2023 (*simple diffusion*) moved the cosine schedule for larger pictures:

# %%
inside = t[1:-1]
moved = RECTIFIED.logsnr(shift_time(inside, 3.0)) - RECTIFIED.logsnr(inside)
print(f"λ moves by {moved.min():.3f} to {moved.max():.3f}; −2 log 3 is {-2 * math.log(3):.3f}")

# %% [markdown]
# (One popular scheduler shifts twice when it is given a shift: once when it is built and once when its steps are set. diffusers, issue 13243.)
#
# #### Exercise 5.9
# Write `euler(model, z, times)`: follow dz/dt = model(z, t) from the first of `times` (a tensor, falling from noise to clip) to the last. The model is told one time for each clip, the one at which the step begins. Return the last z.
# <details><summary>Hint</summary>
# <code>for now, then in pairwise(times):</code>. The step is <code>then - now</code>, which is negative here.</details>


# %% exercise="5.9"
def euler(model, z, times):
    """Along the velocity, step by step."""
    ### BEGIN SOLUTION
    for now, then in pairwise(times):
        z = z + (then - now) * model(z, now.expand(len(z)))
    return z
    ### END SOLUTION


euler = check("5.9", euler)

# %% award="5.9"
award("5.9")

# %% [markdown]
# A perfect model for one known clip says $(z-x)/t$. The way is then straight, and **one** step is enough. Where the lines of many clips cross, only their mean velocity is known; the way that follows it is bent, and one step is not enough. Here, two clips, and the exact mean of the velocities that lead through z.

# %%
two = World(digit_size=10).sample(2, seed=3).video


def exact(clips):
    """The velocity's mean over these clips, each as likely as it is to have led to z."""

    def velocity(z, t):
        t = like(t, z)
        far = ((z[:, None] - (1 - t[:, None]) * clips[None]) ** 2).flatten(2).sum(-1) / (2 * t.flatten()[:, None] ** 2)
        share = torch.softmax(-far, dim=1)
        x_hat = torch.einsum("bn,ncthw->bcthw", share, clips)
        return (z - x_hat) / t

    return velocity


start = torch.randn(16, *two.shape[1:], generator=torch.Generator().manual_seed(0))
for steps in (1, 2, 4, 16):
    times = torch.linspace(1, 0, steps + 1)
    for name, clips in (("one clip ", two[:1]), ("two clips", two)):
        ends = euler(exact(clips), start, times)
        off = (ends[:, None] - clips[None]).abs().flatten(2).mean(-1).amin(1).mean()
        print(f"{name}, {steps:2} steps: {off:.4f} from the nearest clip")

# %% [markdown]
# After one step from pure noise stands the mean of both clips: at t = 1 nothing is known yet. The second step already begins where one clip is likelier than the other.
#
# **Is it better than v?** At equal compute: a small transformer on small clips, the same steps, clips and noise, three seeds; the error of x̂ on held-out handwriting, at six levels of log-SNR, so that the three can be compared whatever they say and were trained on.

# %%
found = receipt("05_flow")
print(experiments.flow_table(found))
print(found)

# %% [markdown]
# Read it by column (in brackets: the lowest and the highest of the seeds). Where there is much noise, on the left, v is far ahead; where there is less, at λ = 1 and 3, plain flow matching is better, and at 5 the two sets of seeds overlap; and the shift does what it promises, it makes the flow better on the left and pays on the right.
# One reason for the left: a network that says nothing yet, 0, has with v already the guess $\hat x=\alpha z$, which is small there. With a flow its guess is $\hat x=z-t\cdot 0=z$, nothing but noise, which it must first learn to take away. This is after a few hundred steps of a very small network; large ones have the time.
# **An objective and a schedule are a choice of where to be good, and when.**

# %% [markdown]
# ## 5.7 Guide all channels
# $u+s\,(c-u)$, as before: c is what the network says with the caption, u what it says without. Networks that also say a variance put out twice as many channels, and only the prediction is to be guided. The first DiT wrote that down as `out[:, :3]`: three, of an image's latent that has *four*. The line was copied into at least six other codebases, video models
# among them, where latents have 4, 16 or 32 channels (facebookresearch/DiT, issue 12).
#
# #### Exercise 5.10
# Write `guide_channels(c, u, scale, channels)`: outputs c (with caption) and u (without), `b out t h w`. The first `channels` are the prediction, and guided; what stands behind them is c's.
# <details><summary>Hint</summary>
# Two parts, joined along dim 1. With a scale of 1 the answer is c.</details>


# %% exercise="5.10"
def guide_channels(c, u, scale, channels):
    """Guidance on the prediction, all of it, and on nothing else."""
    ### BEGIN SOLUTION
    guided = u[:, :channels] + scale * (c[:, :channels] - u[:, :channels])
    return torch.cat([guided, c[:, channels:]], dim=1)
    ### END SOLUTION


guide_channels = check("5.10", guide_channels)

# %% award="5.10"
award("5.10")

# %%
c, u = torch.randn(2, 1, 16, 2, 4, 4)
halfway = guide_channels(c, u, 3.0, 3)
whole = guide_channels(c, u, 3.0, 16)
print(
    "channels that guidance left as they were:",
    int((halfway == c).flatten(2).all(2).sum()),
    "against",
    int((whole == c).flatten(2).all(2).sum()),
)

# %% [markdown]
# ## 5.8 Train one
# Your block, your patches, the training of chapter 3: v, since it begins better (section 5.6) and these minutes are few, a cosine schedule, short clips first, Muon for the matrices. Small clips of 16×16 and 8 frames, so that something moves within minutes.

# %%
small = experiments.SMALL
training = small.training
training = budget.pick(smoke=training.shortened(12), laptop=training, gpu=training.longer(5))
run = experiments.small_run(training, build=lambda: DiT(small.network, mine))
*_, record = run.steps(progress=False)
print(
    f"{sum(weight.numel() for weight in run.ema.parameters()) / 1e6:.2f} M weights, {record.step} steps, {record.seconds:.0f} s"
)
print(f"loss {sum(r.loss for r in run.records[:10]) / 10:.3f} -> {sum(r.loss for r in run.records[-10:]) / 10:.3f}")

# %%
captions = ["a 3 moves right, slowly", "a 7 moves up, quickly", "a 0 moves left, quickly", "a 5 moves down, slowly"]
trained = zoo.Model(small, run.ema.eval())
steps = budget.pick(smoke=6, laptop=25, gpu=50)
made = trained.sample(captions, seed=1, steps=steps, guidance=3.0, eta=zoo.ETA)
if budget.budget() == "smoke":
    print("After so few steps there is nothing to see: this is the smoke budget, which only shows that the cell runs.")
else:
    display(show_sheet(made[:2].clamp(-1, 1), captions=captions[:2]))
    display(show(made.clamp(-1, 1), captions=captions))

# %% [markdown]
# **What are the zeros worth, and the places?** The same small transformer three times: as it is; with its zeros written over, in the wrong order of section 5.2; and with every token told one and the same place. Sixty steps, three seeds.

# %%
found = receipt("05_parts")
print(experiments.parts_table(found))
print(found)

# %% [markdown]
# **The places** are worth something already, in every seed: who does not know where a token is cannot say which way a digit goes. It is little, since after so few steps there is little that is known of motion.
#
# **The zeros** are worth nothing here: with random gates the loss falls *faster*, in every seed. Was the trouble for nothing? They are said to be for depth: in a stack of many blocks random branches add up, and four blocks are no stack. This run says that a shallow network can do without, and nothing about twenty-eight blocks. It was not tried here.

# %% [markdown]
# ## 5.9 Against the U-Net
# First at equal minutes: the zoo's two networks, each given the same seconds of one core, by one recipe.

# %%
found = receipt("05_minutes")
print(experiments.minutes_table(found))
print(found)

# %% [markdown]
# After so short a time the transformer is ahead. Its patches are large: a clip is 128 tokens to it, so that a step is cheap, and it takes more of them in the same time. That says how fast it begins (one seed, one minute), not where it ends.
#
# Now the zoo's models themselves. Same world, same captions, the same reader of digits. They are *not* equally trained, and the table says how long each was.

# %%
transformer = zoo.load("dit-digits")
print(transformer)
print(transformer.origin())
print(f"{transformer.manifest['steps']:,} of the {zoo.recipe('dit-digits').training.steps:,} steps of its recipe")

# %%
captions = ["a 3 moves right, slowly", "a 7 moves up, quickly"]
steps = budget.pick(smoke=10, laptop=25, gpu=50)
side_by_side = {
    name: zoo.load(name).sample(captions, seed=2, steps=steps, guidance=3.0, eta=zoo.ETA).clamp(-1, 1)
    for name in ("dit-digits", "vdm-digits")
}
for name, video in side_by_side.items():
    print(name)
    display(show_sheet(video[:, :, ::2], captions=captions))
show(**side_by_side, captions=captions)

# %% [markdown]
# One row of pixels, frame after frame, of the clip that is to move right: a motion is a slanted line, and what changes its looks from frame to frame frays.

# %%
show_slice(**{name: video[:1] for name, video in side_by_side.items()})

# %%
found = receipt("05_digits")
print(experiments.digits_table(found))
print(experiments.digits_sentence(found))
print(found)

# %% [markdown]
# The U-Net wins on every measure, and the table says how unequal the two are: each has finished its own recipe, and the U-Net's took more than twice as long by the clock. *Where* the transformer loses is worth a look. It moves as it is told, nearly as often as the U-Net; but it does not keep its digit. From frame to frame the strokes change, as the slice above shows.
# A likely reason: a U-Net's convolutions draw the same strokes wherever the digit stands; to a transformer each token of 8×8 pixels is a place of its own, and that a digit which moved is still the same digit must be learnt for every offset within a patch. Large patches made it quick at the beginning, and this may be what they cost. A transformer's clip takes a fraction of the time to make.
# What more training, smaller patches or more width would bring was not measured here. `minivid train dit-digits` makes it again; the recipe stands in `minivid/zoo.py`, to be changed.

# %% [markdown]
# ### More frames than in training
# A transformer takes any number of tokens, so it can be *asked* for more frames than it was ever shown. Does it know what to do there? The tokens of the new frames stand in places that it was never told. Two ways: leave the places **as they are**, and hope that the pattern goes on; or **squeeze** them, so that the last frame
# stands where training's last one stood, and the others closer together (*position interpolation*, Chen et al. 2023). Every place is then one that it knows, or lies between two; but a step in time is no longer a step.

# %%
longer = {
    "as they are": experiments.longer_model(transformer, 24),
    "squeezed": experiments.longer_model(transformer, 24, squeeze=True),
}
for name, model in longer.items():
    print(f"{name:12}", [round(place, 2) for place in model.network.parts.places(12, 1, 1)[0, :, 0, 0].tolist()])

# %%
asked = ["a 3 moves right, slowly"]
longer = {name: model.sample(asked, seed=2, steps=steps, guidance=3.0, eta=zoo.ETA) for name, model in longer.items()}
show(**{name: video.clamp(-1, 1) for name, video in longer.items()}, captions=asked)

# %%
show_slice(**longer)

# %%
for name, video in longer.items():
    grey = ((video.clamp(-1, 1) + 1) / 2).flatten(3).quantile(0.75, dim=-1).mean((0, 1))
    print(f"{name:12} three quarters of the pixels are darker than", *(f"{value:.3f}" for value in grey[::3].tolist()))

# %% [markdown]
# Those are every third frame's numbers. **What breaks is the end**: where the places go on as they are, a pattern of patches comes up behind the digit, in frames whose places the network never met. Squeezed, the background stays black to the last frame. (Neither keeps its digit; this model never did.)
#
# What do the measures of the table above say of places left as they are?

# %%
print(experiments.longer_table(receipt("05_digits")))

# %% [markdown]
# Direction and speed hold, nearly. But both are read from the *first* steps, where every place is known: these rates cannot see what the picture shows at the end. The distance from a straight path, which looks at all frames, has grown.
#
# **Which of the two kinds of places is it?** Small transformers were trained on clips of 8 frames, with each kind, and are asked about more. *In pieces*: the longer clip cut into clips of 8, each by itself, which is what one could do without any of this.

# %%
found = receipt("05_longer")
print(experiments.lengths_table(found))
print(found)

# %%
curves = experiments.length_curves(found)
show_curves(
    range(24), curves, xlabel="frame", ylabel="held-out loss", heading="Trained on 8 frames, shown 24", size=(760, 340)
)

# %% [markdown]
# **It is the added ones.** Where places were only turned, a longer clip costs nothing, either way: a score depends on differences alone, and differences that it never met did no harm here. Where they were added, the loss climbs as soon as the ninth frame is reached, since tokens then hold a vector that no weight has met. (The teeth are the two frames of a token.)
# Who has both, as the zoo's model does, fails with the added ones. Squeezed, the loss is again what it is in pieces: a line of code, and no training.
#
# **Was anything gained?** No: pieces of 8, each by itself, do as well as the longer clip. What such a young network knows of far frames is nothing yet. That a longer clip can be *shown* without harm was measured here; that it *helps* was not. Nor should the right columns be believed: these networks draw blobs, and the measure follows the centre of all ink,
# which a pattern over the whole picture holds in the middle.

# %% [markdown]
# ## 5.10 What does compute buy?
# Train a small network for long, or a large one for a short time? For language models the answer is a line: the least loss that any size reaches for so much compute falls as a power of it, perhaps down to a floor that nothing gets below (Kaplan et al. 2020; Hoffmann et al. 2022).
# $$L(C) = L_\infty + k\,C^{-p}$$
# Here are five transformers on clips of 16×16, of 4 and of 8 frames, two seeds each. The learning rate was chosen for each size and length, by short runs of a seed of its own. The rate rises and then *stays*, so that every point of a curve is as good as a run planned to end there; what is looked at is the moving average of the weights.

# %%
found = receipt("05_scaling")
print(experiments.sizes_table(found))
print(found)

# %% [markdown]
# *Held out* is handwriting that no training clip shows, *trained* is handwriting that they do: both on new clips. The two are as good as equal, held out even a hair below in every row: those writers happen to be a little easier, and nothing has been learnt by heart.

# %%
experiments.scaling_picture(found)

# %% [markdown]
# Left in each panel the small ones: quick, and the smallest soon flat. Each next larger one starts later and ends lower. The lower edge of them all is the **frontier**, and the dashed line is the law through it. **Where on the picture should you stand with ten times the compute?**
# <details><summary>Answer</summary>Further right on the frontier. From the end of any curve but the widest that is a larger network, not the same one for longer. The widest is still falling where it ends, and no larger one was tried: of that end the picture says nothing.</details>

# %%
print(experiments.law_table(found))

# %% [markdown]
# In brackets: nine tenths of the fits when whole runs are drawn again with replacement. **Do not believe the floor.** Its interval reaches down to nothing: power and floor pay for each other, and the points that could tell them apart lie further right than we went.
# Look at the dashed line too: the frontier is scalloped, an arc for each size, and one power does not pass through all of it. And of the learning rates tried, the highest won for all sizes but the widest; a still higher one may have been better for these. An exponent from five small networks is a lesson in method, not a number to plan with.
#
# One run again, here:

# %%
looks = budget.pick(smoke=(5, 10, 20), laptop=(20, 40, 80, 160, 320), gpu=(20, 40, 80, 160, 320))
here = experiments.curve("16 × 2", 4, rate=10.0, seed=0, looks=looks)
kept = next(run for run in found["runs"] if (run["size"], run["frames"], run["seed"]) == ("16 × 2", 4, 0))
then = {step: f", in the receipt {loss:.3f}" for step, _, _, loss in kept["points"]}
for p in here:
    print(
        f"after {p.step:3} steps, {p.operations:.1e} operations: held-out loss {p.held_out:.3f}{then.get(p.step, '')}"
    )

# %% [markdown]
# ## 5.11 Which trick helps at once?
# Papers offer many. Each is tried alone: the same small transformer, the same clips, as many steps, three seeds; the plain loss on held-out handwriting, set against that of the same seed without the trick. *Paired noise*: within a batch each clip gets the noise that lies nearest, by the best assignment of all, so that paths cross less.
# *Masked*: three quarters of the training see a half of the places. **Guess first: which of the six matter in a run this short?**

# %%
found = receipt("05_tricks")
print(experiments.tricks_table(found))
print(found)

# %% [markdown]
# Read the last column first: only where all three seeds agree is there anything to explain.
#
# **Two matter much**: min-SNR's weights, and AdamW at the higher rate. Stratified times help a little, and cost nothing. Masking loses in every seed and saves little of a step: a likely reason is that so small a network spends its time elsewhere. Pairing the noise is a *null*; a likely reason is that in so many dimensions none of sixteen noises lies near a clip.
#
# **Was Muon beaten?** In this race, yes, by a little even at the recipe's own rate. But the row says less than it seems to: AdamW was given two rates and Muon one, and section 5.10 found small transformers to want higher rates *with Muon too*. Whoever tunes one side and not the other has measured the tuning. A fair race tries several rates on both sides, and lasts as long as the runs that it is to speak for.
#
# What was not tried: longer runs, where small gains of speed are lost again, and aligning features to another network's.

# %% [markdown]
# ## 5.12 What is known of Sora?

# %%
Markdown(experiments.SORA)

# %% [markdown]
# ## 5.13 How this goes wrong
# Five patients. Each runs, and has the right shape. Compare what each claims with what the tests found, with the healthy ones above them, and decide before you open the answers. (Frames are counted from 0. *Corner reaches corner*: does the last token of frame 1 reach the first one of the same frame? *Same in a pack*: is a clip what it is alone?)

# %%
print(experiments.clinic_table(experiments.healthy() | experiments.patients()))

# %% [markdown]
# <details><summary>Patient 1</summary>It speaks before it has learnt anything: the zeros were written in the constructor, and drawn anew by the initialisation behind it.</details>
# <details><summary>Patient 2</summary>One block over space, and frame 1 reaches other frames: its patches were cut by <code>reshape</code>, so that a token holds pixels of several frames, or of another than its own. Here nothing of frame 1 comes back to frame 1, and so neither does its corner.</details>
# <details><summary>Patient 3</summary>In a pack it says something else than alone: the mask is missing, and clips read each other. With clips of one size nobody would notice until samples look alike.</details>
# <details><summary>Patient 4</summary>Blind to order: all tokens were told one and the same place. (One learned vector, added to all tokens, is no position either.)</details>
# <details><summary>Patient 5</summary>Causal, and too much so: the last token of frame 1 does not reach the first. The mask is a triangle over tokens, where it should compare frames.</details>

# %%
summary("05")

# %% [markdown]
# ## To read next
# Peebles & Xie 2023, section 3.2, for the four ways to hear a condition that AdaLN-Zero won against; Ma et al. 2024 (*Latte*), figure 2, for the ways to factorize; Dehghani et al. 2023 (*Patch n' Pack*), section 2; Esser et al. 2024, sections 3.1 and 5.3.2, on where to put the noise.
