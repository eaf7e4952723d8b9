def backwards_recursion(model, z, times):
    """The first step, and then the rest of the way."""
    if len(times) < 2:
        return z
    told = times[:1].repeat(len(z))
    return backwards_recursion(model, z - (times[0] - times[1]) * model(z, told), times[1:])


SECOND = backwards_recursion

STEP = "z = z + (then - now) * model(z, now.expand(len(z)))"

WRONG = {
    "a constant velocity": {
        "the_wrong_way": (STEP, "z = z - (then - now) * model(z, now.expand(len(z)))"),
        "whole_steps": (STEP, "z = z - model(z, now.expand(len(z)))"),
        "last_step_left_out": ("pairwise(times)", "pairwise(times[:-1])"),
        "first_step_left_out": ("pairwise(times)", "pairwise(times[1:])"),
    },
    "steps of different lengths": {
        "told_the_end": (STEP, "z = z + (then - now) * model(z, then.expand(len(z)))"),
        "told_the_middle": (STEP, "z = z + (then - now) * model(z, (0.5 * (now + then)).expand(len(z)))"),
        "equal_steps": (STEP, "z = z + (times[-1] - times[0]) / (len(times) - 1) * model(z, now.expand(len(z)))"),
    },
    "asked anew": {
        "shown_the_first_z": [("    for now", "    first = z\n    for now"), ("model(z, now", "model(first, now")],
        # a midpoint's step: right in another sampler
        "half_a_step_ahead": (
            STEP,
            "z = z + (then - now) * model(z + 0.5 * (then - now) * model(z, now.expand(len(z))), now.expand(len(z)))",
        ),
    },
}
