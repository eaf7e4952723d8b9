import torch


def by_the_jacobian(denoise, z, known, mask, alpha, weight):
    """∇_z ‖known − x̂‖² written out: −2 Jᵀ (known − x̂), the product taken by torch.autograd.functional."""
    z = z.detach()
    residual = torch.where(mask, known - denoise(z).detach(), torch.zeros_like(z))
    x_hat, product = torch.autograd.functional.vjp(denoise, z, residual)
    return x_hat + weight * alpha * product


SECOND = by_the_jacobian


def gradient_of(error, denoise, z):
    """x̂ and the gradient of an error of it, at z."""
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        x_hat = denoise(z)
        return x_hat.detach(), torch.autograd.grad(error(x_hat), z)[0]


def squares(known, mask):
    return lambda x_hat: (known - x_hat)[mask].square()


def guess_forgotten(denoise, z, known, mask, alpha, weight):
    _, gradient = gradient_of(lambda x_hat: squares(known, mask)(x_hat).sum(), denoise, z)
    return z - 0.5 * weight * alpha * gradient


def always_some_weight(denoise, z, known, mask, alpha, weight):
    return by_the_jacobian(denoise, z, known, mask, alpha, 1 + weight)


def gradient_to_the_guess(denoise, z, known, mask, alpha, weight):
    """The gradient by x̂ itself, which is zero wherever nothing is known."""
    x_hat = denoise(z)
    return (x_hat + weight * alpha * (known - x_hat) * mask).detach()


def replacement(denoise, z, known, mask, alpha, weight):
    """Only the known part is put right."""
    return torch.where(mask, known, denoise(z)).detach()


def error_everywhere(denoise, z, known, mask, alpha, weight):
    return by_the_jacobian(denoise, z, known, torch.ones_like(mask), alpha, weight)


def mask_inverted(denoise, z, known, mask, alpha, weight):
    return by_the_jacobian(denoise, z, known, ~mask, alpha, weight)


def up_the_gradient(denoise, z, known, mask, alpha, weight):
    return by_the_jacobian(denoise, z, known, mask, alpha, -weight)


def mean_of_squares(denoise, z, known, mask, alpha, weight):
    x_hat, gradient = gradient_of(lambda x_hat: squares(known, mask)(x_hat).mean(), denoise, z)
    return x_hat - 0.5 * weight * alpha * gradient


def half_forgotten(denoise, z, known, mask, alpha, weight):
    return by_the_jacobian(denoise, z, known, mask, alpha, 2 * weight)


def alpha_forgotten(denoise, z, known, mask, alpha, weight):
    return by_the_jacobian(denoise, z, known, mask, 1, weight)


def norm_not_squared(denoise, z, known, mask, alpha, weight):
    x_hat, gradient = gradient_of(lambda x_hat: squares(known, mask)(x_hat).sum().sqrt(), denoise, z)
    return x_hat - 0.5 * weight * alpha * gradient


def gradients_not_switched_on(denoise, z, known, mask, alpha, weight):
    z = z.detach().requires_grad_()
    x_hat = denoise(z)
    gradient = torch.autograd.grad((known - x_hat)[mask].square().sum(), z)[0]
    return (x_hat - 0.5 * weight * alpha * gradient).detach()


def graph_kept(denoise, z, known, mask, alpha, weight):
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        x_hat = denoise(z)
        gradient = torch.autograd.grad((known - x_hat)[mask].square().sum(), z, create_graph=True)[0]
        return x_hat - 0.5 * weight * alpha * gradient


WRONG = {
    "weight 0": [guess_forgotten, always_some_weight],
    "reaches the unknown part": [gradient_to_the_guess, replacement],
    "known part only": [error_everywhere, mask_inverted],
    "direction": [up_the_gradient],
    "length": [mean_of_squares, half_forgotten, alpha_forgotten, norm_not_squared],
    "in a sampler": [gradients_not_switched_on],
    "detached": [graph_kept],
}
