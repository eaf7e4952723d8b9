def clip_by_clip(video, given):
    known = video.new_zeros(len(video), video.shape[1] + 1, *video.shape[2:])
    for clip, frame in given.nonzero().tolist():
        known[clip, :-1, frame] = video[clip, :, frame]
        known[clip, -1, frame] = 1
    return known


SECOND = clip_by_clip

MASK, FRAMES = "given[:, None, :, None, None].float()", "mask * video"
BOTH = "torch.cat([mask * video, mask.expand(-1, -1, -1, *video.shape[3:])], dim=1)"

RIGHT = {"by_where": (FRAMES, "torch.where(mask > 0, video, 0.0)")}

WRONG = {
    "all frames given": {
        "no_mask": (BOTH, "mask * video"),
        "the_mask_first": (BOTH, "torch.cat([mask.expand(-1, -1, -1, *video.shape[3:]), mask * video], dim=1)"),
        "a_mask_each": (BOTH, "torch.cat([mask * video, mask.expand_as(video)], dim=1)"),
        "the_other_way_round": (
            BOTH,
            "torch.cat([mask * video, 1 - mask.expand(-1, -1, -1, *video.shape[3:])], dim=1)",
        ),
    },
    "every second frame": {
        "all_shown": (FRAMES, "video"),
        "black_for_nothing": (FRAMES, "torch.where(mask > 0, video, -1.0)"),
        "along_the_rows": (MASK, "given[:, None, None, :, None].float().expand(-1, -1, video.shape[2], -1, -1)"),
    },
    "each clip its own": {
        "the_first_clip_s": (MASK, "given[:1, None, :, None, None].float().expand(len(given), -1, -1, -1, -1)"),
    },
}
