"""Other people's networks: what they are given and what is said when they are not here. Tiny random ones stand in for them."""

import pytest
import torch
from torch import Tensor, nn

from minivid.metrics import pretrained
from minivid.metrics.pretrained import clip_score, i3d, vjepa
from minivid.tools import compat


class Witness(nn.Module):
    """Answers with what it was shown: brightness, least, greatest and size of its input."""

    def forward(self, x: Tensor, rescale: bool = True, resize: bool = True, return_features: bool = False) -> Tensor:
        assert not rescale and not resize and return_features
        n = x.shape[0]
        flat = x.reshape(n, -1)
        size = torch.full((n,), float(x.shape[3] * 1000 + x.shape[4]))
        return torch.stack([flat.mean(1), flat.amin(1), flat.amax(1), size], dim=1)


@pytest.fixture
def witness(tmp_path):
    path = tmp_path / "i3d_torchscript.pt"
    torch.jit.script(Witness()).save(str(path))
    return path


def test_i3d_sees_colour_at_224_between_minus_one_and_one(witness):
    video = torch.rand(3, 1, 9, 16, 20) * 2 - 1
    extractor = i3d(witness, trust=True)
    seen = extractor(video, batch=2)
    assert seen.shape == (3, 4) and seen.dtype == torch.float64
    assert (seen[:, 3] == 224 * 1000 + 224).all() and seen[:, 1].min() >= -1 and seen[:, 2].max() <= 1
    assert seen[0, 0] == pytest.approx(video[0].mean().item(), abs=0.02)
    assert "bilinear 224" in extractor.resize and len(extractor.id.split()[1]) == 12


def test_another_network_fails_the_published_constants(witness):
    with pytest.raises(
        ValueError, match="for 16 black clips against 16 white ones; the FVD that is published gives about 131"
    ):
        i3d(witness)


def test_without_its_file_i3d_says_where_it_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.delenv(pretrained.I3D_VARIABLE, raising=False)
    with pytest.raises(FileNotFoundError, match="MINIVID_I3D is not set"):
        i3d()
    monkeypatch.setenv(pretrained.I3D_VARIABLE, str(tmp_path / "none.pt"))
    with pytest.raises(FileNotFoundError, match=r"there is no file .*none\.pt"):
        i3d()
    (tmp_path / "text.pt").write_text("no network")
    with pytest.raises(ValueError, match="no TorchScript file"):
        i3d(tmp_path / "text.pt")


def test_too_short_clips_for_i3d_are_refused(witness):
    with pytest.raises(ValueError, match="needs 9 frames; these clips have 8"):
        i3d(witness, trust=True)(torch.zeros(1, 1, 8, 16, 16))


@pytest.fixture
def transformers():
    pytest.importorskip("transformers")
    compat.import_torchvision()
    import transformers

    return transformers


def test_vjepa_gives_one_vector_a_clip(transformers, tmp_path):
    config = transformers.VJEPA2Config(
        patch_size=16, crop_size=32, frames_per_clip=4, hidden_size=24, num_attention_heads=2, num_hidden_layers=1,
        pred_hidden_size=24, pred_num_attention_heads=2, pred_num_hidden_layers=1,
    )  # fmt: skip
    transformers.VJEPA2Model(config).save_pretrained(tmp_path)
    extractor = vjepa(str(tmp_path))
    features = extractor(torch.rand(3, 1, 4, 16, 16) * 2 - 1, batch=2)
    assert features.shape == (3, 24) and features.isfinite().all() and extractor.resize == "bilinear 32"


def test_what_is_not_here_and_cannot_be_fetched_is_said(transformers, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for load in (vjepa, clip_score):
        with pytest.raises(FileNotFoundError, match="is not on this computer and could not be fetched"):
            load(str(tmp_path / "nothing"))


def test_clip_scores_a_caption_by_the_frames_of_its_clip(transformers, tmp_path, monkeypatch):
    """Against CLIP's own logits for the same pixels, which are the cosines times a scale."""
    config = transformers.CLIPConfig(
        text_config={"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
                     "vocab_size": 50, "max_position_embeddings": 12, "eos_token_id": 2},
        vision_config={"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
                       "image_size": 32, "patch_size": 16},
        projection_dim=8,
    )  # fmt: skip
    net = transformers.CLIPModel(config).eval()
    words = {"input_ids": torch.tensor([[5, 6, 2], [7, 2, 1]]), "attention_mask": torch.tensor([[1, 1, 1], [1, 1, 0]])}

    class Tokens(dict):
        def to(self, _):
            return self

    monkeypatch.setattr(
        pretrained,
        "pretrained",
        lambda kind, name: net if kind == "CLIPModel" else lambda captions, **_: Tokens(words),
    )
    video = torch.rand(2, 3, 3, 32, 32) * 2 - 1
    score = clip_score("tiny")(video, ["a 3", "a 5"])
    frames = pretrained.scaled(video, *pretrained.CLIP_PICTURES)
    for clip in range(2):
        with torch.no_grad():
            out = net(**words, pixel_values=frames[clip].transpose(0, 1))
        expected = (out.logits_per_image[:, clip] / net.logit_scale.exp()).mean()
        torch.testing.assert_close(score[clip], expected, atol=1e-5, rtol=0)


def test_lpips_is_there_with_random_weights_and_says_what_it_lacks_without_the_real_ones(tmp_path, monkeypatch):
    pytest.importorskip("lpips")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(FileNotFoundError, match="fetches them once"):
        pretrained.lpips_model()
    model = pretrained.lpips_model(trained=False)
    assert not any(weight.requires_grad for weight in model.parameters())
    frames = torch.zeros(2, 3, 64, 64)
    assert model(frames, frames).abs().max() == 0
