import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from minivid.motion import backward_warp


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


def seen_by(forward, backward, sign=1, looked=True, power=1, relative=0.01, margin=0.5):
    back = backward_warp(backward, forward) if looked else backward
    missed = (forward + sign * back).square().sum(1) ** power
    return missed <= relative * (forward.square().sum(1) + back.square().sum(1)) + margin


def quotient(error, seen):
    """Of each pair (b t), or the plain mean where nothing is seen."""
    seen = seen | ~seen.any(-1).any(-1)[..., None, None]
    return (error * seen).sum((2, 3)) / seen.sum((2, 3))


def measured(
    video,
    flow,
    backward,
    warp=backward_warp,
    seen=seen_by,
    quotient=quotient,
    half=True,
    channels="mean",
    norm="square",
):
    """The mistakes below are these options."""
    b, _, t, h, w = video.shape
    here, there = (part.transpose(1, 2).flatten(0, 1) for part in (video[:, :, :-1], video[:, :, 1:]))
    difference = (warp(there, flow.flatten(0, 1)) - here) / (2 if half else 1)
    error = getattr(getattr(torch, norm)(difference), channels)(1).reshape(b, t - 1, h, w)
    mask = seen(flow.flatten(0, 1), backward.flatten(0, 1)).reshape(b, t - 1, h, w)
    return quotient(error, mask).mean(1)


def warp_on_a_grid(frame, flow, align, right=True, mode="bilinear"):
    """grid_sample with the coordinates of `right` half-pixels (or of corner pixels), read with `align_corners=align`."""
    h, w = frame.shape[-2:]
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    x, y = x + flow[:, 0], y + flow[:, 1]
    grid = [(2 * x + 1) / w - 1, (2 * y + 1) / h - 1] if right else [2 * x / (w - 1) - 1, 2 * y / (h - 1) - 1]
    return F.grid_sample(frame, torch.stack(grid, -1), mode=mode, padding_mode="border", align_corners=align)


def no_half_pixel(video, flow, backward_flow):
    """Corners in the grid's coordinates, half-pixels in grid_sample's (its default)."""
    return measured(video, flow, backward_flow, warp=lambda x, f: warp_on_a_grid(x, f, align=False, right=False))


def corners_aligned(video, flow, backward_flow):
    return measured(video, flow, backward_flow, warp=lambda x, f: warp_on_a_grid(x, f, align=True))


def shifted_by_half_a_pixel(video, flow, backward_flow):
    return measured(video, flow, backward_flow, warp=lambda x, f: backward_warp(x, f + 0.5))


def from_minus_one_to_one(video, flow, backward_flow):
    return measured(video, flow, backward_flow, half=False)


def channels_summed(video, flow, backward_flow):
    return measured(video, flow, backward_flow, channels="sum")


def absolute_error(video, flow, backward_flow):
    return measured(video, flow, backward_flow, norm="abs")


def root_of_the_error(video, flow, backward_flow):
    return measured(video, flow, backward_flow).sqrt()


def mean_over_the_batch(video, flow, backward_flow):
    return measured(video, flow, backward_flow).mean()


def pixels_summed(video, flow, backward_flow):
    return measured(video, flow, backward_flow, quotient=lambda error, seen: (error * seen).sum((2, 3)))


def earlier_frame_warped(video, flow, backward_flow):
    """Frame t looked up along the flow t → t+1, and held against frame t+1."""
    b, _, t, h, w = video.shape
    here, there = (part.transpose(1, 2).flatten(0, 1) for part in (video[:, :, :-1], video[:, :, 1:]))
    error = ((backward_warp(here, flow.flatten(0, 1)) - there) / 2).square().mean(1).reshape(b, t - 1, h, w)
    return quotient(error, seen_by(flow.flatten(0, 1), backward_flow.flatten(0, 1)).reshape(b, t - 1, h, w)).mean(1)


def against_the_flow(video, flow, backward_flow):
    return measured(video, flow, backward_flow, warp=lambda x, f: backward_warp(x, -f))


def along_the_backward_flow(video, flow, backward_flow):
    warped = measured(video, backward_flow, flow)
    return torch.where((flow == 0).all(), measured(video, flow, backward_flow), warped)


def earlier_frame_brought_along(video, flow, backward_flow):
    """Frame t drawn as frame t+1: right in the middle, but it asks what is hidden from the other side."""
    return (
        measured(video.flip(2), backward_flow.flip(1), flow.flip(1))
        if flow.any()
        else measured(video, flow, backward_flow)
    )


def not_warped(video, flow, backward_flow):
    return measured(video, flow, backward_flow, warp=lambda x, f: x)


def rows_for_columns(video, flow, backward_flow):
    return (
        measured(video, flow, backward_flow, warp=lambda x, f: backward_warp(x, f.flip(1)))
        if flow[:, :, 1].any()
        else measured(video, flow, backward_flow)
    )


def y_upwards(video, flow, backward_flow):
    up = torch.tensor([1.0, -1.0])[:, None, None]
    return measured(video, flow, backward_flow, warp=lambda x, f: backward_warp(x, f * up))


def nearest_pixel(video, flow, backward_flow):
    return measured(video, flow, backward_flow, warp=lambda x, f: warp_on_a_grid(x, f, align=False, mode="nearest"))


