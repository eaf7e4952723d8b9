import torch


def written_out(clips, captions, temperature):
    """−log softmax from logsumexp; one axis of the table after the other."""
    clips, captions = (x / x.square().sum(1, keepdim=True).sqrt() for x in (clips, captions))
    table = torch.einsum("id,jd->ij", clips, captions) / temperature
    own = torch.diagonal(table)
    return ((table.logsumexp(1) - own) + (table.logsumexp(0) - own)).mean() / 2


SECOND = written_out

COSINES = "F.normalize(clips, dim=1) @ F.normalize(captions, dim=1).T"
OWN = "own = torch.arange(len(logits), device=logits.device)"
LOSS = "(F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2"

WRONG = {
    "all alike": {
        "summed_over_clips": (LOSS, f"{LOSS} * len(own)"),
        "both_summed": ("own)) / 2", "own))"),
        "one_number_a_clip": [
            ("(logits, own)", "(logits, own, reduction='none')"),
            ("T, own)", "T, own, reduction='none')"),
        ],
        "in_bits": (LOSS, f"{LOSS} / torch.tensor(2.0).log()"),
        "sign_lost": (LOSS, f"-{LOSS}"),
        # the right answer is missing from the sum that it is divided by
        "own_left_out_below": [
            (OWN, "others = logits.masked_fill(torch.eye(len(logits)).bool(), -torch.inf)"),
            (LOSS, "(others.logsumexp(1) + others.logsumexp(0)).mean() / 2 - logits.diagonal().mean()"),
        ],
        # binary decisions: a loss too (SigLIP's), but another one
        "each_pair_by_itself": (LOSS, "F.binary_cross_entropy_with_logits(logits, torch.eye(len(logits)))"),
        "squared_distance": (
            LOSS,
            "(F.normalize(clips, dim=1) - F.normalize(captions, dim=1)).square().sum(1).mean() / temperature",
        ),
    },
    "own caption": {
        "lengths_over_the_clips": (COSINES, "F.normalize(clips, dim=0) @ F.normalize(captions, dim=0).T"),
        "always_the_first": (OWN, "own = torch.zeros(len(logits), dtype=torch.long)"),
        "the_next_one": (OWN, "own = torch.arange(len(logits)).roll(1)"),
        # probabilities given to cross_entropy, which takes logits: its own softmax flattens them
        "softmax_twice": (OWN, f"{OWN}\n    logits = logits.softmax(1)"),
        # one softmax over all pairs: log n more, where all are alike
        "softmax_over_the_table": (
            LOSS,
            "logits.logsumexp((0, 1)) - logits.diagonal().mean() - torch.tensor(float(len(logits))).log()",
        ),
    },
    "temperature": {
        "temperature_forgotten": (" / temperature", ""),
        "temperature_multiplied": ("/ temperature", "* temperature"),
        "temperature_outside": [(" / temperature", ""), (LOSS, f"{LOSS} / temperature")],
        # both features divided by it
        "temperature_squared": ("/ temperature", "/ temperature**2"),
    },
    "both ways": {
        "clips_look_alone": (LOSS, "F.cross_entropy(logits, own)"),
        # the softmax over the wrong axis, if clips were to look
        "captions_look_alone": (LOSS, "-logits.log_softmax(0).diagonal().mean()"),
        "same_way_twice": ("logits.T", "logits"),
        # the clips' own table in the second half
        "clips_against_clips": ("logits.T", "F.normalize(clips, dim=1) @ F.normalize(clips, dim=1).T / temperature"),
    },
    "directions alone": {
        "lengths_kept": (COSINES, "clips @ captions.T"),
        "clips_alone_normalised": (COSINES, "F.normalize(clips, dim=1) @ captions.T"),
        "normalised_by_the_mean_length": (
            COSINES,
            "clips @ captions.T / (clips.norm(dim=1).mean() * captions.norm(dim=1).mean())",
        ),
    },
    "gradient": {
        "a_float": (LOSS, f"({LOSS}).item()"),
        "without_gradient": ("logits = ", "with torch.no_grad():\n        logits = "),
        "captions_detached": ("F.normalize(captions", "F.normalize(captions.detach()"),
    },
}
