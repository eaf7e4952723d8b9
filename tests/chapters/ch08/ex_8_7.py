import numpy as np
import torch
from scipy import ndimage


def looked_up(picture, flow):
    """scipy's bilinear look-up at q + flow(q), the border repeated."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float64)
    return ndimage.map_coordinates(picture, [y + flow[1], x + flow[0]], order=1, mode="nearest")


def pair_by_pair(video, flow, backward_flow):
    """One pair of frames after the other, in NumPy, warped by scipy."""
    errors = []
    for clip, forward, backward in zip(
        *(x.numpy().astype(np.float64) for x in (video, flow, backward_flow)), strict=True
    ):
        of_pair = []
        for i, (there, back) in enumerate(zip(forward, backward, strict=True)):
            back = np.stack([looked_up(part, there) for part in back])
            missed = np.sum((there + back) ** 2, axis=0)
            seen = missed <= 0.01 * np.sum(there**2 + back**2, axis=0) + 0.5
            after = np.stack([looked_up(channel, there) for channel in clip[:, i + 1]])
            error = np.mean(((after - clip[:, i]) / 2) ** 2, axis=0)
            of_pair.append(error[seen].mean() if seen.any() else error.mean())
        errors.append(np.mean(of_pair))
    return torch.tensor(np.array(errors))


SECOND = pair_by_pair

WARPED = "backward_warp(there, forward)"
LOOKED_UP = "backward_warp(back, forward)"
SEEN = "(forward + back).square().sum(1) <= 0.01 * lengths + 0.5"
QUOTIENT = "(error * seen).sum((1, 2)) / seen.sum((1, 2))"
SOME_SEEN = "seen = seen | ~seen.flatten(1).any(1)[:, None, None]"
OF_CLIP = 'rearrange(of_pair, "(b s) -> b s", b=len(video)).mean(1)'
HALF_PIXELS = "(2 * x + 1) / w - 1, (2 * y + 1) / h - 1"
CORNERS = "2 * x / (w - 1) - 1, 2 * y / (h - 1) - 1"


def warped_on_a_grid(coordinates, options):
    """The later frame looked up by grid_sample, at these coordinates of its pixels."""
    return [
        (
            "error = ((",
            "h, w = video.shape[-2:]\n    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing='ij')"
            "\n    x, y = x + forward[:, 0], y + forward[:, 1]\n    error = ((",
        ),
        (WARPED, f"F.grid_sample(there, torch.stack([{coordinates}], -1), padding_mode='border', {options})"),
    ]


WRONG = {
    "still clip": {
        # corners in the grid's coordinates, half-pixels in grid_sample's (its default)
        "no_half_pixel": warped_on_a_grid(CORNERS, "align_corners=False"),
        "corners_aligned": warped_on_a_grid(HALF_PIXELS, "align_corners=True"),
        "shifted_by_half_a_pixel": (WARPED, "backward_warp(there, forward + 0.5)"),
    },
    "no flow": {
        "from_minus_one_to_one": ("here) / 2)", "here) / 1)"),
        "channels_summed": (".square().mean(1)", ".square().sum(1)"),
        "absolute_error": (".square().mean(1)", ".abs().mean(1)"),
        "root_of_the_error": (OF_CLIP, f"{OF_CLIP}.sqrt()"),
        "mean_over_the_batch": (OF_CLIP, "of_pair.mean()"),
        "pixels_summed": (QUOTIENT, "(error * seen).sum((1, 2))"),
    },
    "direction": {
        # frame t looked up along the flow t → t+1, and held against frame t+1
        "earlier_frame_warped": (f"{WARPED} - here", "backward_warp(here, forward) - there"),
        "against_the_flow": (WARPED, "backward_warp(there, -forward)"),
        "along_the_backward_flow": ("forward, back = flow", "back, forward = flow"),
        # frame t drawn as frame t+1: right in the middle, but it asks what is hidden from the other side
        "earlier_frame_brought_along": (
            "here, there =",
            "video, flow, backward_flow = video.flip(2), backward_flow.flip(1), flow.flip(1)\n    here, there =",
        ),
        "not_warped": (WARPED, "there"),
        "y_upwards": (WARPED, "backward_warp(there, forward * torch.tensor([1.0, -1.0])[:, None, None])"),
    },
    "x and y": {
        "rows_for_columns": (WARPED, "backward_warp(there, forward.flip(1))"),
    },
    "between pixels": {
        "nearest_pixel": warped_on_a_grid(HALF_PIXELS, "align_corners=False, mode='nearest'"),
        "flow_cut_to_whole_pixels": (WARPED, "backward_warp(there, forward.trunc())"),
    },
    "divided by what counts": {
        "divided_by_all_pixels": (QUOTIENT, "(error * seen).mean((1, 2))"),
        # hidden pixels painted grey in both frames: they agree, and are counted
        "pixels_masked_before_the_warp": [
            (f"{WARPED} - here", "backward_warp(there * seen[:, None], forward) - here * seen[:, None]"),
            (QUOTIENT, "error.mean((1, 2))"),
        ],
    },
    "hidden pixels": {
        "everything_counted": (SEEN, "torch.ones_like(lengths).bool()"),
        "hidden_pixels_counted_alone": ("<= 0.01", "> 0.01"),
    },
    "sign": {
        # |w − ŵ|: the two are opposite where a point is seen in both frames
        "sign_of_the_check": ("(forward + back)", "(forward - back)"),
        # ||w| − |ŵ||, in which no direction is left
        "lengths_compared": (SEEN, "(forward.norm(dim=1) - back.norm(dim=1)).square() <= 0.5"),
    },
    "where it leads": {
        "way_back_not_looked_up": (LOOKED_UP, "back"),
        "way_back_looked_up_along_itself": (LOOKED_UP, "backward_warp(back, back)"),
        # the check in the pixels of the next frame, used in those of this one
        "way_there_looked_up": [
            (f"back = {LOOKED_UP}", "ahead = backward_warp(forward, back)"),
            ("lengths = forward", "lengths = ahead"),
            ("(forward + back)", "(ahead + back)"),
        ],
    },
    "threshold": {
        "length_not_squared": ("(forward + back).square().sum(1)", "(forward + back).norm(dim=1)"),
        "no_allowance_for_speed": ("0.01 * lengths + ", ""),
        "generous_allowance": ("0.01 *", "0.1 *"),
    },
    "each pair": {
        "hidden_pixels_pooled": [
            (QUOTIENT, "torch.stack([(error * seen).sum((1, 2)), seen.sum((1, 2))])"),
            (OF_CLIP, "torch.div(*of_pair.unflatten(1, flow.shape[:2]).sum(2))"),
        ],
        "seen_in_all_pairs": (
            "error = ((",
            "both = seen.unflatten(0, flow.shape[:2]).all(1).repeat_interleave(flow.shape[1], 0)"
            "\n    seen = both if both.any() else seen\n    error = ((",
        ),
    },
    "nothing to follow": {
        "nothing_by_nothing": (SOME_SEEN, ""),
        # a clamp against 0 / 0: whoever moves too wildly to be followed makes no error
        "no_error_where_nothing_is_seen": [(SOME_SEEN, ""), (QUOTIENT, f"{QUOTIENT}.clamp(min=1)")],
    },
    "another number": {
        "two_clips": (OF_CLIP, "of_pair.reshape(2, -1).mean(1)"),
        "two_pairs": (OF_CLIP, "of_pair.unflatten(0, (-1, 2)).mean(1)"),
    },
}
