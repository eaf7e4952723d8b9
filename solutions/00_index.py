# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # minivid · film out of noise
# Say *"a 7 moves up, quickly"*, and out of pure noise a handwritten seven, which nobody ever wrote, moves up, quickly. In this course
# you build what does that, on a laptop, and you see it move: what you write is what runs. **Run the cells one after the other with Shift+Enter.**

# %% setup
import torch
from IPython.display import display

from minivid.chapters.ch00.index import chapter_map, doctor_table, progress_table
from minivid.course import check
from minivid.data import World
from minivid.diffusion import COSINE, diffuse
from minivid.show import player, show, show_sheet, show_slice

# %%
canvas = dict(frames=24, size=32, colour=True)
meeting = World(digits=2, **canvas).sample(1, seed=8)
up = dict(directions=("up-left", "up-right"), speeds=("quickly",))
thrown = World(gravity=0.15, **up, **canvas).sample(1, seed=5)
crowd = World(digits=3, digit_size=12, background="checks", **canvas).sample(1, seed=6)
followed = World(texture=True, rotation=8, background="clouds", pan=0.8, **canvas).sample(1, seed=7)
films = dict(two_meet=meeting, one_is_thrown=thrown, three_in_a_crowd=crowd, one_is_followed=followed)
show(**{name: clips.video for name, clips in films.items()}, height=160)

# %% [markdown]
# This is our world. The handwriting is real, the motion is simulated; so we know for certain what no dataset tells: which pixel belongs to
# whom, where everything is, and where it goes. **Whatever a model makes later can be held against the truth.** Step through it:

# %%
first, second, background = meeting.mask[0]
whose_pixel = 2 * torch.stack([first, second, second]) - 1  # c t h w: first red, second cyan
display(player(clip=meeting.video, whose_pixel=whose_pixel, height=192))
show_sheet(clip=meeting.video, whose_pixel=whose_pixel)

# %%
print(meeting.caption[0])
for k, digit in enumerate(meeting.digit[0].tolist()):
    x, y = meeting.position[0, 0, k].tolist()
    dx, dy = meeting.velocity[0, 0, k].tolist()
    print(f"  the {digit} starts at x = {x:.1f}, y = {y:.1f} and moves by ({dx:.2f}, {dy:.2f}) a frame; y is downwards")

# %% [markdown]
# ## How to work
# Two commands, typed in a terminal in the course's folder, are all there is:
# ```sh
# make lab     # sets up what is missing, copies new chapters into mine/, opens this page
# make test    # runs every test and every notebook
# ```
# All else is `minivid …`: in JupyterLab's own terminals (File, New, Terminal) it is a command, in any other after `source .venv/bin/activate`.
# Without make, there, `minivid lab` and `minivid test` do the same.
#
# **`mine/` is yours.** A chapter is copied there once and never overwritten; write in it as you like. For a fresh copy, rename yours and
# type `make lab` again.
#
# **A chapter runs from its first cell to its last before you have written a line.** Where an exercise is open, the library's own version stands in for
# yours, and the cell says so. As soon as yours is right, the cells that call it run on *your* code.
#
# **An exercise** tells its difficulty (★☆☆ to ★★★), its minutes and its points, and has a hint folded away. Write your version, run the cell, and
# `check` tries it on many inputs: *passed*, *not attempted*, or *not yet*, with a hint for the very mistake that you made. A chapter's last table
# adds up the points. Here is somebody who noised a clip and forgot to weigh the two halves:


# %%
def noise_clip(x, logsnr, generator):
    eps = torch.randn(x.shape, generator=generator)
    return x + eps, eps


noise_clip = check("3.1", noise_clip)

