# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1 · Why video is hard
# A film is a stack of pictures, and models make beautiful pictures. So why do the films break? In this chapter you break films on purpose, learn to see each break
# in one picture, and measure it; and you count what a film costs.
#
# **You will be able to** tell flicker, drift and jump apart at a glance · say what a training step holds in memory, term by term, and check it · warp a frame along a flow, and know where
# you may not · write a loss for steadiness that a still image does not win · see motion in every way there is · clean a folder of films as the large models' makers do ·
# recognise five ways in which code of this kind runs and is wrong.
#
# **You need** PyTorch, and nothing else: no diffusion, no video.
# **Time:** an evening for the exercises. The cells themselves take less than a minute in the `smoke` budget and some minutes in `laptop`.
#
# **Papers:** Lai et al. 2018 (*blind video temporal consistency*) · Sundaram et al. 2010 (*where flow can be followed*) · Zhang et al. 2018 (*LPIPS*) · Chen et al. 2016 (*checkpointing*) ·
# Dao et al. 2022 (*FlashAttention*) · Blattmann et al. 2023 (*Stable Video Diffusion*).

# %% setup
import torch
import torch.nn.functional as F
from einops import rearrange

from minivid.chapters.ch01 import films
from minivid.course import award, check, summary
from minivid.show import show
from minivid.tools import budget

torch.manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 1.1 Three ways to break a film
# A camera stands on a tripod and films a digit that moves before a wall. Four takes of the same scene; something is the matter with three of them. What?

# %%
scene = films.SCENE.sample(1, seed=3).video  # 1 1 16 48 48: batch, channels, time, height, width
t = torch.arange(16.0)
still, sideways = torch.zeros(1, 16, 2), torch.tensor([1.0, 0.0])
light = 2 + 0.5 * torch.randn(1, 16, generator=torch.Generator().manual_seed(1))
takes = {
    "steady": films.exposed(films.filmed(scene, still), torch.full((1, 16), 2.0)),
    "flicker": films.exposed(films.filmed(scene, still), light),  # the lamp
    "drift": films.exposed(films.filmed(scene, 0.4 * t[None, :, None] * sideways), torch.full((1, 16), 2.0)),
    "jump": films.exposed(films.filmed(scene, 5.0 * (t >= 8)[None, :, None] * sideways), torch.full((1, 16), 2.0)),
}
show(**takes)

# %% [markdown]
# #### Exercise 1.1
# Write `score_bytes(b, heads, t, h, w, among, size=4)`.


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

# %% [markdown]
# #### Exercise 1.2
# Write `backward_warp(frame, flow)`.


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
# #### Exercise 1.3
# Write `followed(flow, backward_flow)`.


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

# %% [markdown]
# #### Exercise 1.4
# Write `short_term_loss(video, given, backward_flow)`.


# %% exercise="1.4"
def short_term_loss(video, given, backward_flow):
    """Mean of M |O_t - warp(O_{t-1})| in brightness from 0 to 1; M trusts what the given video keeps (Lai et al. 2018, eq. 3)."""

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
# #### Exercise 1.5
# Write `which_break(cuts)`.


# %%
def shift(a, b, reach=7):
    """How many pixels further right row b fits row a best, n w each; no difference counts above 0.2, so that a digit does not decide."""
    w, off = a.shape[1], []
    for d in range(-reach, reach + 1):
        inside = torch.arange(max(0, -d), min(w, w - d))
        off.append((b[:, inside + d] - a[:, inside]).abs().clamp(max=0.2).mean(1) + 1e-4 * abs(d))
    return torch.stack(off).argmin(0) - reach


# %% exercise="1.5"
def which_break(cuts):
    """'steady', 'flicker', 'drift' or 'jump' for each x-t slice, n t w in [-1, 1]."""
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
summary("01")
