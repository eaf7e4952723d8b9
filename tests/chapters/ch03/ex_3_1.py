import torch

from minivid.diffusion.schedule import like, variance_preserving


def drawn_around_the_mean(x, logsnr, generator):
    """z is drawn first, from N(α x, σ²), and ε is what that draw must have been."""
    alpha = torch.sigmoid(logsnr)[:, None, None, None, None].sqrt()
    sigma = (1 - alpha.square()).sqrt()
    z = torch.normal(alpha * x, sigma.expand_as(x), generator=generator)
    return z, (z - alpha * x) / sigma


SECOND = drawn_around_the_mean


def variances_for_deviations(x, logsnr, generator):
    eps = torch.randn(x.shape, generator=generator)
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    return alpha.square() * x + sigma.square() * eps, eps


def noise_added_to_the_unshrunk_clip(x, logsnr, generator):
    eps = torch.randn(x.shape, generator=generator)
    return x + like(variance_preserving(logsnr)[1], x) * eps, eps


def another_eps_returned(x, logsnr, generator):
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    z = alpha * x + sigma * torch.randn(x.shape, generator=generator)
    return z, torch.randn(x.shape, generator=generator)


def only_z_returned(x, logsnr, generator):
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    return alpha * x + sigma * torch.randn(x.shape, generator=generator)


def columns_scaled(x, logsnr, generator):
    eps = torch.randn(x.shape, generator=generator)
    alpha, sigma = variance_preserving(logsnr)
    return alpha * x + sigma * eps, eps


def first_level_for_all(x, logsnr, generator):
    eps = torch.randn(x.shape, generator=generator)
    alpha, sigma = variance_preserving(logsnr[0])
    return alpha * x + sigma * eps, eps


def uniform_noise(x, logsnr, generator):
    eps = torch.rand(x.shape, generator=generator) * 12**0.5 - 3**0.5
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    return alpha * x + sigma * eps, eps


def noise_shared_by_the_frames(x, logsnr, generator):
    eps = torch.randn(x[:, :, :1].shape, generator=generator).expand_as(x)
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    return alpha * x + sigma * eps, eps


def noise_shared_by_the_clips(x, logsnr, generator):
    eps = torch.randn(x[:1].shape, generator=generator).expand_as(x)
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    return alpha * x + sigma * eps, eps


def generator_forgotten(x, logsnr, generator):
    eps = torch.randn_like(x)
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    return alpha * x + sigma * eps, eps


def seeded_inside(x, logsnr, generator):
    eps = torch.randn(x.shape, generator=generator.manual_seed(0))
    alpha, sigma = (like(level, x) for level in variance_preserving(logsnr))
    return alpha * x + sigma * eps, eps


WRONG = {
    "one clip": [
        variances_for_deviations,
        noise_added_to_the_unshrunk_clip,
        another_eps_returned,
        only_z_returned,
    ],
    "one level a clip": [columns_scaled, first_level_for_all],
    "every value its own": [noise_shared_by_the_frames, noise_shared_by_the_clips],
    "standard normal": [uniform_noise],
    "repeatable": [generator_forgotten],
    "fresh at each call": [seeded_inside],
}
