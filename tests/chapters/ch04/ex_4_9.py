import torch
from torch.autograd import forward_ad


def along_a_line(u, z, v, r, t):
    """u as a function of one number, how far along the path."""

    def ahead(s):
        return u(z + s * v, r, t + s)

    with torch.no_grad():
        du_dt = torch.func.jvp(ahead, (torch.zeros((), dtype=z.dtype),), (torch.ones((), dtype=z.dtype),))[1]
        return v - torch.einsum("b...,b->b...", du_dt, t - r)


def by_dual_numbers(u, z, v, r, t):
    with torch.no_grad(), forward_ad.dual_level():
        moving = forward_ad.make_dual(z, v), r, forward_ad.make_dual(t, torch.ones_like(t))
        du_dt = forward_ad.unpack_dual(u(*moving)).tangent
    return (v + (r - t).reshape(-1, *[1] * (z.ndim - 1)) * du_dt).detach()


def by_two_ways_back(u, z, v, r, t):
    """A product from the left, differentiated by what it was multiplied with."""
    z, t = z.detach().clone().requires_grad_(), t.detach().clone().requires_grad_()
    with torch.enable_grad():
        out = u(z, r, t)
        weight = torch.zeros_like(out, requires_grad=True)
        back = torch.autograd.grad(out, (z, t), weight, create_graph=True, allow_unused=True)
        du_dt = torch.autograd.grad(back, weight, (v, torch.ones_like(t)))[0]
    return (v - (t - r).reshape(-1, *[1] * (z.ndim - 1)) * du_dt).detach()


SECOND = along_a_line

TANGENTS = "(v, torch.zeros_like(r), torch.ones_like(t))"
RESULT = "v - like(t - r, z) * du_dt"

RIGHT = {
    "by_dual_numbers": by_dual_numbers,
    "by_two_ways_back": by_two_ways_back,
    "held_before": ("du_dt).detach()", "du_dt.detach()).clone()"),
}

WRONG = {
    "no way at all": {
        "begins_with_what_the_network_says": (RESULT, "u(z, r, t) - like(t - r, z) * du_dt"),
        "length_forgotten": (RESULT, "v - du_dt"),
        "length_from_zero": (RESULT, "v - like(t, z) * du_dt"),
        "what_the_network_says": (RESULT, "u(z, r, t)"),
    },
    "u changes with z": {
        "added": (RESULT, "v + like(t - r, z) * du_dt"),
        "way_the_other_way_round": (RESULT, "v - like(r - t, z) * du_dt"),
        "z_stands_still": (TANGENTS, "(torch.zeros_like(z), torch.zeros_like(r), torch.ones_like(t))"),
        "z_moves_by_itself": (TANGENTS, "(z, torch.zeros_like(r), torch.ones_like(t))"),
        "z_moves_with_the_networks_own_velocity": (TANGENTS, "(u(z, r, t), torch.zeros_like(r), torch.ones_like(t))"),
        "lengths_multiply_columns": (RESULT, "v - (t - r) * du_dt"),
        "one_length_for_all": (RESULT, "v - (t - r).mean() * du_dt"),
        "the_velocity_alone": (RESULT, "v - 0 * du_dt"),
    },
    "u changes with r and t": {
        "r_runs_and_t_stands_still": (TANGENTS, "(v, torch.ones_like(r), torch.zeros_like(t))"),
        "both_times_run": (TANGENTS, "(v, torch.ones_like(r), torch.ones_like(t))"),
        "time_stands_still": (TANGENTS, "(v, torch.zeros_like(r), torch.zeros_like(t))"),
        "time_runs_backwards": (TANGENTS, "(v, torch.zeros_like(r), -torch.ones_like(t))"),
    },
    "all at once": {
        "time_after_the_point_has_moved": (
            "_, du_dt = torch.func.jvp(u, (z, r, t), (v, torch.zeros_like(r), torch.ones_like(t)))",
            "du_dt = torch.func.jvp(lambda z: u(z, r, t), (z,), (v,))[1]; "
            "du_dt = du_dt + torch.func.jvp(lambda t: u(z + v, r, t), (t,), (torch.ones_like(t),))[1]",
        ),
        "time_at_another_point": (
            "_, du_dt = torch.func.jvp(u, (z, r, t), (v, torch.zeros_like(r), torch.ones_like(t)))",
            "du_dt = sum(torch.func.jvp(f, (a,), (b,))[1] for f, a, b in "
            "((lambda z: u(z, r, t), z, v), (lambda t: u(0 * z, r, t), t, torch.ones_like(t))))",
        ),
    },
    "held fixed": {
        "a_gradient_through_the_target": (".detach()", ""),
        "a_gradient_through_the_product": (
            "(v - like(t - r, z) * du_dt).detach()",
            "v.detach() - like(t - r, z) * du_dt",
        ),
    },
}
