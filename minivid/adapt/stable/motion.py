"""AnimateDiff's published motion modules, read from their file into the course's and written as they are (tests/adapt/test_stable.py).

The layout is that of github.com/guoyww/AnimateDiff, versions 2 and 3 (mm_sd_v15_v2, v3_sd15_mm): a module behind every layer of the U-Net, and
in version 2 one in its middle. Version 1 has it too, but was trained in a U-Net whose norms pool over time, and is refused. Held against diffusers' reader of it in tests/oracles/test_diffusers_stable.py.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from minivid.adapt.layers import MotionModule, clock

HEADS, GROUPS, EPS = 8, 32, 1e-6
"""Of the published modules; their files do not say."""
PLACE = re.compile(r"(.*\.)?((?:(?:down|up)_blocks\.\d+|mid_block)\.motion_modules\.\d+)\.temporal_transformer\.(.+)")
BLOCK = "transformer_blocks.0"
ATTENTION = f"{BLOCK}.attention_blocks"
NAMES = {
    "norm.norm": "norm",
    "proj_in": "proj_in",
    "norms.0": f"{BLOCK}.norms.0",
    "norms.1": f"{BLOCK}.norms.1",
    "norms.2": f"{BLOCK}.ff_norm",
    "to_out.0": f"{ATTENTION}.0.to_out.0",
    "to_out.1": f"{ATTENTION}.1.to_out.0",
    "gated": f"{BLOCK}.ff.net.0.proj",
    "narrow": f"{BLOCK}.ff.net.2",
    "proj_out": "proj_out",
}
"""Our layers, and theirs. Queries, keys and values are one matrix here and three there; their table of positions is our `clock`."""
POSITIONS = [f"{ATTENTION}.{k}.pos_encoder.pe" for k in (0, 1)]
FIRST_VERSION = 24
"""Places in time of version 1, by which its files are known."""
OFF = 4e-3  # half precision at sines near 1, and at angles that were computed in it


class MotionFileError(ValueError):
    """A file that holds no motion modules that can be read; the message says what was found and what to do."""


def read_motion(file: Path | str, heads: int = HEADS) -> dict[str, MotionModule]:
    """The motion modules of an AnimateDiff checkpoint (.ckpt or .safetensors), by their places, "down_blocks.0.motion_modules.1".

    As published or with all the training's weights around them, in any precision; read as float32. A pickle is read without running
    any code of it. Raises MotionFileError for a file that is none or of version 1, or holds the modules twice, and for a module that lacks a part, has
    one that is not known, or a weight that is no number.
    """
    weights = _tensors(Path(file))
    places: dict[str, dict[str, Tensor]] = defaultdict(dict)
    first_of: dict[str, str] = {}
    for name, tensor in weights.items():
        if found := PLACE.fullmatch(name):
            first_of.setdefault(found[1] or "", name)
            places[found[2]][found[3]] = tensor.float()
    if len(first_of) > 1:
        raise MotionFileError(
            f"{file} names motion modules in {len(first_of)} ways, such as {' and '.join(list(first_of.values())[:2])}, and does not say which are "
            "meant: write those of one kind (averaged weights, where there are some) to a file of their own."
        )
    if not places:
        raise MotionFileError(
            f"{file} holds no motion modules: none of its {len(weights)} tensors is named like "
            "down_blocks.0.motion_modules.0.temporal_transformer.proj_in.weight. Expected an AnimateDiff checkpoint such as mm_sd_v15_v2.ckpt."
        )
    modules = {}
    for place, theirs in places.items():
        try:
            modules[place] = _module(f"{place} of {file}", theirs, heads)
        except MotionFileError:
            raise
        except (
            RuntimeError,
            ValueError,
            IndexError,
            TypeError,
            ArithmeticError,
        ) as error:  # a shape that nobody expects
            raise MotionFileError(f"{place} of {file} has a weight of another shape ({first_line(error)}).") from error
    return modules


def public_weights(modules: dict[str, MotionModule]) -> dict[str, Tensor]:
    """The modules' weights under their published names: what `read_motion` reads, and other programs too."""
    weights = {}
    for place, module in modules.items():
        own = module.state_dict()
        theirs = {f"{their}.{end}": own[f"{our}.{end}"] for our, their in NAMES.items() for end in ("weight", "bias")}
        for k in (0, 1):
            q_k_v = own[f"to_qkv.{k}.weight"].chunk(3)
            theirs |= {f"{ATTENTION}.{k}.to_{q}.weight": part for q, part in zip("qkv", q_k_v, strict=True)}
        positions = clock(torch.zeros(1, module.longest, module.proj_in.out_features))[None]
        theirs |= dict.fromkeys(POSITIONS, positions)
        weights |= {f"{place}.temporal_transformer.{name}": tensor.clone() for name, tensor in theirs.items()}
    return weights


