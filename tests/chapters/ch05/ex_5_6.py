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

RIGHT = {
    "token_by_token": (
        "    same = clip",
        "    pairs = list(zip(clip.tolist(), frame.tolist(), strict=True))\n"
        "    return torch.tensor([[a == c and (not causal or s >= t) for c, t in pairs] for a, s in pairs])\n    same = clip",
    ),
}

WRONG = {
    "clips of one size": {
        "all_see_all": (SAME, "same = clip[:, None] <= clip.max() + clip[None, :]"),
        "true_where_hidden": (SAME, "same = clip[:, None] != clip[None, :]"),
        "not_itself": (SAME, f"{SAME}\n    same = same & ~torch.eye(len(clip), dtype=torch.bool)"),
        "always_causal": (f"{CAUSAL} if causal else same", CAUSAL),
        # attention adds numbers to its scores: nothing would be hidden, and nothing said of it
        "ones_and_zeros": [
            (f"return {CAUSAL}", f"same = {CAUSAL}"),
            ("if causal else same", "if causal else same\n    return same.float()"),
        ],
        "clips_before_are_seen": (SAME, "same = clip[:, None] >= clip[None, :]"),
        "own_frame_alone_without_causal": (SAME, f"{SAME}\n    same = same & (frame[:, None] == frame[None, :])"),
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
        "frames_innermost": ("torch.arange(t).repeat_interleave(h * w)", "torch.arange(t).repeat(h * w)"),
        "frames_of_the_first_clip_s_size": (
            "torch.arange(t).repeat_interleave(h * w)",
            "torch.arange(t * h * w) // (sides[0][1] * sides[0][2])",
        ),
        "not_its_own_frame": ("frame[:, None] >= frame[None, :]", "frame[:, None] > frame[None, :]"),
    },
}
