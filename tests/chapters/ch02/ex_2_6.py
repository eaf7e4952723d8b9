import torch
import torch.nn.functional as F


def by_sums(q, k, v):
    """φ is max(x, 0) + min(eˣ, 1); sums over keys written out by einsum."""
    phi_q, phi_k = (x.clamp(min=0) + x.clamp(max=0).exp() for x in (q, k))
    state = torch.einsum("nhjd,nhje->nhde", phi_k, v)
    total = torch.einsum("nhid,nhd->nhi", phi_q, phi_k.sum(-2))
    return torch.einsum("nhid,nhde->nhie", phi_q, state) / total[..., None]


SECOND = by_sums


def with_a_column_of_ones(q, k, v):
    """The denominator is one more value; and no query divides by zero."""
    phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1
    out = phi_q @ (phi_k.mT @ torch.cat([v, torch.ones_like(v[..., :1])], dim=-1))
    return out[..., :-1] / (out[..., -1:] + 1e-6)


RIGHT = {"with_a_column_of_ones": with_a_column_of_ones}

OUT = "return phi_q @ (phi_k.mT @ v) / (phi_q @ phi_k.sum(2, keepdim=True).mT)"
PHI = "phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1"
TOTAL = " / (phi_q @ phi_k.sum(2, keepdim=True).mT)"

WRONG = {
    "constant values": {
        "without_a_denominator": (TOTAL, ""),
        "divided_by_the_number_of_keys": (TOTAL, " / k.shape[2]"),
        "values_through_the_feature_map": [(OUT, "v = F.elu(v) + 1\n    " + OUT)],
        "mean_of_the_keys_below": (TOTAL, " / (phi_q @ phi_k.mean(2, keepdim=True).mT)"),
    },
    "feature map": {
        "another_constant": (PHI, "phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 2"),
        "exponentials": (PHI, "phi_q, phi_k = q.exp(), k.exp()"),
        "relu": (PHI, "phi_q, phi_k = F.relu(q) + 1e-3, F.relu(k) + 1e-3"),
        "queries_left_out": (PHI, "phi_q, phi_k = q.abs() + 1, F.elu(k) + 1"),
        "divided_by_root_d": (PHI, "phi_q, phi_k = F.elu(q / q.shape[-1] ** 0.5) + 1, F.elu(k) + 1"),
        "softmax_attention": (OUT, "return F.scaled_dot_product_attention(q, k, v)"),
    },
    "no square": {
        "queries_and_keys_first": (
            OUT,
            "weights = phi_q @ phi_k.mT\n    return weights @ v / weights.sum(-1, keepdim=True)",
        ),
        # no tensor is large, and there are as many scores as ever
        "a_query_at_a_time": (
            OUT,
            "each = [(phi_q[:, :, i : i + 1] * phi_k).sum(-1, keepdim=True) for i in range(q.shape[2])]\n"
            "    return torch.cat([(w * v).sum(2, keepdim=True) / w.sum(2, keepdim=True) for w in each], 2)",
        ),
        "weights_normalised_first": (
            OUT,
            "weights = phi_q @ phi_k.mT\n    return (weights / weights.sum(-1, keepdim=True)) @ v",
        ),
    },
}
