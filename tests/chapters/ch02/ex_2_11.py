import torch

from minivid.motion import backward_warp


def one_frame_after_another(video, flow):
    made = [backward_warp(frame, way) for frame, way in zip(video.unbind(2), flow.unbind(2), strict=True)]
    return torch.stack(made, dim=2)


SECOND = one_frame_after_another

FLOWS = 'rearrange(flow, "b c t h w -> (b t) c h w")'
FRAMES = 'rearrange(video, "b c t h w -> (b t) c h w")'
BACK = '"(b t) c h w -> b c t h w"'

WRONG = {
    "nothing moves": {
        "clips_and_frames_exchanged_on_the_way_back": (BACK, '"(t b) c h w -> b c t h w"'),
        "rows_and_columns_exchanged": (BACK, '"(b t) c w h -> b c t h w"'),
        "frames_cut_by_reshape": (FRAMES, "video.reshape(-1, video.shape[1], *video.shape[3:])"),
        "one_after_the_other_from_the_first": (
            FRAMES,
            'rearrange(video[:, :, :1].expand_as(video), "b c t h w -> (b t) c h w")',
        ),
        "the_frame_before": (FRAMES, 'rearrange(video.roll(1, 2), "b c t h w -> (b t) c h w")'),
    },
    "which way": {
        "forward_flow": ("backward_warp(frames, flows)", "backward_warp(frames, -flows)"),
        "x_and_y_exchanged": ("backward_warp(frames, flows)", "backward_warp(frames, flows.flip(1))"),
        "flow_in_half_pictures": ("backward_warp(frames, flows)", "backward_warp(frames, flows * video.shape[-1] / 2)"),
    },
    "a flow for each frame": {
        # b c t h w cut as if it were (b t) c h w
        "flow_cut_by_reshape": (FLOWS, "flow.reshape(-1, 2, *flow.shape[3:])"),
        "the_next_frame_s_flow": (FLOWS, 'rearrange(flow.roll(-1, 2), "b c t h w -> (b t) c h w")'),
        "the_first_frame_s_flow_for_all": (
            FLOWS,
            'rearrange(flow[:, :, :1].expand_as(flow), "b c t h w -> (b t) c h w")',
        ),
        "one_flow_a_frame": (
            "backward_warp(frames, flows)",
            "backward_warp(frames, flows.mean((2, 3), keepdim=True).expand_as(flows))",
        ),
    },
}
