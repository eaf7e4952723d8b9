import torch


def block_by_block(sides, causal=False):
    """Each clip's own block, on the diagonal; a causal one is a triangle of frames, each entry a block of its tokens."""
    blocks = []
    for t, h, w in sides:
        of_frames = torch.ones(t, t).tril() if causal else torch.ones(t, t)
        blocks.append(torch.kron(of_frames, torch.ones(h * w, h * w)))
    return torch.block_diag(*blocks).bool()


SECOND = block_by_block

SAME = "same = clip[:, None] == clip[None, :]"
CAUSAL = "same & (frame[:, None] >= frame[None, :])"

WRONG = {
    "clips of one size": {
        "all_see_all": (SAME, "same = clip[:, None] <= clip.max() + clip[None, :]"),
        "true_where_hidden": (SAME, "same = clip[:, None] != clip[None, :]"),
        "not_itself": (SAME, f"{SAME}\n    same = same & ~torch.eye(len(clip), dtype=torch.bool)"),
        "always_causal": (f"{CAUSAL} if causal else same", CAUSAL),
        "by_frame_and_not_by_clip": (SAME, "same = frame[:, None] == frame[None, :]"),
    },
    "clips of different sizes": {
        "all_as_long_as_the_first": (
            ".repeat_interleave(many)",
            ".repeat_interleave(many[0])[: many.sum()]\n    clip = torch.arange(int(many.sum())) // many[0]",
        ),
        "pixels_of_a_frame_as_tokens": (
            SAME,
            "clip = torch.arange(int(many.sum())) // (int(many.sum()) // len(sides))\n    " + SAME,
        ),
    },
    "causal": {
        "causal_not_heard": (f"{CAUSAL} if causal else same", "same"),
        "by_token": (CAUSAL, "same.tril()"),
        "other_clips_seen": (CAUSAL, "(frame[:, None] >= frame[None, :])"),
        "own_frame_alone": ("frame[:, None] >= frame[None, :]", "frame[:, None] == frame[None, :]"),
        "the_future": ("frame[:, None] >= frame[None, :]", "frame[:, None] <= frame[None, :]"),
        "not_its_own_frame": ("frame[:, None] >= frame[None, :]", "frame[:, None] > frame[None, :]"),
    },
}
