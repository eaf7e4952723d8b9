import math

import torch
from torch import expm1, sigmoid


def from_the_noise_estimate(model, z, steps, cond=None, generator=None):
    """DDIM's step with η = 1: part of the estimated noise stays, the rest is drawn anew; in angles, the last step outside the loop."""
    u = torch.arange(steps, 0, -1) / steps
    for now, then in zip(u, [*u[1:], None], strict=True):
        angle = (math.pi / 2 * now).clamp(max=math.pi / 2 - 4.54e-5)
        logsnr_t = -2 * torch.log(torch.tan(angle))
        with torch.no_grad():
            v = model(z, logsnr_t.repeat(z.shape[0]), cond)
        x_hat, eps_hat = angle.cos() * z - angle.sin() * v, angle.sin() * z + angle.cos() * v
        if then is None:
            yield x_hat, x_hat
            return
        logsnr_s = -2 * torch.log(torch.tan(math.pi / 2 * then))
        fresh = sigmoid(-logsnr_s) * -expm1(logsnr_t - logsnr_s)
        kept = (sigmoid(-logsnr_s) - fresh).clamp(min=0).sqrt()
        noise = torch.empty_like(z).normal_(generator=generator)
        z = sigmoid(logsnr_s).sqrt() * x_hat + kept * eps_hat + fresh.sqrt() * noise
        yield z, x_hat


SECOND = from_the_noise_estimate

GRID = "cosine_logsnr(torch.linspace(1, 0, steps + 1))"
GUESS = "alpha * z - sigma * model(z, levels[i].expand(len(z)), cond)"
POSTERIOR = "posterior(x_hat, z, levels[i + 1], levels[i])"
NOISE = "torch.randn(z.shape, generator=generator)"
DRAW = "mean + variance.sqrt() * noise"
NEXT = f"x_hat if i == steps - 1 else {DRAW}"

RIGHT = {
    # torch lets gradients on again at each `yield`
    "decorated_without_gradients": [
        ("def sampler(", "@torch.no_grad()\ndef sampler("),
        ("with torch.no_grad():", "if True:"),
    ],
    "by_normal": (NOISE, "torch.normal(0.0, 1.0, z.shape, generator=generator)"),
    "loop_over_pairs": [
        ("for i in range(steps):", "for i, (t, s) in enumerate(itertools.pairwise(levels)):"),
        (POSTERIOR, "posterior(x_hat, z, s, t)"),
    ],
    "under_no_grad_as_a_whole": (f"z = {NEXT}", f"z = ({NEXT}).detach()"),
    "last_step_by_its_variance": (NEXT, f"torch.where(torch.tensor(i < steps - 1), {DRAW}, x_hat)"),
}

