"""Chapter 3's exercises, in the order of the chapter."""

from minivid.course.exercises.ch03 import noise_clip, posterior, temporal_attention

EXERCISES = (noise_clip.EXERCISE, posterior.EXERCISE, temporal_attention.EXERCISE)
