"""The U-Net: what it equals at the start, who can see whom, and what it says of a bad input."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from minivid.nn import Cond, UNet, UNetConfig
from minivid.nn.attention import keys
from minivid.nn.attention.core import SPACE, TIME, Attention
from minivid.nn.conv import Downsample, ResBlock, SpatialConv, Upsample
from minivid.nn.unet import Parts, pooled, pooled_by

CONFIG = UNetConfig(widths=(16, 32), blocks=1, heads=2, vocabulary=10, dim_text=16)


def awake(module: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """The module with every weight drawn at random: what starts at zero hides a wrong path."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / max(1, parameter[0].numel()) ** 0.5)
    return module.eval()


@pytest.fixture
def unet():
    return awake(UNet(CONFIG))


def clip(batch: int = 2, frames: int = 4, seed: int = 0):
    return torch.randn(batch, 1, frames, 8, 8, generator=torch.Generator().manual_seed(seed))


LEVEL = torch.tensor([0.5, -2.0])
WORDS = Cond(torch.tensor([[1, 2, 3], [4, 5, 0]]), torch.tensor([[True, True, True], [True, True, False]]))


def reached(model, z, *args, frame: int) -> list[int]:
    """The frames of the output that change, to the bit, when one input frame does."""
    moved = z.clone()
    moved[:, :, frame] += 1.0
    with torch.no_grad():
        difference = (model(z, *args) - model(moved, *args)).abs().amax((0, 1, 3, 4))
    return difference.nonzero().flatten().tolist()


def test_the_network_starts_by_saying_zero():
    assert UNet(CONFIG)(clip(), LEVEL, WORDS).abs().max() == 0


def test_every_residual_branch_starts_as_the_identity():
    x = torch.randn(2, 16, 3, 4, 4)
    bias = torch.zeros(2, 3, 3)
    assert torch.equal(Attention(16, 2, SPACE)(x), x)
    assert torch.equal(Attention(16, 2, TIME)(x, bias), x)
    cross = Attention(16, 2, SPACE, keys.words, 8)
    there = torch.ones(2, 1, 3, dtype=torch.bool)
    assert torch.equal(cross(x, visible=there, caption=torch.randn(2, 1, 3, 8)), x)
    assert torch.equal(ResBlock(16, 16, 8)(x, torch.randn(2, 3, 8)), x)


def test_all_weights_learn_after_the_first_update():
    """Zero-initialised ends must not cut the gradient off for good."""
    torch.manual_seed(0)
    model = UNet(CONFIG)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(3):  # the last convolution wakes first, then the blocks behind it
        optimizer.zero_grad()
        (model(clip(), LEVEL, WORDS) - clip(seed=1)).square().mean().backward()
        optimizer.step()
    asleep = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or parameter.grad.abs().max() == 0
    ]
    assert asleep == []


@pytest.mark.parametrize(
    "part",
    [SpatialConv(8, 8), Attention(8, 2, SPACE), Downsample(8, 8), Upsample(8, 8)],
    ids=lambda m: type(m).__name__,
)
def test_spatial_parts_keep_every_frame_to_itself(part):
    assert reached(awake(part), torch.randn(2, 8, 4, 4, 4), frame=1) == [1]


def test_normalisation_keeps_every_frame_to_itself():
    """GroupNorm over `b c t h w` would pool over time."""
    assert reached(awake(ResBlock(8, 8, 4)), torch.randn(2, 8, 4, 4, 4), torch.randn(2, 4, 4), frame=2) == [2]


