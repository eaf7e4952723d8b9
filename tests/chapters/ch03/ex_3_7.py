import torch
from torch import exp, expm1, sigmoid

from minivid.diffusion.bound import posterior


def from_the_noise_estimate(x_hat, z_t, logsnr_s, logsnr_t, noise):
    """DDIM's step with η = 1: part of the estimated noise stays, the rest is drawn anew."""
    eps_hat = (z_t - sigmoid(logsnr_t).sqrt() * x_hat) / sigmoid(-logsnr_t).sqrt()
    fresh = sigmoid(-logsnr_s) * -expm1(logsnr_t - logsnr_s)
    kept = (sigmoid(-logsnr_s) - fresh).clamp(min=0).sqrt()
    return sigmoid(logsnr_s).sqrt() * x_hat + kept * eps_hat + fresh.sqrt() * noise


SECOND = from_the_noise_estimate


def noise_drawn_inside(x_hat, z_t, logsnr_s, logsnr_t, noise):
    return from_the_noise_estimate(x_hat, z_t, logsnr_s, logsnr_t, torch.randn_like(noise))


def noised_again_from_the_guess(x_hat, z_t, logsnr_s, logsnr_t, noise):
    """A fresh z_s from x̂, which forgets the path so far."""
    return sigmoid(logsnr_s).sqrt() * x_hat + sigmoid(-logsnr_s).sqrt() * noise


def levels_exchanged(x_hat, z_t, logsnr_s, logsnr_t, noise):
    mean, variance = posterior(x_hat, z_t, logsnr_t, logsnr_s)
    return mean + variance.abs().sqrt() * noise


def guess_forgotten(x_hat, z_t, logsnr_s, logsnr_t, noise):
    mean, variance = posterior(torch.zeros_like(x_hat), z_t, logsnr_s, logsnr_t)
    return mean + variance.sqrt() * noise


def forward_step_s_noise(x_hat, z_t, logsnr_s, logsnr_t, noise):
    mean, _ = posterior(x_hat, z_t, logsnr_s, logsnr_t)
    return mean + ((1 - exp(logsnr_t - logsnr_s)) * sigmoid(-logsnr_t)).sqrt() * noise


def noise_at_the_last_step_too(x_hat, z_t, logsnr_s, logsnr_t, noise):
    """The posterior's variance with a floor below which it never falls."""
    mean, variance = posterior(x_hat, z_t, logsnr_s, logsnr_t)
    return mean + variance.clamp(min=0.01).sqrt() * noise


def variance_for_deviation(x_hat, z_t, logsnr_s, logsnr_t, noise):
    mean, variance = posterior(x_hat, z_t, logsnr_s, logsnr_t)
    return mean + variance * noise


def no_noise_at_all(x_hat, z_t, logsnr_s, logsnr_t, noise):
    return posterior(x_hat, z_t, logsnr_s, logsnr_t)[0]


def noise_of_level_s(x_hat, z_t, logsnr_s, logsnr_t, noise):
    mean, _ = posterior(x_hat, z_t, logsnr_s, logsnr_t)
    return mean + sigmoid(-logsnr_s).sqrt() * noise


WRONG = {
    "the noise given": [noise_drawn_inside],
    "mean": [noised_again_from_the_guess, levels_exchanged, guess_forgotten],
    "last step": [forward_step_s_noise, noise_at_the_last_step_too],
    "size of the noise": [variance_for_deviation, no_noise_at_all, noise_of_level_s],
}
