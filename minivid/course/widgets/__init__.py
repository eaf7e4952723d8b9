"""What a chapter lets its reader turn. Every widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.course.widgets.attention import attention_viewer, attention_viewer_still, temporal_attention_maps
from minivid.course.widgets.forward import forward_process, forward_process_still
from minivid.course.widgets.guidance import guidance_dial, guidance_dial_still
from minivid.course.widgets.judging import BlindTest, judging, judging_still
from minivid.course.widgets.sampling import sampling_path, sampling_path_still
from minivid.course.widgets.words import WordAttention, cross_attention_maps, word_attention, word_attention_still

__all__ = [
    "BlindTest",
    "WordAttention",
    "attention_viewer",
    "attention_viewer_still",
    "cross_attention_maps",
    "forward_process",
    "forward_process_still",
    "guidance_dial",
    "guidance_dial_still",
    "judging",
    "judging_still",
    "sampling_path",
    "sampling_path_still",
    "temporal_attention_maps",
    "word_attention",
    "word_attention_still",
]
