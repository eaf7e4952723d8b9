"""Chapter 3: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch03.exercises import (
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
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Video diffusion from scratch",
    promise="From pure noise to digits that move as they are told",
    core=True,
    exercises=(
        noise_clip.EXERCISE,
        posterior.EXERCISE,
        prior_kl.EXERCISE,
        temporal_attention.EXERCISE,
        training_loss.EXERCISE,
        guide.EXERCISE,
        ancestral_step.EXERCISE,
        reconstruction.EXERCISE,
        masked_mean.EXERCISE,
    ),
)
