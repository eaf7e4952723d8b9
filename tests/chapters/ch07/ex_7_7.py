def at_once(x_hat, step, between):
    out = x_hat.clone()
    anew = slice(2 if step % 2 else 1, -1, 2)
    before, after = x_hat[:, :, :-2], x_hat[:, :, 2:]
    for k in range(x_hat.shape[2])[anew]:
        out[:, :, k] = between(before[:, :, k - 1], after[:, :, k - 1])
    return out


SECOND = at_once

RANGE = "range(1 + step % 2, len(frames) - 1, 2)"
MADE = "between(x_hat[:, :, k - 1], x_hat[:, :, k + 1])"

RIGHT = {
    "of_neighbours_that_stand": (MADE, "between(frames[k - 1], frames[k + 1])"),
    "all_asked_for_their_parity": (RANGE, "[k for k in range(1, len(frames) - 1) if (k + step) % 2]"),
}

WRONG = {
    "an even step": {
        "nothing": (RANGE, "range(0)"),
        "the_step_itself": (RANGE, "range(1 + step, len(frames) - 1, 2)"),
        # the paper's and the code's numbers of steps, 30 and 31 of 50 or 20 and 19, are both: only who counts from the other end is off
        "parity_the_other_way": (RANGE, "range(2 - step % 2, len(frames) - 1, 2)"),
        "all_of_them": (RANGE, "range(1, len(frames) - 1)"),
        "neighbours_exchanged": (MADE, "between(x_hat[:, :, k + 1], x_hat[:, :, k - 1])"),
        "of_itself_and_the_next": (MADE, "between(x_hat[:, :, k], x_hat[:, :, k + 1])"),
        "mixed_with_itself": (MADE, f"({MADE} + x_hat[:, :, k]) / 2"),
    },
    "an odd step": {
        "the_same_at_every_step": (RANGE, "range(1, len(frames) - 1, 2)"),
        "the_ends_too": [
            (RANGE, "range((step + 1) % 2, len(frames), 2)"),
            (MADE, "between(x_hat[:, :, max(k - 1, 0)], x_hat[:, :, min(k + 1, len(frames) - 1)])"),
        ],
        "the_first_too": [
            (RANGE, "range((step + 1) % 2, len(frames) - 1, 2)"),
            (MADE, "between(x_hat[:, :, max(k - 1, 0)], x_hat[:, :, k + 1])"),
        ],
    },
    "an even number of frames": {
        "the_last_too": [
            (RANGE, "range(1 + step % 2, len(frames) - step % 2, 2)"),
            (MADE, "between(x_hat[:, :, k - 1], x_hat[:, :, min(k + 1, len(frames) - 1)])"),
        ],
        "counted_from_the_last": (RANGE, "range(len(frames) - 2 - step % 2, 0, -2)"),
    },
    "an even number, an odd step": {
        "an_end_that_goes_with_the_step": (RANGE, "range(1 + step % 2, len(frames) - 1 - step % 2, 2)"),
    },
}
