"""Attention for video: over space, over time, on text; positions and masks."""
