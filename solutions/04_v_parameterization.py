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
# **You need** chapter 3: $z=\alpha x+\sigma\epsilon$, the noise level λ, the sampling loop. **Time:** an evening. Little is trained here: a small network in 4.5, a student for a moment in 4.8, a network of one number in 4.9. Clips come from the zoo's `vdm-small`, `vdm-digits` and `vdm-digits-8`.
#
# **Papers:** Salimans & Ho 2022 (*Progressive Distillation*, where v comes from) · Song, Meng & Ermon 2021 (*DDIM*) · Song et al. 2021 (*Score-Based Generative Modeling*) · Karras et al. 2022 (*EDM*) · Lu et al. 2022 (*DPM-Solver++*) ·
# Hang et al. 2023 (*Min-SNR*) · Lin et al. 2024 (*Common Diffusion Noise Schedules and Sample Steps are Flawed*) · Geng et al. 2025 (*Mean Flows for One-step Generative Modeling*).

# %% setup
import math
from copy import deepcopy
from functools import partial
from itertools import pairwise, product

import torch
from IPython.display import display

from minivid import zoo
from minivid.batches import clips_of
from minivid.chapters.ch04 import widgets
from minivid.chapters.ch04.clinic import clinic, clinic_table
from minivid.chapters.ch04.experiments import drift_table, mean_flow_table, shown, targets_table, terminal_table
from minivid.chapters.ch04.experiments.distill import differences_table, distill_table, show_steps
from minivid.chapters.ch04.experiments.drift import drift
from minivid.chapters.ch04.experiments.terminal import (
    ENDS,
    TRAINING,
    brightness,
    drawn,
    from_afar,
    pictures_of,
    train_on,
)
from minivid.chapters.ch04.figures import show_brightness, show_fans, show_orders, show_ways
from minivid.chapters.ch04.gaussian import LADDER, Gaussian
from minivid.chapters.ch04.two_points import Span, path, velocity
from minivid.course import award, check, hint, receipt, summary  # noqa: F401  (hint is for you to call)
from minivid.data import tokenize
from minivid.diffusion import (
    COSINE,
    Objective,
    Schedule,
    ancestral,
    ddim,
    diffuse,
    dpm_solver_2m,
    euler_maruyama,
    guided,
    heun,
    like,
    sample,
    scaled_linear_alphas,
    target,
    variance_preserving,
    x_weight,
)
from minivid.diffusion.solvers import step_with
from minivid.mean_flow import MeanFlow, few_steps
from minivid.nn import Cond
from minivid.show import show, show_curves, show_image_grid, show_sheet, show_slice, show_source
from minivid.tools import budget

torch.manual_seed(0)
print(f"budget: {budget.budget()}, torch {torch.__version__}, {torch.get_num_threads()} threads")

# %% [markdown]
# ## 4.1 How many words are there for one thing?
# Of $z=\alpha x+\sigma\epsilon$ a network sees z. Whoever knows x knows ε, and the other way round. So it may be asked for either, or for any mixture $a\,x+b\,\epsilon$ that does not just repeat z: a **parameterization** is two coefficients.

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
# `objective.coefficients(alpha, sigma)` gives $(a, b)$; α and σ have a shape that multiplies a clip already. It must hold where $\alpha^2+\sigma^2\ne1$, and for *any* two coefficients that tell something new: $\alpha b\ne\sigma a$ (else the output is z over again).
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
# **The score** is one more word. The arrow of chapter 3, $\nabla\log q(z)=(\alpha\hat x-z)/\sigma^2$, is $-\hat\epsilon/\sigma$, since $z-\alpha\hat x=\sigma\hat\epsilon$; and so every network says it. To see that this is no figure of speech we take a world in which all is known: each value is drawn from
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
# Drag z along the arc (or take the arrow keys). Grey are all levels, from the clip (right) to noise (top); green is v; the orange arc is one DDIM step, whose end can be dragged too. Where does a step from φ land when it is as large as φ itself?

# %%
display(widgets.rotation())
widgets.rotation_still()

# %% [markdown]
# <details><summary>Answer</summary>On x: at φ = 0 nothing but the clip is left. DDIM's last step is x̂ for that reason.</details>
#
# DDIM keeps x̂ and ε̂ and mixes them anew. So z goes along a circle on which v is the direction at the start (v turns with it), and a step is a rotation (Salimans & Ho 2022, app. D):
# $$z_{\varphi+\delta}=\cos\delta\;z_\varphi+\sin\delta\;v.$$
# (Drawn are *weights*, how much of x and how much of ε; in these z and v are equally long and at right angles. A clip's values are smaller than noise's, and so as tensors they are neither.)
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
# **Now you change it.** The schedule was the cosine. By how many degrees does each of its steps turn? And which steps turn most where *λ* falls evenly? Say it first; then put in a schedule of your own.