# %% [markdown]
# **How much is computed** is set by `MINIVID_BUDGET`, before JupyterLab starts: `MINIVID_BUDGET=gpu make lab`.
#
# | budget | for |
# |---|---|
# | `smoke` | proving that every cell runs, in the fewest steps; pictures stay rough |
# | `laptop` | the default: something visibly moves, on two cores |
# | `gpu` | the real configuration |
#
# **Stop whenever you like.** ■ (or Esc, then I twice) interrupts a cell. A training goes on from where it was when you run its cell again. It is kept on disk, in `mine/runs/`: after a restart
# of the kernel (Esc, then 0 twice) run the chapter from the top, and it is found again. Whatever is random has a seed, so you will see the same again.

# %% [markdown]
# ## The chapters
# Chapter 3 is where a model first makes a film. If you are impatient, begin there: it asks for no other.

# %%
chapter_map()

# %% [markdown]
# ## How far are you?
# Each check in `mine/` leaves its verdict in `mine/progress/`, on your disk and nowhere else. `minivid progress` shows more: every chapter, and which trained models are at hand.

# %%
progress_table()

# %% [markdown]
# ## Is everything in order?
# `minivid doctor` says the same in a terminal. Whatever is amiss stands here with what to do about it.

# %%
doctor_table()

# %% [markdown]
# ## The letters
# The code is written in the papers' letters, so that you can read either beside the other.
#
# | | in code | |
# |---|---|---|
# | $b, c, t, h, w$ | `"b c t h w"` | a batch of clips: clip, channel, time, height, width, in this order always; values in [−1, 1] |
# | $x$ | `x` | a clean clip |
# | $\epsilon$ | `eps` | Gaussian noise, of the clip's shape |
# | $z = \alpha x + \sigma\epsilon$ | `z` | the noisy clip; $\alpha$ (`alpha`) is how much of the clip is left, $\sigma$ (`sigma`) how much noise there is |
# | $\lambda = \log(\alpha^2/\sigma^2)$ | `logsnr` | the noise level: 10 is almost clean, −10 almost only noise |
# | $u$ | `u` | the time that a schedule turns into λ: 0 is clean, 1 is noise |
# | $v = \alpha\epsilon - \sigma x$ | `v` | what our networks answer |
# | $\hat x,\ \hat\epsilon$ | `x_hat`, `eps_hat` | a model's guesses |

# %% [markdown]
# ## Your first film
# Write a caption of your own: a digit, then *left*, *right*, *up* or *down*, then *slowly* or *quickly*. Run the cell, change a word, run it again. What does it say
# when you use a word that it does not know?

# %%
caption = "a 7 moves up, quickly"
yours = World(size=32, frames=16).sample(4, seed=1, caption=caption)
print(tuple(yours.video.shape), "= clips, channels, frames, height, width")
show(yours.video, captions=[caption] * 4, height=192)

# %% [markdown]
# Four hands, four starting places, one caption. Now cut the first of them along time: take one line of its pixels, frame after frame. **What moves
# is slanted**, and a kink is a wall. What stands still is straight; and a film whose frames are in disorder has nowhere to hide.

# %%
film = yours.video[:1]
(x, y), (dx, dy) = yours.position[0, 0, 0].int().tolist(), yours.velocity[0, 0, 0].abs().tolist()
cut = dict(row=y) if dx > dy else dict(column=x)
shuffled = film[:, :, torch.randperm(16, generator=torch.Generator().manual_seed(0))]
show_slice(yours=film, standing_still=film[:, :, :1].expand_as(film), in_disorder=shuffled, **cut)

# %% [markdown]
# And this is where every film of this course begins. Read it from right to left:

# %%
u = torch.tensor([0.0, 0.35, 0.6, 1.0])
alpha, sigma = COSINE.alpha_sigma(COSINE.logsnr(u))
start = film[:, :, :8]
eps = torch.randn(start.shape, generator=torch.Generator().manual_seed(0))
noised = {f"u = {u[i]:.2f}": diffuse(start, eps, alpha[i], sigma[i]) for i in range(4)}
show(**noised, height=160)

# %% [markdown]
# On the right nothing is left of your clip. A model that knows the way back from there, one small step at a time, has learnt to make films.
# **Chapter 3 builds it.**