def test_temporal_attention_reaches_all_frames_and_no_other_pixel():
    part, bias = awake(Attention(8, 2, TIME)), torch.zeros(2, 4, 4)
    x = torch.randn(1, 8, 4, 3, 3)
    moved = x.clone()
    moved[:, :, 1, 0, 2] += 1.0
    with torch.no_grad():
        difference = (part(x, bias) - part(moved, bias)).abs().amax((0, 1))
    assert difference[:, 0, 2].min() > 0
    difference[:, 0, 2] = 0
    # the pixel's own frame is renormalised as a whole, and only that frame's keys carry it to others; without the norm nothing moves
    part.norm = torch.nn.Identity()
    with torch.no_grad():
        difference = (part(x, bias) - part(moved, bias)).abs().amax((0, 1))
    difference[:, 0, 2] = 0
    assert difference.max() == 0


def test_the_whole_network_mixes_time_and_keeps_clips_apart(unet):
    assert reached(unet, clip(), LEVEL, WORDS, frame=0) == [0, 1, 2, 3]
    z, other = clip(), clip()
    other[1] += 1.0
    with torch.no_grad():
        torch.testing.assert_close(unet(z, LEVEL, WORDS)[0], unet(other, LEVEL, WORDS)[0])


def test_images_in_a_joint_batch_see_nothing_and_are_seen_by_nobody(unet):
    """One temporal layer left unmasked would leak."""
    tokens = WORDS.tokens[:, None].expand(-1, 4, -1)
    joint = Cond(tokens, WORDS.token_mask[:, None].expand(-1, 4, -1), images=2)
    assert reached(unet, clip(), LEVEL, joint, frame=0) == [0, 1]
    assert reached(unet, clip(), LEVEL, joint, frame=2) == [2]
    assert reached(unet, clip(), LEVEL, joint, frame=3) == [3]


def test_an_image_in_a_joint_batch_is_a_one_frame_video(unet):
    z = clip()
    joint = Cond(WORDS.tokens[:, None].expand(-1, 4, -1), WORDS.token_mask[:, None].expand(-1, 4, -1), images=1)
    with torch.no_grad():
        torch.testing.assert_close(
            unet(z, LEVEL, joint)[:, :, 3:], unet(z[:, :, 3:], LEVEL, WORDS), atol=1e-5, rtol=1e-5
        )


def test_a_caption_a_frame_equals_a_caption_a_clip_when_they_agree(unet):
    each = Cond(WORDS.tokens[:, None].expand(-1, 4, -1), WORDS.token_mask[:, None].expand(-1, 4, -1))
    with torch.no_grad():
        torch.testing.assert_close(unet(clip(), LEVEL, each), unet(clip(), LEVEL, WORDS), atol=1e-5, rtol=1e-5)


def test_a_dropped_caption_equals_no_caption(unet):
    with torch.no_grad():
        nothing = unet(clip(), LEVEL, None)
        torch.testing.assert_close(
            unet(clip(), LEVEL, WORDS.keep(torch.tensor([False, False]))), nothing, atol=1e-5, rtol=1e-5
        )
        half = unet(clip(), LEVEL, WORDS.keep(torch.tensor([True, False])))
    torch.testing.assert_close(half[1], nothing[1], atol=1e-5, rtol=1e-5)
    assert (half[0] - nothing[0]).abs().max() > 1e-3


def test_padding_is_never_read(unet):
    other = Cond(WORDS.tokens.clone(), WORDS.token_mask)
    other.tokens[1, 2] = 7
    with torch.no_grad():
        torch.testing.assert_close(unet(clip(), LEVEL, WORDS), unet(clip(), LEVEL, other))


def test_any_number_of_frames_and_any_size_that_can_be_halved(unet):
    for frames, height, width in ((1, 8, 8), (9, 4, 12)):
        z = torch.randn(2, 1, frames, height, width)
        assert unet(z, LEVEL, WORDS).shape == z.shape


@pytest.mark.parametrize(
    ("z", "cond", "sentence"),
    [
        (torch.zeros(2, 3, 4, 8, 8), None, "built for 1 channels"),
        (torch.zeros(2, 1, 4, 10, 8), None, "multiples of 4"),
        (
            torch.zeros(2, 1, 4, 8, 8),
            Cond(torch.zeros(2, 5, 3, dtype=torch.long), torch.ones(2, 5, 3, dtype=torch.bool)),
            "5 frames",
        ),
    ],
)
def test_a_bad_input_is_a_sentence(unet, z, cond, sentence):
    with pytest.raises(ValueError, match=sentence):
        unet(z, LEVEL, cond)


