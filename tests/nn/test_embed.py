import torch

from minivid.nn.embed import PlaceEmbedding, places, sinusoids


def test_neighbouring_noise_levels_and_distant_ones_have_different_vectors():
    level = torch.linspace(-20, 20, 401)
    vectors = sinusoids(level, 64)
    distance = torch.cdist(vectors, vectors) + 10 * torch.eye(401)
    assert distance.min() > 0.1


def test_every_place_in_a_clip_has_a_vector_of_its_own():
    where = places(16, 8, 8).flatten(0, 2)
    distance = torch.cdist(where, where) + 10 * torch.eye(len(where))
    assert distance.min() > 0.1


def test_a_clip_begins_alike_whatever_its_length():
    torch.testing.assert_close(places(2, 4, 4), places(8, 4, 4)[:2])


def test_a_place_is_a_share_of_the_picture():
    coarse, fine = places(1, 4, 4), places(1, 12, 12)
    torch.testing.assert_close(coarse[0, 1, 2], fine[0, 4, 7])  # the middle of the second quarter, and of the third


def test_images_have_a_place_in_space_and_none_in_time():
    alone, packed = places(1, 4, 4), places(5, 4, 4, images=2)
    torch.testing.assert_close(packed[3], alone[0])
    torch.testing.assert_close(packed[4], alone[0])
    torch.testing.assert_close(packed[:3], places(3, 4, 4))


def test_the_embedding_is_the_same_for_every_clip_of_a_batch():
    x = torch.randn(2, 8, 3, 4, 4)
    added = PlaceEmbedding(8)(x) - x
    torch.testing.assert_close(added[0], added[1])
    assert added.std() > 0
