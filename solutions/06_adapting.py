# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6 · From image model to video model
# A network has learnt pictures. In this chapter it is given time: layers between its own that begin as nothing and learn to join the frames.
#
# **You will be able to** say what an image model does with a clip · put a layer into a trained network so that nothing is lost at the start · mix a layer over space with one over time · choose whose keys a frame
# looks at · train a motion module beside a frozen network · edit a clip by prompt · merge a low-rank adapter, and put a module into another style · halve time inside a network · make a clip longer than its network, out of segments · go on from a picture · take structure from a clip and content from a picture · fill in frames between frames · draw a clip in five stages · say what each
# method is worth · recognise adapters that do nothing.
#
# **You need** chapter 3's U-Net, sampling and guidance; chapter 4's outputs and DDIM inversion; for 6.9 chapter 1's filters. **Time:** four hours.
#
# **Papers:** Singer et al. 2022 (*Make-A-Video*) · Blattmann et al. 2023 (*Align your Latents*, here Video LDM) · Guo et al. 2023 (*AnimateDiff*) · Wu et al. 2023 (*Tune-A-Video*) · Hu et al. 2021 (*LoRA*) · Bar-Tal et al. 2024 (*Lumiere*) · Bar-Tal et al. 2023 (*MultiDiffusion*) · Blattmann et al. 2023 (*Stable Video Diffusion*) · Esser et al. 2023 (*Gen-1*) · Karras et al. 2022 (*EDM*) · Ramesh et al. 2022 (*DALL·E 2*) · Ho et al. 2021 (*Cascaded Diffusion Models*) · Li et al. 2021 (*SRDiff*).

# %% setup
from collections import Counter
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise

import torch
import torch.nn.functional as F
from einops import rearrange
from IPython.display import display
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from minivid import zoo
from minivid.adapt import Method, adapt, inflate, inflated, merged
from minivid.adapt.controlnet import edges
from minivid.adapt.inflate import TRAINED
from minivid.adapt.layers import Mixed, MotionModule, SplitProjection
from minivid.adapt.stable import stable_diffusion, stand_in
from minivid.adapt.stable.stand_in import MOTION
from minivid.adapt.supers import completed, enlarged, smaller
from minivid.chapters.ch06 import structure as gen1
from minivid.chapters.ch06 import widgets
from minivid.chapters.ch06.between import LONGER, blended, filled_in, given_at, interpolator
from minivid.chapters.ch06.clinic import clinic_table, patients
from minivid.chapters.ch06.clips import (
    LEVELS,
    WORLD,
    as_clips,
    in_part,
    model_of,
    reached,
    taught,
    thrown_off,
    x_errors,
)
from minivid.chapters.ch06.curated import DEFECTS, Filters, found
from minivid.chapters.ch06.decoder import unlabelled
from minivid.chapters.ch06.experiments import (
    apart_sentence,
    beside_the_receipt,
    edit_table,
    errors_table,
    filters_table,
    lift_sentence,
    lift_table,
    longer_sentence,
    methods_table,
    minutes_sentence,
    models,
    restyle_table,
    restyled_clips,
    seam_curves,
    seams_table,
    shown_clips,
    shown_large,
    stages_table,
    steps_of,
    supers_table,
    told_table,
)
from minivid.chapters.ch06.experiments.pipeline import pipeline_table, place_sentence, shown_stages
from minivid.chapters.ch06.experiments.supers import WORLDS as FINE
from minivid.chapters.ch06.large import sharpness
from minivid.chapters.ch06.one_shot import GUIDANCE, TUNING, other_digit, source_clips, step_by, told, tuned, way
from minivid.chapters.ch06.pipeline import as_large, composed_of, nearest_pictures
from minivid.chapters.ch06.seen import seen
from minivid.chapters.ch06.svd import batches
from minivid.checkpoint import load_into, weights_of
from minivid.course import award, check, hint, receipt, summary  # noqa: F401  (hint is for you to call)
from minivid.data import tokenize
from minivid.diffusion.guidance import guided
from minivid.diffusion.objective import Objective
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import variance_preserving
from minivid.judges import FILMED, found_before_others, looks_of
from minivid.nn import Cond, UNet
from minivid.nn.attention.core import SPACE, Attention
from minivid.nn.spacetime import PseudoConv3d
from minivid.nn.unet import Parts
from minivid.picturing import pictured, towers
from minivid.show import show, show_curves, show_sheet, show_slice, show_source
from minivid.tools import budget
from minivid.train import TrainConfig

torch.manual_seed(0)
chance = torch.Generator().manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 6.1 What does an image model do with a clip?
# `image-digits`, from the zoo, learnt single frames and their captions. To it a clip is a batch of pictures:

# %%
image = zoo.load("image-digits")
print(image)
print(image.origin())
still = as_clips(image)  # the same network, asked for eight frames
captions = ["a red 3 moves right, quickly", "a blue 7 moves up, slowly"]
steps = budget.pick(smoke=5, laptop=30, gpu=50)
alone = still.sample(captions, seed=1, steps=steps, eta=zoo.ETA).clamp(-1, 1)
real = WORLD.sample(2, 1, captions).video
print(
    f"thrown off a straight path: {thrown_off(alone).mean():.1f} px a frame; in real clips {thrown_off(real).mean():.2f} px"
)

# %%
display(show_sheet(real=real[:1], alone=alone))
show_slice(real=real[:1], alone=alone[:1])

# %% [markdown]
# Every frame is a picture of its own: another place, another hand. In the x–t slice nothing slants. What if all frames begin from the *same* noise, and no new noise is added on the way? Say it before you run the cell.

# %%
same = still.noise(2, seed=1)[:, :, :1].expand(-1, -1, WORLD.frames, -1, -1)
*_, (frozen, _) = still.path(same, captions, steps=steps)
apart = (frozen - frozen[:, :, :1]).abs().max()
print(f"frames differ by at most {apart:.1e}")

# %% [markdown]
# <details><summary>Answer</summary>Equal noise gives equal frames, to rounding: no flicker, and no motion. Between the two, frames that are alike <i>and</i> differ by a motion, the image model knows nothing.</details>
#
# **Does it hear the motion?** Its captions had motion words, and no still picture shows a motion. Change one word, and see how far the guess x̂ moves, as a share of its size:

# %%
level = torch.tensor(-2.0)
z = torch.randn(16, *image.shape, generator=chance)
said = "a red 3 moves right, quickly"


def guess(caption):
    return image.x_hat(z, level, Cond(*tokenize([caption] * len(z))))


for other in (
    "a blue 3 moves right, quickly",
    "a red 8 moves right, quickly",
    "a red 3 moves left, quickly",
    "a red 3 moves right, slowly",
):
    share = (guess(other) - guess(said)).norm() / (guess(said) + 1).norm()  # black is −1
    print(f"{other:32} {share:.1%}")

# %% [markdown]
# Colour and digit are heard. Direction and speed all but not: no picture asked for them. So whatever is put between this model's layers hears of them no more than this.
#
# ## 6.2 How does a layer come in without doing harm?
# **Make-A-Video** puts a convolution over time behind every convolution over space. The image model's weights stay; if the new one begins as the *identity* (and attention over time, which it adds too, with an output of zero), the video model is the image model, on every frame of every clip.
#
# #### Exercise 6.1
# Write `identity_kernel(dim, kernel)`: the weight, `dim dim kernel`, with which a convolution over time gives back what it was given. `kernel` is odd; the convolution pads by `kernel // 2` zeros on either side.
# <details><summary>Hint</summary>The axes are: channel out, channel in, frame. Which of these should be 1?</details>


