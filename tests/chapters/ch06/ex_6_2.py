import torch


def by_lerp(space, time, logit, images):
    return torch.lerp(time, space, torch.ones_like(logit) if images else torch.sigmoid(logit))


SECOND = by_lerp

MIXED = "alpha * space + (1 - alpha) * time"

RIGHT = {"from_space_on": (MIXED, "space + (1 - alpha) * (time - space)")}

WRONG = {
    "half and half": {
        # published: α is kept as it is, begins at 1 and is cut to [0, 1], and the branch never gets a gradient
        "alpha_not_a_logit": ("logit.sigmoid()", "logit"),
        "both_added": (MIXED, "space + time"),
        "space_whole": (MIXED, "space + (1 - alpha) * time"),
    },
    "another share": {
        "shares_exchanged": (MIXED, "alpha * time + (1 - alpha) * space"),
        "always_half": ("logit.sigmoid()", "0.5"),
    },
    "images": {
        "mixed_all_the_same": ("if images:", "if False:"),
        "time_for_images": ("return space.clone()", "return time.clone()"),
    },
}
