"""Widgets that several chapters let their reader turn. Each has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.course.widgets.attention import attention_viewer, attention_viewer_still
from minivid.course.widgets.sampling import sampling_path, sampling_path_still

__all__ = ["attention_viewer", "attention_viewer_still", "sampling_path", "sampling_path_still"]
