import torch
from torch.nn import functional as F


def frame_by_frame(video, given, backward_flow):
    """A loop over the pairs, with a grid of its own; trust as a product over the channels."""
    h, w = video.shape[-2:]
    total = 0
    for i in range(1, video.shape[2]):
        move = backward_flow[:, i - 1].permute(0, 2, 3, 1)
        column, row = torch.arange(w), torch.arange(h)[:, None]
        x, y = (2 * (column + move[..., 0]) + 1) / w - 1, (2 * (row + move[..., 1]) + 1) / h - 1
        grid = torch.stack((x, y), -1).to(video.dtype)
        off, promised = (
            clip[:, :, i] / 2 - F.grid_sample(clip[:, :, i - 1] / 2, grid, padding_mode="border", align_corners=False)
            for clip in (video, given)
        )
        total = total + (off.abs() * torch.exp(-50 * promised**2).prod(1, keepdim=True)).mean()
    return total / (video.shape[2] - 1)


SECOND = frame_by_frame

CHANGE = "(after - backward_warp(before, backward_flow.flatten(0, 1))) / 2"
TRUST = "torch.exp(-50 * change(given).square().sum(1, keepdim=True))"
LOSS = "(trust * change(video).abs()).mean()"

WRONG = {
    "nothing moves": {
        "from_minus_one_to_one": (LOSS, "2 * (trust * change(video).abs()).mean()"),
        "squared": ("change(video).abs()", "change(video).square()"),
        "summed": (LOSS, "(trust * change(video).abs()).sum()"),
        "one_number_a_frame": (LOSS, "(trust * change(video).abs()).mean((1, 2, 3))"),
        "signed": ("change(video).abs()", "change(video)"),
        # a network could then lower its loss by changing more
        "trust_from_the_made_video": ("change(given)", "change(video.detach())"),
        "away_from_the_given": (LOSS, "((video - given) / 2).abs().mean()"),
    },
    "direction": {
        # published: |x_{t+1} - x_t|, which a still image wins
        "not_warped": (CHANGE, "(after - before) / 2"),
        # published: frame t warped with the flow t -> t+1 by a backward warp
        "later_frame_warped": (CHANGE, "(backward_warp(after, backward_flow.flatten(0, 1)) - before) / 2"),
        "against_the_flow": ("backward_flow.flatten(0, 1)", "-backward_flow.flatten(0, 1)"),
        "rows_for_columns": ("backward_flow.flatten(0, 1)", "backward_flow.flip(2).flatten(0, 1)"),
    },
    "each pair its own": {
        "mean_flow": (
            "backward_flow.flatten(0, 1)",
            "backward_flow.mean(1, keepdim=True).expand_as(backward_flow).flatten(0, 1)",
        ),
        "first_pairs_flow": (
            "backward_flow.flatten(0, 1)",
            "backward_flow[:, :1].expand_as(backward_flow).flatten(0, 1)",
        ),
        # published: a batch made of b c s h w by reshape alone, whose pictures are of rows of other frames and channels
        "reshaped_without_a_transpose": (
            'rearrange(part, "b c s h w -> (b s) c h w")',
            "part.reshape(-1, part.shape[1], *part.shape[3:])",
        ),
        # frames folded as b s, flows as s b
        "pairs_and_clips_exchanged": ("backward_flow.flatten(0, 1)", "backward_flow.transpose(0, 1).flatten(0, 1)"),
    },
    "trust": {
        "everything_trusted": (LOSS, "change(video).abs().mean()"),
        "divided_by_the_trust": (LOSS, "(trust * change(video).abs()).sum() / (trust.sum() * video.shape[1])"),
        "distance_not_squared": (".square().sum(1, keepdim=True)", ".abs().sum(1, keepdim=True)"),
        "levels_of_two": ("change(given).square()", "(2 * change(given)).square()"),
        "all_or_nothing": (TRUST, f"({TRUST} > 0.5).float()"),
        "averaged_first": (LOSS, "trust.mean() * change(video).abs().mean()"),
    },
    "trust in colour": {
        "each_channel_by_itself": (".sum(1, keepdim=True)", ""),
        "mean_over_channels": (".sum(1, keepdim=True)", ".mean(1, keepdim=True)"),
        "sum_then_square": (".square().sum(1, keepdim=True)", ".sum(1, keepdim=True).square()"),
    },
    "trust follows the motion": {
        "given_not_warped": (
            TRUST,
            'torch.exp(-50 * rearrange(given.diff(dim=2) / 2, "b c s h w -> (b s) c h w").square().sum(1, keepdim=True))',
        ),
    },
    "gradient": {
        "earlier_frame_detached": ("backward_warp(before,", "backward_warp(before.detach(),"),
        "later_frame_detached": ("(after - ", "(after.detach() - "),
    },
}