def test_a_network_without_captions_refuses_them():
    with pytest.raises(ValueError, match="without captions"):
        UNet(UNetConfig(widths=(8, 8), blocks=1, heads=2))(clip(), LEVEL, WORDS)


def test_a_condition_wants_tokens_with_their_mask():
    with pytest.raises(ValueError, match="together"):
        Cond(tokens=torch.zeros(1, 3, dtype=torch.long))


def test_a_level_for_each_frame_equals_a_level_for_each_clip_where_they_agree(unet):
    with torch.no_grad():
        each = unet(clip(), LEVEL[:, None].expand(-1, 4), WORDS)
        torch.testing.assert_close(each, unet(clip(), LEVEL, WORDS), atol=1e-5, rtol=1e-5)


def test_each_frame_is_told_its_own_level():
    """Without time to carry it, what is told to one frame changes that frame alone."""
    model, z = awake(UNet(replace(CONFIG, temporal=False))), clip()
    levels = LEVEL[:, None].expand(-1, 4).clone()
    with torch.no_grad():
        before = model(z, levels, WORDS)
        levels[:, 2] += 1
        change = (model(z, levels, WORDS) - before).abs().amax((0, 1, 3, 4))
    assert change.nonzero().flatten().tolist() == [2]


def test_without_time_it_is_an_image_model_to_which_a_clip_is_so_many_pictures():
    model = awake(UNet(replace(CONFIG, temporal=False)))
    assert not any("temporal" in name or "position_bias" in name for name, _ in model.named_parameters())
    assert reached(model, clip(), LEVEL, WORDS, frame=1) == [1]
    with torch.no_grad():
        together = model(clip(), LEVEL, WORDS)
        for frame in range(4):
            alone = model(clip()[:, :, frame : frame + 1], LEVEL, WORDS)
            torch.testing.assert_close(together[:, :, frame : frame + 1], alone, atol=1e-5, rtol=1e-5)


def test_an_image_model_is_the_video_models_weights_without_its_time():
    """The same class, the same names: what has no time in its name is loaded as it is."""
    video, image = UNet(CONFIG), UNet(replace(CONFIG, temporal=False))
    named = {n: w for n, w in video.state_dict().items() if "temporal" not in n and "position_bias" not in n}
    image.load_state_dict(named)


def test_the_network_says_which_weights_are_matrices():
    model = UNet(CONFIG)
    weights, matrices = dict(model.named_parameters()), model.matrices()
    assert all(weights[name].ndim == 2 for name in matrices) and "middle.spatial.to_qkv.weight" in matrices
    assert not {"conv_in.weight", "conv_out.weight", "text.word.weight", "position_bias.weight.weight"} & set(matrices)


@pytest.mark.parametrize("first", ["up.2.temporal", "up.2.block", "middle", "norm_out", "conv_out", "down.0.spatial"])
def test_any_part_can_be_trained_behind_a_frozen_base(first):
    """torch crashed here where that part begins with a norm."""
    model = awake(UNet(CONFIG))
    for name, weight in model.named_parameters():
        weight.requires_grad_(name.startswith(first))
    model(clip(), LEVEL, WORDS).square().mean().backward()
    assert all(weight.grad.abs().max() > 0 for name, weight in model.named_parameters() if name.startswith(first))


@pytest.mark.parametrize(
    "wrong",
    [
        {"widths": (20,)},
        {"widths": ()},
        {"heads": 3},
        {"patch": 0},
        {"vocabulary": -1},
        {"dim_text": 30, "vocabulary": 9},
    ],
    ids=str,
)
def test_a_shape_that_cannot_be_built_is_refused_by_name(wrong):
    with pytest.raises(ValueError, match=r"widths are|heads is|patch is|vocabulary is|dim_text is"):
        UNetConfig(**wrong)