# %%
for name, schedule in (("cosine", COSINE), ("λ evenly", Schedule(lambda u: 10 - 20 * u))):
    angles = torch.rad2deg(torch.atan(torch.exp(-schedule.logsnr(torch.linspace(1, 0, 7)) / 2)))
    print(f"{name:9} stations:", " ".join(f"{angle:5.1f}°" for angle in angles))
    print(f"{'':9} turns:   ", " ".join(f"{turn:5.1f}°" for turn in angles.diff()))

# %% [markdown]
# <details><summary>What happened</summary>The cosine's turns are all equal. It is the clock's hand at an even pace: α is the cosine of an angle that is proportional to u. Its name says just this.
# Where λ falls evenly nearly all of the turning is done in the middle, and the first and last calls of the network move z by little.</details>
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
# (x has the same weakness at the other end: its ε̂ errs by α/σ. v is bounded at both. So is the flow's velocity, whose error becomes σ/(α + σ) in x̂ and α/(α + σ) in ε̂; flows usually walk other levels, on which α + σ = 1: chapter 5.) As a picture:

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
# captions alone, once with x̂ as it is and once with x̂ cut to ±1 at each step (*cut samples*). The networks were trained beforehand by a command (this cell only reads what it wrote):

# %%
found = receipt("04_targets")
print(targets_table(found), found, sep="\n")
trained = sum(run["minutes"] for runs in found["words"].values() for run in runs)
print(f"(The nine trainings before it took {trained:.0f} minutes.)")

# %% [markdown]
# Where there is much noise, the x̂ of ε is nonsense, as the formula said, and a sample that is not cut ends far outside of all clips. Where there is little, ε is the best of the three and x the worst: each word is good where its own division is harmless.
# v is nonsense nowhere. It is not the winner here: after these few steps x is ahead of it at every level but the cleanest. And no row says whose *samples* are best: digits are not legible yet, and directions are not to be told from guessing, with any of the three.
# What v promises is that nothing explodes, at either end; not that it learns fastest.

# %% [markdown]
# **Do colours drift along a clip?** In this world a digit stays in the picture and keeps its colour, so a real clip's brightness is the same at every frame: the right slope is 0. From the networks of ε and v we sample clips, with the same noise and captions,
# and take each frame's mean over pixels. *Slope* is its change from a frame to the next, averaged over clips; *slope's size* averages it without its sign, since clips may drift in opposite directions; *offset* is how far a clip as a whole is from the real one of the same caption.
# Units are a clip's, which lies between −1 and 1. v − eps is paired over three seeds, with Student's 95 % interval; a star stands where that leaves out 0 (not corrected for the number of rows).

# %%
found = receipt("04_drift")
print(drift_table(found, "cut"), drift_table(found, "free"), found, sep="\n")
grain = torch.randn(256, 3, 8, 16, 16, generator=chance)
of_real, of_noise = (told["red"]["slope_size"] for told in (found["real"], drift(grain, grain)))
print(f"A slope's size in red, for comparison: real clips {of_real:.4f}, plain noise {of_noise:.4f}.")
print(f"({found['n']} clips a seed; each network was trained for only {found['training_steps']} steps.)")

# %% [markdown]
# **Direction: a null.** Every interval of the slope holds 0: no common direction, brighter or darker, tells the two words apart.
#
# **Size: v drifts less.** A single clip's slope is smaller under v than under ε, in every row. As a whole, too, its clips are nearer to the real ones. Cut, both are too bright, and ε by far more. Uncut, v comes close to the real brightness, and ε is far outside of all clips (so far that its seeds scatter, and blue's offset has no star).
#
# **How much of that is drift?** These networks are hardly trained, and a clip of plain noise has a slope too, not much smaller than ε's. Much of what is measured here is that ε's samples are still noise. That v's clips are steadier is shown for these networks; that ε makes the colours of a *well-trained* model drift is not.
#
# ## 4.4 What does a loss weigh?
# The simple loss is a plain squared error *of the output*. By section 4.3 x̂'s error is σ/α times ε̂'s, and σ times v̂'s. Read backwards and squared, these factors are **weights** on x̂'s squared error: ε's loss counts it $\alpha^2/\sigma^2$ times, which is the SNR ($e^\lambda$),
# v's $1/\sigma^2=(\alpha^2+\sigma^2)/\sigma^2$ times, which is SNR + 1, and x's once. Whoever changes the word and keeps the loss has changed the weights.
#
# **Min-SNR** (Hang et al. 2023) chooses instead: x̂'s error should weigh min(SNR, γ). Its authors found that levels pull against one another in training, and let none of them weigh more than γ. With γ = 5:

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
    dashed=["min-SNR"],
)

