def backwards_recursion(model, z, times):
    """The first step, and then the rest of the way."""
    if len(times) < 2:
        return z
    told = times[:1].repeat(len(z))
    return backwards_recursion(model, z - (times[0] - times[1]) * model(z, told), times[1:])


SECOND = backwards_recursion

STEP = "z = z + (then - now) * model(z, now.expand(len(z)))"

RIGHT = {
    "without_gradients": (STEP, f"with torch.no_grad():\n            {STEP}"),
    "over_numbers": (
        "    for now, then in pairwise(times):",
        "    for now, then in pairwise(times.tolist()):\n        now, then = torch.tensor(now), torch.tensor(then)",
    ),
    "a_time_made_for_each_clip": ("now.expand(len(z))", "torch.full((len(z),), now.item())"),
}

WRONG = {
    "a constant velocity": {
        "one_time_for_all_clips": ("now.expand(len(z))", "now"),
        "a_time_shaped_as_a_clip": ("now.expand(len(z))", "like(now.expand(len(z)), z)"),
        "first_step_alone": (STEP, f"{STEP}\n        break"),
        "the_wrong_way": (STEP, "z = z - (then - now) * model(z, now.expand(len(z)))"),
        "whole_steps": (STEP, "z = z - model(z, now.expand(len(z)))"),
        "last_step_left_out": ("pairwise(times)", "pairwise(times[:-1])"),
        "first_step_left_out": ("pairwise(times)", "pairwise(times[1:])"),
    },
    "steps of different lengths": {
        "told_the_end": (STEP, "z = z + (then - now) * model(z, then.expand(len(z)))"),
        # right in another sampler
        "heun": (
            STEP,
            "v = model(z, now.expand(len(z)))\n"
            "        z = z + (then - now) * (v + model(z + (then - now) * v, then.expand(len(z)))) / 2",
        ),
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
