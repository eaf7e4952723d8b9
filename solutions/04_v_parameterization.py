# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4 · The v-parameterization
# Chapter 3's network says v, and nothing was said of why. In this chapter you see what the choice changes and what it does not, turn a clip out of noise like the hand of a clock, and sample in fewer steps.
#
# **You will be able to** read any network's output as clip and noise · see sampling as a rotation · say why ε fails where nothing but noise is left · weigh a loss on purpose · write a sampler
# of second order and measure its order · bring a clip back to its noise · say exactly what a student of fewer steps is trained on.
#
# **You need** chapter 3: $z=\alpha x+\sigma\epsilon$, the noise level λ, the sampling loop. **Time:** an evening. Little is trained here, a student for a moment in 4.8; clips come from the zoo's `vdm-small`, `vdm-digits` and `vdm-digits-8`.
#
# **Papers:** Salimans & Ho 2022 (*Progressive Distillation*, where v comes from) · Song, Meng & Ermon 2021 (*DDIM*) · Song et al. 2021 (*Score-Based Generative Modeling*) · Karras et al. 2022 (*EDM*) · Lu et al. 2022 (*DPM-Solver++*) ·
# Hang et al. 2023 (*Min-SNR*) · Lin et al. 2024 (*Common Diffusion Noise Schedules and Sample Steps are Flawed*).

# %% setup
import math
from copy import deepcopy
from itertools import pairwise, product

import torch
from IPython.display import display

from minivid import zoo
from minivid.batches import clips_of
from minivid.chapters.ch04 import widgets
from minivid.chapters.ch04.clinic import clinic, clinic_table
from minivid.chapters.ch04.experiments import drift_table, targets_table
from minivid.chapters.ch04.experiments.distill import differences_table, distill_table, show_steps
from minivid.chapters.ch04.experiments.drift import drift
from minivid.chapters.ch04.figures import show_orders
from minivid.chapters.ch04.gaussian import Gaussian
from minivid.course import award, check, hint, receipt, summary  # noqa: F401  (hint is for you to call)
from minivid.data import tokenize
from minivid.diffusion import (
    COSINE,
    Objective,
    Schedule,
    ddim,
    diffuse,
    dpm_solver_2m,
    guided,
    heun,
    rescale_zero_terminal_snr,
    sample,
    scaled_linear_alphas,
    target,
    variance_preserving,
    x_weight,
)
from minivid.diffusion.solvers import step_with
from minivid.nn import Cond
from minivid.show import show, show_curves, show_sheet, show_source
from minivid.tools import budget

torch.manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 4.1 How many words are there for one thing?
# Of $z=\alpha x+\sigma\epsilon$ a network sees z. Whoever knows x knows ε, and the other way round. So it may be asked for either, or for any mixture $a\,x+b\,\epsilon$: a **parameterization** is two coefficients.

# %%
words = (Objective.EPS, Objective.X, Objective.V, Objective.FLOW)
levels = (-6.0, 0.0, 6.0)
print(f"{'':6}" + "".join(f"{f'λ = {level:.0f}':>20}" for level in levels))
for objective in words:
    pairs = [objective.coefficients(*variance_preserving(torch.tensor(level))) for level in levels]
    print(f"{objective.value:6}" + "".join(f"{f'{float(a):.2f} x + {float(b):.2f} ε':>20}" for a, b in pairs))

# %% [markdown]
# ε and x are the same at each level; the flow's velocity, ε − x, too. **v = α ε − σ x is the noise where the clip is visible, and minus the clip where there is only noise**: always what z does not show already.
#
# #### Exercise 4.1
# Write `to_x_eps(objective, output, z, alpha, sigma)`: the clip and the noise $(\hat x,\hat\epsilon)$ of which `z` is the mixture $\alpha\hat x+\sigma\hat\epsilon$ and `output` the mixture $a\hat x+b\hat\epsilon$.
# `objective.coefficients(alpha, sigma)` gives $(a, b)$; α and σ have a shape that multiplies a clip already. It must hold for *any* two coefficients, and where $\alpha^2+\sigma^2\ne1$.
# <details><summary>Hint</summary>
# Two equations, two unknowns. b times the first minus σ times the second has no ε̂ in it; α times the second minus a times the first has no x̂.</details>


# %% exercise="4.1"
def to_x_eps(objective, output, z, alpha, sigma):
    """(x̂, ε̂) from any output."""
    ### BEGIN SOLUTION
    a, b = objective.coefficients(alpha, sigma)
    determinant = alpha * b - sigma * a
    x_hat = (b * z - sigma * output) / determinant
    eps_hat = (alpha * output - a * z) / determinant
    return x_hat, eps_hat
    ### END SOLUTION


to_x_eps = check("4.1", to_x_eps)

# %% award="4.1"
award("4.1")

# %% [markdown]
# If the four are one knowledge, nothing may be lost from any of them to any other. In float64, over sixteen pairs and five levels:

