import torch


def by_the_jacobian(denoise, z, known, mask, alpha, weight):
    """∇_z ‖known − x̂‖² written out: −2 Jᵀ (known − x̂), the product taken by torch.autograd.functional."""
    z = z.detach()
    residual = torch.where(mask, known - denoise(z).detach(), torch.zeros_like(z))
    x_hat, product = torch.autograd.functional.vjp(denoise, z, residual)
    return x_hat + weight * alpha * product


SECOND = by_the_jacobian

RESULT = "(x_hat - weight * alpha / 2 * gradient).detach()"

RIGHT = {
    "by_where": ("(known - x_hat)[mask]", "torch.where(mask, known - x_hat, 0.0)"),
    "masked_by_multiplication": ("(known - x_hat)[mask]", "((known - x_hat) * mask)"),
    "by_backward": ("gradient = torch.autograd.grad(error, z)[0]", "error.backward()\n        gradient = z.grad"),
    "asked_again_for_the_guess": ("return (x_hat", "return (denoise(z).detach()"),
}

WRONG = {
    "weight 0": {
        "z_moved": ("(x_hat - weight", "(z - weight"),
        "always_some_weight": ("x_hat - weight", "x_hat - (1 + weight)"),
        # only the known part is put right
        "replacement": ("(x_hat - weight * alpha / 2 * gradient)", "torch.where(mask, known, x_hat)"),
        "known_frames_pasted": (f"return {RESULT}", f"return torch.where(mask, known, {RESULT})"),
        "anything_in_the_known_frames": (
            f"return {RESULT}",
            f"out = {RESULT}\n    out[mask] = 12345.0\n    return out",
        ),
        "nothing_in_the_known_frames": (
            f"return {RESULT}",
            f"out = {RESULT}\n    out[mask] = torch.nan\n    return out",
        ),
        "the_step_alone": ("(x_hat - weight", "(-weight"),
    },
    "known part only": {
        "error_everywhere": ("[mask]", ""),
        "first_frames_taken_for_the_known": ("[mask]", "[:, :, :3]"),
        "mask_inverted": ("[mask]", "[~mask]"),
    },
    "whole clip": {
        # the gradient by x̂ itself, which is zero wherever nothing is known
        "gradient_to_the_guess": ("grad(error, z)", "grad(error, x_hat)"),
        "known_frames_not_moved": (f"return {RESULT}", f"return torch.where(mask, x_hat.detach(), {RESULT})"),
        "open_frames_not_moved": (f"return {RESULT}", f"return torch.where(mask, {RESULT}, x_hat.detach())"),
        "up_the_gradient": ("x_hat - weight", "x_hat + weight"),
        "mean_of_squares": (".sum()", ".mean()"),
        "half_forgotten": ("alpha / 2", "alpha"),
        "alpha_forgotten": ("weight * alpha", "weight"),
        "norm_not_squared": (".sum()", ".sum().sqrt()"),
        "mean_over_the_clips": (".sum()", ".sum() / len(z)"),
        "weight_of_its_own": ("weight * alpha", "(0.5 if weight else 0.0) * alpha"),
        "weight_squared": ("weight *", "weight**2 *"),
        # the step that Song et al. 2021 would take from where z already is
        "error_of_the_noisy_clip": ("(known - x_hat)[mask]", "(known - z)[mask]"),
    },
    "in a sampler": {
        "gradients_not_switched_on": ("with torch.enable_grad():", "if True:"),
        "switched_on_too_late": [
            (
                "    with torch.enable_grad():\n        z = z.detach().requires_grad_()\n        x_hat = denoise(z)\n",
                "    z = z.detach().requires_grad_()\n    x_hat = denoise(z)\n    with torch.enable_grad():\n",
            ),
        ],
        "no_gradient_made_zero": [
            ("with torch.enable_grad():", "if torch.is_grad_enabled():"),
            ("    return (x_hat", "    else:\n        return denoise(z)\n    return (x_hat"),
        ],
    },
    "detached": {"graph_kept": ("gradient).detach()", "gradient)")},
}
