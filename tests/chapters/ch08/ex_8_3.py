import torch
import torch.nn.functional as F
from einops import einsum


def from_cosines(features_a, features_b, weights):
    """Lengths divided out by F.normalize, and (f − g)² written as f² − 2 f g + g²."""
    layers = []
    for f, g, weight in zip(features_a, features_b, weights, strict=True):
        f, g = F.normalize(f.double(), dim=1), F.normalize(g.double(), dim=1)
        of_place = [einsum(x, y, weight.double(), "n c h w, n c h w, c -> n h w") for x, y in ((f, f), (f, g), (g, g))]
        layers.append((of_place[0] - 2 * of_place[1] + of_place[2]).flatten(1).mean(1))
    return torch.stack(layers).sum(0)


SECOND = from_cosines


def unit(x):
    return x / (x.norm(dim=1, keepdim=True) + 1e-10)


def layers(features_a, features_b, weights, of_layer):
    """What `of_layer` says of each layer, summed."""
    return sum(of_layer(f, g, w[:, None, None]) for f, g, w in zip(features_a, features_b, weights, strict=True))


def mean_over_pictures(*maps):
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).square() * w).sum(1).mean())


def a_number_a_place(features_a, features_b, weights):
    return (((unit(features_a[0]) - unit(features_b[0])).square()) * weights[0][:, None, None]).sum(1)


def lengths_kept(*maps):
    return layers(*maps, lambda f, g, w: ((f - g).square() * w).sum(1).mean((1, 2)))


def normalised_over_places(*maps):
    unit = lambda x: x / (x.flatten(2).norm(dim=2)[..., None, None] + 1e-10)  # noqa: E731
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).square() * w).sum(1).mean((1, 2)))


def normalised_as_a_whole(*maps):
    unit = lambda x: F.normalize(x.flatten(1), dim=1).view_as(x)  # noqa: E731
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).square() * w).sum(1).mean((1, 2)))


def sum_for_length(*maps):
    unit = lambda x: x / (x.sum(1, keepdim=True) + 1e-10)  # noqa: E731
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).square() * w).sum(1).mean((1, 2)))


def weights_squared(*maps):
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)) * w).square().sum(1).mean((1, 2)))


def weights_forgotten(*maps):
    return layers(*maps, lambda f, g, w: (unit(f) - unit(g)).square().sum(1).mean((1, 2)))


def weighted_before_the_length(*maps):
    return layers(*maps, lambda f, g, w: (unit(f * w) - unit(g * w)).square().sum(1).mean((1, 2)))


def channels_averaged(*maps):
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).square() * w).mean((1, 2, 3)))


def places_summed(*maps):
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).square() * w).sum((1, 2, 3)))


def absolute_difference(*maps):
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).abs() * w).sum(1).mean((1, 2)))


def root_taken(*maps):
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).square() * w).sum(1).sqrt().mean((1, 2)))


def layers_averaged(features_a, features_b, weights):
    """As the reference code's docstring says, and the reference code does not."""
    total = layers(
        features_a, features_b, weights, lambda f, g, w: ((unit(f) - unit(g)).square() * w).sum(1).mean((1, 2))
    )
    return total / len(weights)


def last_layer_alone(features_a, features_b, weights):
    return from_cosines(features_a[-1:], features_b[-1:], weights[-1:])


def weighed_by_places(features_a, features_b, weights):
    """All places of all layers in one mean."""
    maps = zip(features_a, features_b, weights, strict=True)
    every = [((unit(f) - unit(g)).square() * w[:, None, None]).sum(1).flatten(1) for f, g, w in maps]
    return torch.cat(every, dim=1).mean(1) * len(weights)


def nothing_divided_by_nothing(*maps):
    unit = lambda x: x / x.norm(dim=1, keepdim=True)  # noqa: E731
    return layers(*maps, lambda f, g, w: ((unit(f) - unit(g)).square() * w).sum(1).mean((1, 2)))


def no_direction_for_some_direction(*maps):
    """A small number added to the features themselves: where there was nothing, all channels are seen alike."""
    return layers(*maps, lambda f, g, w: ((unit(f + 1e-6) - unit(g + 1e-6)).square() * w).sum(1).mean((1, 2)))


WRONG = {
    "one number a picture": [mean_over_pictures, a_number_a_place],
    "lengths unseen": [lengths_kept, normalised_over_places, normalised_as_a_whole],
    "one layer": [
        sum_for_length,
        weights_squared,
        weights_forgotten,
        weighted_before_the_length,
        channels_averaged,
        places_summed,
        absolute_difference,
        root_taken,
    ],
    "two layers": [layers_averaged, last_layer_alone, weighed_by_places],
    "nothing seen": [nothing_divided_by_nothing, no_direction_for_some_direction],
}
