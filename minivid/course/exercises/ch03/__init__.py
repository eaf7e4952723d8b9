"""Chapter 3's exercises, in the order of their numbers."""

from minivid.course.exercises.ch03 import (
    ancestral_step,
    guide,
    masked_mean,
    noise_clip,
    posterior,
    prior_kl,
    reconstruction,
    temporal_attention,
    training_loss,
)

EXERCISES = (
    noise_clip.EXERCISE,
    posterior.EXERCISE,
    prior_kl.EXERCISE,
    temporal_attention.EXERCISE,
    training_loss.EXERCISE,
    guide.EXERCISE,
    ancestral_step.EXERCISE,
    reconstruction.EXERCISE,
    masked_mean.EXERCISE,
)