# %% [markdown]
# For λ far below 0 v weighs x̂ as x does, above as ε does: roughly the larger of the two. In much noise ε hardly counts the clip at all. Min-SNR is ε's own weight up to γ (dashed, on ε's line), and stays there.
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
# Sampling starts from pure noise; training ends at the schedule's last level. Are they the same? Stable Diffusion's table of a thousand levels (*scaled linear*) ends where something of the clip is left.
# Lin et al. **rescale** it, so that nothing is: of all $\alpha=\sqrt{\bar\alpha}$ the same amount is taken away, as much as makes the last one 0, and what is left is stretched until the first is what it was.
#
# #### Exercise 4.4
# Write `rescale_zero_terminal_snr(alphas)`: `alphas` is a table of $\bar\alpha=\alpha^2$ that falls from its first entry to its last. A table of $\bar\alpha$ comes back, as long.
# <details><summary>Hint</summary>
# A straight line through two points: what was the last becomes 0, what was the first stays. The line is drawn for the <i>roots</i>.</details>


# %% exercise="4.4"
def rescale_zero_terminal_snr(alphas):
    """ᾱ that ends at 0 and begins where it did."""
    ### BEGIN SOLUTION
    root = alphas.sqrt()
    return ((root - root[-1]) * root[0] / (root[0] - root[-1])) ** 2
    ### END SOLUTION


rescale_zero_terminal_snr = check("4.4", rescale_zero_terminal_snr)

# %% award="4.4"
award("4.4")

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
        f"{name:13} last α = {alpha2.sqrt():.5f}, left of the mean {left:.5f}: {seen[0]:5.2f} or {seen[1]:5.2f} deviations of a mean of noise"
    )

# %% [markdown]
# What are these deviations? The mean of n values of noise strays by $\sigma/\sqrt n$; printed is how many of these the brightness is worth, in our clip of 8 frames of 16×16 and in as bright a one of 16 frames of 64×64. The more values, the easier to read. In training the network *sees* at the last level whether the clip is bright or dark. Then sampling starts from noise of mean 0, which
# says: neither bright nor dark. With the last α at 0 there is nothing to read. But then ε says nothing of the clip (section 4.3): **zero terminal SNR needs v**, or x, or the flow.

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
# **And trained networks?** In the next world each clip has a ground of its own, drawn evenly from black to white, and its digit has whichever of the two is farther. Three small transformers say v, each trained on one of three schedules (Stable Diffusion's as published,
# the same rescaled, and our cosine), with the same first weights, clips, noise and number of steps; DDIM then samples from pure noise by the network's own schedule. They were trained by a command.
# Digits they cannot draw: each is narrower than the patches that it reads, and its samples keep grain. Brightness is what they are asked for, so look at ten first frames of each from afar, as means over squares of 8×8 pixels, from the darkest to the brightest:

# %%
found = receipt("04_terminal")
pictures = pictures_of(found)
afar = {f"{name}, from afar": from_afar(pictures[name]) for name in ("real", *ENDS)}
show_image_grid(real=pictures["real"], **afar, height=64)

# %%
print(terminal_table(found), found, sep="\n")
trainings = len(found.seeds) * len(found["ends"])
print(f"({trainings} trainings of {found['training_steps']} steps came before it, which its minutes do not count.)")

# %%
rows = {"real clips": found["real"]["brightness"]}
for count, end in product(map(str, found["steps"]), ENDS):
    rows[f"{end}, {count} steps"] = [level for run in found["ends"][end] for level in run[count]["brightness"]]
show_brightness(rows, "How far do samples reach black and white?")