def test_it_computes_in_the_precision_of_its_weights():
    model = awake(UNet(CONFIG)).double()
    assert model(clip().double(), LEVEL.double(), WORDS).dtype == torch.float64


class Halving(ResBlock):
    """The same block, its weights under the same names, and half of what it adds."""

    def forward(self, x, embed):
        return (self.skip(x) + super().forward(x, embed)) / 2


def test_other_parts_stand_in_their_places_and_take_the_same_weights():
    library = awake(UNet(CONFIG))
    other = UNet(CONFIG, Parts(block=Halving, temporal=lambda dim, heads: Attention(dim, heads, TIME))).eval()
    assert list(other.state_dict()) == list(library.state_dict())
    other.load_state_dict(library.state_dict())
    with torch.no_grad():
        assert not torch.allclose(other(clip(), LEVEL, WORDS), library(clip(), LEVEL, WORDS), atol=1e-3)
        for stage in other.modules():
            if isinstance(stage, Halving):
                stage.forward = partial(ResBlock.forward, stage)
        assert torch.equal(other(clip(), LEVEL, WORDS), library(clip(), LEVEL, WORDS))


def test_the_same_seed_draws_the_same_weights_whatever_the_parts():
    torch.manual_seed(3)
    library = UNet(CONFIG).state_dict()
    torch.manual_seed(3)
    other = UNet(CONFIG, Parts(block=Halving)).state_dict()
    assert all(torch.equal(library[name], other[name]) for name in library)


def test_a_mean_of_the_words_that_are_there_pools_them():
    words = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    there = torch.arange(5) < torch.tensor([[1, 3, 5], [5, 2, 4]])[..., None]
    seen = []

    def mean(words, visible):
        seen.append((tuple(words.shape), tuple(visible.shape)))
        return (words * visible[..., None]).sum(1) / visible.sum(1, keepdim=True)

    torch.testing.assert_close(pooled_by(mean)(words, there), pooled(words, there))
    assert seen == [((6, 5, 4), (6, 5))]
    model = awake(UNet(CONFIG, Parts(pool=pooled_by(mean))))
    torch.testing.assert_close(model(clip(), LEVEL, WORDS), awake(UNet(CONFIG))(clip(), LEVEL, WORDS))


def told_unet(**changes):
    """A U-Net that is told of frames and numbers, every weight drawn at random."""
    generator, network = torch.Generator().manual_seed(0), UNet(UNetConfig(widths=(16, 16), **changes))
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return network.eval()


def test_what_is_known_and_said_beside_a_clip_begins_as_nothing_and_changes_nothing_else():
    torch.manual_seed(0)
    plain = UNet(UNetConfig(widths=(16, 16)))
    torch.manual_seed(0)
    told = UNet(UNetConfig(widths=(16, 16), known=2, numbers=1))
    z, cond = torch.randn(2, 1, 3, 8, 8), Cond(known=torch.randn(2, 2, 3, 8, 8), numbers=torch.tensor([[1.0], [5.0]]))
    with torch.no_grad():
        torch.nn.init.normal_(plain.conv_out.weight)
        told.conv_out.load_state_dict(plain.conv_out.state_dict())
        assert torch.equal(told(z, torch.zeros(2), cond), plain(z, torch.zeros(2)))


def test_each_of_what_is_known_and_of_the_numbers_changes_its_own_clip():
    network, z, t = told_unet(known=2, numbers=2), torch.randn(2, 1, 3, 8, 8), torch.zeros(2)
    base = Cond(known=torch.randn(2, 2, 3, 8, 8), numbers=torch.tensor([[1.0, 2.0], [5.0, 2.0]]))
    with torch.no_grad():
        before = network(z, t, base)
        for channel in range(2):
            known, numbers = base.known.clone(), base.numbers.clone()
            known[1, channel] += 1
            numbers[1, channel] += 1
            for other in (Cond(known=known, numbers=base.numbers), Cond(known=base.known, numbers=numbers)):
                after = network(z, t, other)
                assert torch.equal(after[0], before[0]) and (after[1] - before[1]).abs().max() > 1e-3


