from torch import nn

from minivid.nn.transformer import TokenAttention, WordAttention, of_level


class BySteps(nn.Module):
    """Its parts one by one, by einsum and unbind."""

    def __init__(self, dim, heads, mlp=4, qk_norm=True, shared=False, dim_words=None):
        super().__init__()
        self.modulation = of_level(dim, 6)
        self.norm = nn.LayerNorm(dim, eps=1e-6, elementwise_affine=False)
        self.attention = TokenAttention(dim, heads, qk_norm)
        self.cross = WordAttention(dim, heads, dim_words) if dim_words else None
        self.mlp = nn.Sequential(nn.Linear(dim, mlp * dim), nn.GELU("tanh"), nn.Linear(mlp * dim, dim))

    def forward(self, x, level, layout, words=None):
        six = self.modulation(level).unflatten(-1, (6, -1)).unbind(-2)
        for first, branch in ((0, lambda h: self.attention(h, layout)), (3, self.mlp)):
            shift, scale, gate = six[first : first + 3]
            h = self.norm(x)
            x = x + branch(h + scale * h + shift) * gate
            if first == 0 and self.cross is not None:
                x = self.cross(x, words) + x
        return x


SECOND = BySteps

SIX = "shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self"
FIRST = "x = x + gate_a * self.attention(modulated(self.norm(x), shift_a, scale_a), layout)"
LAST = "return x + gate_m * self.mlp(modulated(self.norm(x), shift_m, scale_m))"

RIGHT = {
    "by_split": (".chunk(6, dim=-1)", ".split(x.shape[-1], -1)"),
    "where_there_are_words": ("if self.cross is not None:", "if words is not None:"),
    "modulation_written_out": (
        FIRST,
        "x = x + gate_a * self.attention(self.norm(x) * (1 + scale_a) + shift_a, layout)",
    ),
    "branch_first": (LAST, "return gate_m * self.mlp(modulated(self.norm(x), shift_m, scale_m)) + x"),
}

WRONG = {
    "as it starts": {
        "attention_not_gated": ("x + gate_a * self", "x + self"),
        "mlp_not_gated": ("x + gate_m * self", "x + self"),
        "one_plus_the_gate": ("gate_a * self.attention", "(1 + gate_a) * self.attention"),
        "one_plus_both_gates": [("gate_a * self", "(1 + gate_a) * self"), ("gate_m * self", "(1 + gate_m) * self")],
        "residual_through_the_norm": (FIRST, FIRST.replace("x + gate_a", "self.norm(x) + gate_a")),
        "no_residual": (LAST, LAST.replace("x + ", "", 1)),
    },
    "gated attention": {
        "gates_of_the_two_exchanged": (
            "gate_a, shift_m, scale_m, gate_m = self",
            "gate_m, shift_m, scale_m, gate_a = self",
        ),
        "attention_without_its_norm": (
            FIRST,
            "x = x + gate_a * self.attention(modulated(x, shift_a, scale_a), layout)",
        ),
        "scale_for_one_plus_scale": (
            FIRST,
            "x = x + gate_a * self.attention(self.norm(x) * scale_a + shift_a, layout)",
        ),
        "attention_and_mlp_exchanged": (
            SIX,
            "shift_m, scale_m, gate_m, shift_a, scale_a, gate_a = self",
        ),
        "one_gate_for_both": ("x + gate_m * self", "x + gate_a * self"),
        "one_level_for_all_clips": ("self.modulation(level)", "self.modulation(level.mean(0, keepdim=True))"),
        "level_of_the_first_clip": ("self.modulation(level)", "self.modulation(level[:1])"),
        "levels_of_each_other": ("self.modulation(level)", "self.modulation(level.flip(0))"),
        "in_pairs": (SIX, "shift_a, shift_m, scale_a, scale_m, gate_a, gate_m = self"),
        "scale_shift_gate_for_gate_first": (SIX, "gate_a, shift_a, scale_a, gate_m, shift_m, scale_m = self"),
    },
    "shift and scale": {
        "shift_and_scale_exchanged": (SIX, "scale_a, shift_a, gate_a, scale_m, shift_m, gate_m = self"),
        "modulated_behind_the_attention": (
            FIRST,
            "x = x + gate_a * modulated(self.attention(self.norm(x), layout), shift_a, scale_a)",
        ),
        "shift_forgotten": (
            "modulated(self.norm(x), shift_a, scale_a)",
            "modulated(self.norm(x), 0 * shift_a, scale_a)",
        ),
        "scale_forgotten": (
            "modulated(self.norm(x), shift_a, scale_a)",
            "modulated(self.norm(x), shift_a, 0 * scale_a)",
        ),
        "modulated_before_the_norm": (
            "modulated(self.norm(x), shift_a, scale_a)",
            "self.norm(modulated(x, shift_a, scale_a))",
        ),
    },
    "the MLP": {
        "mlp_under_the_attention_s_modulation": ("shift_m, scale_m))", "shift_a, scale_a))"),
        "mlp_without_its_norm": (LAST, "return x + gate_m * self.mlp(modulated(x, shift_m, scale_m))"),
        "mlp_forgotten": (LAST, "return x"),
        "mlp_on_what_came_in": [
            ("        x = x + gate_a", "        first = x\n        x = x + gate_a"),
            (LAST, "return x + gate_m * self.mlp(modulated(self.norm(first), shift_m, scale_m))"),
        ],
    },
    "another layout": {
        "everyone_sees_everyone": ("scale_a), layout)", "scale_a), of_grid(ALL, grid(*x.shape[1:4])))"),
        "sixteen_channels": (".chunk(6, dim=-1)", ".split(16, -1)"),
    },
    "the caption": {
        "words_forgotten": ("x = x + self.cross(x, words)", "pass"),
        "words_first": [
            ("x = x + self.cross(x, words)", "pass"),
            (
                "        x = x + gate_a",
                "        x = x if self.cross is None else x + self.cross(x, words)\n        x = x + gate_a",
            ),
        ],
        "words_last": [
            ("x = x + self.cross(x, words)", "pass"),
            (
                LAST,
                LAST.replace("return", "x =")
                + "\n        return x if self.cross is None else x + self.cross(x, words)",
            ),
        ],
        "words_alone": ("x = x + self.cross(x, words)", "x = self.cross(x, words)"),
        "words_gated": ("x + self.cross(x, words)", "x + gate_a * self.cross(x, words)"),
    },
}
