import torch


def drawn_around_the_mean(x, logsnr, generator):
    """z is drawn first, from N(α x, σ²), and ε is what that draw must have been."""
    alpha = torch.sigmoid(logsnr)[:, None, None, None, None].sqrt()
    sigma = (1 - alpha.square()).sqrt()
    z = torch.normal(alpha * x, sigma.expand_as(x), generator=generator)
    return z, (z - alpha * x) / sigma


SECOND = drawn_around_the_mean

NOISE = "torch.randn(x.shape, generator=generator)"

RIGHT = {
    "by_powers": ("alpha * x + sigma * eps, eps", "alpha.square().sqrt() * x + (1 - alpha**2).sqrt() * eps, eps"),
    "shaped_by_hand": (
        "(like(level, x) for level in variance_preserving(logsnr))",
        "(level.reshape(-1, 1, 1, 1, 1) for level in variance_preserving(logsnr))",
    ),
    "a_list": ("return alpha * x + sigma * eps, eps", "return [alpha * x + sigma * eps, eps]"),
}

WRONG = {
    "one clip": {
        "variances_for_deviations": ("alpha * x + sigma * eps", "alpha**2 * x + sigma**2 * eps"),
        "noise_added_to_the_unshrunk_clip": ("alpha * x", "x"),
        "another_eps_returned": ("eps, eps", f"eps, {NOISE}"),
        "only_z_returned": ("eps, eps", "eps"),
    },
    "one level a clip": {
        "columns_scaled": ("(like(level, x) for level in variance_preserving(logsnr))", "variance_preserving(logsnr)"),
        "first_level_for_all": ("preserving(logsnr)", "preserving(logsnr[:1])"),
    },
    "every value its own": {
        "noise_shared_by_the_frames": (NOISE, "torch.randn(x[:, :, :1].shape, generator=generator).expand_as(x)"),
        # half as many draws, each used twice: a trick against variance, and no noise of its own for each value
        "antithetic_frames": (
            f"eps = {NOISE}",
            "half = torch.randn(x[:, :, ::2].shape, generator=generator)\n    eps = torch.cat([half, -half], 2)",
        ),
        "partly_shared_by_the_frames": (
            NOISE,
            f"0.9**0.5 * {NOISE} + 0.1**0.5 * torch.randn(x[:, :, :1].shape, generator=generator)",
        ),
        "noise_shared_by_the_clips": (NOISE, "torch.randn(x[:1].shape, generator=generator).expand_as(x)"),
    },
    "standard normal": {
        "uniform_noise": (NOISE, "torch.rand(x.shape, generator=generator) * 12**0.5 - 3**0.5"),
        "sum_of_two_uniforms": (
            NOISE,
            "sum(torch.rand(x.shape, generator=generator) for _ in range(2)) * 6**0.5 - 6**0.5",
        ),
    },
    "repeatable": {"generator_forgotten": (NOISE, "torch.randn_like(x)")},
    "fresh at each call": {"seeded_inside": ("generator=generator", "generator=generator.manual_seed(0)")},
}