# %% [markdown]
# As published, samples keep to the middle: the spread of their brightness is half of the real one, and more steps do not change that. What the last level tells in training is not in the noise that sampling begins with. Rescaled, they reach farther,
# **but it takes steps**: most of the way in fifty, far less in twelve. The cosine, whose last level tells as little, is no better than the table as published in twelve steps, and between the two in fifty.
# (Rescaled − published is paired over three seeds, with Student's 95 % interval: both leave out 0.)
#
# Why steps? Where z tells nothing, x̂ is the mean of all clips: grey. Brightness is a mean over many values, so it emerges from the noise long before anything else does, at $\lambda=-\log(n\,s^2)$ for n values and a deviation s of brightness.
# A schedule that ends later than that gives it away beforehand, and a long step from the very end across it carries grey along. This can be seen without any training: the rows in brackets are what a *perfect* network would leave if clips were Gaussian, by one formula a step.
# The trained networks follow it in order, and for Stable Diffusion's table in size; at the cosine's end they are not perfect.

# %%
training = TRAINING.shortened(budget.pick(smoke=8, laptop=TRAINING.steps, gpu=TRAINING.steps))
yours = brightness(drawn(train_on("rescaled", training), 16, 12, seed=0)).std()
theirs = found["ends"]["rescaled"][0]["12"]["deviation"]
print(f"rescaled, {training.steps} steps: deviation of brightness {yours:.2f} over 16 samples;")
print(f"the receipt's, {TRAINING.steps} steps: {theirs:.2f} over {found['n']}")
emerges = -math.log(found["values"] * found["real"]["deviation"] ** 2)
print(f"Brightness emerges at λ = {emerges:.1f}; the table as published ends at λ = {published[-1].logit():.1f}.")

# %% [markdown]
# ## 4.6 What does chance change, and can a step look ahead?
# DDIM draws nothing on its way; chapter 3's ancestral sampler draws new noise in every step. Between the two lies a number, **η**. Of the noise that a step leaves, a part is drawn afresh, with the deviation (Song, Meng and Ermon 2021, eq. 16, in λ)
# $$c=\eta\;\sigma_s\sqrt{1-e^{\lambda_t-\lambda_s}} $$
# And of the old noise, ε̂, as much is kept as there is room for: at level s both together have the variance $\sigma_s^2$.
#
# #### Exercise 4.5
# Write `eta_step(x_hat, eps_hat, noise, logsnr_t, logsnr_s, eta)`: where a step from level t to the cleaner s leads. `x_hat` and `eps_hat` are the guesses at t, `noise` is drawn afresh from N(0, 1), both levels are tensors without axes,
# `eta` is a number from 0 to 1. `variance_preserving` is yours to use.
# <details><summary>Hint</summary>
# Three terms: the clip, the old noise, the fresh noise. Variances of independent noise add up, deviations do not.</details>


# %% exercise="4.5"
def eta_step(x_hat, eps_hat, noise, logsnr_t, logsnr_s, eta):
    """From t to s, part of the noise drawn afresh."""
    ### BEGIN SOLUTION
    alpha_s, sigma_s = variance_preserving(logsnr_s)
    fresh = eta * sigma_s * torch.sqrt(1 - torch.exp(logsnr_t - logsnr_s))
    return alpha_s * x_hat + (sigma_s**2 - fresh**2).sqrt() * eps_hat + fresh * noise
    ### END SOLUTION


eta_step = check("4.5", eta_step)

# %% award="4.5"
award("4.5")


# %%
def with_chance(model, z, schedule, objective, steps, cond=None, eta=1.0, generator=None):
    """The loop around the step; the last update is x̂ itself. Yields (z, x̂)."""
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1))
    for i, (logsnr_t, logsnr_s) in enumerate(pairwise(levels)):
        with torch.no_grad():
            output = model(z, logsnr_t.expand(len(z)), cond)
        x_hat, eps_hat = to_x_eps(objective, output, z, *schedule.alpha_sigma(logsnr_t))
        fresh = torch.randn(z.shape, generator=generator).to(z)
        z = x_hat if i == steps - 1 else eta_step(x_hat, eps_hat, fresh, logsnr_t, logsnr_s, eta)
        yield z, x_hat


def seeded():
    """The same chance for whoever asks."""
    return torch.Generator().manual_seed(11)