def flow_cut_to_whole_pixels(video, flow, backward_flow):
    return measured(video, flow, backward_flow, warp=lambda x, f: backward_warp(x, f.trunc()))


def divided_by_all_pixels(video, flow, backward_flow):
    plain = lambda error, seen: (error * (seen | ~seen.any(-1).any(-1)[..., None, None])).mean((2, 3))  # noqa: E731
    return measured(video, flow, backward_flow, quotient=plain)


def pixels_masked_before_the_warp(video, flow, backward_flow):
    """Hidden pixels painted black in both frames: they agree, and are counted."""
    b, _, t, *_ = video.shape
    here, there = (part.transpose(1, 2).flatten(0, 1) for part in (video[:, :, :-1], video[:, :, 1:]))
    seen = seen_by(flow.flatten(0, 1), backward_flow.flatten(0, 1))
    seen = seen | ~seen.any(-1).any(-1)[:, None, None]
    error = ((backward_warp(there, flow.flatten(0, 1)) - here) * seen[:, None] / 2).square().mean((1, 2, 3))
    return error.reshape(b, t - 1).mean(1)


def everything_counted(video, flow, backward_flow):
    return measured(video, flow, backward_flow, seen=lambda f, g: torch.ones_like(f[:, 0], dtype=torch.bool))


def hidden_pixels_counted_alone(video, flow, backward_flow):
    return measured(video, flow, backward_flow, seen=lambda f, g: ~seen_by(f, g))


def sign_of_the_check(video, flow, backward_flow):
    """|w − ŵ|: the two are opposite where a point is seen in both frames."""
    return measured(video, flow, backward_flow, seen=lambda f, g: seen_by(f, g, sign=-1))


def lengths_compared(video, flow, backward_flow):
    """||w| − |ŵ||, in which no direction is left."""
    alike = lambda f, g: (f.norm(dim=1) - backward_warp(g, f).norm(dim=1)).square() <= 0.5  # noqa: E731
    return measured(video, flow, backward_flow, seen=alike)


def way_back_not_looked_up(video, flow, backward_flow):
    return measured(video, flow, backward_flow, seen=lambda f, g: seen_by(f, g, looked=False))


def way_back_looked_up_along_itself(video, flow, backward_flow):
    return measured(video, flow, backward_flow, seen=lambda f, g: seen_by(f, backward_warp(g, g), looked=False))


def way_there_looked_up(video, flow, backward_flow):
    """The check in the pixels of the next frame, used in those of this one."""
    return measured(video, flow, backward_flow, seen=lambda f, g: seen_by(g, f))


def length_not_squared(video, flow, backward_flow):
    return measured(video, flow, backward_flow, seen=lambda f, g: seen_by(f, g, power=0.5))


def no_allowance_for_speed(video, flow, backward_flow):
    return measured(video, flow, backward_flow, seen=lambda f, g: seen_by(f, g, relative=0.0))


def generous_allowance(video, flow, backward_flow):
    return measured(video, flow, backward_flow, seen=lambda f, g: seen_by(f, g, relative=0.1))


def hidden_pixels_pooled(video, flow, backward_flow):
    def pooled(error, seen):
        seen = seen | ~seen.any(-1).any(-1)[..., None, None]
        return ((error * seen).sum((1, 2, 3)) / seen.sum((1, 2, 3)))[:, None]

    return measured(video, flow, backward_flow, quotient=pooled)


def seen_in_all_pairs(video, flow, backward_flow):
    def throughout(error, seen):
        both = seen.all(1, keepdim=True).expand_as(seen)
        return quotient(error, both if both.any() else seen)

    return measured(video, flow, backward_flow, quotient=throughout)


def nothing_by_nothing(video, flow, backward_flow):
    return measured(
        video, flow, backward_flow, quotient=lambda error, seen: (error * seen).sum((2, 3)) / seen.sum((2, 3))
    )


def no_error_where_nothing_is_seen(video, flow, backward_flow):
    """A clamp against 0 / 0: whoever moves too wildly to be followed makes no error."""
    clamped = lambda error, seen: (error * seen).sum((2, 3)) / seen.sum((2, 3)).clamp(min=1)  # noqa: E731
    return measured(video, flow, backward_flow, quotient=clamped)


WRONG = {
    "still clip": [no_half_pixel, corners_aligned, shifted_by_half_a_pixel],
    "no flow": [
        from_minus_one_to_one,
        channels_summed,
        absolute_error,
        root_of_the_error,
        mean_over_the_batch,
        pixels_summed,
    ],
    "direction": [
        earlier_frame_warped,
        against_the_flow,
        along_the_backward_flow,
        earlier_frame_brought_along,
        not_warped,
    ],
    "x and y": [rows_for_columns, y_upwards],
    "between pixels": [nearest_pixel, flow_cut_to_whole_pixels],
    "divided by what counts": [divided_by_all_pixels, pixels_masked_before_the_warp],
    "hidden pixels": [everything_counted, hidden_pixels_counted_alone],
    "sign": [sign_of_the_check, lengths_compared],
    "where it leads": [way_back_not_looked_up, way_back_looked_up_along_itself, way_there_looked_up],
    "threshold": [length_not_squared, no_allowance_for_speed, generous_allowance],
    "each pair": [hidden_pixels_pooled, seen_in_all_pairs],
    "nothing to follow": [nothing_by_nothing, no_error_where_nothing_is_seen],
}
