def by_unfolding(x, patch):
    """Windows along each axis, one after the other."""
    f, p = patch
    boxes = x.unfold(2, f, f).unfold(3, p, p).unfold(4, p, p)  # b c t h w f p q
    return boxes.permute(0, 2, 3, 4, 1, 5, 6, 7).flatten(4)


SECOND = by_unfolding

WAY = '"b c (t f) (h p) (w q) -> b t h w (c f p q)"'

RIGHT = {"other_letters": (WAY, '"b c (t f) (y p) (x q) -> b t y x (c f p q)"')}

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
        "rows_and_columns_of_tokens_exchanged": (WAY, '"b c (t f) (h p) (w q) -> b t w h (c f p q)"'),
    },
    "order within a token": {
        "frames_first": (WAY, '"b c (t f) (h p) (w q) -> b t h w (f c p q)"'),
        "channels_last": (WAY, '"b c (t f) (h p) (w q) -> b t h w (f p q c)"'),
        "columns_before_rows": (WAY, '"b c (t f) (h p) (w q) -> b t h w (c f q p)"'),
        "pixels_first": (WAY, '"b c (t f) (h p) (w q) -> b t h w (p q c f)"'),
    },
}