# %%
teacher = zoo.load("vdm-small")
captions = ["a 5 moves left, quickly", "a 2 moves up, slowly", "a 7 moves down, quickly", "a 3 moves right, slowly"]
real = teacher.world.sample(4, seed=8, caption=captions)
chance = torch.Generator().manual_seed(0)
x = real.video.double()
eps = torch.randn(x.shape, generator=chance, dtype=torch.float64)
worst = 0.0
for level in torch.linspace(-8, 8, 5, dtype=torch.float64):
    alpha, sigma = variance_preserving(level)
    z = diffuse(x, eps, alpha, sigma)
    for said, wanted in product(words, words):
        x_hat, eps_hat = to_x_eps(said, target(said, x, eps, alpha, sigma), z, alpha, sigma)
        lost = target(wanted, x_hat, eps_hat, alpha, sigma) - target(wanted, x, eps, alpha, sigma)
        worst = max(worst, lost.abs().max().item())
print(f"the largest difference of any value: {worst:.0e}")

# %% [markdown]
# **The score** is one more word. The arrow of chapter 3, $\nabla\log q(z)$, is $-\hat\epsilon/\sigma$, and so every network says it. To see that this is no figure of speech we take a world in which all is known: each value is drawn from
# *one* Gaussian. There the perfect network is a formula, and so is $\log q(z)$, whose gradient autograd takes.

# %%
world = Gaussian()
level = torch.tensor(0.7, dtype=torch.float64)
alpha, sigma = variance_preserving(level)
z = torch.randn(4, 1, 2, 1, 1, generator=chance, dtype=torch.float64).requires_grad_()
gradient = torch.autograd.grad(world.log_density(z, alpha, sigma), z)[0]
for objective in words:
    output = world.network(objective)(z.detach(), level.expand(4))
    eps_hat = to_x_eps(objective, output, z.detach(), alpha, sigma)[1]
    print(f"score from {objective.value:5} off by {(-eps_hat / sigma - gradient).abs().max():.0e}")

# %% [markdown]
# So a *perfect* network may say whatever it likes. Real ones err, and what their errors do depends on the word. First, what v looks like.
#
# ## 4.2 What does a step look like?
# Since $\alpha^2+\sigma^2=1$, there is an angle φ with $\alpha=\cos\varphi$, $\sigma=\sin\varphi$: 0 is the clip, 90° is noise. From $\tan\varphi=\sigma/\alpha$ follows
# $$\varphi=\arctan e^{-\lambda/2}, \qquad z_\varphi=\cos\varphi\;x+\sin\varphi\;\epsilon, \qquad \frac{dz_\varphi}{d\varphi}=\cos\varphi\;\epsilon-\sin\varphi\;x=v.$$
# **v is the velocity of z along the arc.** By finite differences:

# %%
phi, h = 0.9, 1e-5
x, eps = real.video.double(), torch.randn(real.video.shape, generator=chance, dtype=torch.float64)
moved = [math.cos(angle) * x + math.sin(angle) * eps for angle in (phi + h, phi - h)]
v = math.cos(phi) * eps - math.sin(phi) * x
print(f"(z(φ + h) − z(φ − h)) / 2h is off from v by {((moved[0] - moved[1]) / (2 * h) - v).abs().max():.0e}")

# %% [markdown]
# Turn both sliders. Green is v, at right angles to z; the orange arc is one DDIM step. Where does a step from φ land when it is as large as φ itself?

# %%
display(widgets.rotation())
widgets.rotation_still()

# %% [markdown]
# <details><summary>Answer</summary>On x: at φ = 0 nothing but the clip is left. DDIM's last step is x̂ for that reason.</details>
#
# DDIM keeps x̂ and ε̂ and mixes them anew: it moves along the circle through z with the velocity v, and that is a rotation,
# $$z_{\varphi+\delta}=\cos\delta\;z_\varphi+\sin\delta\;v \qquad\text{(Salimans \& Ho 2022, app. D)}.$$
#
# #### Exercise 4.2
# Write `rotation_step(z, v, logsnr_t, logsnr_s)`: z, which is at level `logsnr_t`, turned to level `logsnr_s`. Both levels are tensors without axes.
# <details><summary>Hint</summary>
# Which way is δ? From t to the cleaner s the angle becomes smaller.</details>


# %% exercise="4.2"
def rotation_step(z, v, logsnr_t, logsnr_s):
    """z turned from t to s."""
    ### BEGIN SOLUTION
    turn = torch.atan(torch.exp(-logsnr_s / 2)) - torch.atan(torch.exp(-logsnr_t / 2))
    return torch.cos(turn) * z + torch.sin(turn) * v
    ### END SOLUTION


rotation_step = check("4.2", rotation_step)

# %% award="4.2"
award("4.2")

# %% [markdown]
# That is a whole sampler: ask for v, turn, ask again. Neither x̂ nor ε̂ appears in it. Beside it the library's `ddim`, which mixes them.

# %%
cond = Cond(*tokenize(captions))
strong = guided(teacher.denoiser, 3.0)
noise = teacher.noise(4, seed=4)
steps = budget.pick(smoke=8, laptop=25, gpu=50)


def turning(model, z, steps, cond=None):
    """From noise to the clip by turns alone."""
    for logsnr_t, logsnr_s in pairwise(COSINE.logsnr(torch.linspace(1, 0, steps + 1))):
        with torch.no_grad():
            v = model(z, logsnr_t.expand(len(z)), cond)
        z = rotation_step(z, v, logsnr_t, logsnr_s)
    return z


