import torch


def frame_by_frame(z, chosen, among_keys, within):
    keys = among_keys(z[:, :, torch.tensor(chosen)], chosen)
    said = {k: keys[:, :, place] for place, k in enumerate(chosen)}
    for place, first in enumerate(chosen[:-1]):
        numbers = [first, *range(first + 1, chosen[place + 1]), chosen[place + 1]]
        segment = within(torch.stack([z[:, :, k] for k in numbers], dim=2), numbers)
        for i in range(1, len(numbers) - 1):
            said[numbers[i]] = segment[:, :, i]
    return torch.stack([said[k] for k in range(z.shape[2])], dim=2)


SECOND = frame_by_frame

KEYS = "out[:, :, chosen] = among_keys(z[:, :, chosen], chosen)"
SEGMENT = "segment = list(range(first, last + 1))"
SAID = "out[:, :, segment[1:-1]] = within(z[:, :, segment], segment)[:, :, 1:-1]"
LOOP = "for first, last in pairwise(chosen):"

RIGHT = {
    "segments_first": [(KEYS, "pass"), ("return out", f"{KEYS}\n    return out")],
    "keys_put_back": [
        (SAID, "out[:, :, segment] = within(z[:, :, segment], segment)"),
        ("return out", f"{KEYS}\n    return out"),
    ],
}

WRONG = {
    "key frames alone": {
        "one_by_one": (KEYS, "for k in chosen:\n        out[:, :, [k]] = among_keys(z[:, :, [k]], [k])"),
        "numbers_turned_round": (KEYS, "out[:, :, chosen] = among_keys(z[:, :, chosen], chosen[::-1])"),
        "keys_overwritten": (SAID, "out[:, :, segment] = within(z[:, :, segment], segment)"),
        "networks_exchanged": (KEYS, "out[:, :, chosen] = within(z[:, :, chosen], chosen)"),
    },
    "one segment": {
        # published: both keys are put in front, and the policy takes the first and the last frame
        "both_keys_in_front": [
            (SEGMENT, "segment = [first, last, *range(first + 1, last)]"),
            (SAID, SAID.replace("segment[1:-1]", "segment[2:]").replace("[:, :, 1:-1]", "[:, :, 2:]")),
        ],
        "without_the_last_key": [
            (SEGMENT, "segment = list(range(first, last))"),
            (SAID, SAID.replace("segment[1:-1]", "segment[1:]").replace("[:, :, 1:-1]", "[:, :, 1:]")),
        ],
        "without_the_first_key": [
            (SEGMENT, "segment = list(range(first + 1, last + 1))"),
            (SAID, SAID.replace("segment[1:-1]", "segment[:-1]").replace("[:, :, 1:-1]", "[:, :, :-1]")),
        ],
        "keys_gone_on": (
            SAID,
            "seen = torch.cat([out[:, :, [first]], z[:, :, segment[1:-1]], out[:, :, [last]]], dim=2)\n"
            "        out[:, :, segment[1:-1]] = within(seen, segment)[:, :, 1:-1]",
        ),
        "numbers_turned_round_within": (SAID, SAID.replace("segment], segment)", "segment], segment[::-1])")),
        "keys_numbered_from_0": (KEYS, "out[:, :, chosen] = among_keys(z[:, :, chosen], list(range(len(chosen))))"),
        "by_the_network_of_the_keys": (SAID, SAID.replace("within(", "among_keys(")),
    },
    "several segments": {
        "the_film_s_ends_for_keys": (SEGMENT, "segment = [chosen[0], *range(first + 1, last), chosen[-1]]"),
        "all_as_long_as_the_first": (
            LOOP,
            "for first, last in [(k, min(k + chosen[1], chosen[-1])) for k in range(0, chosen[-1], chosen[1])]:",
        ),
        "the_first_segment_alone": (LOOP, "for first, last in [chosen[:2]]:"),
        "numbered_from_0": (SAID, SAID.replace("segment], segment)", "segment], list(range(len(segment))))")),
    },
}
