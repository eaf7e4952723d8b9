"""Pictures become lighter, none is left out, and a film still plays as it did."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from minivid.course.site.pictures import EXACT, Pictures, webp
from minivid.show.gif import gif_bytes


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def noise(side: int, seed: int = 0) -> bytes:
    return png(np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8))


def smooth(side: int) -> bytes:
    """A gradient with a little noise: exact it is heavy, with loss light."""
    ramp = np.linspace(0, 200, side)[:, None, None] + np.linspace(0, 50, side)[None, :, None]
    grain = np.random.default_rng(0).integers(0, 4, (side, side, 3))
    return png((ramp + grain).astype(np.uint8))


def test_a_picture_keeps_every_pixel():
    picture = noise(24)
    seen = np.asarray(Image.open(io.BytesIO(webp(picture, EXACT))).convert("RGB"))
    assert (seen == np.asarray(Image.open(io.BytesIO(picture)))).all()


def test_a_film_keeps_its_frames_and_how_long_each_is_shown():
    film = np.random.default_rng(0).integers(0, 256, (5, 16, 16, 1), dtype=np.uint8)
    film[2] = film[1]  # stored once, and shown twice as long
    gif, light = (Image.open(io.BytesIO(data)) for data in (gif_bytes(film, 8), webp(gif_bytes(film, 8), EXACT)))
    frames, others = list(ImageSequence.Iterator(gif)), list(ImageSequence.Iterator(light))
    assert len(frames) == len(others) == 4
    for n in range(4):
        gif.seek(n)
        light.seek(n)
        assert (np.asarray(gif.convert("RGB")) == np.asarray(light.convert("RGB"))).all()
    times = []
    for n in range(4):
        light.seek(n)
        light.load()
        times.append(light.info["duration"])
    assert times == [120, 240, 120, 120] and light.info["loop"] == 0


def test_pictures_are_exact_while_there_is_room_and_then_the_one_that_gains_most_is_not(tmp_path):
    several = [noise(16), smooth(128)]
    pictures = Pictures(tmp_path / "pictures", tmp_path / "kept")
    exact = pictures.place(several)
    tight = pictures.place(several, room=10_000)
    assert exact[several[0]] == tight[several[0]], "what is light stays exact"
    assert exact[several[1]] != tight[several[1]]
    size = {name: (tmp_path / "pictures" / name).stat().st_size for name in (*exact.values(), *tight.values())}
    assert size[exact[several[1]]] > 10_000 > sum(size[name] for name in tight.values())


def test_the_same_picture_is_one_file_and_is_coded_once(tmp_path, monkeypatch):
    pictures = Pictures(tmp_path / "pictures", tmp_path / "kept")
    pictures.place([noise(8), noise(8)])
    monkeypatch.setattr("minivid.course.site.pictures.webp", lambda *_: pytest.fail("coded again"))
    Pictures(tmp_path / "again", tmp_path / "kept").place([noise(8)])
    assert len(list((tmp_path / "pictures").iterdir())) == 1 == len(list((tmp_path / "again").iterdir()))


def test_what_is_no_picture_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="a picture of 4 bytes cannot be read"):
        Pictures(tmp_path, tmp_path / "kept").place([b"text"])