turned = turning(strong, noise, steps, cond)
mixed = sample(ddim(strong, noise, COSINE, Objective.V, steps, cond))
print(f"largest difference of a value: {(turned - mixed).abs().max():.1e}  (the schedule ends at λ = 20, not at ∞)")
show(turned=turned.clamp(-1, 1), mixed=mixed.clamp(-1, 1), captions=captions)

# %% [markdown]
# **Now you change it.** The schedule was the cosine. By how many degrees does each of its steps turn? Say it first.

# %%
angles = torch.rad2deg(torch.atan(torch.exp(-COSINE.logsnr(torch.linspace(1, 0, 7)) / 2)))
print("stations:", " ".join(f"{angle:.1f}°" for angle in angles))
print("turns:   ", " ".join(f"{turn:.1f}°" for turn in angles.diff()))

# %% [markdown]
# <details><summary>What happened</summary>All turns are equal. The cosine schedule is the clock's hand at an even pace: α is the cosine of an angle that is proportional to u. Its name says just this.</details>
#
# ## 4.3 Why not simply ε?
# DDPM asked for ε, and the clip was computed from it: $\hat x=(z-\sigma\hat\epsilon)/\alpha$. Here a network errs by 0.01 (root mean square) in whatever it says. What becomes of that in x̂?

# %%
error = 0.01 * torch.randn(x.shape, generator=chance, dtype=torch.float64)
print(f"{'λ':>5}" + "".join(f"{objective.value:>10}" for objective in words) + "     (error of x̂, root mean square)")
for level in (8, 4, 0, -4, -8, -12, -20):
    alpha, sigma = variance_preserving(torch.tensor(float(level), dtype=torch.float64))
    z, row = diffuse(x, eps, alpha, sigma), []
    for objective in words:
        x_hat, _ = to_x_eps(objective, target(objective, x, eps, alpha, sigma) + error, z, alpha, sigma)
        row.append((x_hat - x).square().mean().sqrt().item())
    print(f"{level:5}" + "".join(f"{off:10.4f}" for off in row))

# %% [markdown]
# An error of ε̂ is multiplied by σ/α = $e^{-\lambda/2}$: where there is only noise, the network says the noise nearly perfectly, and the clip that follows is nonsense. An error of v is multiplied by σ, never above one.
# (x has the same weakness at the other end: its ε̂ errs by α/σ. v is bounded at both.) As a picture:

# %%
grid = torch.linspace(-12, 8, 81, dtype=torch.float64)
amplified = {objective.value: 1 / x_weight(objective, grid).sqrt() for objective in words}
show_curves(
    grid, amplified, xlabel="log-SNR λ", ylabel="error of x̂ for an error of 1", log=True, heading="What an error costs"
)

# %% [markdown]
# A network that makes no error at all still writes its numbers down. Here every output is exact, and rounded once to 16 bits (`bfloat16`, as networks are often run):

# %%
print(f"{'λ':>5}" + "".join(f"{objective.value:>10}" for objective in words) + "     (error of x̂, root mean square)")
for level in (0, -8, -12, -20):
    alpha, sigma = variance_preserving(torch.tensor(float(level), dtype=torch.float64))
    z, row = diffuse(x, eps, alpha, sigma), []
    for objective in words:
        rounded = target(objective, x, eps, alpha, sigma).to(torch.bfloat16).double()
        row.append((to_x_eps(objective, rounded, z, alpha, sigma)[0] - x).square().mean().sqrt().item())
    print(f"{level:5}" + "".join(f"{off:10.4f}" for off in row))

# %% [markdown]
# Clips lie between −1 and 1. And *at* λ = −∞, α = 0, the division has no answer at all; what the library says then:

# %%
to_nothing = Schedule(lambda u: 2 * (torch.log1p(-u) - torch.log(u)))  # λ = −∞ at u = 1
try:
    sample(ddim(teacher.denoiser, noise, to_nothing, Objective.EPS, 2, cond))
except ValueError as refusal:
    print("ValueError:", refusal)

# %% [markdown]
# **And trained networks?** Three small U-Nets say ε, x and v: the same first weights, clips, noise and number of steps, in a world of coloured digits. x̂ is compared on handwriting that none has seen; samples are DDIM's, by the
# captions alone, once with x̂ as it is and once with x̂ cut to ±1 at each step. The networks were trained beforehand by a command (this cell only reads what it wrote):

# %%
found = receipt("04_targets")
print(targets_table(found), found, sep="\n")
trained = sum(run["minutes"] for runs in found["words"].values() for run in runs)
print(f"(The nine trainings before it took {trained:.0f} minutes.)")

# %% [markdown]
# Where there is much noise, the x̂ of ε is nonsense, as the formula said, and a sample that is not cut ends far outside of all clips. Where there is little, ε is the best of the three and x the worst: each word is good where its own division is harmless.
# v is nonsense nowhere. It is not the winner here: after these few steps x is ahead of it at every level but the cleanest. And no row says whose *samples* are best: digits are not legible yet, and directions are little better than guessed, with any of the three.
# What v promises is that nothing explodes, at either end; not that it learns fastest.

