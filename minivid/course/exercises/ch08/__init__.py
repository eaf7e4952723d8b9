"""Chapter 8's exercises, in the order of their numbers."""

from minivid.course.exercises.ch08 import (
    binomial_interval,
    consistency_and_motion,
    contrastive_loss,
    frechet_distance,
    frechet_infinity,
    kernel_distance,
    perceptual,
    psnr,
    ssim,
    triangle_fit,
    warping_error,
)

EXERCISES = (
    psnr.EXERCISE,
    ssim.EXERCISE,
    perceptual.EXERCISE,
    frechet_distance.EXERCISE,
    kernel_distance.EXERCISE,
    frechet_infinity.EXERCISE,
    warping_error.EXERCISE,
    consistency_and_motion.EXERCISE,
    triangle_fit.EXERCISE,
    contrastive_loss.EXERCISE,
    binomial_interval.EXERCISE,
)
