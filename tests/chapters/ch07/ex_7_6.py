from minivid.nn.unet import Stage


def by_recursion(copy, pixels, given, control):
    def below(layers, x):
        if not layers:
            return [x]
        first, *rest = layers
        if not isinstance(first, Stage):
            return below(rest, first(x))
        x = first(x, given)
        return [x, *below(rest, x)]

    start = copy.hint(control) + copy.conv_in(pixels)
    return list(map(lambda zero, part: zero(part), copy.zeros, below(list(copy.down), start)))


SECOND = by_recursion

START = "x = copy.conv_in(pixels) + copy.hint(control)"
KEPT = "made.append(x)"
OUT = "return [zero(part) for zero, part in zip(copy.zeros, [*made, x], strict=True)]"

RIGHT = {
    "the_last_by_its_place": (
        OUT,
        "return [*(zero(part) for zero, part in zip(copy.zeros[:-1], made)), copy.zeros[-1](made[-1])]",
    ),
    "a_tuple": (OUT, "return tuple(zero(part) for zero, part in zip(copy.zeros, [*made, x], strict=True))"),
}

WRONG = {
    "as it begins": {
        "not_through_the_zeros": (OUT, "return [*made, x]"),
        "the_other_way_round": (OUT, f"{OUT}[::-1]"),
        "added_to_itself": (
            OUT,
            "return [part + zero(part) for zero, part in zip(copy.zeros, [*made, x], strict=True)]",
        ),
        "one_too_few": (OUT, "return [zero(part) for zero, part in zip(copy.zeros, made)]"),
    },
    "the way down": {
        "zeros_on_the_way_down": [
            (KEPT, "made.append(x)\n            x = copy.zeros[len(made) - 1](x)"),
        ],
        "the_skip_s_zeros_for_the_middle": (
            OUT,
            "return [copy.zeros[0](made[0]), copy.zeros[1](made[1]), copy.zeros[1](x)]",
        ),
        "skip_and_middle_exchanged": (
            OUT,
            "return [copy.zeros[0](made[0]), copy.zeros[2](made[1]), copy.zeros[1](x)]",
        ),
        "each_stage_by_itself": (KEPT, "made.append(x)\n            x = copy.conv_in(pixels) if len(made) == 1 else x"),
        "the_last_zero_forgotten": (OUT, "return [copy.zeros[0](made[0]), copy.zeros[1](made[1]), 0 * x]"),
    },
    "the hint": {
        "no_hint": (START, "x = copy.conv_in(pixels)"),
        "hint_behind_the_first_stage": [
            (START, "x = copy.conv_in(pixels)"),
            (OUT, OUT.replace("[*made, x]", "[made[0] + copy.hint(control), *made[1:], x]")),
        ],
        "hint_multiplied": (START, "x = copy.conv_in(pixels) * (1 + copy.hint(control))"),
        "hint_twice": (START, "x = copy.conv_in(pixels) + 2 * copy.hint(control)"),
        "hint_taken_away": (START, "x = copy.conv_in(pixels) - copy.hint(control)"),
        "one_clip_s_hint_for_all": (START, "x = copy.conv_in(pixels) + copy.hint(control[:1])"),
        "one_frame_s_hint_for_all": (START, "x = copy.conv_in(pixels) + copy.hint(control[:, :, :1])"),
    },
    "more stages": {
        "three_written_out": (
            OUT,
            "first, second, last = copy.zeros\n    return [first(made[0]), second(made[1]), last(made[1])]",
        ),
        "the_first_three": (
            OUT,
            "return [copy.zeros[0](made[0]), copy.zeros[1](made[1]), copy.zeros[2](x)]",
        ),
        "one_for_each_level": (KEPT, "made[:] = [*(part for part in made if part.shape != x.shape), x]"),
        "the_second_stage_s_for_the_middle": (OUT, OUT.replace("[*made, x]", "[*made, made[1]]")),
    },
}
