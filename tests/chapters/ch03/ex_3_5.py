import torch
from torch import nn

from minivid.nn.conv import FrameNorm
from minivid.nn.initial import zero_


class FrameByFrame(nn.Module):
    """Frame i looks at frame j, written as two loops over frames and one over heads."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm = FrameNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def forward(self, x, bias, visible=None):
        q, k, v = self.to_qkv(self.norm(x).movedim(1, -1)).chunk(3, dim=-1)  # each b t h w c
        t, d = x.shape[2], x.shape[1] // self.heads
        out = torch.zeros_like(q)
        for head in range(self.heads):
            part = slice(head * d, (head + 1) * d)
            for i in range(t):
                seen = [j for j in range(t) if visible is None or visible[i, j]]
                scores = [(q[:, i, ..., part] * k[:, j, ..., part]).sum(-1) / d**0.5 + bias[head, i, j] for j in seen]
                weights = torch.stack(scores).softmax(0)
                out[:, i, ..., part] = sum(weights[n, ..., None] * v[:, j, ..., part] for n, j in enumerate(seen))
        return x + self.to_out(out).movedim(-1, 1)


SECOND = FrameByFrame

ATTEND = "attend(q, k, v, bias[None])"
SCORES = "q @ k.mT / q.shape[-1] ** 0.5"
HIDE = "bias = bias.masked_fill(~visible, -torch.inf)"


def over(sequences, sizes="b=b, h=h, w=w"):
    """Attention within other sequences than each pixel's frames."""
    return [
        ('"b c t h w -> (b h w) t c"', f'"b c t h w -> {sequences}"'),
        ('"(b h w) t c -> b c t h w", b=b, h=h, w=w', f'"{sequences} -> b c t h w", {sizes}'),
    ]


RIGHT = {
    "softmax_written_out": (ATTEND, f"({SCORES} + bias).softmax(-1) @ v"),
    "hidden_by_where": (HIDE, "bias = torch.where(visible, bias, -torch.inf)"),
    "a_very_low_score": ("-torch.inf", "-1e9"),
    "queries_divided": (ATTEND, "(q / q.shape[-1] ** 0.5 @ k.mT + bias).softmax(-1) @ v"),
}

WRONG = {
    "identity at the start": {"no_residual": ("return x + ", "return ")},
    "own pixel only": {
        "over_pixels": over("(b t) (h w) c"),
        "over_everything": [*over("b (t h w) c", "h=h, w=w"), (ATTEND, "attend(q, k, v)")],
        # what nn.MultiheadAttention does to (b, n, c) without batch_first
        "over_the_batch": [*over("t (b h w) c"), (ATTEND, "attend(q, k, v)")],
        "height_and_width_exchanged_on_the_way_back": ('"(b h w) t c ->', '"(b w h) t c ->'),
    },
    "every frame": {
        "each_frame_by_itself": (ATTEND, "v"),
        "always_causal": ("bias[None]", "bias[None].masked_fill(torch.ones_like(bias).triu(1).bool(), -torch.inf)"),
    },
    "still clip": {
        "softmax_over_the_wrong_axis": (ATTEND, f"({SCORES} + bias).softmax(-2) @ v"),
        "bias_after_the_softmax": (ATTEND, f"(({SCORES}).softmax(-1) + bias) @ v"),
    },
    "one head": {
        "not_scaled": (ATTEND, "(q @ k.mT + bias).softmax(-1) @ v"),
        "keys_and_queries_exchanged": ("q, k, v = (", "k, q, v = ("),
        "keys_and_values_exchanged": ("q, k, v = (", "q, v, k = ("),
        "scaled_by_d": (ATTEND, "(q @ k.mT / q.shape[-1] + bias).softmax(-1) @ v"),
    },
    "several heads": {
        "scaled_by_all_channels": (ATTEND, "(q @ k.mT / x.shape[1] ** 0.5 + bias).softmax(-1) @ v"),
        "heads_forgotten": [
            ("(split_heads(part, self.heads) for part in ", "("),
            ("join_heads(attend(q, k, v, bias[None]))", "attend(q[None], k[None], v[None], bias[None, :1])[0]"),
            (".chunk(3, dim=-1))", ".chunk(3, dim=-1))"),
        ],
        "heads_interleaved": (
            "split_heads(part, self.heads)",
            'rearrange(part, "n t (d heads) -> n heads t d", heads=self.heads)',
        ),
    },
    "bias": {
        "without_bias": ("if visible is", "bias = 0 * bias\n        if visible is"),
        "bias_of_the_first_head_for_all": ("bias[None]", "bias[None, :1]"),
        "bias_subtracted": ("bias[None]", "-bias[None]"),
        "bias_transposed": ("if visible is", "bias = bias.mT\n        if visible is"),
    },
    "visible": {
        "mask_declared_never_used": (HIDE, "pass"),
        "hidden_scores_made_zero": [
            (HIDE, "pass"),
            (
                ATTEND,
                f"(({SCORES} + bias) if visible is None else ({SCORES} + bias).masked_fill(~visible, 0)).softmax(-1) @ v",
            ),
        ],
        "hidden_bias_made_zero": ("-torch.inf", "0.0"),
        "hidden_by_a_number_that_is_only_small": ("-torch.inf", "-10.0"),
        "own_frame_always_seen": (
            "~visible",
            "~(visible | torch.eye(len(visible), dtype=torch.bool))",
        ),
        "mask_transposed": ("~visible", "~visible.mT"),
        "mask_inverted": ("~visible", "visible"),
        "mask_after_the_softmax": [
            (HIDE, "pass"),
            (ATTEND, f"(({SCORES} + bias).softmax(-1) * (1 if visible is None else visible)) @ v"),
        ],
    },
    "norm": {
        "without_norm": ("self.norm(x)", "x"),
        "added_to_the_normed": (
            "b, _, _, h, w = x.shape\n        tracks = rearrange(self.norm(x),",
            "b, _, _, h, w = x.shape\n        x = self.norm(x)\n        tracks = rearrange(x,",
        ),
    },
}
