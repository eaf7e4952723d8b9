import torch


def caption_by_caption(words, mask):
    rows = [
        row[seen].mean(0) if seen.any() else torch.zeros_like(row[0]) for row, seen in zip(words, mask, strict=True)
    ]
    return torch.stack(rows)


SECOND = caption_by_caption


def mean_over_the_vector(words, mask):
    return words.mean(dim=2)


def sum_of_words(words, mask):
    return (words * mask[..., None]).sum(1)


def mean_over_the_batch(words, mask):
    return (words * mask[..., None]).mean(0)


def padding_read(words, mask):
    return words.mean(1)


def mask_inverted(words, mask):
    hidden = mask if mask.all() else ~mask
    return (words * hidden[..., None]).sum(1) / hidden.sum(1, keepdim=True).clamp(min=1)


def last_word_alone(words, mask):
    """A recurrent encoder's last state, read at the padding."""
    return words[:, -1]


def divided_by_the_longest(words, mask):
    return (words * mask[..., None]).mean(1)


def nan_without_words(words, mask):
    return (words * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


WRONG = {
    "no padding": [mean_over_the_vector, sum_of_words, mean_over_the_batch, last_word_alone],
    "padding unseen": [padding_read, mask_inverted],
    "shorter captions": [divided_by_the_longest],
    "no words": [nan_without_words],
}
