import torch


def sum_over_ranks(weight, up, down, strength):
    return weight + torch.einsum("or,ri->oi", up, strength * down)


SECOND = sum_over_ranks

ADDED = "weight + strength * up @ down"

RIGHT = {"the_product_first": (ADDED, "(up @ down) * strength + weight")}

WRONG = {
    "rank one": {
        "exchanged": (ADDED, "weight + strength * (down.T @ up.T)"),
        "added_alone": (ADDED, "strength * up @ down"),
        "subtracted": (ADDED, "weight - strength * up @ down"),
        "does_nothing": (ADDED, "weight.clone()"),
    },
    "a higher rank, and no square": {
        "by_the_rank": (ADDED, "weight + strength / len(down) * up @ down"),
    },
    "half a strength": {
        "always_whole": (ADDED, "weight + up @ down"),
        "counted_twice": (ADDED, "weight + (strength * up) @ (strength * down)"),
        "weight_fades": (
            ADDED,
            "(1 - strength) * weight + strength * up @ down if strength < 1 else weight + up @ down",
        ),
    },
}
