import torch


def clip_by_clip(x, frames):
    return torch.cat([torch.cat([clip[:1]] * frames) for clip in x.split(frames)])


SECOND = clip_by_clip

CLIPS = 'rearrange(x, "(b t) n c -> b t n c", t=frames)'
FIRST = "clips[:, :1].expand_as(clips)"

RIGHT = {"by_repeating": (FIRST, "clips[:, 0].unsqueeze(1).repeat(1, frames, 1, 1)")}

WRONG = {
    "the first frame itself": {
        "the_last": (FIRST, "clips[:, -1:].expand_as(clips)"),
        "the_mean": (FIRST, "clips.mean(1, keepdim=True).expand_as(clips)"),
        "time_goes_round": (FIRST, "clips.roll(1, 1)"),
        "the_first_alone": (f'rearrange({FIRST}, "b t n c -> (b t) n c")', "x[:1]"),
        "its_first_place_alone": (FIRST, "clips[:, :1, :1].expand_as(clips)"),
    },
    "one clip": {
        # published: the processor was set, and the output was the same with it and without
        "no_effect": (FIRST, "clips"),
        "the_one_before": (FIRST, "clips[:, [max(i - 1, 0) for i in range(frames)]]"),
    },
    "several clips": {
        "one_first_frame_for_all": (FIRST, "clips[:1, :1].expand_as(clips)"),
        "clips_in_turn": (f'rearrange({FIRST}, "b t n c -> (b t) n c")', "clips[:, 0].repeat(frames, 1, 1)"),
    },
}
