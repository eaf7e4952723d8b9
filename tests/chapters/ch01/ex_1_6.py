import numpy as np
import torch


def by_numpy(video):
    """NumPy's gradient, cut to the inner places, where all of its differences are central."""
    brightness = (video.double().mean(1).numpy() + 1) / 2
    dt, dy, dx = (part[:, 1:-1, 1:-1, 1:-1] for part in np.gradient(brightness, axis=(1, 2, 3)))
    means = (dt * dt).mean((1, 2, 3)), (-dx * dt).mean((1, 2, 3)), -(dy * dt).mean((1, 2, 3))
    return tuple(torch.from_numpy(part).to(video) for part in means)


SECOND = by_numpy

DX = "(brightness[:, inner, inner, 2:] - brightness[:, inner, inner, :-2]) / 2"
DY = "(brightness[:, inner, 2:, inner] - brightness[:, inner, :-2, inner]) / 2"
DT = "(brightness[:, 2:, inner, inner] - brightness[:, :-2, inner, inner]) / 2"
RETURN = "tuple(part.mean((1, 2, 3)) for part in (dt**2, -dx * dt, -dy * dt))"

WRONG = {
    "three numbers a clip": {
        "one_number_for_the_batch": (".mean((1, 2, 3))", ".mean()"),
        "a_map": (".mean((1, 2, 3))", ".mean(1)"),
        "energy_alone": (RETURN, "(dt**2).mean((1, 2, 3))"),
        "one_number_a_frame": (".mean((1, 2, 3))", ".mean((2, 3))"),
    },
    "still picture": {
        # as published: contrast in space is taken for motion
        "spatial_gradients_added": ("(dt**2,", "((dt**2 + dx**2 + dy**2).sqrt(),"),
        "spatial_gradients_for_opponents": ("-dx * dt, -dy * dt", "-dx, -dy"),
    },
    "a lamp turned up": {
        "brightness_from_minus_one": ("(video.mean(1) + 1) / 2", "video.mean(1)"),
        "levels_of_bytes": ("(video.mean(1) + 1) / 2", "(video.mean(1) + 1) * 127.5"),
        "two_frames_not_halved": (DT, DT.removesuffix(" / 2")),
        "absolute_difference": ("(dt**2,", "(dt.abs(),"),
        "variance_for_mean_square": ("(dt**2,", "((dt - dt.mean((1, 2, 3), keepdim=True)) ** 2,"),
        "root_of_the_mean_square": (
            RETURN,
            "(dt**2).mean((1, 2, 3)).sqrt(), (-dx * dt).mean((1, 2, 3)), (-dy * dt).mean((1, 2, 3))",
        ),
    },
    "a lamp that flickers": {
        "next_frame_for_central": (DT, "brightness[:, 2:, inner, inner] - brightness[:, 1:-1, inner, inner]"),
        "squared_after_the_mean": ("(dt**2,", "(dt.mean((1, 2, 3), keepdim=True) ** 2,"),
    },
    "to the right": {
        "sign_forgotten": ("-dx * dt, -dy * dt", "dx * dt, dy * dt"),
        "x_for_y": ("-dx * dt, -dy * dt", "-dy * dt, -dx * dt"),
    },
    "up": {
        "upward": ("-dy * dt)", "dy * dt)"),
        "absolute_opponents": ("-dx * dt, -dy * dt", "(dx * dt).abs(), (dy * dt).abs()"),
    },
    "flickering rim": {
        "rim_counted": [
            (DT, DT.replace(", inner, inner]", "]")),
            ("-dx * dt, -dy * dt", "-dx * dt[:, :, 1:-1, 1:-1], -dy * dt[:, :, 1:-1, 1:-1]"),
        ],
        "rolled": (DT, "((brightness.roll(-1, 1) - brightness.roll(1, 1)) / 2)[:, inner, :-2, :-2]"),
    },
    "the same places": {
        # three differences of three shapes, cut to a common one at the same end
        "cut_at_one_end": (DX, "(brightness[:, 1:-1, :-2, 2:] - brightness[:, 1:-1, :-2, :-2]) / 2"),
        "an_earlier_frame": (DX, "(brightness[:, :-2, inner, 2:] - brightness[:, :-2, inner, :-2]) / 2"),
        "forward_in_space": (DX, "brightness[:, inner, inner, 2:] - brightness[:, inner, inner, 1:-1]"),
        "backward_in_space": (DY, "brightness[:, inner, 1:-1, inner] - brightness[:, inner, :-2, inner]"),
        "two_pixels_not_halved": (DX, DX.removesuffix(" / 2")),
    },
    "colours": {
        "channel_by_channel": [
            ("(video.mean(1) + 1) / 2", "((video + 1) / 2).flatten(0, 1)"),
            (RETURN, f"tuple(part.unflatten(0, (len(video), -1)).mean(1) for part in {RETURN})"),
        ],
        "first_channel": ("video.mean(1)", "video[:, 0]"),
        "channels_summed": ("video.mean(1)", "video.sum(1)"),
        "brightest_channel": ("video.mean(1)", "video.amax(1)"),
    },
}
