"""The bound's terms against torch.distributions and numerical integration."""

import math

import torch
from torch.distributions import Normal, kl_divergence

from minivid.diffusion.bound import bits_per_value, diffusion_term, posterior, prior_kl, reconstruction
from minivid.diffusion.schedule import variance_preserving

D = torch.float64
LOGSNR_S, LOGSNR_T = torch.tensor(1.2, dtype=D), torch.tensor(-0.9, dtype=D)


def clip(seed: int):
    return torch.randn(2, 1, 2, 3, 3, generator=torch.Generator().manual_seed(seed), dtype=D)


def test_posterior_is_bayes_rule():
    """Precision-weighted product of q(z_s | x) and q(z_t | z_s), written without log-SNR."""
    x, z_t = clip(0), clip(1)
    (alpha_s, sigma_s), (alpha_t, sigma_t) = variance_preserving(LOGSNR_S), variance_preserving(LOGSNR_T)
    ratio = alpha_t / alpha_s
    step_variance = sigma_t**2 - ratio**2 * sigma_s**2
    variance = 1 / (1 / sigma_s**2 + ratio**2 / step_variance)
    mean = variance * (alpha_s * x / sigma_s**2 + ratio * z_t / step_variance)
    ours_mean, ours_variance = posterior(x, z_t, LOGSNR_S, LOGSNR_T)
    torch.testing.assert_close(ours_mean, mean)
    torch.testing.assert_close(ours_variance, variance)


def test_posterior_steps_compose_to_the_forward_process():
    """Drawing z_t from q(z_t|x), then z_s from the posterior, gives q(z_s|x): mean α_s x, variance σ_s²."""
    generator = torch.Generator().manual_seed(0)
    x = torch.full((200_000, 1, 1, 1, 1), 0.8, dtype=D)
    alpha_t, sigma_t = variance_preserving(LOGSNR_T)
    z_t = alpha_t * x + sigma_t * torch.randn(x.shape, generator=generator, dtype=D)
    mean, variance = posterior(x, z_t, LOGSNR_S, LOGSNR_T)
    z_s = mean + variance.sqrt() * torch.randn(x.shape, generator=generator, dtype=D)
    alpha_s, sigma_s = variance_preserving(LOGSNR_S)
    assert abs(z_s.mean() - 0.8 * alpha_s) < 4 * sigma_s / math.sqrt(len(x))
    assert abs(z_s.std() / sigma_s - 1) < 4 / math.sqrt(2 * len(x))


def test_prior_kl_is_a_gaussian_kl():
    x = clip(2)
    alpha, sigma = variance_preserving(torch.tensor(-3.0, dtype=D))
    expected = (
        kl_divergence(Normal(alpha * x, sigma * torch.ones_like(x)), Normal(torch.zeros_like(x), 1.0)).flatten(1).sum(1)
    )
    torch.testing.assert_close(prior_kl(x, torch.tensor(-3.0, dtype=D)), expected)


def test_diffusion_term_is_the_kl_between_two_posteriors():
    x, x_hat, z_t = clip(3), clip(4), clip(5)
    (mean, variance), (mean_hat, _) = posterior(x, z_t, LOGSNR_S, LOGSNR_T), posterior(x_hat, z_t, LOGSNR_S, LOGSNR_T)
    std = variance.sqrt() * torch.ones_like(x)
    expected = kl_divergence(Normal(mean, std), Normal(mean_hat, std)).flatten(1).sum(1)
    torch.testing.assert_close(diffusion_term(x, x_hat, LOGSNR_S, LOGSNR_T), expected)


def test_reconstruction_is_a_distribution_over_grey_values():
    z_0 = clip(6)[:1, :, :1, :1, :1]
    values = torch.linspace(-1, 1, 256, dtype=D)
    logsnr = torch.tensor(4.0, dtype=D)
    total = sum(torch.exp(-reconstruction(torch.full_like(z_0, value.item()), z_0, logsnr)) for value in values)
    torch.testing.assert_close(total, torch.ones(1, dtype=D))


def test_a_clean_latent_costs_nothing_to_reconstruct():
    x = torch.linspace(-1, 1, 256, dtype=D).reshape(1, 1, 1, 16, 16)
    logsnr = torch.tensor(20.0, dtype=D)
    alpha, _ = variance_preserving(logsnr)
    assert bits_per_value(reconstruction(x, alpha * x, logsnr), x).item() < 1e-6


def test_bits_per_value_of_pure_guessing():
    x = torch.zeros(1, 1, 2, 4, 4)
    assert abs(bits_per_value(torch.tensor([32 * math.log(256)]), x).item() - 8) < 1e-6
