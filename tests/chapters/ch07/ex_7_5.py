import torch


def towards_the_first(z, moved_first, foreground, share):
    return torch.lerp(z, moved_first, share * (1 - foreground))


SECOND = towards_the_first

BACKGROUND = "share * moved_first + (1 - share) * z"
BOTH = "foreground * z + (1 - foreground) * background"

RIGHT = {"by_where": (BOTH, "torch.where(foreground > 0.5, z, background)")}

WRONG = {
    "background everywhere": {
        "exchanged": (BACKGROUND, "(1 - share) * moved_first + share * z"),
        "the_first_alone": (BACKGROUND, "moved_first"),
        "nothing_smoothed": (BOTH, "z.clone()"),
        "always_six_tenths": (BACKGROUND, "0.6 * moved_first + 0.4 * z"),
        "the_mask_the_other_way": (BOTH, "foreground * background + (1 - foreground) * z"),
    },
    "foreground everywhere": {
        "smoothed_too": (BOTH, "background"),
        "on_top_of_itself": (BOTH, "foreground * z + background"),
        "the_first_frames": (BOTH, "foreground * moved_first + (1 - foreground) * background"),
    },
    "some of each": {
        "the_first_frames_mask": (BOTH, "foreground[:, :, :1] * z + (1 - foreground[:, :, :1]) * background"),
        "the_first_clips_mask": (BOTH, BOTH.replace("foreground", "foreground[:1]")),
        "no_mask_but_its_mean": (BOTH, "foreground.mean() * z + (1 - foreground.mean()) * background"),
        "one_clips_mask_for_all": (
            BOTH,
            "foreground.mean((2, 3, 4), keepdim=True) * z + (1 - foreground.mean((2, 3, 4), keepdim=True)) * background",
        ),
    },
}
