import torch

from minivid.nn.transformer import patchify


def by_permutation(tokens, patch):
    f, p = patch
    b, t, h, w, _ = tokens.shape
    boxes = tokens.reshape(b, t, h, w, -1, f, p, p)
    return boxes.permute(0, 4, 1, 5, 2, 6, 3, 7).reshape(b, -1, t * f, h * p, w * p)


def looked_up(tokens, patch):
    """The way in, of numbers, says where each value came from."""
    f, p = patch
    b, t, h, w, d = tokens.shape
    number = torch.arange(t * h * w * d).reshape(1, -1, t * f, h * p, w * p)
    place = patchify(number, patch).flatten().argsort()
    return tokens.flatten(1)[:, place].reshape(b, *number.shape[1:])


SECOND = by_permutation
RIGHT = {"by_the_way_in": looked_up}

WAY = '"b t h w (c f p q) -> b c (t f) (h p) (w q)"'

WRONG = {
    "boxes in their places": {
        "frames_strided": (WAY, '"b t h w (c f p q) -> b c (f t) (h p) (w q)"'),
        "pixels_strided": (WAY, '"b t h w (c f p q) -> b c (t f) (p h) (q w)"'),
        "rows_of_tokens_for_columns": (WAY, '"b t w h (c f p q) -> b c (t f) (h p) (w q)"'),
    },
    "pixels in their places": {
        # DiT's own order, channels innermost, on tokens that were cut the other way
        "channels_read_last": (WAY, '"b t h w (f p q c) -> b c (t f) (h p) (w q)"'),
        "frames_read_first": (WAY, '"b t h w (f c p q) -> b c (t f) (h p) (w q)"'),
        "columns_read_first": (WAY, '"b t h w (c f q p) -> b c (t f) (h p) (w q)"'),
    },
    "another patch": {
        "patch_written_out": ("f, p = patch", "f, p = 2, 3"),
        "channels_written_out": ("f=f, p=p, q=p)", "f=f, p=p, q=p, c=3)"),
    },
}
