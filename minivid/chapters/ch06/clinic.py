"""Section "How this goes wrong": three motion modules with one mistake each (chapter 6; tests/chapters/ch06/test_clinic.py)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid.adapt import Method, inflated
from minivid.adapt.inflate import Inflated
from minivid.chapters.ch06.clips import reached
from minivid.evaluation.report import aligned
from minivid.nn.unet import UNet


def prefixed(image: UNet, module: dict[str, Tensor]) -> Inflated:
    """The trained weights are found under other names, and what does not fit is skipped."""
    network = inflated(image, Method.ANIMATEDIFF)
    network.load_state_dict({f"module.{name}": weight for name, weight in module.items()}, strict=False)
    return network


def at_random(image: UNet) -> Inflated:
    """The last layer was drawn at random, as PyTorch does by default."""
    network = inflated(image, Method.ANIMATEDIFF)
    for name, layer in network.named_modules():
        if name.endswith("temporal.proj_out"):
            layer.reset_parameters()
    return network


def all_zero(image: UNet, z: Float[Tensor, "b c t h w"]) -> Inflated:
    """Every weight of the module begins at zero, not only the last layer's; then three steps of gradient descent on z."""
    network = inflated(image, Method.ANIMATEDIFF)
    weights = [network.get_parameter(name) for name in network.trained()]
    for weight in weights:
        nn.init.zeros_(weight)
    descent = torch.optim.SGD(weights, lr=0.1)
    for _ in range(3):
        descent.zero_grad()
        network(z, torch.zeros(len(z))).square().mean().backward()
        descent.step()
    return network


def patients(image: UNet, healthy: UNet, module: dict[str, Tensor], z: Float[Tensor, "b c t h w"]) -> dict[str, UNet]:
    """A network with a trained module, and three with a mistake."""
    sick = (prefixed(image, module), at_random(image), all_zero(image, z))
    return {"healthy": healthy, **{f"patient {i}": network for i, network in enumerate(sick, 1)}}


@torch.no_grad()
def clinic_table(image: UNet, networks: dict[str, UNet], z: Float[Tensor, "b c t h w"]) -> str:
    """How far each is from the image model on these clips of noise, and which frames a change of frame 2 reaches."""
    level = torch.zeros(len(z))
    rows = [("", "from the image model", "frame 2 reaches")]
    for name, network in networks.items():
        off = (network.eval()(z, level) - image(z, level)).abs().max()
        rows.append((name, f"{off:.1e}", ", ".join(map(str, reached(network)))))
    return "\n".join(aligned(rows))
