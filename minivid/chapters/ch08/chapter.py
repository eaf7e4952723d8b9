"""Chapter 8: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch08.exercises import (
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
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Is it any good?",
    promise="The field's measures by hand, and how each of them is fooled",
    core=True,
    exercises=(
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
    ),
)