start = torch.randn(256, 1, 2, 1, 1, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
asked = world.network(Objective.V), start, LADDER, Objective.V, 12
mine = sample(with_chance(*asked, eta=1.0, generator=seeded()))
for name, other in (("ddim with η = 1", partial(ddim, eta=1.0)), ("chapter 3's ancestral sampler", ancestral)):
    print(f"this loop and {name}: {(mine - sample(other(*asked, generator=seeded()))).abs().max():.0e} apart")

# %% [markdown]
# So one number leads from DDIM to DDPM. A third sampler draws noise too: the reverse **stochastic differential equation**, walked in plain small steps (Euler–Maruyama):
# $$dz=z\;d\log\alpha+\sigma^2\,\nabla\log q(z)\;d\lambda+\sigma\sqrt{d\lambda}\;\epsilon.$$
# In the Gaussian world, *one* value of noise, twenty-four runs with each. What will the first panel look like?

# %%
runs = torch.full((24, 1, 1, 1, 1), 1.5, dtype=torch.float64)
doses = {f"η = {eta:g}": partial(with_chance, eta=eta) for eta in (0.0, 0.5, 1.0)}
fans = {}
for name, sampler in (doses | {"the SDE": euler_maruyama}).items():
    way = sampler(world.network(Objective.V), runs, LADDER, Objective.V, steps=48, generator=seeded())
    fans[name] = torch.stack([runs, *(z for z, _ in way)]).flatten(1)
show_fans(fans, LADDER.logsnr(torch.linspace(1, 0, 49)), (world.mean, world.std))

# %% [markdown]
# <details><summary>What we saw</summary>One line: without chance one noise makes one clip. The more is drawn afresh, the less the beginning decides, and with η = 1 or the SDE one noise reaches all clips (the grey band holds 95 % of them).</details>
#
# Does chance also bring the right *distribution*? From values that are distributed exactly as they should be at λ = −4, on to λ = 2, where mean and deviation are known. Printed is each as a share of what it should be:

# %%
counts = (2, 4, 8, 16, 64)
print(f"{'steps':>20}" + "".join(f"{count:>14}" for count in counts))
for name, sampler in (doses | {"the SDE": euler_maruyama}).items():
    row = [world.moments_half_way(sampler, count, generator=seeded()) for count in counts]
    print(f"{name + ':  mean, dev.':>20}" + "".join(f"{mean:8.2f}{deviation:6.2f}" for mean, deviation in row))

# %% [markdown]
# All of them come to 1 with many steps. With few, chance does *not* help: from η = 0 to 1 the deviation becomes smaller, not larger. x̂ is the mean of all clips that fit, and a step that puts the mean in the clip's place leaves out how far clips lie around it;
# what is drawn afresh brings back the noise of level s, not that. Euler–Maruyama errs to the other side, and wants many more steps than either.
#
# And on clips: the same noise twice, a caption, other chance.

# %%
twice, said = noise[:1].repeat(2, 1, 1, 1, 1), Cond(*tokenize(captions[:1] * 2))
again = {}
for name, sampler in doses.items():
    way = sampler(strong, twice, COSINE, Objective.V, steps, said, generator=seeded())
    again[name] = sample(way).clamp(-1, 1)
    print(f"{name}: the two clips are {(again[name][0] - again[name][1]).square().mean().sqrt():.2f} apart")
show_sheet(**again, captions=[part for _ in doses for part in ("first run", "second run")], height=64)

# %% [markdown]
# With η = 0 both runs are the same clip; with chance they are two clips of one caption. Whoever edits or inverts a clip (section 4.7) wants no chance; whoever wants many clips may like it, at the price of more steps.
#
# **Can a step look ahead?** Without chance, the path from noise to clip solves a differential equation, $d(z/\sigma)=\hat x\;d(\alpha/\sigma)$. DDIM holds x̂ for the length of a step:

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
# The slopes stand at the lines, fitted over all five points: twice the calls halve DDIM's error and quarter the others'. For as many calls 2M is ahead of Heun, which pays two for a step.
#
# **Now clips.** An order is a promise about *small* steps. Five or seven calls make large ones. How far is each sampler from where a fine path of the same noise leads? Before you run it: which is nearest?

# %%
fine = sample(dpm_solver_2m(strong, noise, COSINE, Objective.V, budget.pick(smoke=16, laptop=100, gpu=200), cond))
few = {}
for count in (5, 7):
    for name, sampler, needed in (("DDIM", ddim, count), ("Heun", heun, (count + 1) // 2), ("2M", remembering, count)):
        clip = sample(sampler(strong, noise, COSINE, Objective.V, needed, cond))
        few[f"{name}, {count} calls"] = clip.clamp(-1, 1)
        print(
            f"{count} calls  {name:5} {(clip - fine).square().mean().sqrt():.3f} from the fine path (root mean square)"
        )

# %%
rows = {"fine": fine.clamp(-1, 1)} | few
display(show_sheet(**{name: clip[:1] for name, clip in rows.items()}, captions=captions[:1] * len(rows)))
show(**{name: few[f"{name}, 5 calls"] for name in ("DDIM", "Heun", "2M")})

# %%
show_slice(
    fine=fine[:1].clamp(-1, 1), **{name: few[f"{name}, 5 calls"][:1] for name in ("DDIM", "Heun", "2M")}, side=128
)

# %% [markdown]
# <details><summary>What we saw</summary>DDIM and 2M close together, 2M the nearer by little; Heun last. A likely reason: within as many calls it takes half as many steps, and a higher order is no help to steps that large.
# Nor is near the fine path the same as good: in the picture you will hardly prefer one, and what is unsharp is so in the fine path too: that is the network, not the sampler. The cuts through time (x–t) agree with it: where the fine path's digit leaps between two frames, theirs leap too.</details>
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
show_sheet(**{name: clip[:1] for name, clip in back.items()}, captions=captions[:1] * len(back))

# %% [markdown]
# The way back finds the clip the better the finer both ways are cut: as DDIM's own error, what is lost falls with the steps. But look at the second number. **What was found is not quite noise**: it leads back to the clip, and is quieter
# than what the network was trained to start from, the more so the fewer the steps.
#
# ## 4.8 What is a student of fewer steps taught?
# A sampler of N steps can be *distilled*: a student learns to do in one step what its teacher does in two, then another from that one, and so on: **progressive distillation** (Salimans & Ho 2022). What must the student say for its one step, t → s,
# to end exactly where the teacher's two end, t → middle → s? By 4.6 a step of DDIM is linear in x̂,
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
# So the guidance is distilled too (Meng et al. 2023): the student is asked once a step, where its teacher is asked twice. x̂'s squared error weighs max(SNR, 1), as in the paper: by section 4.4, about what v's own loss weighs. No caption is hidden any more.

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
show_sheet(**{name: sample(way).clamp(-1, 1) for name, way in ways.items()})

# %% [markdown]
# The student's 5 is whole, where the teacher's in as many calls, 4 steps, is not; its 3 nearly closes into an 8, and the teacher's in 4 steps is none any more. Two clips decide nothing; here are a hundred.
# Two more students were trained from it in turn, of 4 and of 2 steps, each with the one before as its teacher. A command drew each way of sampling with the same captions and the same noise, and read the clips; this cell only prints what it wrote. Intervals are of 95 %: Wilson's for a share, and
# that of matched proportions for a difference of two ways clip by clip.

# %%
found = receipt("04_distill")
print(distill_table(found), differences_table(found), found, sep="\n")
lengths = ", ".join(f"{each['steps']} ({count} steps)" for count, each in reversed(found["training"].items()))
print(f"Steps of training, of 4 clips each: {lengths}. These and the drawing were kept from before.")
show_steps(found)

# %% [markdown]
# **A student keeps more digits than its teacher in as many steps, and far more in as many calls of the network**: a guided teacher is asked twice a step, and its student has the guidance in its weights. The students of 4 and of 2 steps are hardly told apart from the teacher in twice as many.
# The student of 8 is not: it keeps fewer digits than the teacher's 16 steps, and the interval of the difference is far from 0. From the same noise its clips even end farther from those of the 16 steps than the teacher's own 8 do: what it makes is more legible, and another clip.
# <details><summary>Why might more lessons not close this?</summary>A lesson begins at a real clip in noise. At sampling, the student is asked about its own z, which guidance has driven to where real clips hardly lead: there it has had no lesson. That this is the reason has not been measured.</details>
#
# Directions are kept in a few steps already, by both.
#
# ## 4.9 What if the network knew the whole way?
# A student needs a teacher. **MeanFlow** (Geng et al. 2025) has none. Its mixture is the flow's, with a time t from 0 (clip) to 1 (noise): $z_t=(1-t)\,x+t\,\epsilon$, of velocity $v=\epsilon-x$. First the smallest world there is: a clip is *one number*, −1 or 1, equally often.
# Many clips pass through the same z, and a perfect network says the mean of their velocities. We follow it from four starts in many small steps, and once in a single large one:

# %%
starts = torch.tensor([-1.6, -0.5, 0.4, 1.3])
times, places = path(starts)
show_ways(times, places, velocity(starts, torch.ones(())), "A path, and two ways to cut it short")

# %%
at_once = starts - velocity(starts, torch.ones(()))
print("many steps end at ", " ".join(f"{z:6.2f}" for z in places[-1]))
print("one step ends at  ", " ".join(f"{z:6.2f}" for z in at_once))

# %% [markdown]
# In plain noise nothing tells the two clips apart, so the velocity points at their mean, 0, from everywhere. Only on the way does the path bend to one of them. **The velocity at a point is not the velocity of the way.** That is the *average* (blue, dashed),
# $$u(z_t,r,t)=\frac1{t-r}\int_r^t v(z_\tau,\tau)\,d\tau, \qquad z_r=z_t-(t-r)\,u(z_t,r,t),$$
# and whoever knows it arrives in one step. How is it learnt without walking every path? Multiply by $t-r$ and differentiate along the path:
# $$u+(t-r)\,\frac{du}{dt}=v \quad\Rightarrow\quad u=v-(t-r)\,\frac{du}{dt}, \qquad \frac{du}{dt}=\frac{\partial u}{\partial z}\,v+\frac{\partial u}{\partial t}.$$
# No integral is left. On the right stand the velocity and the network's own derivative along the path, in the direction in which z moves by v, r by 0 and t by 1. `torch.func.jvp(f, inputs, tangents)` gives both f and its derivative in such a direction:

# %%
value, slope = torch.func.jvp(
    lambda z, t: z * t**2, (torch.tensor(3.0), torch.tensor(2.0)), (torch.tensor(1.0), torch.tensor(1.0))
)
print(f"z t² at z = 3, t = 2: {value:.0f}; when both grow: t² + 2 z t = {slope:.0f}")

# %% [markdown]
# #### Exercise 4.9
# Write `mean_flow_target(u, z, v, r, t)`: what $u(z,r,t)$ should be, a constant through which no gradient flows. `u` is a function of `(z, r, t)`; `r` and `t` hold a time for each clip, and `like(t - r, z)` has a shape that multiplies clips.
# <details><summary>Hint</summary>
# <code>torch.func.jvp</code> wants a tangent of the same shape for each input. r is where the step ends, and it stays there.</details>


# %% exercise="4.9"
def mean_flow_target(u, z, v, r, t):
    """v less how u changes on the way."""
    ### BEGIN SOLUTION
    _, du_dt = torch.func.jvp(u, (z, r, t), (v, torch.zeros_like(r), torch.ones_like(t)))
    return (v - like(t - r, z) * du_dt).detach()
    ### END SOLUTION


mean_flow_target = check("4.9", mean_flow_target)

# %% award="4.9"
award("4.9")

# %% [markdown]
# What does it say where a step has no length, r = t? Then nothing is subtracted: the target is v, and **MeanFlow is flow matching**. So a part of each batch, r = t, learns where the velocities point, and the rest learns how they add up.
#
# The identity speaks of the mean velocity at z. Who trains has one clip and one noise, and takes their ε − x. May one?
# <details><summary>Answer</summary>Yes, as in flow matching. The target is linear in v, and squares are least at the mean of the targets: over all clips and noises that pass through z that is the target with the mean velocity. (That u in it is the network's own, and not yet right, is another matter: it improves as the short steps do.)</details>
#
# A small network of $(z,r,t)$ learns the two points so, by your target, and another one with r = t always:


# %%
def learn(share, steps):
    """A network of average velocities; the target is an average for this share of the batch, and a velocity for the others."""
    torch.manual_seed(0)
    u = Span()
    optimizer = torch.optim.Adam(u.parameters(), lr=0.01)
    pace = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        x, eps = torch.randint(0, 2, (256, 1)) * 2.0 - 1, torch.randn(256, 1)
        r, t = torch.rand(2, 256).sort(0).values
        r = torch.where(torch.rand(256) < share, r, t)
        z, v = (1 - like(t, x)) * x + like(t, x) * eps, eps - x
        loss = (u(z, r, t) - mean_flow_target(u, z, v, r, t)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        pace.step()
    return u.requires_grad_(False)


steps = budget.pick(smoke=700, laptop=4000, gpu=4000)
averages, velocities = learn(0.5, steps), learn(0.0, steps)


# %% [markdown]
# Both are sampled from the same noise in even steps, $z_r=z_t-(t-r)\,u$, the second as ever, with the velocity at each step's start:


# %%
def walk(u, z, steps, average):
    """From time 1 to 0; with an average, u is told where the step ends."""
    for t, r in pairwise(torch.linspace(1, 0, steps + 1)):
        z = z - (t - r) * u(z, (r if average else t).expand(len(z)), t.expand(len(z)))
    return z


z_1, found = torch.randn(4000, 1, generator=chance), {}
for count in (1, 2, 4, 16):
    for name, u, average in (("velocity", velocities, False), ("average", averages, True)):
        x_0 = found[f"{name}, {count}"] = walk(u, z_1, count, average)
        near = ((x_0.abs() - 1).abs() < 0.25).float().mean()
        print(f"{count:2} steps by the {name:8} mean size {x_0.abs().mean():.2f}, {near:5.0%} within 0.25 of a clip")

# %%
bins = torch.linspace(-2, 2, 81)
several = {
    f"one step by the {name[:-3]}": x_0.histogram(bins).hist / len(x_0)
    for name, x_0 in found.items()
    if name.endswith(" 1")
}
show_curves(
    (bins[1:] + bins[:-1]) / 2,
    several,
    xlabel="sample",
    ylabel="share of 4,000",
    heading="Samples of a world of −1 and 1",
)

# %% [markdown]
# One step along the velocity ends at 0, which is no clip. One step along the average ends mostly near −1 and 1, the nearer the longer it was trained (the `smoke` budget is short, and some overshoot). After sixteen steps both are about equally good: **the average buys few steps, and not better ones.**
#
# **And clips?** In the library `UNetConfig(average=True)` builds a U-Net that is told r as well, in its `Cond`; `MeanFlow` is a loss as `Denoising` is; and `few_steps` is the loop that you have seen:

# %%
print(MeanFlow())
show_source(few_steps)

# %% [markdown]
# A quarter of each batch has r < t; times gather around the middle; and each clip's squared error is divided by its own size. In a network with attention the product has a price: the fast kernels of attention have no such derivative, and the library takes the plain one for it.
#
# A small trial was made beforehand: three numerals, slowly to the left or right, and a perceptron that takes a whole clip as a row of numbers. Flow matching is the same loss with r = t always, from the same first weights, with the same clips, noise and times; once for as many steps of training (in brackets below), once for about as much work.
# How far are samples from real clips of the same captions? The *energy distance* is 0, on average, between two sets from one distribution:

# %%
found = receipt("04_mean_flow")
print(mean_flow_table(found), found, sep="\n")
print(f"For comparison: other real clips {found['real']:.2f}, the mean of all clips {found['blur']:.2f}.")
print(f"(The nine trainings before it took {found['training_minutes']:.0f} minutes on a busy machine.)")
ratio = found["seconds"]["MeanFlow"] / found["seconds"]["flow matching"]
print(f"A step of MeanFlow's training took {ratio:.1f} times as long as one of flow matching.")

# %%
shown_clips = {
    f"{way}, {n} step{'s' * (n > 1)}": shown(found, way, n) for n in (1, 4) for way in ("flow matching", "MeanFlow")
}
display(show_sheet(**{name: clip[1:] for name, clip in shown_clips.items()}))
show(**shown_clips)

# %% [markdown]
# With one, two and four steps all seeds of MeanFlow are nearer to real clips than all seeds of flow matching, also of the one that was trained for about as much work. With sixteen that is over: the seeds overlap, and flow matching, trained for longer, has the smallest mean of all.
# Nor has it forgotten the velocity: asked at r = t, it is about as good as a network that learnt nothing else. But look at the pictures, too. **One step is a blur that moves as it was told**, far from real clips by the same measure; four steps have a shape and grain. These networks are small and hardly trained:
# the trial shows what an average is worth at few steps, and not how good one step can become.
#
# ## 4.10 How this goes wrong
# Three patients: the zoo's network, six steps, the same noise, and one mistake each in the code around it. Patients 1 and 3 should be DPM-Solver++(2M), as in the first row; patient 2 should be the turns of section 4.2, as in the second. The picture shows the second of two clips and cuts at ±1; the table takes both as they are. Decide before you open the answers.

# %%
patients = clinic(strong, noise[:2], 6, Cond(*tokenize(captions[:2])))
show_sheet(**{name: clip[1:].clamp(-1, 1) for name, clip in patients.items()}, captions=captions[1:2] * len(patients))

# %%
plain = dpm_solver_2m(teacher.denoiser, noise[:2], COSINE, Objective.V, 6, Cond(*tokenize(captions[:2])))
print(clinic_table(patients | {"2M, no guidance": sample(plain)}))

# %% [markdown]
# The last row is healthy too: what the healthy ones have beyond ±1.2 is guidance, which overshoots a little. What the patients have is more.
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
