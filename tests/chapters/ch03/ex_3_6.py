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


def counted_from_the_conditional(model, scale):
    """The other convention, c + w (c − u), which is off at w = 0."""

    def guided_model(z, t, cond=None):
        c, u = model(z, t, cond), model(z, t, None)
        return c + scale * (c - u)

    return guided_model


def conditional_and_unconditional_exchanged(model, scale):
    def guided_model(z, t, cond=None):
        c, u = model(z, t, cond), model(z, t, None)
        return c + scale * (u - c)

    return guided_model


def caption_never_dropped(model, scale):
    def guided_model(z, t, cond=None):
        c, u = model(z, t, cond), model(z, t, cond)
        return u + scale * (c - u)

    return guided_model


def only_the_difference(model, scale):
    def guided_model(z, t, cond=None):
        return scale * (model(z, t, cond) - model(z, t, None))

    return guided_model


def prediction_in_the_place_of_a_model(model, scale):
    return None


def noise_level_lost(model, scale):
    def guided_model(z, t, cond=None):
        c, u = model(z, 0 * t, cond), model(z, 0 * t, None)
        return u + scale * (c - u)

    return guided_model


def the_conditional_scaled(model, scale):
    def guided_model(z, t, cond=None):
        return scale * model(z, t, cond)

    return guided_model


def never_beyond_the_conditional(model, scale):
    return by_weights(model, min(scale, 1))


def scale_squared(model, scale):
    return by_weights(model, scale**2)


def guided_away_from_nothing(model, scale):
    def guided_model(z, t, cond=None):
        c, u = model(z, t, cond or "a caption"), model(z, t, None)
        return u + scale * (c - u)

    return guided_model


WRONG = {
    "scale 1": [
        counted_from_the_conditional,
        conditional_and_unconditional_exchanged,
        only_the_difference,
        prediction_in_the_place_of_a_model,
        noise_level_lost,
    ],
    "scale 0": [caption_never_dropped, the_conditional_scaled],
    "scale 3": [never_beyond_the_conditional, scale_squared],
    "no caption": [guided_away_from_nothing],
}