def test_nothing_known_is_zeros():
    network, z, t = told_unet(known=2), torch.randn(2, 1, 3, 8, 8), torch.zeros(2)
    with torch.no_grad():
        assert torch.equal(network(z, t), network(z, t, Cond(known=torch.zeros(2, 2, 3, 8, 8))))


def test_a_picture_begins_as_nothing_and_a_file_without_one_fits_the_rest():
    plain = told_unet(vocabulary=8, dim_text=16)
    shown = UNet(UNetConfig(widths=(16, 16), vocabulary=8, dim_text=16, content=5))
    missing, unexpected = shown.load_state_dict(plain.state_dict(), strict=False)
    assert missing == ["content_in.weight"] and not unexpected
    z, t, words = torch.randn(2, 1, 3, 8, 8), torch.zeros(2), (torch.ones(2, 3).long(), torch.ones(2, 3).bool())
    for cond in (Cond(content=torch.randn(2, 5)), Cond(*words, content=torch.randn(2, 5)), None):
        bare = Cond(*words) if cond and cond.tokens is not None else None
        assert plain(z, t).abs().max() > 0 and torch.equal(shown(z, t, cond), plain(z, t, bare))


def content_unet():
    """One that reads captions and is shown a picture's embedding."""
    return told_unet(vocabulary=8, dim_text=16, content=5)


def test_a_picture_changes_its_own_clip_beside_a_caption_and_without_one():
    network, z, t = content_unet(), torch.randn(2, 1, 3, 8, 8), torch.zeros(2)
    words = (torch.ones(2, 3).long(), torch.ones(2, 3).bool())
    content, other = torch.randn(2, 5), torch.randn(2, 5)
    other[0] = content[0]
    for said in ((), words):
        a, b = (network(z, t, Cond(*said, content=one)) for one in (content, other))
        torch.testing.assert_close(a[0], b[0])
        assert (a[1] - b[1]).abs().max() > 1e-3


def test_a_picture_that_is_dropped_was_never_shown():
    network, z, t = content_unet(), torch.randn(2, 1, 3, 8, 8), torch.zeros(2)
    cond = Cond(content=torch.randn(2, 5)).keep(torch.tensor([False, True]))
    torch.testing.assert_close(network(z, t, cond)[0], network(z, t)[0])
    torch.testing.assert_close(network(z, t, cond)[1], network(z, t, Cond(content=cond.content))[1])
    assert (network(z, t, cond)[1] - network(z, t)[1]).abs().max() > 1e-3


def test_a_picture_without_captions_or_of_another_length_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="read where captions are: give a vocabulary"):
        UNetConfig(content=5)
    with pytest.raises(ValueError, match=r"content are \(2, 4\), but this U-Net was built with content=5"):
        content_unet()(torch.zeros(2, 1, 3, 8, 8), torch.zeros(2), Cond(content=torch.zeros(2, 4)))


@pytest.mark.parametrize("cond", [Cond(known=torch.zeros(2, 2, 3, 8, 8)), Cond(numbers=torch.zeros(2, 3))])
def test_what_it_was_not_built_to_be_told_is_refused(cond):
    with pytest.raises(ValueError, match=r"was built with (known|numbers)=1 and expects"):
        told_unet(known=1, numbers=1)(torch.zeros(2, 1, 3, 8, 8), torch.zeros(2), cond)
    with pytest.raises(ValueError, match=r"was built with (known|numbers)=0"):
        told_unet()(torch.zeros(2, 1, 3, 8, 8), torch.zeros(2), cond)
