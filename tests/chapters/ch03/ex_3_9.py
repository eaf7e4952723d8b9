import torch

from minivid.diffusion.schedule import COSINE


def in_angles(model, ema, optimizer, x, eps, u, cond, decay):
    """The angle φ with α = cos φ, σ = sin φ, and v as the derivative of z by it; clipped by hand, zeroed at the end."""
    phi = torch.atan(torch.exp(-COSINE.logsnr(u) / 2))
    turn = phi[:, None, None, None, None]
    z, v = turn.cos() * x + turn.sin() * eps, turn.cos() * eps - turn.sin() * x
    loss = torch.nn.functional.mse_loss(model(z, -2 * torch.log(torch.tan(phi)), cond), v)
    loss.backward()
    weights = [weight for weight in model.parameters() if weight.grad is not None]
    norm = torch.cat([weight.grad.flatten() for weight in weights]).norm().item()
    for weight in weights:
        weight.grad /= max(1.0, norm)
    optimizer.step()
    optimizer.zero_grad()
    for name, average in ema.state_dict().items():
        average.copy_(decay * average + (1 - decay) * model.state_dict()[name])
    return loss.item(), norm


SECOND = in_angles

SHOWN = "alpha * x + sigma * eps"
V = "v = alpha * eps - sigma * x"
LOSS = "(v_hat - v).square().mean()"
BACKWARD = "    loss.backward()\n"
ZERO = "    optimizer.zero_grad()\n"
CLIP = "    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n"
STEP = "    optimizer.step()\n"

RIGHT = {
    "loss_and_norm_as_numbers": ("return loss.detach(), norm", "return loss.item(), norm.item()"),
    "loss_attached": ("return loss.detach(), norm", "return loss, norm"),
    "mean_clip_by_clip": (LOSS, "(v_hat - v).square().flatten(1).mean(1).mean()"),
    "by_mse_loss": (LOSS, "F.mse_loss(v_hat, v)"),
    "zeroed_first_of_all": [(ZERO, ""), ("    logsnr =", ZERO + "    logsnr =")],
    "zeroed_last": [(ZERO, ""), (STEP, STEP + ZERO)],
    "zeroed_by_the_model": (ZERO, "    model.zero_grad()\n"),
    "average_by_mul_and_add": ("average.lerp_(weight, 1 - decay)", "average.mul_(decay).add_(weight, alpha=1 - decay)"),
    "average_by_copy": ("average.lerp_(weight, 1 - decay)", "average.copy_(decay * average + (1 - decay) * weight)"),
    "average_of_the_data": (
        "average.lerp_(weight, 1 - decay)",
        "average.data = decay * average.data + (1 - decay) * weight.data",
    ),
}