# %% [markdown]
# **Do colours drift along a clip?** In this world a digit stays in the picture and keeps its colour, so a real clip's brightness is the same at every frame: the right slope is 0. From the networks of ε and v we sample clips, with the same noise and captions,
# and take each frame's mean over pixels. *Slope* is its change from a frame to the next, averaged over clips; *slope's size* averages it without its sign, since clips may drift in opposite directions; *offset* is how far a clip as a whole is from the real one of the same caption.
# v − eps is paired over three seeds, with Student's 95 % interval; a star stands where that leaves out 0 (not corrected for the number of rows).

# %%
found = receipt("04_drift")
print(drift_table(found, "cut"), drift_table(found, "free"), found, sep="\n")
grain = torch.randn(256, 3, 8, 16, 16, generator=chance)
of_real, of_noise = (told["red"]["slope_size"] for told in (found["real"], drift(grain, grain)))
print(f"A slope's size in red, for comparison: real clips {of_real:.4f}, plain noise {of_noise:.4f}.")
print(f"({found['n']} clips a seed; each network was trained for only {found['training_steps']} steps.)")

# %% [markdown]
# No common direction tells them apart: every interval of the slope holds 0. But a single clip drifts less under v than under ε, in brightness and in each colour, cut or not, after few steps and after many. Cut, both are too bright, and ε by far more; uncut, v is close to the real brightness and ε is far outside of all clips
# (so far that its seeds scatter, and blue's offset has no star). Read it with care: these networks are hardly trained, and a clip of plain noise has a slope too, not much smaller than ε's. Much of what is called drift here is that ε's samples are still noise.
# That v's clips are steadier is shown for these networks; that ε makes the colours of a *well-trained* model drift is not.
#
# ## 4.4 What does a loss weigh?
# The simple loss is a plain squared error *of the output*. By 4.3 an error of the output is one of x̂, times a factor; squared, the factor is a **weight** on x̂'s squared error:
# 1 for x, the SNR ($e^\lambda$) for ε, SNR + 1 for v. Whoever changes the word and keeps the loss has changed the weights.
#
# **Min-SNR** (Hang et al. 2023) chooses instead: x̂'s error should weigh min(SNR, γ), since above some γ a cleaner input teaches little more. With γ = 5:

# %%
snr = torch.exp(grid)
weights = {objective.value: x_weight(objective, grid) for objective in (Objective.EPS, Objective.X, Objective.V)}
weights["min-SNR"] = snr.clamp(max=5)
show_curves(
    grid,
    weights,
    xlabel="log-SNR λ",
    ylabel="weight of x̂'s squared error",
    log=True,
    heading="What the simple loss weighs",
)

# %% [markdown]
# For λ far below 0 v weighs x̂ as x does, above as ε does: roughly the larger of the two. In much noise ε hardly counts the clip at all. Min-SNR is ε's own weight up to γ (one line hides the other), and stays there.
#
# A network that says v is trained on v's squared error. By what must *that* be multiplied, so that x̂'s weighs min(SNR, γ)?
#
# #### Exercise 4.3
# Write `min_snr_v(logsnr, gamma)`: the weight of v's squared error at each level `logsnr`, a tensor of any shape.
# <details><summary>Hint</summary>
# Unweighted, x̂'s squared error counts SNR + 1 times. It should count min(SNR, γ) times.</details>


# %% exercise="4.3"
def min_snr_v(logsnr, gamma):
    """By what v's squared error is multiplied."""
    ### BEGIN SOLUTION
    snr = torch.exp(logsnr)
    return snr.clamp(max=gamma) / (snr + 1)
    ### END SOLUTION


min_snr_v = check("4.3", min_snr_v)

# %% award="4.3"
award("4.3")

# %% [markdown]
# Two wrong versions have been published in training scripts, and trained without complaint: SNR + 1 in *both* places, and the minimum taken from the wrong side. Both beside yours:

# %%
versions = {
    "min-SNR": min_snr_v(grid, 5.0),
    "SNR + 1 twice": (snr + 1).clamp(max=5) / (snr + 1),
    "wrong side": snr.clamp(min=5) / (snr + 1),
}
show_curves(
    grid,
    versions,
    xlabel="log-SNR λ",
    ylabel="weight of v's squared error",
    log=True,
    heading="One right, two published",
)

# %%
for level in (-8, 0, 8):
    at = (grid - level).abs().argmin()
    print(f"λ = {level:2}: " + "   ".join(f"{name} {weight[at]:.4f}" for name, weight in versions.items()))

# %% [markdown]
# Which end of the schedule does each of the two overrate?
# <details><summary>Answer</summary>Both overrate noise: there the right weight falls to 0, the first keeps it at 1, and the second raises it to γ. At the clean end the first agrees with the right one, and the second is 1: not clamped at all.</details>
#
# ## 4.5 Is the end of the schedule noise?
# Sampling starts from pure noise; training ends at the schedule's last level. Are they the same? Stable Diffusion's table of a thousand levels (*scaled linear*) ends where something of the clip is left. Lin et al. **rescale** it:
# shift √ᾱ until the last is 0, stretch until the first is what it was.

