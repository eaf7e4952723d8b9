"""The video transformer: what it is at the start, who sees whom, clips of many sizes in one sequence, and what it says of a bad input."""

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from minivid.nn import Cond
from minivid.nn.attention.core import Window
from minivid.nn.attention.layout import of_grid, of_pack
from minivid.nn.attention.places import grid
from minivid.nn.dit import ATTENTION, DiT, DiTConfig, Parts, initialise
from minivid.nn.transformer import patchify, unpatchify

CONFIG = DiTConfig(patch=(1, 2), dim=32, depth=4, heads=2, window=(2, 2, 2), vocabulary=10, dim_text=16)
LEVEL = torch.tensor([0.5, -2.0])
WORDS = Cond(torch.tensor([[1, 2, 3], [4, 5, 0]]), torch.tensor([[True, True, True], [True, True, False]]))
KINDS = [replace(CONFIG, attention=kind) for kind in ATTENTION]
CONTEXT = [replace(CONFIG, attention=kind, text="context") for kind in ("full", "causal")]


def awake(module: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """The module with every weight drawn at random: what starts at zero hides a wrong path."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / max(1, parameter[0].numel()) ** 0.5)
    return module.eval()


def clip(seed: int = 0):
    return torch.randn(2, 1, 4, 8, 8, generator=torch.Generator().manual_seed(seed))


def reached(model, z, *args, frame: int) -> list[int]:
    """The frames of the output that change when one input frame does."""
    moved = z.clone()
    moved[:, :, frame] += 1.0
    with torch.no_grad():
        difference = (model(z, *args) - model(moved, *args)).abs().amax((0, 1, 3, 4))
    return difference.nonzero().flatten().tolist()


def of_kind(config: DiTConfig) -> str:
    return f"{config.attention}-{config.text}"


@pytest.mark.parametrize("patch", [(1, 2), (2, 4), (4, 1)])
def test_a_clip_of_patches_is_the_clip(patch):
    x = torch.randn(2, 3, 4, 8, 12)
    tokens = patchify(x, patch)
    assert tokens.shape == (2, 4 // patch[0], 8 // patch[1], 12 // patch[1], 3 * patch[0] * patch[1] ** 2)
    assert torch.equal(unpatchify(tokens, patch), x)


def test_a_token_holds_the_pixels_of_its_own_box():
    x = torch.zeros(1, 1, 4, 8, 8)
    x[:, :, 2:4, 4:8, 0:4] = 1
    assert patchify(x, (2, 4)).sum(-1)[0].nonzero().tolist() == [[1, 1, 0]]


@pytest.mark.parametrize("config", KINDS + CONTEXT, ids=of_kind)
def test_it_starts_by_saying_zero_and_every_block_as_the_identity(config):
    torch.manual_seed(0)
    dit = config.build()
    assert dit(clip(), LEVEL, WORDS).abs().max() == 0
    x, level = torch.randn(2, 4, 4, 4, 32), torch.randn(2, 1, 1, 1, 32)
    words = dit._told(LEVEL, WORDS, 2)[1]
    for block in dit.blocks:
        layout = of_grid(config.windows()[0], grid(4, 4, 4), rotary=config.rotary)
        assert torch.equal(block(x, level, layout, words), x)


def test_zeroing_comes_last():
    """Xavier after the zeros would write over them: every matrix but those that end a branch is drawn, those are zero."""
    torch.manual_seed(0)
    dit = DiT(CONFIG)
    initialise(dit)
    zero = {name for name, weight in dit.named_parameters() if weight.ndim == 2 and not weight.any()}
    ends = {f"blocks.{i}.{name}.weight" for i in range(4) for name in ("modulation.1", "cross.to_out")}
    assert zero == ends | {"modulation_out.1.weight", "patch_out.weight"}


def test_one_step_wakes_it_up():
    """The gates are zero and so is the last layer; it learns first, and then the gates do."""
    torch.manual_seed(0)
    dit = CONFIG.build()
    optimizer = torch.optim.SGD(dit.parameters(), lr=0.5)
    for _ in range(2):
        optimizer.zero_grad()
        (dit(clip(), LEVEL, WORDS) - clip(seed=1)).square().mean().backward()
        optimizer.step()
    assert dit(clip(), LEVEL, WORDS).abs().max() > 0
    assert dit.blocks[0].modulation[1].weight.abs().max() > 0


@pytest.mark.parametrize(
    ("kind", "seen"),
    [("full", [0, 1, 2, 3]), ("factorized", [0, 1, 2, 3]), ("causal", [1, 2, 3]), ("windowed", [0, 1, 2, 3])],
)
def test_a_frame_reaches_the_frames_that_it_should(kind, seen):
    dit = awake(replace(CONFIG, attention=kind).build())
    assert reached(dit, clip(), LEVEL, WORDS, frame=1) == seen


def test_causal_attention_never_sees_the_future_with_words_in_its_sequence_either():
    dit = awake(CONTEXT[1].build())
    assert reached(dit, clip(), LEVEL, WORDS, frame=2) == [2, 3]


def test_nor_the_future_s_noise_level():
    dit = awake(CONTEXT[1].build())
    levels = LEVEL[:, None].repeat(1, 4)
    other = levels.clone()
    other[:, 2] += 3
    difference = (dit(clip(), levels, WORDS) - dit(clip(), other, WORDS)).abs().amax((0, 1, 3, 4))
    assert difference.nonzero().flatten().tolist() == [2, 3]


def test_one_block_over_space_sees_its_frame_and_one_over_time_its_place():
    space, time = (awake(replace(CONFIG, depth=depth, vocabulary=0).build()) for depth in (1, 2))
    assert reached(space, clip(), LEVEL, frame=1) == [1]
    assert reached(time, clip(), LEVEL, frame=1) == [0, 1, 2, 3]


def test_plain_windows_alone_do_not_meet_and_shifted_ones_do():
    plain = awake(replace(CONFIG, attention="windowed", depth=1).build())
    both = awake(replace(CONFIG, attention="windowed", depth=2).build())
    assert reached(plain, clip(), LEVEL, WORDS, frame=1) == [0, 1]
    assert reached(both, clip(), LEVEL, WORDS, frame=1) == [0, 1, 2]


@pytest.mark.parametrize("config", KINDS, ids=of_kind)
@pytest.mark.parametrize(
    "options", [{}, {"modulation": "shared", "positions": "latte"}, {"positions": "rotary"}], ids=str
)
@torch.no_grad()
def test_clips_packed_in_one_sequence_are_what_they_are_alone(config, options):
    dit = awake(replace(config, **options).build())
    clips = [torch.randn(1, 4, 8, 8), torch.randn(1, 2, 12, 6), torch.randn(1, 5, 4, 10)]
    t = torch.tensor([0.5, -2.0, 4.0])
    cond = Cond(torch.tensor([[1, 2, 3], [4, 5, 0], [6, 0, 0]]), torch.tensor([[1, 1, 1], [1, 1, 0], [0, 0, 0]]).bool())
    for i, out in enumerate(dit.packed(clips, t, cond)):
        torch.testing.assert_close(out, dit(clips[i][None], t[i : i + 1], cond[i : i + 1])[0], atol=2e-5, rtol=1e-4)


def test_what_one_clip_of_a_pack_holds_changes_no_other():
    dit = awake(CONFIG.build())
    first, second = torch.randn(1, 4, 8, 8), torch.randn(1, 2, 4, 4)
    before = dit.packed([first, second], LEVEL, WORDS)
    after = dit.packed([first + 1, second], LEVEL, WORDS)
    assert torch.equal(before[1], after[1]) and not torch.equal(before[0], after[0])


@pytest.mark.parametrize("config", KINDS, ids=of_kind)
@torch.no_grad()
def test_tokens_that_are_told_other_places_are_in_the_same_sequences_alone_and_in_a_pack(config):
    dit = awake(DiT(config, Parts(places=lambda *sides: grid(*sides) / 3)))
    told, plain = dit(clip(), LEVEL, WORDS), awake(config.build())(clip(), LEVEL, WORDS)
    assert (told - plain).abs().max() > 1e-3
    for one, alone in zip(dit.packed(list(clip()), LEVEL, WORDS), told, strict=True):
        torch.testing.assert_close(one, alone, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("window", [Window(2, 3, 2), Window(2, 3, 2, shifted=True), Window(frames=1), Window(9, 1, 1)])
def test_a_window_as_a_mask_sees_what_the_window_cuts_out(window):
    place = grid(5, 4, 3)
    cut = of_grid(window, place)
    number = torch.arange(60.0).reshape(1, 1, 5, 4, 3)
    mask, rows = torch.zeros(60, 60, dtype=torch.bool), window.cut(number + 1)[..., 0].long() - 1  # −1 is filling
    visible = (
        cut.visible
        if cut.visible is not None
        else torch.ones(len(rows), rows.shape[1], rows.shape[1], dtype=torch.bool)
    )
    for row, seen in zip(rows, visible, strict=True):
        inside = row >= 0
        mask[row[inside][:, None], row[inside][None]] = seen[inside][:, inside]
    assert torch.equal(of_pack(window, [place]).visible[0], mask)


@pytest.mark.parametrize("config", KINDS + CONTEXT, ids=of_kind)
def test_one_level_for_all_frames_is_the_clip_s_level(config):
    dit = awake(config.build())
    each = dit(clip(), LEVEL[:, None].expand(2, 4), WORDS)
    torch.testing.assert_close(each, dit(clip(), LEVEL, WORDS), atol=1e-5, rtol=1e-4)


def test_a_level_for_each_frame_reaches_its_frame():
    dit = awake(replace(CONFIG, depth=1).build())
    levels = LEVEL[:, None].repeat(1, 4)
    other = levels.clone()
    other[:, 2] += 3
    difference = (dit(clip(), levels, WORDS) - dit(clip(), other, WORDS)).abs().amax((0, 1, 3, 4))
    assert difference.nonzero().flatten().tolist() == [2]


@pytest.mark.parametrize("config", [CONFIG, *CONTEXT], ids=of_kind)
def test_captions_are_heard_and_their_padding_is_not(config):
    dit = awake(config.build())
    out = dit(clip(), LEVEL, WORDS)
    longer = Cond(torch.tensor([[1, 2, 3, 7], [4, 5, 8, 9]]), torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]]).bool())
    other = Cond(torch.tensor([[1, 2, 4], [4, 5, 0]]), WORDS.token_mask)
    torch.testing.assert_close(dit(clip(), LEVEL, longer), out, atol=1e-5, rtol=1e-4)
    changed = (dit(clip(), LEVEL, other) - out).abs().amax((1, 2, 3, 4))
    assert changed[0] > 1e-3 and changed[1] < 1e-5


@pytest.mark.parametrize("config", [CONFIG, *CONTEXT], ids=of_kind)
def test_no_caption_is_a_caption_without_words(config):
    dit = awake(config.build())
    silent = dit(clip(), LEVEL, WORDS.keep(torch.zeros(2, dtype=torch.bool)))
    torch.testing.assert_close(silent, dit(clip(), LEVEL), atol=1e-5, rtol=1e-4)


TRACED = """
from itertools import product
import torch
from minivid.nn import Cond
from minivid.nn.dit import ATTENTION, DiTConfig
z, t, told = torch.randn(2, 1, 2, 4, 4), torch.zeros(2), Cond(torch.ones(2, 3, dtype=torch.long), torch.ones(2, 3, dtype=torch.bool))
for attention, text in [*product(ATTENTION, ["cross"]), ("full", "context"), ("causal", "context")]:
    depth = 2 if attention in ("factorized", "windowed") else 1  # of these a block's next one is of another kind
    dit = DiTConfig(patch=(1, 2), dim=32, depth=depth, heads=2, window=(1, 2, 2), attention=attention, text=text, vocabulary=4).build()
    torch.nn.init.normal_(dit.patch_out.weight)
    out = torch.compile(dit, fullgraph=True, backend="eager")(z, t, told)
    torch.testing.assert_close(out, dit(z, t, told))
    assert out.abs().max() > 0
"""


def test_it_compiles_as_one_graph():
    """Without breaks; the backend is that which only traces, since not every machine has a compiler. By itself, since run-time checks of
    shapes cannot be traced."""
    done = subprocess.run([sys.executable, "-c", TRACED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_matrices_are_those_of_attention_and_mlp():
    dit = CONFIG.build()
    names = dit.matrices()
    weights = dict(dit.named_parameters())
    assert all(weights[name].ndim == 2 for name in names)
    parts = {name.split(".", 2)[2].removesuffix(".weight") for name in names}
    assert parts == {
        "attention.to_qkv",
        "attention.to_out",
        "cross.to_q",
        "cross.to_kv",
        "cross.to_out",
        "mlp.0",
        "mlp.2",
    }


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"dim": 40}, "multiple of 16"),
        ({"depth": 0}, "depth is 0"),
        ({"patch": (2, 0)}, "patch is"),
        ({"attention": "none"}, "expected one of full, factorized"),
        ({"positions": "learned"}, "positions is 'learned'"),
        ({"vocabulary": 5, "dim_text": 6}, "dim_text is 6"),
        ({"vocabulary": 5, "text": "context", "attention": "factorized"}, "one sequence"),
    ],
)
def test_a_configuration_that_builds_nothing_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        replace(CONFIG, **wrong)


@pytest.mark.parametrize(
    ("shape", "words"),
    [((1, 4, 8, 7), "multiples"), ((2, 4, 8, 8), "built for 1 channels"), ((1, 0, 8, 8), "holds nothing")],
)
def test_a_clip_that_it_cannot_take_is_refused_in_a_sentence(shape, words):
    with pytest.raises(ValueError, match=words):
        CONFIG.check(shape)


def test_conditions_that_it_cannot_take_are_refused():
    dit = CONFIG.build()
    with pytest.raises(ValueError, match="clips alone"):
        dit(clip(), LEVEL, replace(WORDS, images=1))
    with pytest.raises(ValueError, match="one caption a clip"):
        dit(clip(), LEVEL, Cond(torch.zeros(2, 4, 3, dtype=torch.long), torch.ones(2, 4, 3, dtype=torch.bool)))
    with pytest.raises(ValueError, match="without captions"):
        replace(CONFIG, vocabulary=0).build()(clip(), LEVEL, WORDS)
    with pytest.raises(ValueError, match="text='cross'"):
        CONTEXT[0].build().packed([torch.randn(1, 2, 4, 4)], LEVEL[:1], WORDS[:1])
