class Between:
    """(1 − s) u + s c, as a callable object."""

    def __init__(self, model, scale):
        self.model, self.scale = model, scale

    def __call__(self, z, t, cond=None):
        with_caption, without = self.model(z, t, cond), self.model(z, t, None)
        return self.scale * with_caption + (1 - self.scale) * without


def by_weights(model, scale):
    return Between(model, scale)


SECOND = by_weights

GUIDED = "unconditional + scale * (model(z, t, cond) - unconditional)"

RIGHT = {
    "weighted": (GUIDED, "scale * model(z, t, cond) + (1 - scale) * unconditional"),
    "by_lerp": (GUIDED, "torch.lerp(unconditional, model(z, t, cond), scale)"),
    "the_papers_w": (GUIDED, "(1 + (scale - 1)) * model(z, t, cond) - (scale - 1) * unconditional"),
    "without_the_question": ("if cond is None:\n            return unconditional\n        ", ""),
}

WRONG = {
    "scale 1": {
        # the other convention, c + w (c − u), which is off at w = 0
        "counted_from_the_conditional": ("unconditional + scale", "model(z, t, cond) + scale"),
        "conditional_and_unconditional_exchanged": (
            GUIDED,
            "model(z, t, cond) + scale * (unconditional - model(z, t, cond))",
        ),
        "only_the_difference": ("unconditional + scale", "scale"),
        "prediction_in_the_place_of_a_model": ("return guided_model", "return None"),
        "noise_level_lost": ("unconditional = ", "t = 0 * t\n        unconditional = "),
    },
    "scale 0": {
        "caption_never_dropped": ("model(z, t, None)", "model(z, t, cond)"),
        # facebookresearch/DiT, whose sampling guides the first three of four channels "for exact reproducibility"
        "three_channels_guided": (
            f"return {GUIDED}",
            f"c = model(z, t, cond); return torch.cat([({GUIDED})[:, :3], c[:, 3:]], 1)",
        ),
        "the_conditional_scaled": (GUIDED, "scale * model(z, t, cond)"),
    },
    "beyond": {
        "whole_numbers_alone": ("+ scale *", "+ int(scale) *"),
        "never_beyond_the_conditional": ("+ scale *", "+ min(scale, 1) *"),
        "scale_squared": ("+ scale *", "+ scale**2 *"),
    },
    "no caption": {
        "guided_away_from_nothing": (
            "if cond is None:\n            return unconditional",
            'cond = cond or "a caption"',
        ),
    },
    "asked again": {
        "unconditional_kept_from_the_first_call": [
            ("def guided_model(z, t, cond=None):", "kept = []\n\n    def guided_model(z, t, cond=None):"),
            ("unconditional = model(z, t, None)", "kept.append(model(z, t, None)); unconditional = kept[0]"),
        ],
    },
}
