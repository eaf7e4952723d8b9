"""What changes the weights: Muon for the matrices inside a network, AdamW for the rest (chapter 3; tests/test_optimizers.py)."""

from collections.abc import Collection
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

QUINTIC = (3.4445, -4.7750, 2.0315)
"""a, b, c of s ← a s + b s³ + c s⁵, which brings any s in (0, 1] near 1 in five rounds: to within about 0.3 (Jordan et al. 2024)."""
ROUNDS = 5


def orthogonalized(matrix: Float[Tensor, "m n"]) -> Float[Tensor, "m n"]:
    """The matrix with all its singular values near 1, its singular vectors kept; by products alone (Jordan et al. 2024, "Muon").

    In half precision on a GPU, where that is faster, and in single precision on a CPU, where it is often ten times slower.
    """
    a, b, c = QUINTIC
    x = matrix.bfloat16() if matrix.is_cuda else matrix.float()
    x = x / x.norm().clamp(min=1e-7)  # no singular value above 1
    x = x.mT if x.shape[0] > x.shape[1] else x  # the smaller side squared is the smaller work
    for _ in range(ROUNDS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    x = x.mT if matrix.shape[0] > matrix.shape[1] else x
    return x.to(matrix)


class Muon(torch.optim.Optimizer):
    """Momentum, then each update of a matrix made orthogonal, so that all its directions learn at one pace (Jordan et al. 2024).

    A tall matrix takes steps longer by √(rows/columns). `torch.optim.Muon` does the same, always in half precision.
    """

    def __init__(self, params, lr: float = 0.02, momentum: float = 0.95):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Change every matrix that has a gradient."""
        for group in self.param_groups:
            lr, momentum = group["lr"], group["momentum"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                average = state.setdefault("momentum_buffer", torch.zeros_like(weight))
                average.lerp_(weight.grad, 1 - momentum)
                ahead = weight.grad.lerp(average, momentum)  # Nesterov's: where the average will be
                rows, columns = weight.shape
                weight.add_(orthogonalized(ahead), alpha=-lr * max(1, rows / columns) ** 0.5)


@dataclass(frozen=True)
class Together:
    """Several optimizers as one."""

    optimizers: list[torch.optim.Optimizer]

    def zero_grad(self) -> None:
        """Forget the gradients of all weights."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def step(self) -> None:
        """Change all weights, each by its own optimizer."""
        for optimizer in self.optimizers:
            optimizer.step()


def optimizers(
    model: nn.Module, matrices: Collection[str], lr: float, lr_matrices: float, weight_decay: float | int
) -> list[tuple[torch.optim.Optimizer, float]]:
    """Each optimizer with its learning rate: Muon for the weights named as matrices, AdamW for the rest.

    A convolution's weight is a matrix too. Weight decay is AdamW's alone. Raises ValueError for a name that is no matrix.
    """
    by_name = dict(model.named_parameters(remove_duplicate=False))  # a tied weight by any of its names
    for name in matrices:
        if name not in by_name or by_name[name].ndim != 2:
            raise ValueError(
                f"{type(model).__name__} names {name!r} among its matrices, but has no weight of two axes there."
            )
    named_so = {id(by_name[name]) for name in matrices}
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    inner = [weight for weight in trained if id(weight) in named_so]
    rest = [weight for weight in trained if id(weight) not in named_so]
    made = []
    if inner:
        made.append((Muon(inner, lr=lr_matrices), lr_matrices))
    if rest:
        adam = torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.99), weight_decay=weight_decay)
        made.append((adam, lr))
    return made


def matrices_of(model: nn.Module) -> set[str]:
    """What a network calls its matrices; one that says nothing of them has none."""
    return set(model.matrices()) if hasattr(model, "matrices") else set()