WRONG = {
    "noised clip": {
        "columns_scaled": ("(like(level, x) for level in variance_preserving(logsnr))", "variance_preserving(logsnr)"),
        "clean_clip_shown": (SHOWN, "x"),
        "one_level_for_the_batch": ("cosine_logsnr(u)", "cosine_logsnr(u[:1].expand_as(u))"),
        # rectified flow's path under the cosine's name
        "straight_line_to_the_noise": (SHOWN, "(1 - like(u, x)) * x + like(u, x) * eps"),
        "linear_schedule": ("cosine_logsnr(u)", "LINEAR.logsnr(u)"),
        "noise_of_its_own": (SHOWN, "alpha * x + sigma * torch.randn_like(x)"),
        "the_time_for_the_level": ("cosine_logsnr(u)", "u"),
        "only_the_loss_returned": ("return loss.detach(), norm", "return loss.detach()"),
        # nothing is learnt, and the line that says so is far from the one that is wrong
        "without_gradients": ("v_hat = model(", "with torch.no_grad():\n        v_hat = model("),
        "detached": ("cond)\n", "cond).detach()\n"),
        "as_a_number": (LOSS, f"torch.tensor({LOSS}.item())"),
        "the_average_trained": ("v_hat = model(", "v_hat = ema("),
        "two_steps_in_one": (STEP, STEP + STEP),
        "a_loss_for_each_clip_returned": ("return loss.detach()", "return (v_hat - v).square().flatten(1).mean(1)"),
    },
    "noise level": {
        "told_the_time": ("logsnr, cond)", "u, cond)"),
        # log(α/σ) for log(α²/σ²)
        "told_half_the_log_snr": ("logsnr, cond)", "logsnr / 2, cond)"),
        "told_a_level_shaped_like_the_clip": ("logsnr, cond)", "like(logsnr, x), cond)"),
    },
    "caption": {"caption_dropped": (", cond)\n", ")\n")},
    "loss": {
        "noise_for_v": (V, "v = eps"),
        "clip_for_v": (V, "v = x"),
        "flow_for_v": (V, "v = eps - x"),
        "v_with_the_wrong_sign": (V, "v = sigma * x - alpha * eps"),
        "v_with_a_plus": (V, "v = alpha * eps + sigma * x"),
        "v_with_alpha_and_sigma_exchanged": (V, "v = sigma * eps - alpha * x"),
        "sum_over_values": (LOSS, "(v_hat - v).square().flatten(1).sum(1).mean()"),
        "sum_over_the_batch": (LOSS, "(v_hat - v).square().flatten(1).mean(1).sum()"),
        "absolute_error": (".square()", ".abs()"),
        "signed_error": (".square()", ""),
        "norm_first": ("return loss.detach(), norm", "return norm, loss.detach()"),
        "root": (".square().mean()", ".square().mean().sqrt()"),
    },
    "gradient": {
        "zeroed_after_backward": [(ZERO, ""), (BACKWARD, BACKWARD + ZERO)],
        "step_before_backward": [(STEP, ""), (BACKWARD, STEP + BACKWARD)],
        "always_scaled_to_1": (CLIP, CLIP + "    for p in model.parameters():\n        p.grad /= norm\n"),
        "backward_of_the_norm_s_size": (BACKWARD, "    (loss / 2).backward()\n"),
    },
    "own gradient": {"never_zeroed": (ZERO, "")},
    "clipped": {
        "not_clipped": ("model.parameters(), 1.0", "model.parameters(), 1e9"),
        "clipped_after_the_step": [(CLIP, ""), (STEP, STEP + CLIP)],
        "each_number_by_itself": (
            CLIP,
            CLIP.replace("1.0", "1e9") + "    nn.utils.clip_grad_value_(model.parameters(), 1.0)\n",
        ),
        "each_weight_by_itself": (
            CLIP,
            CLIP.replace("1.0", "1e9") + "    for p in model.parameters():\n        nn.utils.clip_grad_norm_(p, 1.0)\n",
        ),
        "clipped_at_another_length": ("model.parameters(), 1.0", "model.parameters(), 2.0"),
    },
    "norm": {
        "norm_after_clipping": ("return loss.detach(), norm", "return loss.detach(), norm.clamp(max=1.0)"),
        "loss_twice": ("return loss.detach(), norm", "return loss.detach(), loss.detach()"),
    },
    "average": {
        "average_forgotten": ("average.lerp_(weight, 1 - decay)", "pass"),
        "another_name_bound": ("average.lerp_(weight, 1 - decay)", "average = average.lerp(weight, 1 - decay)"),
        "decay_of_its_own": ("1 - decay", "0.1"),
        "shares_exchanged": ("1 - decay", "decay"),
        "before_the_step": [
            (STEP, ""),
            ("    return loss.detach(), norm", f"{STEP}    return loss.detach(), norm"),
        ],
        "with_gradients_on": ("with torch.no_grad():", "if True:"),
        "copied": ("average.lerp_(weight, 1 - decay)", "average.copy_(weight)"),
        "shares_that_do_not_add_up": ("average.lerp_(weight, 1 - decay)", "average.add_(weight, alpha=1 - decay)"),
        "drawn_the_other_way": ("average.lerp_(weight, 1 - decay)", "weight.lerp_(average, 1 - decay)"),
    },
}
