import torch


def by_the_jacobian(denoise, z, known, mask, alpha, weight):
    """∇_z ‖known − x̂‖² written out: −2 Jᵀ (known − x̂), the product taken by torch.autograd.functional."""
    z = z.detach()
    residual = torch.where(mask, known - denoise(z).detach(), torch.zeros_like(z))
    x_hat, product = torch.autograd.functional.vjp(denoise, z, residual)
    return x_hat + weight * alpha * product


SECOND = by_the_jacobian

WRONG = {
    "weight 0": {
        "guess_forgotten": ("(x_hat - weight", "(z - weight"),
        "always_some_weight": ("x_hat - weight", "x_hat - (1 + weight)"),
    },
    "reaches the unknown part": {
        # the gradient by x̂ itself, which is zero wherever nothing is known
        "gradient_to_the_guess": ("grad(error, z)", "grad(error, x_hat)"),
        # only the known part is put right
        "replacement": ("(x_hat - weight * alpha / 2 * gradient)", "torch.where(mask, known, x_hat)"),
    },
    "known part only": {
        "error_everywhere": ("[mask]", ""),
        "mask_inverted": ("[mask]", "[~mask]"),
    },
    "direction": {"up_the_gradient": ("x_hat - weight", "x_hat + weight")},
    "length": {
        "mean_of_squares": (".sum()", ".mean()"),
        "half_forgotten": ("alpha / 2", "alpha"),
        "alpha_forgotten": ("weight * alpha", "weight"),
        "norm_not_squared": (".sum()", ".sum().sqrt()"),
    },
    "in a sampler": {"gradients_not_switched_on": ("with torch.enable_grad():", "if True:")},
    "detached": {"graph_kept": ("gradient).detach()", "gradient)")},
}
