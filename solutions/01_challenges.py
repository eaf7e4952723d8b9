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

# %%
summary("01")
