import torch


def one_by_one(x, space, time):
    """Frame after frame, then place after place."""
    _, t, h, w, _ = x.shape
    frames = [space(x[:, i].flatten(1, 2)).unflatten(1, (h, w)) for i in range(t)]
    x = torch.stack(frames, 1)
    rows = [torch.stack([time(x[:, :, i, j]) for j in range(w)], 2) for i in range(h)]
    return torch.stack(rows, 2)


SECOND = one_by_one

SPACE = 'rearrange(space(rearrange(x, "b t h w d -> (b t) (h w) d")), "(b t) (h w) d -> b t h w d", b=b, h=h)'
TIME = 'rearrange(time(rearrange(x, "b t h w d -> (b h w) t d")), "(b h w) t d -> b t h w d", b=b, h=h)'

RIGHT = {
    "frames_before_clips_in_the_batch": (
        SPACE,
        'rearrange(space(rearrange(x, "b t h w d -> (t b) (h w) d")), "(t b) (h w) d -> b t h w d", b=b, h=h)',
    ),
    "by_reshape_and_permute": (
        f"return {TIME}",
        "w, d = x.shape[3:]\n    rows = x.permute(0, 2, 3, 1, 4).reshape(b * h * w, -1, d)\n"
        "    return time(rows).reshape(b, h, w, -1, d).permute(0, 3, 1, 2, 4)",
    ),
}

WRONG = {
    "there and back": {
        "frames_and_clips_exchanged_on_the_way_back": (
            SPACE,
            'rearrange(space(rearrange(x, "b t h w d -> (b t) (h w) d")), "(t b) (h w) d -> b t h w d", b=b, h=h)',
        ),
        "rows_and_columns_exchanged_on_the_way_back": (
            TIME,
            'rearrange(time(rearrange(x, "b t h w d -> (b h w) t d")), "(b w h) t d -> b t h w d", b=b, h=h)',
        ),
        "rows_and_columns_of_a_frame_exchanged_on_the_way_back": (
            SPACE,
            'rearrange(space(rearrange(x, "b t h w d -> (b t) (h w) d")), "(b t) (w h) d -> b t h w d", b=b, h=h)',
        ),
        "as_a_residual": [(f"x = {SPACE}", f"x = x + {SPACE}"), (f"return {TIME}", f"return x + {TIME}")],
    },
    "space": {
        "row_by_row": (
            SPACE,
            'rearrange(space(rearrange(x, "b t h w d -> (b t h) w d")), "(b t h) w d -> b t h w d", b=b, h=h)',
        ),
        "space_over_the_frames": (f"x = {SPACE}", "x = " + TIME.replace("time(", "space(")),
        "space_over_the_whole_clip": (
            SPACE,
            'rearrange(space(rearrange(x, "b t h w d -> b (t h w) d")), "b (t h w) d -> b t h w d", t=x.shape[1], h=h)',
        ),
        "space_forgotten": (f"x = {SPACE}", "x = x + 0"),
        "columns_first": (
            SPACE,
            'rearrange(space(rearrange(x, "b t h w d -> (b t) (w h) d")), "(b t) (w h) d -> b t h w d", b=b, h=h)',
        ),
    },
    "time": {
        "by_reshape": (TIME, "time(x.reshape(-1, x.shape[1], x.shape[-1])).reshape(x.shape)"),
        "time_over_the_frame_s_tokens": (f"return {TIME}", "return " + SPACE.replace("space(", "time(")),
        "time_forgotten": (f"return {TIME}", "return x + 0"),
        "time_over_the_clips": (
            TIME,
            'rearrange(time(rearrange(x, "b t h w d -> (t h w) b d")), "(t h w) b d -> b t h w d", h=h, w=x.shape[3])',
        ),
    },
    "in this order": {
        "time_first": [(f"x = {SPACE}", f"x = {TIME}"), (f"return {TIME}", f"return {SPACE}")],
        "both_on_what_came_in": [
            (f"x = {SPACE}", f"first = {SPACE}"),
            (f"return {TIME}", f"return first + {TIME} - x"),
        ],
    },
    "other sizes": {
        "frames_counted_for_clips": ("b, _, h, _, _ = x.shape", "_, b, h, _, _ = x.shape"),
        "sizes_written_out": ("b, _, h, _, _ = x.shape", "b, h = 3, 2"),
    },
}
