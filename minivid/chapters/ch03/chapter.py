"""Chapter 3: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch03.exercises import (
    guide,
    masked_mean,
    noise_clip,
    own_model,
    posterior,
    prior_kl,
    reconstruction,
    residual_block,
    sampler,
    schedule,
    temporal_attention,
    training_step,
)
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Video diffusion from scratch",
    promise="From pure noise to digits that move as they are told",
    core=True,
    exercises=(
        noise_clip.EXERCISE,
        schedule.EXERCISE,
        posterior.EXERCISE,
        residual_block.EXERCISE,
        temporal_attention.EXERCISE,
        masked_mean.EXERCISE,
        guide.EXERCISE,
        sampler.EXERCISE,
        training_step.EXERCISE,
        reconstruction.EXERCISE,
        prior_kl.EXERCISE,
        own_model.EXERCISE,
    ),
)
