import torch


def caption_by_caption(words, mask):
    rows = [
        row[seen].mean(0) if seen.any() else torch.zeros_like(row[0]) for row, seen in zip(words, mask, strict=True)
    ]
    return torch.stack(rows)


SECOND = caption_by_caption

MEAN = "(words * weights).sum(1) / weights.sum(1).clamp(min=1)"

RIGHT = {
    "by_where": (MEAN, "torch.where(mask[..., None], words, 0.0).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)"),
    "by_a_product_of_matrices": (MEAN, "(weights.mT @ words)[:, 0] / weights.sum(1).clamp(min=1)"),
    "zeros_put_in": (MEAN, "((words * weights).sum(1) / weights.sum(1)).nan_to_num(0)"),
    "nanmean": (MEAN, "torch.where(mask[..., None], words, torch.nan).nanmean(1).nan_to_num(0)"),
}

WRONG = {
    "no padding": {
        "mean_over_the_vector": (MEAN, "words.mean(2)"),
        "sum_of_words": (MEAN, "(words * weights).sum(1)"),
        "mean_over_the_batch": (MEAN, "(words * weights).mean(0)"),
        # a recurrent encoder's last state, read at the padding
        "last_word_alone": (MEAN, "words[:, -1]"),
    },
    "padding unseen": {
        "padding_read": (MEAN, "words.mean(1)"),
        "mask_inverted": ("mask.to", "(mask if mask.all() else ~mask).to"),
    },
    "shorter captions": {"divided_by_the_longest": (MEAN, "(words * weights).mean(1)")},
    "no words": {"nan_without_words": (".clamp(min=1)", "")},
}