def _tensors(file: Path) -> dict[str, Tensor]:
    """All tensors of a file by name; those of a training are under "state_dict"."""
    if not file.is_file():
        raise MotionFileError(
            f"there is no file {file}: expected an AnimateDiff checkpoint such as mm_sd_v15_v2.ckpt, or one on the hub as "
            "guoyww/animatediff:mm_sd_v15_v2.ckpt."
        )
    try:
        with file.open("rb") as opened:
            is_torch_s = opened.read(2) in (b"PK", b"\x80\x02")  # a zip, or a pickle of old; whatever its name says
        whole = torch.load(file, map_location="cpu", weights_only=True) if is_torch_s else load_file(file)
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise MotionFileError(
            f"{file} cannot be read ({first_line(error)}): it was cut short or is something else."
        ) from error
    except Exception as error:  # pickle's own errors, of which torch names some
        raise MotionFileError(
            f"{file} holds more than tensors, and is not opened: take the .safetensors of it, or its weights from who made it."
        ) from error
    weights = whole.get("state_dict", whole) if isinstance(whole, Mapping) else {}
    named = weights.items() if isinstance(weights, Mapping) else ()
    return {name: tensor for name, tensor in named if isinstance(name, str) and isinstance(tensor, Tensor)}


def first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:120]


def _module(where: str, theirs: dict[str, Tensor], heads: int) -> MotionModule:
    """A module with these weights. Nothing that it has is left as it was drawn, and nothing that is given is left unread."""
    if broken := [name for name, tensor in theirs.items() if not tensor.isfinite().all()]:
        raise MotionFileError(
            f"{where} has NaN or infinity in {broken[0]}: its training broke down, or the file was damaged. Fetch it again, or take an earlier one."
        )
    given = dict(theirs)
    try:
        ours = {
            f"{our}.{end}": given.pop(f"{their}.{end}") for our, their in NAMES.items() for end in ("weight", "bias")
        }
        for k in (0, 1):
            ours[f"to_qkv.{k}.weight"] = torch.cat([given.pop(f"{ATTENTION}.{k}.to_{q}.weight") for q in "qkv"])
        first, second = (given.pop(name)[0] for name in POSITIONS)
    except KeyError as error:
        raise MotionFileError(f"{where} lacks {error.args[0]}: the file is not whole, or of another layout.") from None
    if given:
        raise MotionFileError(
            f"{where} has {', '.join(sorted(given)[:3])}, which no motion module here has: expected one block of two attentions over time."
        )
    longest, dim = first.shape
    if not torch.allclose(first, second) or (first - clock(first[None])).abs().max() > OFF:
        raise MotionFileError(f"the positions of {where} are not the sinusoids with which AnimateDiff was trained.")
    if dim % heads or dim % GROUPS:
        raise MotionFileError(
            f"{where} has {dim} channels, which do not divide into {heads} heads and {GROUPS} groups."
        )
    if longest == FIRST_VERSION:
        raise MotionFileError(
            f"{where} counts {longest} frames, as version 1 of AnimateDiff does, whose image model normalizes all frames of a clip together: "
            "here it would be another function. Take mm_sd_v15_v2.ckpt or v3_sd15_mm.ckpt."
        )
    module = MotionModule(dim, heads, longest, GROUPS, EPS)
    module.load_state_dict(ours)
    return module
