import torch


def box_by_box(mix, x, size):
    out = torch.zeros_like(x)
    frames, height, width = size
    for t in range(0, x.shape[2], frames):
        for y in range(0, x.shape[3], height):
            for z in range(0, x.shape[4], width):
                box = (..., slice(t, t + frames), slice(y, y + height), slice(z, z + width))
                rows = mix(x[box].flatten(2).mT)  # b i c
                out[box] = rows.mT.unflatten(2, size)
    return out


SECOND = box_by_box

CUT = '"b c (t t1) (h h1) (w w1) -> (b t h w) (t1 h1 w1) c"'
JOIN = '"(b t h w) (t1 h1 w1) c -> b c (t t1) (h h1) (w w1)"'
STRIDED = '"b c (t1 t) (h1 h) (w1 w) -> (b t h w) (t1 h1 w1) c"'

WRONG = {
    "back in place": {
        "strided_on_the_way_back": (JOIN, '"(b t h w) (t1 h1 w1) c -> b c (t1 t) (h1 h) (w1 w)"'),
        "added_to_the_clip": ("    return rearrange(\n", "    return x + rearrange(\n"),
        "windows_left_in_the_batch": ("    return rearrange(\n", "    return mix(rows)\n    rearrange(\n"),
        "rows_and_columns_of_windows_exchanged": (JOIN, '"(b t w h) (t1 h1 w1) c -> b c (t t1) (h h1) (w w1)"'),
    },
    "boxes of neighbours": {
        "channels_before_places": [
            (CUT, '"b c (t t1) (h h1) (w w1) -> (b t h w) c (t1 h1 w1)"'),
            (JOIN, '"(b t h w) c (t1 h1 w1) -> b c (t t1) (h h1) (w w1)"'),
        ],
        "size_for_how_many": (
            "t1, h1, w1 = size",
            "t1, h1, w1 = (side // many for side, many in zip(x.shape[2:], size))",
        ),
        # cut by `(tw nw)`, where tw is the window
        "strided_both_ways": [(CUT, STRIDED), (JOIN, '"(b t h w) (t1 h1 w1) c -> b c (t1 t) (h1 h) (w1 w)"')],
        "strided_in_time_alone": [
            (CUT, '"b c (t1 t) (h h1) (w w1) -> (b t h w) (t1 h1 w1) c"'),
            (JOIN, '"(b t h w) (t1 h1 w1) c -> b c (t1 t) (h h1) (w w1)"'),
        ],
        "whole_frames": ("t1, h1, w1 = size", "t1, h1, w1 = size[0], *x.shape[3:]"),
        "one_frame_at_a_time": ("t1, h1, w1 = size", "t1, h1, w1 = 1, *size[1:]"),
    },
    "order within a box": {
        "columns_first": [
            (CUT, '"b c (t t1) (h h1) (w w1) -> (b t h w) (w1 h1 t1) c"'),
            (JOIN, '"(b t h w) (w1 h1 t1) c -> b c (t t1) (h h1) (w w1)"'),
        ],
        "time_innermost": [
            (CUT, '"b c (t t1) (h h1) (w w1) -> (b t h w) (h1 w1 t1) c"'),
            (JOIN, '"(b t h w) (h1 w1 t1) c -> b c (t t1) (h h1) (w w1)"'),
        ],
    },
}