WRONG = {
    "pairs": {
        "only_the_last_returned": ("        yield z, x_hat", "    return z, x_hat"),
        "only_the_last_yielded": ("        yield z, x_hat", "    yield z, x_hat"),
        "z_alone_yielded": ("yield z, x_hat", "yield z"),
        "all_at_once": [
            ("    for i in", "    pairs = []\n    for i in"),
            ("        yield z, x_hat", "        pairs.append((z, x_hat))\n    yield from pairs"),
        ],
        "a_list": [
            ("    for i in", "    pairs = []\n    for i in"),
            ("        yield z, x_hat", "        pairs.append((z, x_hat))\n    return pairs"),
        ],
        "one_step_too_few": ("range(steps):", "range(steps - 1):"),
        "the_noise_yielded_too": ("    for i in", "    yield z, z\n    for i in"),
        # every pair that was kept is the last one
        "changed_after_it_was_yielded": [
            ("    for i in", "    z = z.clone()\n    for i in"),
            (f"z = {NEXT}", f"z.copy_({NEXT})"),
        ],
    },
    "levels": {
        "from_clip_to_noise": ("linspace(1, 0,", "linspace(0, 1,"),
        "told_the_time": ("levels[i].expand", "torch.linspace(1, 0, steps + 1)[i].expand"),
        "told_where_it_arrives": ("levels[i].expand", "levels[i + 1].expand"),
        "told_one_number_for_all": ("levels[i].expand(len(z))", "levels[i]"),
        "one_level_short": (GRID, f"torch.cat([{GRID.replace('steps + 1', 'steps')}, torch.tensor([20.0])])"),
        "equal_steps_in_the_log_snr": (GRID, "torch.linspace(-20, 20, steps + 1)"),
        "linear_schedule": (GRID, "LINEAR.logsnr(torch.linspace(1, 0, steps + 1))"),
    },
    "caption": {
        "caption_forgotten": (", cond)", ")"),
        "caption_in_the_first_step_alone": (", cond)", ", cond if i == 0 else None)"),
    },
    "guess": {
        "network_taken_for_the_guess": (GUESS, GUESS.removeprefix("alpha * z - sigma * ")),
        "network_taken_for_the_noise": (GUESS, f"(z - sigma * {GUESS.removeprefix('alpha * z - sigma * ')}) / alpha"),
        "alpha_and_sigma_exchanged": ("alpha, sigma = variance", "sigma, alpha = variance"),
        "sign_of_v": ("alpha * z - sigma", "alpha * z + sigma"),
        "of_the_level_where_it_arrives": ("variance_preserving(levels[i])", "variance_preserving(levels[i + 1])"),
        "always_from_the_noise": [("    for i in", "    start = z\n    for i in"), ("alpha * z -", "alpha * start -")],
    },
    "mean": {
        "levels_exchanged": (POSTERIOR, "posterior(x_hat, z, levels[i], levels[i + 1])"),
        "guess_and_z_exchanged": (POSTERIOR, "posterior(z, x_hat, levels[i + 1], levels[i])"),
        # a fresh z_s from x̂, which forgets the path so far
        "noised_again_from_the_guess": (DRAW, "noise_clip(x_hat, levels[i + 1].expand(len(z)), generator)[0]"),
        "deterministic": (
            DRAW,
            "variance_preserving(levels[i + 1])[0] * x_hat + variance_preserving(levels[i + 1])[1] * (z - alpha * x_hat) / sigma",
        ),
        "noise_added_to_z": (DRAW, DRAW.replace("mean", "z")),
        "noise_drawn_once_for_all_steps": [
            (f"        noise = {NOISE}\n", ""),
            ("    for i in", f"    noise = {NOISE}\n    for i in"),
        ],
        "guess_carried_on": (DRAW, DRAW.replace("mean", "x_hat")),
    },
    "size of the noise": {
        "variance_for_deviation": ("variance.sqrt()", "variance"),
        "no_noise": (DRAW, "mean"),
        "noise_of_level_s": ("variance.sqrt()", "variance_preserving(levels[i + 1])[1]"),
        "forward_step_s_noise": (
            "variance.sqrt()",
            "((1 - torch.exp(levels[i] - levels[i + 1])) * sigma**2).sqrt()",
        ),
    },
    "fresh noise": {
        "shared_by_the_frames": (NOISE, "torch.randn(z[:, :, :1].shape, generator=generator)"),
        "second_half_like_the_first": (
            NOISE,
            "torch.cat([torch.randn(z[:, :, :4].shape, generator=generator)] * 2, 2)",
        ),
        "shared_by_the_clips": (NOISE, "torch.randn(z[:1].shape, generator=generator)"),
    },
    "normal": {
        "uniform": (NOISE, "(torch.rand(z.shape, generator=generator) - 0.5) * 12**0.5"),
        "signs_alone": (NOISE, f"{NOISE}.sign()"),
    },
    "last step": {
        "noise_at_the_last_step_too": (NEXT, f"{DRAW.replace('variance', 'variance.clamp(min=0.01)')}"),
        "mean_of_the_next_to_last_level": (NEXT, f"{DRAW} if i < steps - 1 else z"),
    },
    "repeatable": {"generator_forgotten": (NOISE, "torch.randn_like(z)")},
    "its own seed": {
        "seeded_by_the_step": (NOISE, NOISE.replace("=generator", "=torch.Generator().manual_seed(i)")),
    },
    "any number of steps": {"never_more_than_four": ("range(steps)", "range(min(steps, 4))")},
    "without gradients": {
        "graph_kept": ("with torch.no_grad():", "if True:"),
        "switched_off_for_the_caller_too": [
            ("        with torch.no_grad():\n    ", "        torch.set_grad_enabled(False)\n"),
            ("        yield z, x_hat", "        yield z, x_hat\n    torch.set_grad_enabled(True)"),
        ],
    },
}
