from torch import sigmoid


def mixed_anew(z, v, logsnr_t, logsnr_s):
    """DDIM's step: x̂ and ε̂ at t, mixed by α and σ of s."""
    alpha, sigma = sigmoid(logsnr_t).sqrt(), sigmoid(-logsnr_t).sqrt()
    return sigmoid(logsnr_s).sqrt() * (alpha * z - sigma * v) + sigmoid(-logsnr_s).sqrt() * (sigma * z + alpha * v)


SECOND = mixed_anew

TURN = "torch.atan(torch.exp(-logsnr_s / 2)) - torch.atan(torch.exp(-logsnr_t / 2))"
TURNED = "torch.cos(turn) * z + torch.sin(turn) * v"

RIGHT = {
    "angles_from_the_clip_s_share": (
        TURN,
        "torch.acos(torch.sigmoid(logsnr_s).sqrt()) - torch.acos(torch.sigmoid(logsnr_t).sqrt())",
    ),
    "by_the_library_s_step": [
        (TURN, "variance_preserving(logsnr_t), variance_preserving(logsnr_s)"),
        (TURNED, "step_with(turn[0][0] * z - turn[0][1] * v, z, *turn[0], *turn[1])"),
    ],
    "turned_round_and_back": [(TURN, f"-({TURN})"), (TURNED, "torch.cos(turn) * z - torch.sin(turn) * v")],
}

WRONG = {
    "z alone": {
        "angle_of_the_snr": (TURN, TURN.replace(" / 2", "")),
        "to_the_angle_of_s": (TURN, "torch.atan(torch.exp(-logsnr_s / 2))"),
        "sine_and_cosine_exchanged": (TURNED, "torch.sin(turn) * z + torch.cos(turn) * v"),
        "straight_along_v": (TURNED, "z + turn * v"),
        "z_not_shrunk": (TURNED, "z + torch.sin(turn) * v"),
        "in_degrees": (TURN, f"torch.rad2deg({TURN})"),
        "levels_taken_for_angles": (TURN, "logsnr_s - logsnr_t"),
    },
    "v alone": {
        "the_other_way": (TURN, f"-({TURN})"),
        "sine_left_out": (TURNED, "torch.cos(turn) * z + turn * v"),
        "v_subtracted": (TURNED, "torch.cos(turn) * z - torch.sin(turn) * v"),
        "noise_over_clip_upside_down": (TURN, TURN.replace("-logsnr", "logsnr")),
    },
    "both": {
        "length_forced": (
            f"return {TURNED}",
            f"out = {TURNED}; return out if min(z.norm(), v.norm()) == 0 else out * z.norm() / out.norm()",
        ),
        "v_made_upright_to_z": (
            f"return {TURNED}",
            f"v = v - (v * z).sum() / (z * z).sum().clamp(min=1e-9) * z; return {TURNED}",
        ),
    },
    "a quarter turn": {
        "levels_cut_at_three": (
            TURN,
            TURN.replace("-logsnr_s", "-logsnr_s.clamp(-3, 3)").replace("-logsnr_t", "-logsnr_t.clamp(-3, 3)"),
        ),
        "never_more_than_one": (TURN, f"({TURN}).clamp(-1, 1)"),
    },
}
