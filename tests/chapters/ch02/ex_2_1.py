import torch


def frame_by_frame(layer, x):
    return torch.stack([layer(x[:, :, i]) for i in range(x.shape[2])], dim=2)


SECOND = frame_by_frame

FOLD = 'rearrange(x, "b c t h w -> (b t) c h w")'
BACK = 'rearrange(layer(frames), "(b t) d h w -> b d t h w", b=len(x))'
RESHAPED = "x.reshape(-1, x.shape[1], *x.shape[3:])"

WRONG = {
    "in their places": {
        # https://github.com/huggingface/diffusers/issues/5633
        "channels_and_frames_exchanged_on_the_way_back": (
            BACK,
            "rearrange(layer(frames), '(b t) d h w -> b (t d) h w', b=len(x)).unflatten(1, (-1, x.shape[2]))",
        ),
        "time_outermost_on_the_way_back": ('"(b t) d h w ->', '"(t b) d h w ->'),
        "put_back_by_reshape": (BACK, "layer(frames).reshape(x.shape)"),
        "put_back_by_an_axis_too_early": (BACK, 'rearrange(layer(frames), "(b t) d h w -> b t d h w", b=len(x))'),
        "frames_left_in_the_batch": (BACK, "layer(frames)"),
    },
    "whole pictures": {
        # https://github.com/PKU-YuanGroup/Open-Sora-Plan/issues/171
        "reshaped_without_a_transpose": [(FOLD, RESHAPED), (BACK, "layer(frames).reshape(x.shape)")],
        "frames_in_the_place_of_channels": [
            (FOLD, 'rearrange(x, "b c t h w -> (b c) t h w")[:, :4]'),
            (
                BACK,
                'torch.cat([rearrange(layer(frames), "(b c) t h w -> b c t h w", b=len(x)), x.flip(-1)[:, :, 4:]], 2)',
            ),
        ],
    },
    "another size": {
        "size_of_the_input_assumed": (
            BACK,
            'rearrange(layer(frames), "(b t) d h w -> b d t h w", b=len(x), h=x.shape[3])',
        ),
        "channels_of_the_input_assumed": (
            BACK,
            'rearrange(layer(frames), "(b t) d h w -> b d t h w", b=len(x), d=x.shape[1])',
        ),
    },
}