# %%
published = scaled_linear_alphas()
rescaled = rescale_zero_terminal_snr(published)
bright = -real.video[:1]  # a dark digit on white
tables = {
    "as published": published[-1],
    "rescaled": rescaled[-1],
    "our cosine": COSINE.alpha_sigma(COSINE.logsnr(torch.ones(())))[0] ** 2,
}
print(f"a bright clip's mean: {bright.mean():.3f}")
for name, alpha2 in tables.items():
    left, sigma = alpha2.sqrt() * bright.mean(), (1 - alpha2).sqrt()
    seen = [left / (sigma / n**0.5) for n in (bright.numel(), 16 * 64 * 64)]
    print(
        f"{name:13} last α = {alpha2.sqrt():.5f}, left of the mean {left:.5f}: {seen[0]:5.2f} or {seen[1]:5.2f} deviations"
    )

# %% [markdown]
# Deviations of what? The mean of n values of noise strays by $\sigma/\sqrt n$; printed is how many of these the brightness is worth, in our clip of 8 frames of 16×16 and in as bright a one of 16 frames of 64×64. The more values, the easier to read. In training the network *sees* at the last level whether the clip is bright or dark. Then sampling starts from noise of mean 0, and it believes that: clips that
# are neither bright nor dark. With the last α at 0 there is nothing to read. But then ε says nothing of the clip (4.3): **zero terminal SNR needs v**, or x, or the flow.

# %%
last = torch.arange(800, 1000)
show_curves(
    last,
    {"as published": published[800:].sqrt(), "rescaled": rescaled[800:].sqrt()},
    xlabel="step of the table",
    ylabel="α, how much of the clip is left",
    heading="The last 200 levels",
)

# %% [markdown]
# ## 4.6 Can a step look ahead?
# The path from noise to clip solves a differential equation, $d(z/\sigma)=\hat x\;d(\alpha/\sigma)$. DDIM holds x̂ for the length of a step:

# %%
show_source(step_with)

# %% [markdown]
# That is Euler's method: its error falls as 1/N, it has **order 1**. But x̂ changes on the way, and two methods take that into account.
#
# **Heun** takes the step, asks again at its end, and repeats it with the mean of both guesses. Two calls of the network a step (one in the last). **DPM-Solver++(2M)** asks once and *remembers*: through this guess (at t) and
# the one before (at r) goes a straight line in λ; the step is taken with its value in the *middle* of the step ahead,
# $$\tilde x=\hat x_t+\tfrac12\,\frac{\lambda_s-\lambda_t}{\lambda_t-\lambda_r}\,(\hat x_t-\hat x_r).$$
#
# #### Exercise 4.6
# Write `two_m_step(z, x_hat, before, logsnr_r, logsnr_t, logsnr_s)`: z goes from level t to s. `x_hat` is the guess at t, `before` the one at r, or None in the first step, which is DDIM's. Levels are tensors without axes; `step_with` and
# `variance_preserving` are yours to use.
# <details><summary>Hint</summary>
# Only x̂ changes: whatever you put in its place, <code>step_with(…, z, alpha_t, sigma_t, alpha_s, sigma_s)</code> takes the step.</details>


# %% exercise="4.6"
def two_m_step(z, x_hat, before, logsnr_r, logsnr_t, logsnr_s):
    """From t to s with x̂ on a straight line through two guesses."""
    ### BEGIN SOLUTION
    ahead = x_hat
    if before is not None:
        ratio = (logsnr_s - logsnr_t) / (logsnr_t - logsnr_r)
        ahead = x_hat + ratio / 2 * (x_hat - before)
    return step_with(ahead, z, *variance_preserving(logsnr_t), *variance_preserving(logsnr_s))
    ### END SOLUTION


two_m_step = check("4.6", two_m_step)

# %% award="4.6"
award("4.6")


# %%
def remembering(model, z, schedule, objective, steps, cond=None):
    """The loop around the step; the last update is x̂ itself. Yields (z, x̂)."""
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1))
    before, logsnr_r = None, levels[0]
    for i, (logsnr_t, logsnr_s) in enumerate(pairwise(levels)):
        with torch.no_grad():
            output = model(z, logsnr_t.expand(len(z)), cond)
        x_hat, _ = to_x_eps(objective, output, z, *schedule.alpha_sigma(logsnr_t))
        z = x_hat if i == steps - 1 else two_m_step(z, x_hat, before, logsnr_r, logsnr_t, logsnr_s)
        before, logsnr_r = x_hat, logsnr_t
        yield z, x_hat


one = Cond(*tokenize(captions[:1]))
ours = sample(remembering(strong, noise[:1], COSINE, Objective.V, 5, one))
theirs = sample(dpm_solver_2m(strong, noise[:1], COSINE, Objective.V, 5, one))
print(f"this loop and the library's dpm_solver_2m differ by at most {(ours - theirs).abs().max():.1e}")

