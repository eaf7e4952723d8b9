"""Attention against literal loops, positions and masks."""

import itertools
import math

import pytest
import torch

from minivid.nn.attention import keys
from minivid.nn.attention.core import ALL, SPACE, TIME, Attention, Window, attend, linear_attend
from minivid.nn.attention.masks import joint_image_mask
from minivid.nn.attention.positions import RelativePositionBias, relative_buckets


def literal_temporal_attention(layer, x, bias, visible):
    """One pixel, one head, one pair of frames at a time."""
    b, c, t, h, w = x.shape
    d = c // layer.heads
    normed = layer.norm(x)
    out = torch.zeros_like(x)
    for n in range(b):
        for row in range(h):
            for column in range(w):
                q, k, v = layer.to_qkv(normed[n, :, :, row, column].T).split(c, dim=1)
                joined = torch.zeros(t, c)
                for head in range(layer.heads):
                    part = slice(head * d, (head + 1) * d)
                    for i in range(t):
                        scores = torch.tensor(
                            [
                                q[i, part] @ k[j, part] / math.sqrt(d) + bias[head, i, j]
                                if visible[i, j]
                                else -math.inf
                                for j in range(t)
                            ]
                        )
                        joined[i, part] = torch.softmax(scores, 0) @ v[:, part]
                out[n, :, :, row, column] = layer.to_out(joined).T
    return x + out


@pytest.mark.parametrize("images", [0, 2])
def test_temporal_attention_is_the_literal_loop(images):
    torch.manual_seed(0)
    layer = Attention(8, 2, TIME)
    torch.nn.init.normal_(layer.to_out.weight)
    x, bias, visible = torch.randn(2, 8, 5, 2, 3), torch.randn(2, 5, 5), joint_image_mask(5, images)
    with torch.no_grad():
        torch.testing.assert_close(
            layer(x, bias, visible), literal_temporal_attention(layer, x, bias, visible), atol=1e-5, rtol=1e-5
        )


def test_cross_attention_with_one_visible_word_hands_out_that_word():
    torch.manual_seed(0)
    layer = Attention(8, 2, SPACE, keys.words, 4)
    torch.nn.init.eye_(layer.to_out.weight)
    words, visible = torch.randn(1, 1, 3, 4), torch.tensor([[[False, True, False]]])
    x = torch.randn(1, 8, 2, 2, 2)
    with torch.no_grad():
        value = layer.to_kv(words[0, 0, 1])[8:]
        torch.testing.assert_close(
            layer(x, visible=visible, caption=words) - x,
            value.reshape(1, 8, 1, 1, 1).expand_as(x),
            atol=1e-5,
            rtol=1e-5,
        )


def learned_bias(heads: int) -> RelativePositionBias:
    """As after training: it begins at zero, where nothing can be told apart."""
    layer = RelativePositionBias(heads)
    torch.nn.init.normal_(layer.weight.weight)
    return layer


def test_the_bias_begins_at_zero():
    assert RelativePositionBias(2)(5).abs().max() == 0


def test_bias_depends_on_the_distance_alone():
    bias = learned_bias(3)(12)
    for distance in (-3, 0, 4):
        diagonal = bias.diagonal(distance, dim1=1, dim2=2)
        assert torch.equal(diagonal, diagonal[:, :1].expand_as(diagonal))


def test_bias_tells_past_from_future_and_reaches_any_length():
    bias = learned_bias(1)(300)
    assert bias.shape == (1, 300, 300)
    assert bias[0, 5, 7] != bias[0, 7, 5]


def test_near_frames_have_a_bucket_each_and_far_ones_share():
    buckets = relative_buckets(200)
    assert len(set(buckets[0, :8].tolist())) == 8
    assert buckets[0, 150] == buckets[0, 199]
    assert buckets.max() < 32 and buckets.min() == 0


def test_images_are_masked_to_the_identity():
    visible = joint_image_mask(4, 2)
    assert visible.tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]


def test_more_images_than_frames_is_a_sentence():
    with pytest.raises(ValueError, match="0 to 4 images"):
        joint_image_mask(4, 5)


