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

WRONG = {
    "space": {
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
        "frames_and_clips_exchanged_on_the_way_back": (
            SPACE,
            'rearrange(space(rearrange(x, "b t h w d -> (b t) (h w) d")), "(t b) (h w) d -> b t h w d", b=b, h=h)',
        ),
        "rows_and_columns_exchanged_on_the_way_back": (
            TIME,
            'rearrange(time(rearrange(x, "b t h w d -> (b h w) t d")), "(b w h) t d -> b t h w d", b=b, h=h)',
        ),
    },
    "time": {
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
}