# %% exercise="6.1"
def identity_kernel(dim, kernel):
    """The weight of a convolution over time that changes nothing."""
    ### BEGIN SOLUTION
    weight = torch.zeros(dim, dim, kernel)
    weight[torch.arange(dim), torch.arange(dim), kernel // 2] = 1
    return weight
    ### END SOLUTION


identity_kernel = check("6.1", identity_kernel)

# %% award="6.1"
award("6.1")

# %%
x = torch.randn(2, 4, 5, 3, 3, generator=chance)  # b c t h w
rows = rearrange(x, "b c t h w -> (b h w) c t")  # each pixel is a sequence of its own
out = F.conv1d(rows, identity_kernel(4, 3), padding=1)
print("the largest change:", (out - rows).abs().max().item())

# %% [markdown]
# The library's convolution does the same on all pixels of a frame at once. And the whole network, which `inflated` builds from a configuration and the image model's weights?

# %%
show_source(PseudoConv3d)

# %%
channels, _, height, width = image.shape
z, level = torch.randn(2, channels, 5, height, width, generator=chance), torch.tensor([0.5, -2.0])
with torch.no_grad():
    pictures = image.network(z, level)
    for method in Method:
        off = (inflated(image.network, method)(z, level) - pictures).abs().max()
        print(f"{method:13} differs from the image model by at most {off:.1e}")

# %% [markdown]
# Three equal it, to rounding, on a clip of pure noise. Tune-A-Video and Lumiere do not; sections 6.5 and 6.7 say why.
#
# ## 6.3 What does a layer over time add?
# **Video LDM** leaves the image model's layer alone, puts a layer over time behind it, and *mixes* the two with one learned α:
# $$\alpha\cdot\text{space}+(1-\alpha)\cdot\text{time},\qquad \alpha=\mathrm{sigmoid}(\text{logit}).$$
# A batch of images has no time: there α is 1.
#
# #### Exercise 6.2
# Write `mix(space, time, logit, images)`; `images` is True where the batch holds images alone. What you return shares no memory with what you were given: `.clone()`.
# <details><summary>Hint</summary>Logit 0 is half and half.</details>


# %% exercise="6.2"
def mix(space, time, logit, images):
    """The image model's features and those of the layer over time, mixed."""
    ### BEGIN SOLUTION
    if images:
        return space.clone()
    alpha = logit.sigmoid()
    return alpha * space + (1 - alpha) * time
    ### END SOLUTION


mix = check("6.2", mix)

# %% award="6.2"
award("6.2")

# %% [markdown]
# **The trap.** To begin as the image model, α = 1 seems natural, and it has been published so: α kept as it is and cut to [0, 1]. What gradient reaches the layer over time?

# %%
layer = nn.Linear(4, 4)
space = torch.randn(8, 4, generator=chance)
for name, logit in (("α = 1 (a logit of 40)", 40.0), ("α = ½", 0.0)):
    layer.zero_grad()
    mix(space, layer(space), torch.tensor(logit), False).square().sum().backward()
    print(f"{name:22} gradient of the layer over time {layer.weight.grad.norm():.1e}")

# %% [markdown]
# None, as long as α is 1. By a logit of 40 it stays there for good: the sigmoid has no slope left. A raw α may still leave 1 by its own gradient, but only where the layer's untrained output happens to help; if the branch begins as the identity, not even then. So let α begin at ½, and let the *branch* begin as the identity. Your `mix` in the library's layer, and that layer in the whole network:


# %%
class MyMixed(Mixed):
    """The library's layer over time, mixed by yours."""

    def forward(self, x, bias=None, visible=None):
        return mix(x, self.temporal(x, bias), self.mix, visible is not None)


config, weights = inflate(image.network, Method.VIDEO_LDM)
mine = UNet(config, Parts(temporal=MyMixed))
load_into(mine, weights)
with torch.no_grad():
    print(f"yours differs from the image model by at most {(mine(z, level) - pictures).abs().max():.1e}")

# %% [markdown]
# ## 6.4 Who is trained?
# **AnimateDiff** puts a *motion module* behind every stage: norm, linear, twice attention over time, a feed-forward, and a linear layer that begins at zero, added to what was there. Only the modules are trained, so that they can be carried to another image model.

# %%
show_source(MotionModule.forward)

# %%
for method in Method:
    network = inflated(image.network, method)
    every = sum(weight.numel() for weight in network.parameters())
    asks = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    parts = Counter(
        next(part for part in TRAINED[method] if part in f".{name}").strip(".") for name in network.trained()
    )
    print(
        f"{method:13} trains {asks / 1e6:.2f} M of {every / 1e6:.2f} M weights:",
        *(f"{n}× {part}" for part, n in parts.items()),
    )

# %% [markdown]
# Before training no frame reaches another; a published failure is that this stays so. So ask twice: which frames of the output change when frame 2 of the input does?

# %%
training = TrainConfig(
    steps=budget.pick(smoke=3, laptop=600, gpu=6000),
    batch=4,
    warmup=10,
    ema=0.9 if budget.budget() == "smoke" else 0.99,
)
run = taught(image, Method.ANIMATEDIFF, training)
print("before: frame 2 reaches", reached(run.model.eval()))
records = list(run.steps())
moving = model_of(image, Method.ANIMATEDIFF, run.ema)
print("after:  frame 2 reaches", reached(moving.network))

# %% [markdown]
# Did it learn anything? The squared error of x̂ on handwriting that no one has seen, as a share of the image model's on the same noise, each frame alone:

# %%
judged = budget.pick(smoke=4, laptop=16, gpu=16)  # clips
learnt, before = x_errors(moving, judged), x_errors(still, judged)
for noise_level, share in zip(LEVELS, (learnt / before).tolist(), strict=True):
    print(f"λ = {noise_level:4.0f}   {share:.2f}")
print(f"after {len(records)} steps in {records[-1].seconds:.0f} s")

# %%
clips = moving.sample(captions, seed=1, steps=steps, eta=zoo.ETA).clamp(-1, 1)
print(
    f"thrown off a straight path: {thrown_off(clips).mean():.1f} px a frame; the image model {thrown_off(alone).mean():.1f} px"
)
display(show_sheet(alone=alone[:1], with_module=clips[:1]))
show(alone=alone[:1], with_module=clips[:1])

# %% [markdown]
# In the smoke budget these are a few steps: enough to see that the frames are joined, too few for motion. In the budget `laptop` look for two things: does the *place* go smoothly from frame to frame, and does the digit stay *the same one*? The first comes well before the second.
#
# **In part.** The module is an addition, x + m(x), and can be added in part: its last layer times a strength s.

# %%
n = budget.pick(smoke=1, laptop=4, gpu=4)
z_one = (WORLD.sample(n, 3).video + torch.randn(n, *still.shape, generator=chance)) / 2**0.5
strengths, changes = torch.linspace(0, 1, 5), []
for strength in strengths:
    network = in_part(image.network, run.ema.adapter(), strength)
    with torch.no_grad():
        changes.append((network(z_one, torch.zeros(n)) - image.network(z_one, torch.zeros(n))).norm().item())
show_curves(
    strengths,
    {"change": torch.tensor(changes)},
    xlabel="strength s",
    ylabel="distance from the image model's output",
    heading="A module in part",
)

# %% [markdown]
# And an addition in part *is* a mixing: x + s m(x) = (1 − s) · x + s · (x + m(x)), so that α = 1 − s in every layer. Turn it, with the zoo's `motion-digits`, a module that was trained for a few hundred steps: at α = 1 each frame is guessed alone.

# %%
module = zoo.load("motion-digits")
print(module.origin())
green = WORLD.sample(1, 5, "a green 2 moves right, slowly")
noisy = 0.2 * green.video + 0.98 * torch.randn(green.video.shape, generator=torch.Generator().manual_seed(0))
logsnr = torch.tensor([-3.2])  # 0.2² : 0.98²


@cache
def guessed(alpha):
    """x̂ of the noisy clip, α in every layer."""
    network = in_part(image.network, module.network.adapter(), 1 - alpha)
    return model_of(image, Method.ANIMATEDIFF, network).x_hat(noisy, logsnr, Cond(*tokenize(green.caption)))[0]


widgets.mixing(guessed, green.video[0])

# %%
widgets.mixing_still(guessed, green.video[0], [1.0, 0.5, 0.0])

# %% [markdown]
# **Past its length.** The module was taught 8 frames. Its count goes on, to a limit that is set by hand:

# %%
try:
    moving.network(torch.zeros(1, channels, 33, height, width), torch.zeros(1))
except ValueError as refusal:
    print("ValueError:", refusal)

# %% [markdown]
# ## 6.5 Whose keys does a frame look at?
# **Tune-A-Video** adds only attention over time, which begins at zero. What joins frames from the start is the image model's own attention over space: it looks elsewhere, at the keys and values of the *first* frame and the *one before*. The weights fit, since a key is a key.
#
# #### Exercise 6.3
# Write `sparse_causal(x, frames)`: `x` is `(b t) n c`, the keys of every frame of every clip. Return `(b t) 2n c`: for each frame those of its clip's first frame, then those of the one before. Before the first stands itself.
# <details><summary>Hint</summary>Give clips and frames an axis each: <code>rearrange(x, "(b t) n c -> b t n c", t=frames)</code>.</details>


# %% exercise="6.3"
def sparse_causal(x, frames):
    """The first frame's keys and those of the one before."""
    ### BEGIN SOLUTION
    clips = rearrange(x, "(b t) n c -> b t n c", t=frames)
    first = clips[:, :1].expand_as(clips)
    previous = torch.cat([clips[:, :1], clips[:, :-1]], dim=1)
    return rearrange(torch.cat([first, previous], dim=2), "b t m c -> (b t) m c")
    ### END SOLUTION


sparse_causal = check("6.3", sparse_causal)

# %% award="6.3"
award("6.3")


# %%
def looking_back(dim, heads):
    """Attention over space, its keys chosen by yours."""
    attention = Attention(dim, heads, SPACE, sparse_causal)
    attention.to_qkv = SplitProjection(dim)  # queries apart: they alone are trained
    return attention


config, weights = inflate(image.network, Method.TUNE_A_VIDEO)
mine = UNet(config, Parts(spatial=looking_back, position=None)).eval()
load_into(mine, weights)
equal = z[:, :, :1].expand_as(z)
with torch.no_grad():
    for name, clip in (("five equal frames", equal), ("five of noise", z)):
        print(
            f"{name:18} differs from the image model by {(mine(clip, level) - image.network(clip, level)).abs().max():.1e}"
        )
print("frame 2 reaches", reached(mine), "before any training")

# %% [markdown]
# Equal frames have equal keys, and looking at two copies is looking at one: there it *is* the image model. On other clips it is not, and frames are joined before the first step: a frame reaches those after it.
#
# ### One clip is enough
# The method's name says what it is for: its queries and its attention over time are tuned on *one* clip and its caption. Then the clip is **edited**: DDIM brings it to noise, told its own caption, as in chapter 4; and from that noise it comes down again, told another. The noise remembers where things were.
#
# #### Exercise 6.4
# Write `edit(step, x, levels, source, target)`. `step(z, s, t, who)` brings z from level s to level t, and asks `source` or `target` what is in it. `levels` begin at the clip's own and end at noise: go up through all of them as `source`, and down again as `target`.
# <details><summary>Hint</summary><code>pairwise(levels)</code> gives each level and the next; <code>levels.flip(0)</code> has them in the other order.</details>


# %% exercise="6.4"
def edit(step, x, levels, source, target):
    """The clip, brought to noise as one thing and back as another."""
    ### BEGIN SOLUTION
    z = x
    for s, t in pairwise(levels):
        z = step(z, s, t, source)
    for s, t in pairwise(levels.flip(0)):
        z = step(z, s, t, target)
    return z
    ### END SOLUTION


edit = check("6.4", edit)

# %% award="6.4"
award("6.4")

# %% [markdown]
# Your `edit` on one clip, by a model that is tuned on it here. On the way down the new caption is guided; on the way up there is no guidance, since it could not be taken back.

# %%
source, (said, *_), _ = source_clips(1, 5)
asked = other_digit(said, by=5)
one_shot = tuned(image, source, said, TUNING.shortened(budget.pick(smoke=2, laptop=40, gpu=40)))
levels = way(one_shot, budget.pick(smoke=4, laptop=15, gpu=30))
new = edit(step_by(one_shot), source, levels, told(one_shot, [said]), told(one_shot, [asked], GUIDANCE)).clamp(-1, 1)
print(f"{said} → {asked}")
show_sheet(source=source, edited=new)

# %% [markdown]
# How often does it work? Each of several clips was tuned on alone and edited to another digit. Beside it: the same tuned model told the *same* caption (without guidance; all others are guided by 3), and told the new one but from *new noise*; the same layers *not tuned*; and the image model, which edits every frame alone.

# %%
edits = receipt("06_edit")
print(edit_table(edits))
print(edits)

# %%
asked_of = dict(zip(edits["captions"], edits["others"], strict=True))
print(*(f"{was} → {now}" for was, now in list(asked_of.items())[:3]), sep="\n")
display(show_sheet(**shown_clips(edits, 2)))
show(**shown_clips(edits))

# %% [markdown]
# *Edited*: the new digit is read on half of the frames or more. *From its path*: how far the digit's centre is from the source's, the mean over frames. **The inversion is nearer to the path**: from its own noise the edited clip is surely nearer to the source's path than from new noise, and thrown off far less; some
# of them are still pixels away. From new noise the new digit is read on more of the clips, too few to say so surely. Told the same, and not guided, the clip comes back.
#
# **What the tuning adds is not seen here.** Against the same layers not tuned, and even against frames that are edited alone, neither the share of edited clips nor the path is surely better or worse: much of what keeps the path is in each frame's noise already. One clip to look at: the green 9 stays a 9 by the model that was tuned on it,
# and becomes a 5 by the one that was not, though on another path. Whether tuning often holds an edit back, six clips do not say.
#
# ### What is each of them worth?
# Four of the five methods (Lumiere follows in section 6.7), at equal steps: the same clips, the same noise, and each trains only what its paper trains. (Tune-A-Video was made for one clip; here it is taught as many as the others.) The last row begins with nothing: AnimateDiff's network, all of it trained, and no image model in it. All rows draw the same captions from the same noise.

# %%
compared = receipt("06_methods")
print(methods_table(compared))
print(errors_table(compared))
print(minutes_sentence(compared))
print(compared)

# %% [markdown]
# *Direction*: the first steps go where the caption says; a guess among four is right in a quarter. *Thrown off*: how far the digit leaves a straight path from frame to frame. *Alike*: the cosine of the digit with itself in the next frame, 1 for one hand throughout. *A step*: pixels from a frame to the next. *One digit*: the share of clips on which one digit, whichever, is read on every frame. *Digit as asked*: on which share of frames it is read, as the image model's pictures are. A star: the difference to the image model, clip by clip, leaves out 0, and every one of the three trainings is on the same side. x̂'s error is a share of the image model's, with its 95 % interval.
#
# **Do the frames hang together?** Under three methods, yes: AnimateDiff, Video LDM and Make-A-Video take away nearly all of the jumping, and a frame is more like the next. Which of the three jumps least, this many clips do not say. Tune-A-Video, which was made for one clip, takes away half of it, surely less than they do. That one digit is read *throughout* is under no method surely more frequent
# than by the image model, whose digits differ in hand and place but are mostly the right ones; under Make-A-Video it is surely less frequent than under AnimateDiff.
#
# **Is the image model still there?** Under all four the digit is read as often as on the image model's own pictures, or not surely less. From nothing, in as many steps, the digit is read no more often than by a guess; and yet it is not surely thrown off more than under the best three. A blur goes straight; so no number for motion stands alone.
#
# **Does it go where it is told?** Not one is surely better than a guess, and the steps of those three are shorter than those of real clips. What these words look like, the image model never learnt (6.1), and what is trained here hears of them through it. **x̂'s error** says the rest: by the other frames those three gain at every level, Tune-A-Video at all but the cleanest, and most at λ = −3; where little noise is left, a frame hardly needs another.
# From nothing, it is below the image model's at λ = −5 alone, at −3 no difference can be told, and from −1 on what the image model knows is missed. All of this is after few steps: longer training may put them in another order.

# %%
asked_here = WORLD.sample(budget.pick(smoke=2, laptop=16, gpu=64), 9).caption
of_mine = moving.sample(asked_here, seed=9, steps=compared["drawing"]["steps"], eta=zoo.ETA).clamp(-1, 1)
print(beside_the_receipt(seen(of_mine, asked_here), compared, "AnimateDiff"))

# %% [markdown]
# Your own module, after as many steps as your budget has, beside the table's row. In the smoke budget it had hardly begun.
#
# ## 6.6 Another hand in few numbers
# A **low-rank adapter** (LoRA) leaves a weight W and puts U D beside it, U of as many rows as W, D of as many columns, and few numbers between. U begins at zero. When it has learnt, it can be *merged*.
#
# #### Exercise 6.5
# Write `merge(weight, up, down, strength)`: the weight with the adapter in it, at that strength. Shapes `out in`, `out rank`, `rank in`.
# <details><summary>Hint</summary>Where <code>out</code> equals <code>in</code>, the wrong order runs too.</details>


# %% exercise="6.5"
def merge(weight, up, down, strength):
    """The adapter in the weight."""
    ### BEGIN SOLUTION
    return weight + strength * up @ down
    ### END SOLUTION


merge = check("6.5", merge)

# %% award="6.5"
award("6.5")

# %%
adapted = adapt(image.network, rank=4)
own = [name for name, weight in adapted.named_parameters() if weight.requires_grad]
print(len(own), "matrices,", sum(adapted.get_parameter(name).numel() for name in own), "numbers, as", own[0])
with torch.no_grad():
    for name in own:  # as if it had learnt something
        adapted.get_parameter(name).add_(0.05 * torch.randn(adapted.get_parameter(name).shape, generator=chance))
layer = adapted.middle.spatial.to_qkv
theirs = merged(adapted, 0.5).middle.spatial.to_qkv.weight
print(f"yours and the library's differ by {(merge(layer.weight, layer.up, layer.down, 0.5) - theirs).abs().max():.1e}")

# %% [markdown]
# The merged network is a plain image model again, and so can be inflated, or be given a motion module that was trained on the other base:

# %%
other = merged(adapted)
lifted = inflated(other, Method.ANIMATEDIFF)
load_into(lifted, weights_of(lifted) | run.ema.adapter())
print("on the other base, frame 2 reaches", reached(lifted.eval()))

# %% [markdown]
# ### A style, and a motion that never saw it
# That it *fits* is shown. AnimateDiff promises more: a module that was trained on one base *works* in another. `image-digits-neon`, from the zoo, is a low-rank adapter of still pictures whose ink is a white tube that glows in its colour; `motion-digits` has seen no such ink:

# %%
style = zoo.load("image-digits-neon")
print(style.origin())
three = models()  # the base with the module, the style alone, and the module in the style
asked_of_each = captions[: budget.pick(smoke=1, laptop=2, gpu=2)]
lifts = {
    name: model.sample(asked_of_each, seed=2, steps=steps, eta=zoo.ETA).clamp(-1, 1) for name, model in three.items()
}
display(show_sheet(**{name.replace(" ", "_"): clip for name, clip in lifts.items()}))
show(**{name.replace(" ", "_"): clip for name, clip in lifts.items()})

# %% [markdown]
# *White*: the least of red, green and blue, over the ten pixels of a frame where it is largest. Coloured ink has little of one of the three, a white tube much of all; so this one number tells real clips of both worlds apart without a mistake, and it knows nothing of shape or place.

# %%
lift = receipt("06_lift")
print(lift_table(lift))
print(lift_sentence(lift))
print(longer_sentence(lift))
print(lift)

# %% [markdown]
# **The style comes through whole, the motion in part.** Every clip of the lifted module is nearer to neon than to plain ink, and all but as white as the style's own pictures. The digit is thrown off far less than without a module; and yet more, surely, than where the module was trained: perhaps since it learnt to read *that* base's
# features, and a tuned base has somewhat different ones. Asked for twice the frames of its training it raises no error, and is not surely worse on these clips; past 32 it refuses, as above.

# %% [markdown]
# ## 6.7 Must every layer see every frame?
# All U-Nets so far keep every frame at every level. **Lumiere** halves time together with space: a *space-time* U-Net, whose coarsest level has few, small frames, so that attention over all of time costs little there.
# Here the image model has two levels, and the lower one keeps frames 0, 2, 4, …
# $$h'_k=\textstyle\sum_i w_i\,h_{2k+i-1}\ \text{ on the way down},\qquad \text{twice as many frames on the way up}.$$
# To the image model's weights a compact clip is a clip: it does not mind. But which w should the maps of time begin with? Lumiere's authors found that *nearest neighbour* is a good start.
#
# #### Exercise 6.6
# Write `time_kernels(dim)`: two weights. With the first, `dim dim 3`, a convolution of stride 2 (one zero on either side) keeps frames 0, 2, 4, … as they are. With the second, `dim dim 2`, a transposed convolution of stride 2 shows each frame twice.
# <details><summary>Hint</summary>In PyTorch's <code>conv1d</code> output k is the sum of weight[i] times frame 2k + i − 1. In <code>conv_transpose1d</code> frame k is written, times weight[i], to 2k + i.</details>


# %% exercise="6.6"
def time_kernels(dim):
    """The weights that halve and double time by nearest neighbour."""
    ### BEGIN SOLUTION
    one = torch.eye(dim)[:, :, None]  # each channel from itself
    return one * torch.tensor([0.0, 1.0, 0.0]), one * torch.ones(2)
    ### END SOLUTION


time_kernels = check("6.6", time_kernels)

# %% award="6.6"
award("6.6")

# %%
numbered = torch.arange(7.0).reshape(1, 1, 7)  # a channel that counts its frames
down, up = time_kernels(1)
few = F.conv1d(numbered, down, stride=2, padding=1)
print("seven frames:", *numbered.flatten().int().tolist(), "  halved:", *few.flatten().int().tolist())
print("and doubled: ", *F.conv_transpose1d(few, up, stride=2).flatten().int().tolist(), "  (the eighth is cut)")
standing = torch.ones(1, 1, 6)
print(
    "what stands still, by (½, 1, ½):",
    *F.conv1d(standing, torch.tensor([[[0.5, 1, 0.5]]]), stride=2, padding=1).flatten().tolist(),
)

# %% [markdown]
# (½, 1, ½) has been published as linear interpolation. Going *up* it is; going down its weights sum to 2, and every level would be twice as bright as the image model ever saw.
#
# Frames 1, 3, 5 are lost on the way down, and come back as copies of their neighbours; over the skip connections the fine level still sees them. So at the start this network is *not* the image model on a clip that moves. On which clips is it?

# %%
spacetime = inflated(image.network, Method.LUMIERE).eval()
with torch.no_grad():
    for name, clip in (("one frame", z[:, :, :1]), ("five equal frames", equal), ("five of noise", z)):
        print(
            f"{name:18} differs from the image model by {(spacetime(clip, level) - image.network(clip, level)).abs().max():.1e}"
        )
print("frame 2 reaches", reached(spacetime), "and frame 3", reached(spacetime, frame=3), "before any training")

# %% [markdown]
# <details><summary>Why does frame 2 reach frame 3, and not the other way?</summary>Below, frame 3 is a copy of frame 2. Frame 3 itself was passed over.</details>
#
# On one frame, and on equal ones. What is it good for, then? Count multiplications and additions, those of convolutions and products of matrices, of one denoising, beside a network that keeps all frames everywhere:

# %%
lengths = (4, 8, 16, 32)


def gigaflops(network, frames):
    # a fused attention is not counted, so let it be made of products of matrices
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        network(torch.zeros(1, channels, frames, height, width), torch.zeros(1))
    return counter.get_total_flops() / 1e9


costs = {}
for name, method in (("AnimateDiff", Method.ANIMATEDIFF), ("Lumiere", Method.LUMIERE)):
    network = inflated(image.network, method)
    costs[name] = torch.tensor([gigaflops(network, frames) for frames in lengths])
print("Lumiere's share of it:", *(f"{share:.2f}" for share in (costs["Lumiere"] / costs["AnimateDiff"]).tolist()))
show_curves(torch.tensor(lengths), costs, xlabel="frames", ylabel="GFLOP a denoising", heading="What a clip costs")

# %% [markdown]
# The share hardly depends on the length: at these sizes the scores of attention, which grow with the square of the frames, are the smaller part of the work. Not all of what is saved is the halving: AnimateDiff's network attends over time at every level, Lumiere's only at the coarsest.

# %%
short = TrainConfig(steps=budget.pick(smoke=2, laptop=120, gpu=6000), batch=4, warmup=4, ema=0.9)
compact_run = taught(image, Method.LUMIERE, short)
compact_records = list(compact_run.steps())
compact = model_of(image, Method.LUMIERE, compact_run.ema)
print(
    "frame 2 reaches",
    reached(compact.network),
    f"after {len(compact_records)} steps in {compact_records[-1].seconds:.0f} s",
)
untrained = model_of(image, Method.LUMIERE, spacetime)
rows_of = {
    "image model": before,
    "at the start": x_errors(untrained, judged),
    "after the steps": x_errors(compact, judged),
}
print("squared error of x̂ at λ =", *(f"{value:8.0f}" for value in LEVELS))
for name, errors in rows_of.items():
    print(f"{name:24}", *(f"{error:8.4f}" for error in errors.tolist()))

# %% [markdown]
# The price of a compact start stands in the second row: at the start it is worse than the image model at every level but the noisiest, where hardly anything is seen of any frame, and has to earn back first what it lost. That a network which pools time *moves* better is the paper's claim; here it is not measured.
#
# ## 6.8 A clip that is longer than the network
# Lumiere enlarges its clips with a second network that can hold only a part of the frames at once. Cut into pieces, a clip has *seams*: each piece draws another picture. **MultiDiffusion** (Bar-Tal et al. 2023) lets the pieces overlap, and averages what they predict at *every* denoising step:
# $$\hat v(z)_t=\frac{1}{|\{s: t\in s\}|}\sum_{s\ni t}\hat v_s(z_s)_t,\qquad s \text{ a segment of frames}.$$
# All segments speak about the same noisy clip, so their mean is one prediction about it, whether ε, x or v is predicted.
#
# #### Exercise 6.7
# Write `joined(parts, begins)`: `parts` is a list of segments `b c s h w`, all equally long, `begins` the frames at which they begin, in order; together they leave no frame out. Return the clip, `b c t h w`, each frame the mean over the segments that it is in.
# <details><summary>Hint</summary>One clip of sums, one count for each frame.</details>


# %% exercise="6.7"
def joined(parts, begins):
    """The clip whose frames are the means of what the segments say of them."""
    ### BEGIN SOLUTION
    b, c, s, h, w = parts[0].shape
    total = parts[0].new_zeros(b, c, max(begins) + s, h, w)
    many = parts[0].new_zeros(total.shape[2], 1, 1)
    for part, begin in zip(parts, begins, strict=True):
        span = slice(begin, begin + s)
        total[:, :, span] += part
        many[span] += 1
    return total / many
    ### END SOLUTION


joined = check("6.7", joined)

# %% award="6.7"
award("6.7")

# %% [markdown]
# `vdm-small` of the zoo draws 8 frames. Ask it for 24, in yours: side by side, and with two frames of overlap (four before the last, which ends with the clip).

# %%
eight = zoo.load("vdm-small")
long_noise = torch.randn(
    budget.pick(smoke=2, laptop=8, gpu=64), 1, 24, 16, 16, generator=torch.Generator().manual_seed(6)
)


def in_pieces(begins):
    """A denoiser of 24 frames, out of one of 8."""
    return lambda z, t, cond: joined([eight.network(z[:, :, b : b + 8], t, cond) for b in begins], begins)


long_clips = {}
for name, begins in (("side_by_side", [0, 8, 16]), ("overlapping", [0, 6, 12, 16])):
    fresh = torch.Generator().manual_seed(7)
    path = ddim(
        in_pieces(begins),
        long_noise,
        eight.schedule,
        eight.objective,
        budget.pick(smoke=5, laptop=25, gpu=50),
        eta=1.0,
        generator=fresh,
    )
    long_clips[name] = sample(path).clamp(-1, 1)
    jumps = steps_of(long_clips[name]).mean(0)
    print(
        f"{name:14} from frame 7 to 8 {jumps[7]:.1f} px, from 15 to 16 {jumps[15]:.1f} px; a frame's mean {jumps.mean():.1f} px"
    )

# %%
display(show_sheet(**{name: clip[:1] for name, clip in long_clips.items()}))
show_slice(**{name: clip[:1] for name, clip in long_clips.items()})

# %%
seams = receipt("06_seams")
print(seams_table(seams))
print(seams)
show_curves(
    torch.arange(1, 24),
    seam_curves(seams),
    xlabel="frame",
    ylabel="pixels from the frame before",
    heading="Where the digit jumps",
)

# %% [markdown]
# Side by side, the digit jumps where a segment ends, and looks less like itself. One frame of overlap takes away most of that: the segments agree on the frame that they share, and each must go on from there. A small jump is left: with two frames not surely smaller than with one, with four surely larger than with two.
# What overlap hardly gives is memory: at each step a segment hears of its neighbours alone, and first and last frame are only a little more alike (the last column).

# %% [markdown]
# ## 6.9 A clip from a picture
# **Stable Video Diffusion** begins with a picture and asks how it goes on. It is trained in three stages: pictures, then curated clips, then few and better ones (Blattmann et al. 2023, *Stable Video Diffusion*). After the first stage *all* weights are trained, those of the image model too. Three things in it are new here: how its objective is written, what it is told, and how it is guided.
#
# **Its objective** comes in the notation of EDM. There y = x + σ ε is not scaled, σ may be 700, and around the network F stand coefficients that keep what goes in and out of unit size:
# $$\hat x = c_\text{skip}(\sigma)\,y+c_\text{out}(\sigma)\,F\big(c_\text{in}(\sigma)\,y;\;c_\text{noise}(\sigma)\big),\qquad c_\text{noise}=\tfrac14\ln\sigma .$$
# Is that another objective than ours? Here an objective is two coefficients, F = a x + b ε, and the network is given z = y/√(1 + σ²).
#
# #### Exercise 6.8
# Write `edm_form(a, b, sigma)`: (c_skip, c_out, c_in) of a network that says F = a x + b ε, all tensors of one shape.
# <details><summary>Hint</summary>Two equations, y = x + σ ε and F = a x + b ε. Solve them for x.</details>


# %% exercise="6.8"
def edm_form(a, b, sigma):
    """(c_skip, c_out, c_in) of a network that says a x + b ε."""
    ### BEGIN SOLUTION
    divisor = b - sigma * a  # b y − σ F = (b − σ a) x
    c_skip = b / divisor
    c_out = -sigma / divisor
    c_in = 1 / (1 + sigma**2).sqrt()
    return c_skip, c_out, c_in
    ### END SOLUTION


edm_form = check("6.8", edm_form)

# %% award="6.8"
award("6.8")

# %%
sigmas = torch.tensor([0.05, 1.0, 20.0])
alpha, spread = variance_preserving(-2 * sigmas.log())
svd_says = 1 / (sigmas**2 + 1), -sigmas / (sigmas**2 + 1).sqrt(), 1 / (sigmas**2 + 1).sqrt()  # from the paper
for objective in (Objective.X, Objective.EPS, Objective.V):
    a, b = (torch.as_tensor(part).expand(3) for part in objective.coefficients(alpha, spread))
    off = max((mine - theirs).abs().max().item() for mine, theirs in zip(edm_form(a, b, sigmas), svd_says, strict=True))
    print(
        f"{objective.value:4} c_skip",
        [f"{value:.3f}" for value in (edm_form(a, b, sigmas)[0] + 0).tolist()],  # + 0: no −0
        f"from SVD's coefficients by at most {off:.1e}",
    )

# %% [markdown]
# SVD's coefficients are *v*, chapter 4's, in other words. And c_noise = ¼ ln σ is −λ/8: our networks are told λ, which is as much. So no line of the library's samplers has to change: `Objective.V` it is.
#
# **What it is told.** The first frame stands beside every noisy frame as channels of its own, zeros where no picture is given. It carries a little noise, so that the network does not trust each pixel; and how much is told. As numbers it hears frames per second − 1, and a *motion bucket*, how much moves. Each begins as nothing, as all adapters in this chapter:

# %%
shape = {"known": channels, "numbers": 3, "whole": True}
asked_more = inflated(image.network, Method.VIDEO_LDM, **shape).eval()
video, cond = batches(4, (0, 0, 0))
print(
    "numbers told, fps − 1, bucket, log σ:", *(str([round(one, 1) for one in row]) for row in cond.numbers.tolist()[:2])
)
with torch.no_grad():
    off = (asked_more(video, torch.zeros(4), cond) - image.network(video, torch.zeros(4))).abs().max()
print(
    f"from the image model by at most {off:.1e}; trained are {len(asked_more.trained())} of {len(list(asked_more.parameters()))} tensors"
)
show(first_frame_noised=cond.known[:2], clip=video[:2])

# %% [markdown]
# **How it is guided.** One scale for all frames is too much for the first frame, which is known, or too little for the last. So the scale grows with the frame, in SVD from 1 to 3: u + s_t (c − u), and u is the same network with zeros for the picture.
#
# #### Exercise 6.9
# Write `frame_guidance(blind, told, low, high)`: outputs `b c t h w` without and with the picture; the scale goes in equal steps from `low`, a Python number, at the first frame to `high` at the last.
# <details><summary>Hint</summary><code>torch.linspace(low, high, t)</code> has one number for each frame. Along which axis do they lie?</details>


# %% exercise="6.9"
def frame_guidance(blind, told, low, high):
    """Guidance whose scale grows from frame to frame."""
    ### BEGIN SOLUTION
    scales = torch.linspace(low, high, blind.shape[2])[:, None, None]
    return blind + scales * (told - blind)
    ### END SOLUTION


frame_guidance = check("6.9", frame_guidance)

# %% award="6.9"
award("6.9")

# %%
scales = frame_guidance(torch.zeros(1, 1, 8, 1, 1), torch.ones(1, 1, 8, 1, 1), 1.0, 3.0)
print("scales of eight frames:", *(f"{scale:.2f}" for scale in scales.flatten().tolist()))

# %% [markdown]
# **And does it work?** All weights were trained on such clips, for a few hundred steps. Then the network was given pictures in handwriting that it never saw, and asked for slow and for fast clips. "First frame off" is the squared error between the clip's first frame and the picture; what two different pictures have stands below the table.

# %%
from_pictures = receipt("06_svd")
print(told_table(from_pictures))
print(
    f"{from_pictures['steps']} steps in {from_pictures['minutes of training']:.0f} minutes; two different pictures are {from_pictures['between pictures']:.3f} apart"
)
print(from_pictures)

# %% [markdown]
# In part. The mean of all pictures would be half as far from a picture as another one is: the clip's first frame is nearer than that, but not by much. The numbers are **not heard**: slow, fast and half the frames give steps of one length. So short a training does not teach them, and how long a sufficient one is, was not measured. The ramp of guidance has its price here, too: at the first frame its scale is 1, and a network that does not yet follow the picture by
# itself begins further from it than with 3 for all frames; and in the table its last digit is less like its first.

# %% [markdown]
# ### What is sorting worth?
# The clips of the second stage are not made for it, they are *found*: and what is found is cut, stands still, is dull. Chapter 1 sorted films. Here is a pool of clips, of which each defect has taken its share by chance, and the same functions, `cuts`, `flow_score` and `looks`:

# %%
pool = found(budget.pick(smoke=24, laptop=200, gpu=1000), 3)
flagged = Filters().flags(pool.video)
alone = flagged & (flagged.sum(1, keepdim=True) == 1)
one_of = {name: alone[:, i].nonzero()[0] for i, name in enumerate(DEFECTS)}  # the first that is nothing else
one_of["kept"] = (~flagged.any(1)).nonzero()[0]
print(
    f"flagged: {flagged.any(1).float().mean():.0%} of {len(pool)} clips; with a defect are {pool.wrong.any(1).float().mean():.0%}"
)
show_sheet(**{name: pool.video[row] for name, row in one_of.items()})

# %% [markdown]
# Two trainings, of as many steps: one on the pool as it is found, one on what the filters leave of it. Then, for both, the third stage, gentler: a hundred steps on 64 clips with which nothing is wrong (here the simulator says so; elsewhere people look). After both stages: how often do the filters flag what is drawn, and how far is x̂ from *good* clips, of unseen handwriting? All of this twice, with other first weights and other clips.

# %%
sorting = receipt("06_curation")
print(filters_table(sorting["filters"]))
print(stages_table(sorting))
print(apart_sentence(sorting))
print(sorting)

# %% [markdown]
# **Sorting is worth something.** On good clips, x̂ is surely nearer after the filters' stage, in both trainings; and of what is drawn after the pool as found, one clip in six is dull, after the filtered pool none is. **And it outlasts the third stage.** That mends what can be seen: nothing that is drawn is flagged any more. But the difference in x̂ is about halved and not gone: surely, and in both trainings, the good clips come too late to make up
# for it. So the paper found too, by asking people. **What no difference was seen in:** whether the clip begins with the picture, and how far it moves. Nothing drawn stands still, nor is it surely cut more often, by either: perhaps since a still clip is told that it moves by nothing, and so what is told does some of the sorting. And the pool here never ends: the filters throw most of it away, and no training ever misses it.

# %% [markdown]
# ## 6.10 Structure from one, content from another
# A clip moves as you want, and looks wrong. Can it keep its motion and take its looks from a picture? **Gen-1** tells one model two things: a clip's *structure* s, where things are and what is in front, and its *content* c, how it looks (Esser et al. 2023, *Structure and Content-Guided Video Synthesis*). In training both are the clip's own; afterwards they may come from two:
# $$\text{trained:}\;\; \hat x_\theta\big([z_t, s(x)],\, t,\, c(x)\big)\qquad\qquad \text{used:}\;\; \hat x_\theta\big([z_t, s(x_A)],\, t,\, c(y_B)\big)$$
# That works as far as s says nothing of the looks, and c nothing of the places. For s the paper estimates depth on each frame; our simulator knows the order in depth, and its edges go with it. Sharp depth is a drawing of what is to be seen. So it is blurred, now more, now less, and how often is told as a number: one dial from "exactly this shape" to "something about here".
#
# #### Exercise 6.10
# Write `structure(depth, outline, level)`: two pictures a frame, `b t h w` each, and for each clip how often it is blurred, `b` whole numbers. Return `b 2 t h w`, depth first. One blur is the mean over the 3×3 pixels around, as far as they lie in the picture; frames are not mixed.
# <details><summary>Hint</summary><code>F.avg_pool2d</code> with a stride of 1 and <code>count_include_pad=False</code> blurs <code>n c h w</code> once. Which clips still want it, the k-th time?</details>


# %% exercise="6.10"
def structure(depth, outline, level):
    """Depth and edges, blurred as often as each clip's level says."""
    ### BEGIN SOLUTION
    both = torch.stack([depth, outline], dim=1)
    for times in range(int(level.max())):
        softer = F.avg_pool2d(both.flatten(0, 1), 3, 1, 1, count_include_pad=False).unflatten(0, both.shape[:2])
        both = torch.where((times < level)[:, None, None, None, None], softer, both)
    return both
    ### END SOLUTION


structure = check("6.10", structure)

# %% award="6.10"
award("6.10")

# %%
crossing = FILMED[3].sample(1, 12)  # two digits, one in front
near = gen1.nearness(crossing)
blurs = {
    f"blurred {level} times": structure(near, edges(near), torch.tensor([level])) * 2 - 1 for level in gen1.BLURS[:3]
}
depths = {f"depth, {name}": both[:, :1] for name, both in blurs.items()}
show_sheet(clip=crossing.video, **depths, edges=blurs["blurred 0 times"][:, 1:], frames=8)

# %% [markdown]
# **Content** is the embedding of one frame, in the paper CLIP's. Ours is `judge-pictures`: two towers, one for pictures and one for captions, trained so that a picture finds its caption and another frame of its own clip. The second makes it keep what no caption says, the ground and the glow. The network reads the embedding by cross-attention, as part of the word that is always there, and its projection begins at zero:

# %%
restyle_plan = TrainConfig(
    steps=budget.pick(smoke=2, laptop=60, gpu=4000), batch=4, lr=5e-4, lr_matrices=0.004, warmup=2, ema=0.9
)
restyle_run, restyling = gen1.restyler(image, restyle_plan, partial(gen1.batches, blur=structure))
clips_own, cond_own = restyling.data(2, (0, 0, 0))
print("beside the clip", tuple(cond_own.known.shape), " level", cond_own.numbers.flatten().tolist(), end=" ")
print(" content", tuple(cond_own.content.shape))
with torch.no_grad():
    at_first = restyling.model(clips_own, torch.zeros(2), cond_own) - image.network(clips_own, torch.zeros(2))
print(f"from the image model by at most {at_first.abs().max():.1e}")
restyle_records = list(restyling.steps())
print(f"{len(restyle_records)} steps in {restyle_records[-1].seconds:.0f} s")

# %% [markdown]
# And where the user has no picture, but words? The caption's own embedding lies in the same space. It is not a picture's: it lacks all that the caption does not say. So Gen-1, as Make-A-Video and DALL·E 2 before it, has a **prior**, a small diffusion model that draws a *picture's* embedding, given the caption's:
# $$c \sim p\big(c(\text{picture}) \,\big|\, c(\text{caption})\big)$$

# %%
prior = zoo.load("prior-digits")
print(prior.origin())
unread = [replace(world, split="heldout").sample(24, 5) for world in FILMED]
others = [replace(world, split="heldout").sample(60, 6) for world in FILMED]
said = [caption for part in unread for caption in part.caption]
seen_by, pool = (gen1.embedded(torch.cat([part.video[:, :, 0] for part in parts])) for parts in (unread, others))
for name, guess in (
    ("a picture's own", seen_by),
    ("the caption's own", towers().read(said)),
    ("drawn by the prior", pictured(prior, said)),
):
    nearest, own = (guess @ pool.T).amax(1).mean(), (guess * seen_by).sum(1).mean()
    ahead = found_before_others(guess, seen_by, looks_of(said)).mean()
    print(f"{name:18}  nearest other picture {nearest:.2f}, its own {own:.2f}, before those of other looks {ahead:.1%}")

# %% [markdown]
# Read the first number, a cosine: how near is the nearest of other pictures? The caption finds its pictures, as the last column says, and yet it lies *where no picture lies*: the gap between two towers that were only taught to find each other. What the prior draws is as near to pictures as they are to one another. It is not nearer to its *own* picture. Of all pictures that the caption fits it is one, and the
# middle of them, where the caption points, is nearer to each.
#
# **Are the two exchanged?** The same network was trained for as many steps as stand below the table, at other rates than yours, and then given clips A and pictures B of another kind, in handwriting that it never saw. Two columns hold what was drawn against A: how far its ink overlaps with A's (intersection over union), and how far their centres are apart. Two hold it against B: the distance between mean colours, of ink and of ground, where black and white are √3 apart.

# %%
exchanged = receipt("06_gen1")
print(restyle_table(exchanged))
print(f"{exchanged['steps']} steps in {exchanged['minutes of training']:.0f} minutes")
print(exchanged)

# %%
drawn_so = restyled_clips(exchanged)
display(show_sheet(**dict(list(drawn_so.items())[:3]), frames=8))  # structure, content, and what was drawn of both
show(**drawn_so)

# %% [markdown]
# **Look first:** the digit stands where A's does and is, mostly, A's numeral, in B's colours and on B's ground. Mostly: a stroke or a shade still changes from frame to frame, and in one of the three clips the 4 is something else by the end.
#
# **They are exchanged**, in the table too. Shape, place and path are A's, far beyond those of another pair, and which content is told costs them little. The ink is B's, at a quarter of the distance of a clip that is told no content, and the ground at less than half. **The blur is a dial**: each step leaves less overlap, and the path is held less exactly; only with the last is the ink a little further off, too.
# Without structure (zeros, which it never met in training) nothing of A is left, even less than another pair has of it by chance; and B's ink is not surely heard there.
#
# **Guidance does harm here:** by 3, the ink is surely further from B's, and shape and path are held less; in the ground no difference is seen. A network that does what it is told needs no shouting at.
#
# **By words** the ink is nearer to B's than without content, and less near than by the picture; B's ground no caption says, and by words it is not surely nearer than without content. And a gain by the prior is not seen: against the caption's own embedding neither colour differs surely, and the path is held a little less exactly. The gap between the towers is there, as the numbers above say; that it harms this network, so many pairs do not show.

# %% [markdown]
# ## 6.11 Frames between frames
# **Make-A-Video** draws few frames and has a second network put others between them. It is the same video model, trained on: beside the noisy clip it is given the frames that are there, zeros for the others, and a mask that says which is which. How far apart the given ones are, it is told as a number.
# With another mask the same network goes on from a frame, or back from one. The whole pipeline is a composition,
# $$\text{clip}=\mathrm{SR}_h\circ\mathrm{SR}_l^t\circ{\uparrow_F}\circ D\circ P\,(\text{text}),$$
# a prior P from a text to a picture's embedding, a video decoder D, frames between frames ↑_F, a super-resolution whose layers see space and time (it adds no frames), and a second one of each frame alone. Here you build ↑_F; section 6.12 has the others.
#
# #### Exercise 6.11
# Write `shown(video, given)`: clips `b c t h w` and which frames of each are given, `b t` of True and False. Return `b c+1 t h w`: the given frames and zeros for others, and as the last channel the mask, 1 where a frame is given.
# <details><summary>Hint</summary>A mask of shape <code>b 1 t 1 1</code> multiplies a clip.</details>


# %% exercise="6.11"
def shown(video, given):
    """Given frames, zeros elsewhere, and the mask."""
    ### BEGIN SOLUTION
    mask = given[:, None, :, None, None].float()  # b 1 t 1 1
    return torch.cat([mask * video, mask.expand(-1, -1, -1, *video.shape[3:])], dim=1)
    ### END SOLUTION


shown = check("6.11", shown)

# %% award="6.11"
award("6.11")

# %%
some = LONGER.sample(2, 1)
given = given_at(4)[None].expand(2, -1)  # frames 0, 4, 8 of nine
print("given:", given[0].int().tolist(), "   shown:", tuple(shown(some.video, given).shape))
show_sheet(clip=some.video[:1], shown=shown(some.video, given)[:1, :3], frames=9)  # grey is 0

# %% [markdown]
# What does it have to beat? A *blend*: the weighted mean of the two given frames, which costs nothing and shows whatever moves twice. So train, in yours, and hold both against the frames that were hidden:


# %%
def my_batches(n, seed):
    clips, gaps = LONGER.sample(n, seed), torch.tensor([2, 4, 8])[torch.arange(n) % 3]
    rows = torch.stack([given_at(gap) for gap in gaps.tolist()])
    return clips.video, Cond(*tokenize(clips.caption), known=shown(clips.video, rows), numbers=gaps[:, None].float())


gentle = TrainConfig(
    steps=budget.pick(smoke=2, laptop=150, gpu=6000), batch=4, lr=5e-4, lr_matrices=0.004, warmup=4, ema=0.9
)
fill_run, filling = interpolator(image, gentle, my_batches)
fill_records = list(filling.steps())
filler = zoo.Model(fill_run, filling.ema.eval())
print(f"{len(fill_records)} steps in {fill_records[-1].seconds:.0f} s")

# %%
unseen = replace(LONGER, split="heldout").sample(budget.pick(smoke=2, laptop=8, gpu=64), 11)
fill_steps = budget.pick(smoke=5, laptop=25, gpu=50)
for gap in (2, 4):
    drawn, mixed = filled_in(filler, unseen.video, gap, unseen.caption, steps=fill_steps), blended(unseen.video, gap)
    hidden = ~given_at(gap)
    miss = [(clip - unseen.video)[:, :, hidden].square().mean() for clip in (drawn, mixed)]
    print(f"{gap - 1} hidden between two: squared error of what was drawn {miss[0]:.3f}, of the blend {miss[1]:.3f}")
display(show_sheet(real=unseen.video[:1], drawn=drawn[:1], blended=mixed[:1], frames=9))
show(real=unseen.video[:1], drawn=drawn[:1], blended=mixed[:1])

# %% [markdown]
# Read the numbers before the pictures. In the budgets smoke and laptop the network has taken few steps, and you should see the blend win. The wider the gap, the more the blend pays for showing a digit twice: there a network that knows what digits do can win, once it does. After how many steps that is, is not
# measured here.

# %% [markdown]
# ## 6.12 The whole of Make-A-Video
# ### How does a small clip become a large one?
# By *bicubic* interpolation, to begin with; what that lacks is drawn by a diffusion model, beside whose noisy guess the enlarged clip stands. In training each clip is its own example: made small, it is what the network is shown. (Make-A-Video draws the large clip itself. Here the *difference* is drawn, as by Li et al. 2021, *SRDiff*: a network that says
# nothing then makes the interpolation. It is drawn four times as large, so as not to be small beside the noise; `completed` divides by that and adds.)
#
# **The trap.** There it only ever sees clean small clips, and later it is shown what another network drew, mistakes and all. So what it is shown bears noise, as much as a level s says, and s is told as a number (*noise conditioning augmentation*, Ho et al. 2021):
# $$\tilde c=\sqrt{1-s^2}\;c+s\,\epsilon .$$
# In training s is drawn for each clip; asked for a clip, the network is told one and the same, here 0.1: it trusts what it is shown, but not to the last pixel.
#
# #### Exercise 6.12
# Write `augmented(low, level, noise)`: clips `b c t h w`, a level s for each, `b`, and noise of the clips' shape.
# <details><summary>Hint</summary>A level of shape <code>b 1 1 1 1</code> multiplies a clip.</details>


# %% exercise="6.12"
def augmented(low, level, noise):
    """What a super-resolution is shown: the small clip, and noise."""
    ### BEGIN SOLUTION
    s = level[:, None, None, None, None]
    return (1 - s**2).sqrt() * low + s * noise
    ### END SOLUTION


augmented = check("6.12", augmented)

# %% award="6.12"
award("6.12")

# %%
fine = FINE["48"].sample(1, 21)  # 48 × 48, a handwriting that no model was trained on
coarse = smaller(fine.video)
grain = torch.randn(fine.video.shape, generator=chance)
trusted = {f"s_{s:.1f}": augmented(enlarged(coarse), torch.tensor([s]), grain).clamp(-1, 1) for s in (0.0, 0.1, 0.5)}
show_sheet(**trusted, real=fine.video, frames=3, height=120)

# %% [markdown]
# **Twice.** The first enlargement, SR$_l^t$, from 12 × 12 to 24 × 24, has layers over space *and time*, those of section 6.2. The second, SR$_h$, to 48 × 48, draws each frame alone: over time, so large a clip would cost too much. What then keeps a detail from changing with every frame? The *same noise* in all frames, here both that from which drawing begins and that on what is shown: like frames, and one noise, have like details.
# Both are in the zoo. Here is the second, shown what yours made:

# %%
super_time, super_frames = (zoo.load(name) for name in ("super-digits-24", "super-digits-48"))
print(super_time, super_time.origin(), super_frames, super_frames.origin(), sep="\n")


steps_48 = budget.pick(smoke=3, laptop=12, gpu=25)


def drawn_large(noise, grain, s=0.1):
    """The super-resolution of each frame, from this noise, shown the small clip with that grain."""
    level = torch.full((1,), s)
    told_small = Cond(known=augmented(enlarged(coarse), level, grain), numbers=level[:, None])
    path = ddim(super_frames.denoiser, noise, super_frames.schedule, super_frames.objective, steps_48, told_small)
    return completed(coarse, sample(path))


# %%
noise_48 = torch.randn(fine.video.shape, generator=chance)
in_all = noise_48[:, :, :1].expand_as(noise_48), grain[:, :, :1].expand_as(grain)
larger_clips = {
    "bicubic": enlarged(coarse),
    "own_noise": drawn_large(noise_48, grain),
    "one_noise": drawn_large(*in_all),
}
for name, clip in larger_clips.items():
    off, keen = (clip - fine.video).square().mean(), sharpness(clip) / sharpness(fine.video)
    print(f"{name:9} squared error {off:.4f}, sharpness {keen.item():.2f} of the real clip's")

# %%
display(show_sheet(**larger_clips, real=fine.video, frames=3, height=144))
show(**larger_clips, real=fine.video)

# %% [markdown]
# **What does it have to beat?** Bicubic interpolation, which costs nothing. Squared error alone would not tell: it rewards blur. Sharpness alone would not either: blocks have hard edges. So both: *sharpness*, how much neighbouring pixels differ, as a share of the real clip's; whether the digit is read; and *flicker*, how much a point of the scene changes from frame to frame, followed along the world's own motion.

# %%
supers = receipt("06_supers")
print(supers_table(supers))
print(supers)
show(**shown_large(supers))

# %% [markdown]
# **Nearer and sharper than interpolation**, surely, are both: the squared error falls *and* the sharpness grows, though neither is as sharp as the real clip. The digit is read under all of them. The price is flicker: what is drawn wrong changes from frame to frame, surely more than under interpolation. **One noise for all frames** flickers surely less than
# a noise each, at no difference in error or sharpness that could be told from none. Which of the two noises does it, was not asked.
#
# ### Who decodes an embedding?
# **P**, section 6.10's prior, makes an embedding of a picture out of a text; to look at it, here is the nearest of some hundred pictures. **D** has to make frames of it, and *its* layers over time learn from clips without captions: each clip is told the embedding of its own middle frame, and that is all that is said. `image-digits` is its beginning, at half its size: a pixel where it had 2 × 2. So it is first trained on single pictures, each told its own embedding ("pictures" among the steps below); then the layers over time are put in.

# %%
asked_for = ["a red 3 moves right, quickly", "a blue 7 moves up, slowly", "a green 0 moves left, slowly"]
embeddings = pictured(prior, asked_for, seed=3)
nearest, names = nearest_pictures(towers().see, embeddings, n=budget.pick(smoke=100, laptop=400, gpu=4000))
print(*(f"{said} → nearest: {name}" for said, name in zip(asked_for, names, strict=True)), sep="\n")
few_frames, only_told = unlabelled(towers().see)(3, (0, 1))
print(
    "D is shown",
    tuple(few_frames.shape),
    "and told",
    tuple(only_told.content.shape),
    "— its captions:",
    only_told.tokens,
)
show_sheet(P_nearest=nearest, frames=1)

# %% [markdown]
# A text becomes an embedding, and the embedding is of *one* picture. Say before you read on: which words of the caption can no stage behind P be told?
# <details><summary>Answer</summary>Those of motion: no still picture has a direction. At most it hints at one, by where the digit stands. D learns from clips how digits move; which way was asked, it is not told.</details>
#
# ### The five of them
# P has made the embedding; the other four are one function, which keeps what comes out of each:

# %%
show_source(composed_of)

# %%
whole = receipt("06_pipeline")
print(whole["captions"][0])
in_turn = ("P", "pictures", "D", "↑F", "SRl", "SRh")
print("steps of training:", ", ".join(f"{name} {whole['steps'][name]}" for name in in_turn))
stages_shown = shown_stages(whole)
for name, clip in stages_shown.items():
    print(f"{name:9} {tuple(clip.shape[1:])}")
laid_out = as_large(stages_shown)
display(show_sheet(**laid_out, frames=9))
show(**laid_out)

# %%
print(pipeline_table(whole))
print(place_sentence(whole))
print(whole)

# %% [markdown]
# *Digit read*: on which share of frames it is the caption's, a guess is right in a tenth. *Sharpness*: a share of that of real clips of the same captions and size. *Alike*: the cosine of the digit with itself in the next frame. Of P it is asked whether the nearest picture is one of the caption's.
#
# **Look first:** D's frames have one colour, and in each a digit stands near where it stood in the last; but it is not the same numeral to the end, it changes by and by. What ↑F puts between two of them mostly fits them. What the frames lack, no later stage can give: larger and sharper, they are still these.
#
# **The colour arrives**, of nearly all captions, and no stage loses it. **The digit hardly does:** it is read more often than by a guess, and on no more than a third of the frames. Is it P's fault? From a real picture's embedding it is read as rarely, and the nearest other picture of a *real* picture has its digit hardly more often than P's has: in the towers' space nearness tells colour before digit, so P's row
# cannot say what P lost.
#
# **The direction** no stage is told, and from a caption no row is surely better, or worse, than a guess among four. From a real picture's embedding, both rows are surely better. The picture is the middle one of its clip, and where its digit stands says where it goes, as the line under the table has it: what has moved to the right for half a clip stands, mostly, at the right. That D has heard *where* is enough to explain it.
#
# **Sharpness** is what both super-resolutions are for, and the whole is surely sharper than the same small clip interpolated twice. It is not as sharp as real clips, although ↑F's frames are not surely less sharp than real ones of their size, and D's surely more. What both super-resolutions in a row make of real clips, was not measured. *Alike* does not compare between sizes, since interpolation alone lowers it; at one size D's frames are surely less alike than a real clip's, ↑F's than D's, and
# SR_h's than interpolated ones. So the formula is whole, and each of its factors runs, after minutes of training on one core; of what it can do after a long one, nothing is shown here.

# %% [markdown]
# ## 6.13 How this goes wrong
# Three motion modules for the network of section 6.4, each of them with one mistake. The table has two questions: is the network the image model at the start, and do frames reach each other after the weights were loaded?

# %%
sick = patients(image.network, moving.network, run.ema.adapter(), z_one)
print(clinic_table(image.network, sick, z_one))

# %% [markdown]
# <details><summary>Patient 1</summary>It is the image model still. The file's names begin with "module.", as a wrapper for several processes writes them, none fitted, and <code>strict=False</code> skipped all of them in silence. The course's <code>load_into</code> names the first that does not fit.</details>
# <details><summary>Patient 2</summary>It joins frames that it was never trained to join, and is far from the image model at its first step: the last layer should begin at zero.</details>
# <details><summary>Patient 3</summary>It took three steps and joins nothing. Where everything is zero, so is every product of two: only the last layer's bias has a gradient. Zero the last layer, and no other.</details>

# %% [markdown]
# ## 6.14 The same in Stable Diffusion
# AnimateDiff's authors publish modules for Stable Diffusion 1.5, and `MotionModule` has the same layers in the same order. What differs is names, the norm's number of groups and its ε, and that queries, keys and values are one matrix here and three there. `read_motion` reads their file, and refuses a module of which anything is missing or would be left over. The image model comes through diffusers, and no forward is replaced: each module is a *hook*, a function that torch calls with a layer's output and whose answer takes its place. What the network draws are *latents*, small codes of pictures, which a second network, a variational autoencoder, turns into pixels.
#
# In the budget `gpu` the published weights are fetched, several gigabytes once. On a laptop the same code reads random weights from files that are laid out alike. What is printed here must be true of both; but random weights draw nothing.

# %%
published = budget.pick(smoke="", laptop="", gpu="stable-diffusion-v1-5/stable-diffusion-v1-5")
home = published or stand_in()
as_pictures = stable_diffusion(home)
as_films = stable_diffusion(home, "guoyww/animatediff:mm_sd_v15_v2.ckpt" if published else home / MOTION)
widths = Counter(module.proj_out.out_features for module in as_films.network.motion)
print(published or "random weights:", f"{as_films.network.motion[0].longest} places in time,",
      " and ".join(f"{many} modules of {width} channels" for width, many in widths.items()))  # fmt: skip

# %% [markdown]
# Does one frame reach the others? A change of the first frame's noise, and the frames of ε̂ that it changes:

# %%
z_still = as_pictures.noise(1, 6, chance)
z_pushed = z_still.clone()
z_pushed[:, :, 0] += 1
for name, model in (("a picture a frame", as_pictures.network), ("with the modules", as_films.network)):
    change = (model(z_pushed, z_still.new_zeros(1)) - model(z_still, z_still.new_zeros(1))).abs()
    print(f"{name:18} frames {change.amax((0, 1, 3, 4)).gt(1e-3).nonzero().flatten().tolist()}")

# %% [markdown]
# **Which noise was it trained with?** A network of ours is told λ. Stable Diffusion is told a *time step*, and which λ that is, a table says. AnimateDiff's modules were trained with another table than the image model under them: β rises on a straight line, and not √β.

# %%
tabled_steps = torch.arange(1000)
logsnrs = {name: torch.logit(model.network.roots.cpu() ** 2)
           for name, model in (("Stable Diffusion", as_pictures), ("AnimateDiff", as_films))}  # fmt: skip
show_curves(
    tabled_steps, logsnrs, xlabel="time step, as the network is told", ylabel="λ of what it is given", size=(640, 260)
)

# %% [markdown]
# Take the wrong table, and at every step but the first the network is told of more noise, or of less, than there is; it draws all the same, and nothing says so. The question was asked of the authors (guoyww/AnimateDiff, issue 246); the paper's first version has the answer: a linear β kept colours and flickered less. Here the schedule comes with the model, and λ is translated by the model's own table.
#
# Another difference is in the norm before each module: AnimateDiff's own code has it normalize every frame by itself, diffusers' motion U-Net all frames of a clip together. On the same weights these are two functions; `MotionModule` is the first. (Version 1 of AnimateDiff pools in the norms of the image model itself; `read_motion` refuses its files.) A test of the course holds the rest against diffusers, which reads the same file.
#
# And a film: the sampler and the guidance of chapter 3, and what makes pictures of latents.

# %%
sea = as_films.cond(["a sailing boat on a calm sea in the evening"])
few = budget.pick(smoke=1, laptop=2, gpu=25)
noise = as_films.noise(1, budget.pick(smoke=4, laptop=8, gpu=16), chance)
film = as_films.decode(
    sample(ddim(guided(as_films.network, 7.5), noise, as_films.schedule, as_films.objective, few, sea))
)
if published:
    show(F.avg_pool3d(film, (1, 2, 2)))
else:
    print(
        f"{film.shape[2]} frames of {film.shape[3]}×{film.shape[4]} pixels, drawn by random weights: nothing to be seen"
    )

# %%
summary("06")

# %% [markdown]
# ## To read next
# Guo et al. 2023, section 4, for what a motion module may and may not learn. Blattmann et al. 2023 (*Align your Latents*), section 3, for the mixing and what it is good for. Wu et al. 2023, section 4, for one clip being enough.