def literal_attention(layer, x, whose):
    """One frame at a time, over all heads: the pixels of frame i look at the pixels of the frames in whose[i]."""
    b, c, t, h, w = x.shape
    q, k, v = layer.to_qkv(layer.norm(x).permute(0, 2, 3, 4, 1).reshape(b, t, h * w, c)).chunk(3, dim=-1)
    out = torch.zeros(b, t, h * w, c)
    for i in range(t):
        keys_of = torch.cat([k[:, j] for j in whose[i]], dim=1)
        values = torch.cat([v[:, j] for j in whose[i]], dim=1)
        for head in range(layer.heads):
            part = slice(head * c // layer.heads, (head + 1) * c // layer.heads)
            scores = q[:, i, :, part] @ keys_of[..., part].mT / (c // layer.heads) ** 0.5
            out[:, i, :, part] = scores.softmax(-1) @ values[..., part]
    return x + layer.to_out(out).reshape(b, t, h, w, c).permute(0, 4, 1, 2, 3)


@pytest.mark.parametrize(
    ("policy", "whose"),
    [
        (keys.itself, [[0], [1], [2], [3]]),
        (keys.first_frame, [[0], [0], [0], [0]]),
        (keys.first_and_previous, [[0, 0], [0, 0], [0, 1], [0, 2]]),
        (keys.all_frames, [[0, 1, 2, 3]] * 4),
        (keys.key_frames(1, 3), [[1, 3]] * 4),
    ],
    ids=["itself", "first", "first and previous", "all", "key frames"],
)
def test_each_policy_is_the_literal_loop_over_the_frames_that_it_names(policy, whose):
    layer, x = Attention(8, 2, SPACE, policy), torch.randn(2, 8, 4, 2, 3)
    torch.nn.init.normal_(layer.to_out.weight)
    with torch.no_grad():
        torch.testing.assert_close(layer(x), literal_attention(layer, x, whose), atol=1e-5, rtol=1e-5)


def test_policies_change_whose_keys_are_read_and_no_weight():
    """What was trained as plain space attention is loaded into any of them; on one frame they are one."""
    plain, x = Attention(8, 2, SPACE), torch.randn(2, 8, 1, 2, 3)
    torch.nn.init.normal_(plain.to_out.weight)
    for policy in (keys.first_frame, keys.first_and_previous, keys.all_frames, keys.key_frames(0)):
        other = Attention(8, 2, SPACE, policy)
        other.load_state_dict(plain.state_dict())
        with torch.no_grad():
            torch.testing.assert_close(other(x), plain(x), atol=1e-5, rtol=1e-5)


def test_every_frame_a_key_frame_is_all_frames():
    x = torch.randn(8, 5, 3)
    torch.testing.assert_close(keys.key_frames(0, 1, 2, 3)(x, 4), keys.all_frames(x, 4))


@pytest.mark.parametrize(
    "window",
    [
        SPACE,
        TIME,
        ALL,
        Window(2, 2, 3),
        Window(frames=2),
        Window(height=2, width=2),
        Window(3, 3, 4),
        Window(3, 2, 4, shifted=True),
    ],
    ids=str,
)
def test_a_window_is_put_together_as_it_was_cut(window):
    x = torch.arange(2 * 3 * 4 * 4 * 6).reshape(2, 3, 4, 4, 6).float()
    assert torch.equal(window.join(window.cut(x), x), x)


def test_windows_are_boxes_of_neighbours():
    """Contiguous: the first sequence is the corner of the clip, and no pixel of another box is in it."""
    x = torch.arange(4 * 4 * 6).reshape(1, 1, 4, 4, 6).float()
    assert Window(2, 2, 3).cut(x)[0, :, 0].tolist() == x[0, 0, :2, :2, :3].flatten().tolist()


def test_attention_in_windows_is_attention_over_each_box_by_itself():
    whole, boxed = Attention(8, 2, ALL), Attention(8, 2, Window(2, 2, 3))
    torch.nn.init.normal_(whole.to_out.weight)
    boxed.load_state_dict(whole.state_dict())
    whole.norm = boxed.norm = torch.nn.Identity()
    x = torch.randn(1, 8, 4, 4, 6)
    with torch.no_grad():
        out = boxed(x)
        for t in (0, 2):
            for h in (0, 2):
                for w in (0, 3):
                    box = (slice(None), slice(None), slice(t, t + 2), slice(h, h + 2), slice(w, w + 3))
                    torch.testing.assert_close(out[box], whole(x[box]), atol=1e-5, rtol=1e-5)


def runs(n: int, size: int, shift: int) -> list[slice]:
    """An axis cut at shift, shift + size, … and at its ends."""
    cuts = sorted({0, n, *range(shift or size, n, size)})
    return [slice(a, b) for a, b in itertools.pairwise(cuts)]


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("clip", [(4, 4, 6), (5, 4, 7), (3, 5, 5), (1, 3, 4), (2, 2, 2)], ids=str)
def test_attention_in_windows_is_a_loop_over_boxes_cut_at_the_clips_edge(clip, shifted):
    sizes = [min(size, side) for size, side in zip((2, 3, 4), clip, strict=True)]
    shifts = [size // 2 if shifted and size < side else 0 for size, side in zip(sizes, clip, strict=True)]
    whole, boxed = Attention(8, 2, ALL), Attention(8, 2, Window(2, 3, 4, shifted))
    torch.nn.init.normal_(whole.to_out.weight)
    boxed.load_state_dict(whole.state_dict())
    whole.norm = boxed.norm = torch.nn.Identity()
    x = torch.randn(2, 8, *clip)
    expected = torch.zeros_like(x)
    with torch.no_grad():
        for box in itertools.product(*(runs(*axis) for axis in zip(clip, sizes, shifts, strict=True))):
            expected[..., *box] = whole(x[..., *box])
        torch.testing.assert_close(boxed(x), expected, atol=1e-5, rtol=1e-5)


def test_a_bias_and_a_mask_are_added_in_filled_and_shifted_windows_too():
    """A window of two frames over five: the mask says that only the first of a box may be seen."""
    layer, x = Attention(8, 2, Window(2, 1, 1, shifted=True)), torch.randn(1, 8, 5, 2, 2)
    layer.norm = torch.nn.Identity()
    torch.nn.init.normal_(layer.to_out.weight)
    bias, seen = torch.randn(2, 2, 2), torch.tensor([[True, False], [True, True]])
    *_, scores = layer.scored(x, bias, seen)
    assert scores.shape == (12, 2, 2, 2)  # three windows for each of four pixels
    apart = (scores == -torch.inf)[:, 0].unflatten(0, (3, 4))[:, 0]
    assert apart.tolist() == [
        [[False, True], [False, False]],
        [[False, True], [False, False]],
        [[False, True], [True, False]],
    ]
    torch.testing.assert_close(scores[0, :, 1], bias[:, 1])


@pytest.mark.parametrize(
    ("layer", "where"),
    [
        (Attention(8, 2, SPACE), (slice(2, 3), slice(None), slice(None))),
        (Attention(8, 2, TIME), (slice(None), slice(3, 4), slice(4, 5))),
        (Attention(8, 2, ALL), (slice(None), slice(None), slice(None))),
        (Attention(8, 2, ALL, attend=linear_attend), (slice(None), slice(None), slice(None))),
        (Attention(8, 2, Window(2, 2, 3)), (slice(2, 4), slice(2, 4), slice(3, 6))),
        (Attention(8, 2, Window(2, 2, 3, shifted=True)), (slice(1, 3), slice(3, 5), slice(4, 7))),
        (Attention(8, 2, Window(4, 4, 4)), (slice(0, 4), slice(0, 4), slice(4, 7))),
    ],
    ids=["space", "time", "all", "linear", "windows", "shifted", "filled up"],
)
def test_attention_reaches_exactly_the_frames_and_pixels_of_its_window(layer, where):
    """Place (2, 3, 4) of 5 × 6 × 7 is changed. Without the norm, which joins a frame's pixels."""
    layer.norm = torch.nn.Identity()
    torch.nn.init.normal_(layer.to_out.weight)
    x = torch.randn(1, 8, 5, 6, 7, generator=torch.Generator().manual_seed(0))
    moved = x.clone()
    moved[:, :, 2, 3, 4] += 1
    expected = torch.zeros(5, 6, 7, dtype=torch.bool)
    expected[where] = True
    with torch.no_grad():
        assert torch.equal((layer(moved) != layer(x)).any(1)[0], expected)


def test_of_one_frame_space_attention_is_full_attention_and_of_one_pixel_time_attention_is():
    space, time, full = (Attention(8, 2, window) for window in (SPACE, TIME, ALL))
    torch.nn.init.normal_(full.to_out.weight)
    space.load_state_dict(full.state_dict())
    time.load_state_dict(full.state_dict())
    picture, pixel = torch.randn(2, 8, 1, 3, 4), torch.randn(2, 8, 5, 1, 1)
    with torch.no_grad():
        assert torch.equal(space(picture), full(picture))
        assert torch.equal(time(pixel), full(pixel))


def test_linear_attention_is_its_quadratic_form():
    q, k, v = torch.randn(2, 3, 6, 4), torch.randn(2, 3, 9, 4), torch.randn(2, 3, 9, 4)
    scores = (torch.nn.functional.elu(q) + 1) @ (torch.nn.functional.elu(k) + 1).mT
    torch.testing.assert_close(linear_attend(q, k, v), scores / scores.sum(-1, keepdim=True) @ v)


def test_keys_that_are_all_alike_share_the_attention_whichever_way_it_is_computed():
    q, k, v = torch.randn(1, 1, 6, 4), torch.randn(1, 1, 1, 4).expand(1, 1, 9, 4), torch.randn(1, 1, 9, 4)
    for how in (attend, linear_attend):
        torch.testing.assert_close(how(q, k, v, None), v.mean(2, keepdim=True).expand_as(q))


def test_what_does_not_fit_together_is_a_sentence():
    with pytest.raises(ValueError, match="a window's height is 0"):
        Window(2, 0, 2)
    with pytest.raises(ValueError, match="8 channels cannot be shared by 3 heads"):
        Attention(8, 3, ALL)
    with pytest.raises(ValueError, match="linear attention has no scores"):
        Attention(8, 2, Window(3, 2, 2), attend=linear_attend)(torch.randn(1, 8, 4, 4, 4))
    with pytest.raises(ValueError, match="the window must be SPACE"):
        Attention(8, 2, TIME, keys.first_frame)
    with pytest.raises(ValueError, match="belong together"):
        Attention(8, 2, SPACE, keys.words)
    with pytest.raises(ValueError, match="expected at least one of 0 to 3"):
        Attention(8, 2, SPACE, keys.key_frames(4))(torch.randn(1, 8, 4, 2, 2))
