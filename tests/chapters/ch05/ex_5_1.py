def by_unfolding(x, patch):
    """Windows along each axis, one after the other."""
    f, p = patch
    boxes = x.unfold(2, f, f).unfold(3, p, p).unfold(4, p, p)  # b c t h w f p q
    return boxes.permute(0, 2, 3, 4, 1, 5, 6, 7).flatten(4)


SECOND = by_unfolding

WAY = '"b c (t f) (h p) (w q) -> b t h w (c f p q)"'

RIGHT = {
    "by_reshape_and_permute": (
        "return rearrange",
        "b, c, t, h, w = x.shape\n    boxes = x.reshape(b, c, t // f, f, h // p, p, w // p, p)\n"
        "    return boxes.permute(0, 2, 4, 6, 1, 3, 5, 7).flatten(4)\n    return rearrange",
    ),
    "by_a_convolution": (
        "return rearrange",
        "n = x.shape[1] * f * p * p\n    kernel = torch.eye(n).reshape(n, -1, f, p, p)\n"
        "    return nn.functional.conv3d(x, kernel, stride=(f, p, p)).movedim(1, -1)\n    return rearrange",
    ),
    "other_letters": (WAY, '"b c (t f) (y p) (x q) -> b t y x (c f p q)"'),
}

WRONG = {
    "a token is a box": {
        "every_so_manieth_frame": (WAY, '"b c (f t) (h p) (w q) -> b t h w (c f p q)"'),
        "every_so_manieth_pixel": (WAY, '"b c (t f) (p h) (q w) -> b t h w (c f p q)"'),
        "strided_in_all": (WAY, '"b c (f t) (p h) (q w) -> b t h w (c f p q)"'),
        # as in PKU-YuanGroup/Open-Sora-Plan, issue 171: a reshape where a permutation is missing
        "by_reshape": (
            "    return rearrange",
            "    return x.reshape(len(x), x.shape[2] // f, x.shape[3] // p, x.shape[4] // p, -1)\n    return rearrange",
        ),
        "time_of_the_tokens_last": (WAY, '"b c (t f) (h p) (w q) -> b h w t (c f p q)"'),
        "rows_and_columns_of_tokens_exchanged": (WAY, '"b c (t f) (h p) (w q) -> b t w h (c f p q)"'),
    },
    "order within a token": {
        "frames_first": (WAY, '"b c (t f) (h p) (w q) -> b t h w (f c p q)"'),
        "channels_last": (WAY, '"b c (t f) (h p) (w q) -> b t h w (f p q c)"'),
        "columns_before_rows": (WAY, '"b c (t f) (h p) (w q) -> b t h w (c f q p)"'),
        "pixels_first": (WAY, '"b c (t f) (h p) (w q) -> b t h w (p q c f)"'),
    },
    "another patch": {
        "patch_written_out": ("f, p = patch", "f, p = 2, 3"),
        "channels_written_out": ("f=f, p=p, q=p)", "f=f, p=p, q=p, c=3)"),
        "clips_written_out": ("f=f, p=p, q=p)", "f=f, p=p, q=p, b=2)"),
    },
}
