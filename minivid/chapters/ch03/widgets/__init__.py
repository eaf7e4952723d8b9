"""What chapter 3 lets its reader turn. Every widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch03.widgets.forward import forward_process, forward_process_still
from minivid.chapters.ch03.widgets.guidance import guidance_dial, guidance_dial_still
from minivid.chapters.ch03.widgets.words import (
    WordAttention,
    word_attention,
    word_attention_still,
)
from minivid.course.widgets import attention_viewer, attention_viewer_still, sampling_path, sampling_path_still

__all__ = [
    "WordAttention",
    "attention_viewer",
    "attention_viewer_still",
    "forward_process",
    "forward_process_still",
    "guidance_dial",
    "guidance_dial_still",
    "sampling_path",
    "sampling_path_still",
    "word_attention",
    "word_attention_still",
]