# %% [markdown]
# Do the orders hold? In the Gaussian world the exact path is a formula, so that an error is an error. From λ = −4 to λ = 2, at equal *calls of the network*:

# %%
calls = [8, 16, 32, 64, 128]
measured = {}
for name, sampler, per_step in (("DDIM", ddim, 1), ("Heun", heun, 2), ("DPM++ 2M", remembering, 1)):
    measured[name] = (calls, [world.error_half_way(sampler, count // per_step) for count in calls])
    print(f"{name:9}" + "".join(f"{error:11.2e}" for error in measured[name][1]))
show_orders(measured, "Error on the way, Gaussian world")

# %% [markdown]
# The slopes stand at the lines: twice the calls halve DDIM's error and quarter the others'. For as many calls 2M is ahead of Heun, which pays two for a step.
#
# **Now clips.** An order is a promise about *small* steps. Five or seven calls make large ones. How far is each sampler from where a fine path of the same noise leads? Before you run it: which is nearest?

# %%
fine = sample(dpm_solver_2m(strong, noise, COSINE, Objective.V, budget.pick(smoke=40, laptop=100, gpu=200), cond))
few = {}
for count in (5, 7):
    for name, sampler, needed in (("DDIM", ddim, count), ("Heun", heun, (count + 1) // 2), ("2M", remembering, count)):
        clip = sample(sampler(strong, noise, COSINE, Objective.V, needed, cond))
        few[f"{name}, {count} calls"] = clip.clamp(-1, 1)
        print(
            f"{count} calls  {name:5} {(clip - fine).square().mean().sqrt():.3f} from the fine path (root mean square)"
        )

# %%
display(show_sheet(**{name: clip[:1] for name, clip in ({"fine": fine.clamp(-1, 1)} | few).items()}))
show(**{name: few[f"{name}, 5 calls"] for name in ("DDIM", "Heun", "2M")})

# %% [markdown]
# <details><summary>What we saw</summary>DDIM and 2M close together, 2M the nearer by little; Heun last. Within as many calls it takes half as many steps, and a higher order is no help to steps that large.
# Nor is near the fine path the same as good: in the picture you will hardly prefer one.</details>
#
# ## 4.7 Which noise made this clip?
# DDIM is a path without chance; so it can be walked backwards, from a clip to the noise that would have made it. Whoever edits real clips begins there. A step from s to the noisier t: read x̂ and ε̂ at s, mix them anew at t.
#
# #### Exercise 4.7
# Write `inversion_step(model, z, logsnr_s, logsnr_t)`: `z` is at level `logsnr_s`, the answer at the noisier `logsnr_t`, both tensors without axes. `model(z, logsnr, None)` says **v** and wants one level for each clip. Which level is it told?
# It is called under `torch.no_grad()`.
# <details><summary>Hint</summary>
# Your <code>to_x_eps(Objective.V, …)</code> with α and σ of the level that z <i>has</i>. A published scheduler asks at the level that z goes to.</details>


# %% exercise="4.7"
def inversion_step(model, z, logsnr_s, logsnr_t):
    """One DDIM step from s to the noisier t."""
    ### BEGIN SOLUTION
    (alpha_s, sigma_s), (alpha_t, sigma_t) = variance_preserving(logsnr_s), variance_preserving(logsnr_t)
    v = model(z, logsnr_s.expand(len(z)), None)
    x_hat, eps_hat = to_x_eps(Objective.V, v, z, alpha_s, sigma_s)
    return alpha_t * x_hat + sigma_t * eps_hat
    ### END SOLUTION


inversion_step = check("4.7", inversion_step)

# %% award="4.7"
award("4.7")

# %% [markdown]
# There and back with the zoo's network, each clip with its caption, without guidance. The clips are real ones of the simulator. Besides what is lost we print the deviation of the noise that was found: real noise has 1.


# %%
def told(z, logsnr, _):
    """The network with the clips' captions, as a model without."""
    return teacher.denoiser(z, logsnr, cond)


back = {"real": real.video}
for count in budget.pick(smoke=(5, 10, 20), laptop=(5, 10, 20, 40), gpu=(5, 10, 20, 40, 80)):
    z = real.video
    with torch.no_grad():
        for logsnr_s, logsnr_t in pairwise(COSINE.logsnr(torch.linspace(0, 1, count + 1))):
            z = inversion_step(told, z, logsnr_s, logsnr_t)
    again = sample(ddim(told, z, COSINE, Objective.V, count))
    back[f"{count} steps there, {count} back"] = again.clamp(-1, 1)
    print(
        f"{count:3} steps: {(again - real.video).square().mean().sqrt():.3f} lost (root mean square); the noise has deviation {z.std():.2f}"
    )
show_sheet(**{name: clip[:1] for name, clip in back.items()})

# %% [markdown]
# The way back finds the clip the better the finer both ways are cut: as DDIM's own error, what is lost falls with the steps. But look at the second number. **What was found is not quite noise**: it leads back to the clip, and is quieter
# than what the network was trained to start from, the more so the fewer the steps.
#
# ## 4.8 What is a student of fewer steps taught?
# A sampler of N steps can be *distilled*: a student learns to do in one step what its teacher does in two, then another from that one, and so on: **progressive distillation** (Salimans & Ho 2022). What must the student say for its one step from t
# to s to end exactly where the teacher's two, over a level between, end? By 4.6 a step of DDIM is linear in x̂,
# $$z_s=\frac{\sigma_s}{\sigma_t}\,z_t+\Big(\alpha_s-\frac{\sigma_s}{\sigma_t}\,\alpha_t\Big)\,\hat x,$$
# and so, where it should end being known, it can be solved for x̂. That x̂ is the **target**.
#
# #### Exercise 4.8
# Write `student_target(teacher, z, logsnr_t, logsnr_mid, logsnr_s)`: two DDIM steps of the teacher, from t to the middle and from there to s, then the x̂ with which *one* step from t ends there too. The teacher says v; levels are tensors
# without axes, and `teacher(z, level, None)` wants one for each clip. The target is a number to be reached: no gradient may run through it.
# `step_with(x_hat, z, *variance_preserving(logsnr_t), *variance_preserving(logsnr_s))` is DDIM's step.
# <details><summary>Hint</summary>
# Solve for x̂, and not for ε̂: at the first of all steps z is noise alone, α is almost 0, and from a known ε̂ nothing can be said of x̂.</details>


# %% exercise="4.8"
def student_target(teacher, z, logsnr_t, logsnr_mid, logsnr_s):
    """The x̂ with which one step from t to s ends where the teacher's two end."""
    ### BEGIN SOLUTION
    t, mid, s = (variance_preserving(level) for level in (logsnr_t, logsnr_mid, logsnr_s))
    with torch.no_grad():
        x_hat, _ = to_x_eps(Objective.V, teacher(z, logsnr_t.expand(len(z)), None), z, *t)
        z_mid = step_with(x_hat, z, *t, *mid)
        x_hat, _ = to_x_eps(Objective.V, teacher(z_mid, logsnr_mid.expand(len(z)), None), z_mid, *mid)
        z_s = step_with(x_hat, z_mid, *mid, *s)
    (alpha_t, sigma_t), (alpha_s, sigma_s) = t, s
    kept = sigma_s / sigma_t
    return (z_s - kept * z) / (alpha_s - kept * alpha_t)
    ### END SOLUTION


student_target = check("4.8", student_target)

# %% award="4.8"
award("4.8")

# %% [markdown]
# In the world of one Gaussian, where the perfect network is a formula, the exact path is known too:

# %%
levels = [torch.tensor(level, dtype=torch.float64) for level in (-2.0, -0.5, 1.0)]
t, middle, s = (variance_preserving(level) for level in levels)
z = torch.randn(4, 1, 2, 1, 1, generator=chance, dtype=torch.float64)
perfect = world.network(Objective.X)
first = perfect(z, levels[0].expand(4))
z_middle = step_with(first, z, *t, *middle)
two = step_with(perfect(z_middle, levels[1].expand(4)), z_middle, *middle, *s)
goal = student_target(world.network(Objective.V), z, *levels)
print(f"one step with the teacher's own x̂:  {(step_with(first, z, *t, *s) - two).abs().max():.1e} from its two steps")
print(f"one step with the student's target: {(step_with(goal, z, *t, *s) - two).abs().max():.1e} from its two steps")
print(f"and these two end {(two - world.arrives(z, levels[0], levels[2])).abs().max():.1e} from the exact path")

# %% [markdown]
# The target is exact, and exactly as good as the teacher's two steps: the student inherits their error. And on clips? The guess of `vdm-small` for a clip in much noise, and what its student would be taught to say at the same z, for one step of half of the way:

# %%
levels = COSINE.logsnr(torch.tensor([0.8, 0.55, 0.3]))
alpha, sigma = variance_preserving(levels[0])
z = diffuse(real.video, torch.randn(real.video.shape, generator=chance), alpha, sigma)
guess = teacher.x_hat(z, levels[0], cond)
goal = student_target(told, z, *levels)
for name, clip in (("the teacher's x̂", guess), ("the student's target", goal)):
    print(f"{name:21} {(clip - real.video).square().mean().sqrt():.3f} from the real clip, deviation {clip.std():.2f}")
show_sheet(seen=z[:2].clamp(-1, 1), teacher=guess[:2].clamp(-1, 1), target=goal[:2].clamp(-1, 1))

# %% [markdown]
# The target is a little sharper than the guess: it is no longer the mean of all clips that fit, since by its second look the teacher has begun to decide for one. Distilled again and again it ends as a clip.
#
# **A stage of training.** A student of N steps has the teacher's network and begins from its weights. A real clip is brought to where one of the student's N steps begins, the teacher, *with* its guidance, takes two steps, and the student's x̂ should be the target.
# So the guidance is distilled too (Meng et al. 2023): the student is asked once a step, where its teacher is asked twice. x̂'s squared error weighs max(SNR, 1), as in the paper: by 4.4, about what v's own loss weighs. No caption is hidden any more.

# %%
N = 8
pupil = deepcopy(teacher.network).requires_grad_(True).train()
optimizer = torch.optim.AdamW(pupil.parameters(), lr=2e-4, weight_decay=0)


def lesson(clips, captions, n):
    """The loss of the student's step from n/N to (n − 1)/N."""
    levels = COSINE.logsnr(torch.tensor([n, n - 0.5, n - 1]) / N)
    alpha, sigma = variance_preserving(levels[0])
    z = diffuse(clips, torch.randn(clips.shape, generator=chance), alpha, sigma)
    goal = student_target(lambda z, level, _=None: strong(z, level, captions), z, *levels)
    v = pupil(z, levels[0].expand(len(z)), captions)
    return levels[0].exp().clamp(min=1) * (alpha * z - sigma * v - goal).square().mean()


# %% [markdown]
# The same four captions and the same noise tell what it is worth: how far the student's 8 steps end from the teacher's 16, before and after.

# %%
draw = clips_of(teacher.world)
goal = sample(ddim(strong, noise, COSINE, Objective.V, 2 * N, cond))


def ends_off(model):
    """The distance from the teacher's clips, root mean square."""
    return (sample(ddim(model, noise, COSINE, Objective.V, N, cond)) - goal).square().mean().sqrt()


print(f"the teacher itself in {N} steps, guided: {ends_off(strong):.3f} off its own {2 * N}")
print(f"the student before its first lesson:    {ends_off(pupil):.3f}")
lessons = budget.pick(smoke=2, laptop=100, gpu=400)
for i in range(lessons):
    loss = lesson(*draw(4, (4, i)), n=N - i % N)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"after {lessons} lessons of 4 clips:{'':13}{ends_off(pupil.eval()):.3f}")

# %% [markdown]
# The library's `Distilling` is this lesson as a loss for the training loop of chapter 3, a step of the student drawn for each clip; `minivid train vdm-digits-8` made the zoo's student with it, from `vdm-digits`, whose 16 steps it does in 8. Here they are side by side, from the same noise:

# %%
large, student = zoo.load("vdm-digits"), zoo.load("vdm-digits-8")
asked = ["a 3 moves right, slowly", "a 5 moves up, quickly"]
start = large.noise(2, seed=11)
ways = {f"teacher, {count} steps": large.path(start, asked, count, guidance=3.0) for count in (16, 8, 4, 2)}
ways[f"student, {student.usual.steps} steps"] = student.path(start, asked)
drawn = {name: sample(path).clamp(-1, 1) for name, path in ways.items()}
show_sheet(**drawn, captions=asked)

# %% [markdown]
# Two more students were trained from it in turn, of 4 and of 2 steps, each with the one before as its teacher. A command drew each way of sampling with the same captions and the same noise, and read the clips; this cell only prints what it wrote. Intervals are of 95 %: Wilson's for a share, and
# that of matched proportions for a difference of two ways clip by clip.

# %%
found = receipt("04_distill")
print(distill_table(found), differences_table(found), found, sep="\n")
lengths = ", ".join(f"{each['steps']} ({count} steps)" for count, each in found["training"].items())
print(f"Steps of training, of 4 clips each: {lengths}.")
show_steps(found)

# %% [markdown]
# **In as many calls of the network a student keeps far more digits than its teacher.** A guided teacher is asked twice a step; its student has the guidance in its weights. In as many *steps* the student of 8 is hardly told apart from its teacher.
# But the teacher's 16 steps, which it was taught to do in 8, it does not reach: it keeps fewer digits, and the interval of the difference is far from 0. Its training was short, as the last line says; whether a longer one closes this has not been measured.
# Directions are kept in a few steps already, by both.
#
# **What is not here yet:** networks trained with Stable Diffusion's table before and after rescaling; and MeanFlow, which learns the average velocity of a step without a teacher.
#
# ## 4.9 How this goes wrong
# Three patients: the zoo's network, six steps of DPM-Solver++(2M), the same noise; one mistake each in the code around it. The picture cuts at ±1; the table does not. Decide before you open the answers.

# %%
patients = clinic(strong, noise[:2], 6, Cond(*tokenize(captions[:2])))
show_sheet(**{name: clip.clamp(-1, 1) for name, clip in patients.items()})

# %%
print(clinic_table(patients))

# %% [markdown]
# <details><summary>Patient 1</summary>The sign of v. Some codebases say v = σ x − α ε (and the flow x − ε): read by code that expects the other, every step turns away from the clip, and nothing is ever found.</details>
# <details><summary>Patient 2</summary>The step is z + δ v, straight along the tangent, in place of a turn: each step makes z a little longer than the arc allows. The picture hides it behind ±1; the last column tells.</details>
# <details><summary>Patient 3</summary>The last step is extrapolated too. From the last level with visible noise to λ = 20 is a step many times as wide as the one before, and the line through two guesses is followed far beyond both.
# Solvers of higher order fall back to order one at the end for this reason.</details>

# %%
summary("04")

# %% [markdown]
# ## To read next
# Salimans & Ho 2022, sections 2 to 4 and appendix D: v, the weights and the rotation in their own words. Karras et al. 2022, section 3, for samplers as solvers of a differential equation. Lin et al. 2024 for the end of the schedule, with pictures of what
# goes wrong there. Geng et al. 2025 (*Mean Flows*) for where few steps went from here.
