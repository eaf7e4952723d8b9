import numpy as np
import torch
import torch.nn.functional as F


def frame_by_frame(features, flow):
    """Cosines and lengths written out, one clip after the other, in NumPy."""
    consistency, degree = [], []
    for rows, pairs in zip(features.numpy(), flow.numpy(), strict=True):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        pairwise = [max(rows[i] @ rows[j], 0) for i in range(1, len(rows)) for j in (i - 1, 0)]
        consistency.append(np.mean(pairwise))
        lengths = np.sort(np.hypot(pairs[:, 0], pairs[:, 1]).reshape(len(pairs), -1), axis=1)
        degree.append(lengths[:, -max(1, int(0.05 * lengths.shape[1])) :].mean())
    return np.array(consistency), np.array(degree)


SECOND = frame_by_frame


def cosines(features):
    later = features[:, 1:]
    to = lambda others: F.cosine_similarity(later, others, dim=-1)  # noqa: E731
    return to(features[:, :-1]), to(features[:, :1])


def consistency(features):
    return sum(cosine.clamp(min=0) for cosine in cosines(features)).mean(1) / 2


def lengths(flow):
    return flow.norm(dim=2).flatten(2)


def fastest(length):
    return length.topk(length.shape[-1] // 20, dim=-1).values


def degree(flow):
    return fastest(lengths(flow)).mean((1, 2))


def one_number_for_all(features, flow):
    return consistency(features).mean(), degree(flow).mean()


def one_number_a_frame(features, flow):
    return sum(cosines(features)) / 2, fastest(lengths(flow)).mean(2)


def consistency_alone(features, flow):
    return consistency(features)


def dot_product(features, flow):
    later = features[:, 1:]
    return ((later * features[:, :-1]).sum(2) + (later * features[:, :1]).sum(2)).mean(1) / 2, degree(flow)


def itself_included(features, flow):
    """Every frame against the first, which agrees with itself."""
    first = F.cosine_similarity(features, features[:, :1], dim=-1).clamp(min=0).mean(1)
    before = F.cosine_similarity(features[:, 1:], features[:, :-1], dim=-1).clamp(min=0).mean(1)
    return (first + before) / 2, degree(flow)


def rolled(features, flow):
    """torch.roll: the first frame follows the last."""
    before = F.cosine_similarity(features, features.roll(1, 1), dim=-1).clamp(min=0)
    first = F.cosine_similarity(features, features[:, :1], dim=-1).clamp(min=0)
    return ((before + first) / 2).mean(1), degree(flow)


def whole_table_of_cosines(features, flow):
    unit = F.normalize(features, dim=-1)
    return (unit @ unit.mT).clamp(min=0).mean((1, 2)), degree(flow)


def distance_for_likeness(features, flow):
    return 1 - consistency(features), degree(flow)


def summed_not_averaged(features, flow):
    return 2 * consistency(features), degree(flow)


def over_time(features, flow):
    """The cosine along the wrong axis, of a feature's course with that of its neighbour."""
    later, earlier = features[:, 1:], features[:, :-1]
    return F.cosine_similarity(later, earlier, dim=1).clamp(min=0).mean(1), degree(flow)


def before_alone(features, flow):
    return cosines(features)[0].clamp(min=0).mean(1), degree(flow)


def first_alone(features, flow):
    return cosines(features)[1].clamp(min=0).mean(1), degree(flow)


def all_other_frames(features, flow):
    unit = F.normalize(features, dim=-1)
    table, t = (unit @ unit.mT).clamp(min=0), features.shape[1]
    return (table.sum((1, 2)) - t) / (t * (t - 1)), degree(flow)


def negatives_kept(features, flow):
    return sum(cosines(features)).mean(1) / 2, degree(flow)


def clamped_after_the_mean(features, flow):
    return (sum(cosines(features)) / 2).clamp(min=0).mean(1), degree(flow)


def absolute_cosines(features, flow):
    return sum(cosine.abs() for cosine in cosines(features)).mean(1) / 2, degree(flow)


def taxicab_length(features, flow):
    return consistency(features), fastest(flow.abs().sum(2).flatten(2)).mean((1, 2))


def squared_length(features, flow):
    return consistency(features), fastest(flow.square().sum(2).flatten(2)).mean((1, 2))


def mean_of_the_components(features, flow):
    return consistency(features), fastest(flow.abs().mean(2).flatten(2)).mean((1, 2))


def sideways_alone(features, flow):
    return consistency(features), fastest(flow[:, :, 0].abs().flatten(2)).mean((1, 2))


def signed_motion(features, flow):
    return consistency(features), fastest(flow.sum(2).flatten(2)).mean((1, 2))


def share_of_the_picture(features, flow):
    return consistency(features), degree(flow) / flow.shape[-1]


def mean_over_pixels(features, flow):
    return consistency(features), lengths(flow).mean((1, 2))


def median_over_pixels(features, flow):
    return consistency(features), lengths(flow).median(2).values.mean(1)


def fastest_pixel(features, flow):
    return consistency(features), lengths(flow).amax(2).mean(1)


def quantile_for_mean(features, flow):
    """Where the fastest 5 % begin."""
    return consistency(features), torch.quantile(lengths(flow), 0.95, dim=2).mean(1)


def half_of_them(features, flow):
    length = lengths(flow)
    return consistency(features), length.topk(length.shape[-1] // 2, dim=-1).values.mean((1, 2))


def pooled_over_pairs(features, flow):
    length = lengths(flow).flatten(1)
    return consistency(features), fastest(length).mean(1)


def fastest_pair(features, flow):
    return consistency(features), fastest(lengths(flow)).mean(2).amax(1)


def net_motion(features, flow):
    """The mean flow over time, in which coming and going cancel. With one flow throughout it is the same."""
    return consistency(features), degree(flow.mean(1, keepdim=True))


WRONG = {
    "two numbers a clip": [one_number_for_all, one_number_a_frame, consistency_alone],
    "two frames": [
        dot_product,
        itself_included,
        rolled,
        over_time,
        whole_table_of_cosines,
        distance_for_likeness,
        summed_not_averaged,
    ],
    "before and first": [before_alone, first_alone, all_other_frames],
    "opposites": [negatives_kept, clamped_after_the_mean, absolute_cosines],
    "length": [
        taxicab_length,
        squared_length,
        mean_of_the_components,
        sideways_alone,
        signed_motion,
        share_of_the_picture,
    ],
    "fastest": [mean_over_pixels, median_over_pixels, fastest_pixel, quantile_for_mean, half_of_them],
    "pair by pair": [pooled_over_pairs, fastest_pair, net_motion],
}
