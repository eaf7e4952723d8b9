def step_by_step(z, alphas, t0, t1, noise):
    kept = 1.0
    for t in range(t0 + 1, t1 + 1):
        kept = kept * float(alphas[t])
    return kept**0.5 * z + (1 - kept) ** 0.5 * noise


SECOND = step_by_step

KEPT = "alphas[t0 + 1 : t1 + 1].prod()"
FRAME, NOISE = "kept.sqrt() * z", "(1 - kept).sqrt() * noise"

RIGHT = {"a_ratio_of_products": (KEPT, "alphas[: t1 + 1].prod() / alphas[: t0 + 1].prod()")}

WRONG = {
    "one step": {
        # published: the pipeline's product begins one step early and ends one step early
        "one_early": (KEPT, "alphas[t0:t1].prod()"),
        "one_too_many": (KEPT, "alphas[t0 : t1 + 1].prod()"),
        "one_too_few": (KEPT, "alphas[t0 + 1 : t1].prod()"),
        "from_the_first_step_on": (KEPT, "alphas[: t1 + 1].prod()"),
        "no_root": (FRAME, "kept * z"),
    },
    "several steps": {
        "the_last_alone": (KEPT, "alphas[t1]"),
    },
    "the noise": {
        "noise_without_a_root": (NOISE, "(1 - kept) * noise"),
        "noise_whole": (NOISE, "noise"),
        "as_of_a_clean_frame": (NOISE, "(1 - alphas[: t1 + 1].prod()).sqrt() * noise"),
        "the_root_taken_away": (NOISE, "(1 - kept.sqrt()) * noise"),
    },
    "no step at all": {
        "at_least_one": (KEPT, "alphas[t0 + 1 : max(t1, t0 + 1) + 1].prod()"),
    },
}
