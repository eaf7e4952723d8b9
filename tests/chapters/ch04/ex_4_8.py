import torch

from minivid.chapters.ch04.exercises.inversion import inversion_step
from minivid.diffusion.schedule import variance_preserving


def as_turns(teacher, z, logsnr_t, logsnr_mid, logsnr_s):
    """Two turns; then the v of the one turn that ends there, and its x̂."""
    n = len(z)
    angles = [torch.atan(torch.exp(-level / 2)) for level in (logsnr_t, logsnr_mid, logsnr_s)]
    now = z
    for level, here, there in zip((logsnr_t, logsnr_mid), angles, angles[1:], strict=False):
        now = torch.cos(there - here) * now + torch.sin(there - here) * teacher(now, level.repeat(n), None).detach()
    turn = angles[2] - angles[0]
    v = (now - torch.cos(turn) * z) / torch.sin(turn)
    return torch.cos(angles[0]) * z - torch.sin(angles[0]) * v


def inverted(teacher, z, logsnr_t, logsnr_mid, logsnr_s):
    """Two steps by the answer to 4.7, which leads from any level to any other."""
    with torch.no_grad():
        z_s = inversion_step(teacher, inversion_step(teacher, z, logsnr_t, logsnr_mid), logsnr_mid, logsnr_s)
    (alpha_t, sigma_t), (alpha_s, sigma_s) = map(variance_preserving, (logsnr_t, logsnr_s))
    kept = sigma_s / sigma_t
    return (z_s - kept * z) / (alpha_s - kept * alpha_t)


SECOND = as_turns

QUESTION = "teacher(z_mid, logsnr_mid.expand(len(z)), None)"
ASKED = "x_hat, _ = to_x_eps(Objective.V, teacher(z, logsnr_t.expand(len(z)), None), z, *t)"
FIRST = "z_mid = step_with(x_hat, z, *t, *mid)"
GUESS = f"x_hat, _ = to_x_eps(Objective.V, {QUESTION}, z_mid, *mid)"
LAST = "z_s = step_with(x_hat, z_mid, *mid, *s)"
SOLVED = "(z_s - kept * z) / (alpha_s - kept * alpha_t)"
EPS = "(z_s - alpha_s / alpha_t * z) / (sigma_s - alpha_s / alpha_t * sigma_t)"

RIGHT = {
    "by_4_7_s_steps": inverted,
    "detached_too": (SOLVED, f"({SOLVED}).detach()"),
    "without_a_caption": ("teacher(z, logsnr_t.expand(len(z)), None)", "teacher(z, logsnr_t.expand(len(z)))"),
    "everything_times_sigma_t": (SOLVED, "(sigma_t * z_s - sigma_s * z) / (sigma_t * alpha_s - sigma_s * alpha_t)"),
}

WRONG = {
    "the teacher's two steps": {
        # diffusers, pull request 1010
        "middle_and_end_exchanged": (
            "(logsnr_t, logsnr_mid, logsnr_s))",
            "(logsnr_t, logsnr_s, logsnr_mid))",
        ),
        "second_question_at_the_end": (QUESTION, "teacher(z_mid, logsnr_s.expand(len(z)), None)"),
        "second_question_at_the_beginning": (QUESTION, "teacher(z_mid, logsnr_t.expand(len(z)), None)"),
        "first_step_not_taken": (FIRST, "z_mid = z"),
        "second_question_about_the_guess": (FIRST, "z_mid = x_hat"),
        "v_taken_for_x": (ASKED, ASKED.replace("Objective.V", "Objective.X")),
        "v_taken_for_eps": (ASKED, ASKED.replace("Objective.V", "Objective.EPS")),
        "sign_of_v_turned_round": (ASKED, ASKED.replace("teacher", "-teacher")),
    },
    "the student's one": {
        "from_the_middle": (SOLVED, "(z_s - sigma_s / mid[1] * z_mid) / (alpha_s - sigma_s / mid[1] * mid[0])"),
        "middle_s_levels_with_z_of_t": (SOLVED, "(z_s - sigma_s / mid[1] * z) / (alpha_s - sigma_s / mid[1] * mid[0])"),
        "z_of_the_middle_with_levels_of_t": (SOLVED, "(z_s - kept * z_mid) / (alpha_s - kept * alpha_t)"),
        "where_it_ends": (SOLVED, "z_s"),
        "said_in_eps": (SOLVED, EPS),
        "the_second_guess": (SOLVED, "x_hat"),
        "divided_by_alpha_s": (SOLVED, "(z_s - kept * z) / alpha_s"),
        "kept_upside_down": ("kept = sigma_s / sigma_t", "kept = sigma_t / sigma_s"),
        "second_step_from_z": (LAST, "z_s = step_with(x_hat, z, *t, *s)"),
        "second_guess_with_levels_of_t": ("None), z_mid, *mid)", "None), z_mid, *t)"),
        "second_guess_of_z": ("None), z_mid, *mid)", "None), z, *mid)"),
        "second_step_with_levels_of_t": (LAST, "z_s = step_with(x_hat, z_mid, *t, *s)"),
    },
    "from noise alone": {
        # over ε it is the same formula, and divides by an α of 4.5e-5
        "computed_in_eps": (SOLVED, f"(z - sigma_t * {EPS}) / alpha_t"),
        "three_clips": [
            ("logsnr_t.expand(len(z))", "logsnr_t.expand(3)"),
            ("logsnr_mid.expand(len(z))", "logsnr_mid.expand(3)"),
        ],
        "alpha_kept_from_becoming_small": (SOLVED, f"{SOLVED} if alpha_t > 0.01 else z_s / alpha_s"),
    },
    "who learns": {
        "gradient_through_the_teacher": ("with torch.no_grad():", "with torch.enable_grad():"),
        "gradient_through_the_second_guess": (
            f"        {GUESS}\n        {LAST}",
            f"    {GUESS}\n    {LAST}",
        ),
    },
}
