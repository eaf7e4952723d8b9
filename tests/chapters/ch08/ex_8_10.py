import math

import torch
import torch.nn.functional as F


def written_out(clips, captions, temperature):
    """−log softmax from logsumexp; one axis of the table after the other."""
    clips, captions = (x / x.square().sum(1, keepdim=True).sqrt() for x in (clips, captions))
    table = torch.einsum("id,jd->ij", clips, captions) / temperature
    own = torch.diagonal(table)
    return ((table.logsumexp(1) - own) + (table.logsumexp(0) - own)).mean() / 2


SECOND = written_out


def logits_of(clips, captions, temperature):
    return F.normalize(clips, dim=1) @ F.normalize(captions, dim=1).T / temperature


def both(logits, reduction="mean"):
    own = torch.arange(len(logits))
    return (F.cross_entropy(logits, own, reduction=reduction) + F.cross_entropy(logits.T, own, reduction=reduction)) / 2


def summed_over_clips(clips, captions, temperature):
    return both(logits_of(clips, captions, temperature), "sum")


def both_summed(clips, captions, temperature):
    return 2 * both(logits_of(clips, captions, temperature))


def one_number_a_clip(clips, captions, temperature):
    return both(logits_of(clips, captions, temperature), "none")


def in_bits(clips, captions, temperature):
    return both(logits_of(clips, captions, temperature)) / math.log(2)


def sign_lost(clips, captions, temperature):
    return -both(logits_of(clips, captions, temperature))


def softmax_twice(clips, captions, temperature):
    """Probabilities given to cross_entropy, which takes logits: its own softmax flattens them."""
    return both(logits_of(clips, captions, temperature).softmax(1))


def own_left_out_below(clips, captions, temperature):
    """The right answer is missing from the sum that it is divided by."""
    logits = logits_of(clips, captions, temperature)
    others = logits.masked_fill(torch.eye(len(logits), dtype=torch.bool), -torch.inf)
    return (others.logsumexp(1) + others.logsumexp(0)).mean() / 2 - logits.diagonal().mean()


def each_pair_by_itself(clips, captions, temperature):
    """Binary decisions: a loss too (SigLIP's), but another one."""
    logits = logits_of(clips, captions, temperature)
    return F.binary_cross_entropy_with_logits(logits, torch.eye(len(logits)))


def squared_distance(clips, captions, temperature):
    return (F.normalize(clips, dim=1) - F.normalize(captions, dim=1)).square().sum(1).mean() / temperature


def temperature_forgotten(clips, captions, temperature):
    return both(logits_of(clips, captions, 1.0))


def temperature_multiplied(clips, captions, temperature):
    return both(logits_of(clips, captions, 1 / temperature))


def temperature_outside(clips, captions, temperature):
    return both(logits_of(clips, captions, 1.0)) / temperature


def temperature_squared(clips, captions, temperature):
    """Both features divided by it."""
    return both(logits_of(clips, captions, temperature**2))


def clips_look_alone(clips, captions, temperature):
    logits = logits_of(clips, captions, temperature)
    return F.cross_entropy(logits, torch.arange(len(logits)))


def captions_look_alone(clips, captions, temperature):
    """The softmax over the wrong axis, if clips were to look."""
    return -logits_of(clips, captions, temperature).log_softmax(0).diagonal().mean()


def same_way_twice(clips, captions, temperature):
    logits, own = logits_of(clips, captions, temperature), torch.arange(len(clips))
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits, own)) / 2


def clips_against_clips(clips, captions, temperature):
    """The clips' own table in the second half."""
    right = F.cross_entropy(logits_of(clips, captions, temperature), torch.arange(len(clips)))
    return (right + F.cross_entropy(logits_of(clips, clips, temperature), torch.arange(len(clips)))) / 2


def softmax_over_the_table(clips, captions, temperature):
    """One softmax over all pairs: log n more, where all are alike."""
    logits = logits_of(clips, captions, temperature)
    return logits.logsumexp((0, 1)) - logits.diagonal().mean() - math.log(len(logits))


def lengths_kept(clips, captions, temperature):
    return both(clips @ captions.T / temperature)


def clips_alone_normalised(clips, captions, temperature):
    return both(F.normalize(clips, dim=1) @ captions.T / temperature)


def normalised_by_the_mean_length(clips, captions, temperature):
    clips, captions = (x / x.norm(dim=1).mean() for x in (clips, captions))
    return both(clips @ captions.T / temperature)


def a_float(clips, captions, temperature):
    return both(logits_of(clips, captions, temperature)).item()


def without_gradient(clips, captions, temperature):
    with torch.no_grad():
        return both(logits_of(clips, captions, temperature))


def captions_detached(clips, captions, temperature):
    return both(logits_of(clips, captions.detach(), temperature))


WRONG = {
    "all alike": [
        summed_over_clips,
        both_summed,
        one_number_a_clip,
        in_bits,
        sign_lost,
        own_left_out_below,
        each_pair_by_itself,
        squared_distance,
    ],
    "temperature": [
        temperature_forgotten,
        temperature_multiplied,
        temperature_outside,
        temperature_squared,
        softmax_twice,
        softmax_over_the_table,
    ],
    "both ways": [clips_look_alone, captions_look_alone, same_way_twice, clips_against_clips],
    "directions alone": [lengths_kept, clips_alone_normalised, normalised_by_the_mean_length],
    "gradient": [a_float, without_gradient, captions_detached],
}
