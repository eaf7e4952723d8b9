from torch import atan, cos, exp, sin


def as_a_turn(model, z, logsnr_s, logsnr_t):
    """The same rotation as on the way down, with the other sign."""
    turn = atan(exp(-logsnr_t / 2)) - atan(exp(-logsnr_s / 2))
    return cos(turn) * z + sin(turn) * model(z, logsnr_s.repeat(len(z)), None)


SECOND = as_a_turn

ASKED = "model(z, logsnr_s.expand(len(z)), None)"
READ = "to_x_eps(Objective.V, v, z, alpha_s, sigma_s)"
MIXED = "alpha_t * x_hat + sigma_t * eps_hat"

RIGHT = {
    "read_by_hand": (READ, "(alpha_s * z - sigma_s * v, sigma_s * z + alpha_s * v)"),
    "as_the_step_back": (
        f"x_hat, eps_hat = {READ}\n    return {MIXED}",
        "return rotation_step(z, v, logsnr_s, logsnr_t)",
    ),
    "noise_from_what_is_left": (
        READ,
        "(alpha_s * z - sigma_s * v, (z - alpha_s * (alpha_s * z - sigma_s * v)) / sigma_s)",
    ),
    "without_a_caption": (", None)", ")"),
}

WRONG = {
    "where it is asked": {
        # diffusers' DDIMInverseScheduler
        "asked_at_the_level_it_goes_to": (ASKED, "model(z, logsnr_t.expand(len(z)), None)"),
        "told_an_angle": (ASKED, "model(z, torch.atan(torch.exp(-logsnr_s / 2)).expand(len(z)), None)"),
        "told_a_time": (ASKED, "model(z, torch.atan(torch.exp(-logsnr_s / 2)).expand(len(z)) / (math.pi / 2), None)"),
        "asked_half_way": (ASKED, "model(z, ((logsnr_s + logsnr_t) / 2).expand(len(z)), None)"),
        "one_level_for_all": (ASKED, "model(z, logsnr_s, None)"),
        "asked_about_the_clip_scaled_up": (ASKED, "model(z / alpha_s, logsnr_s.expand(len(z)), None)"),
        "asked_twice": (ASKED, f"({ASKED} + {ASKED}) / 2"),
    },
    "the step": {
        "read_at_the_level_it_goes_to": (READ, "to_x_eps(Objective.V, v, z, alpha_t, sigma_t)"),
        "the_other_way": [
            (READ, "to_x_eps(Objective.V, v, z, alpha_t, sigma_t)"),
            (MIXED, "alpha_s * x_hat + sigma_s * eps_hat"),
        ],
        "z_mixed_for_the_clip": (MIXED, "alpha_t * z + sigma_t * eps_hat"),
        "straight_along_v": (
            MIXED,
            "z + (torch.atan(torch.exp(-logsnr_t / 2)) - torch.atan(torch.exp(-logsnr_s / 2))) * v",
        ),
        "read_as_noise": ("Objective.V", "Objective.EPS"),
        "mixed_at_the_level_it_had": (MIXED, "alpha_s * x_hat + sigma_s * eps_hat"),
        "clip_and_noise_exchanged": (READ, f"{READ}[::-1]"),
        "noise_subtracted": (MIXED, "alpha_t * x_hat - sigma_t * eps_hat"),
        "noise_forgotten": (MIXED, "alpha_t * x_hat"),
    },
    "from the clip itself": {
        "sigma_kept_from_becoming_small": (READ, "to_x_eps(Objective.V, v, z, alpha_s, sigma_s.clamp(min=0.05))"),
        "guess_cut": (READ, f"{READ} if logsnr_s < 5 else (z.clamp(-1, 1), v)"),
    },
}
