"""The world's options, and the sentences that refuse those which make no world.

Chapter 0. Checked by tests/data/test_options.py.
"""

from dataclasses import dataclass
from functools import lru_cache

from jaxtyping import Float
from torch import Tensor

from minivid.data.captions import DIRECTIONS, SPEEDS
from minivid.data.digits import check_split
from minivid.data.glyphs import HANDWRITINGS, Glyphs, glyphs
from minivid.data.world.dynamics import Number

CHANGES = ("direction", "speed")
BACKGROUNDS = ("black", "gradient", "clouds", "checks")

CLEAR = 2.0
"""Frames after the start, and after a change of direction, in which no wall is met: a caption's direction is what is seen."""


BEFORE = 0.5
"""Frames before the start that are free of walls too: the longest that a shutter opens before the first instant."""


def need(holds: bool, sentence: str) -> None:
    """Raise a ValueError with this sentence unless it holds."""
    if not holds:
        raise ValueError(sentence)


@dataclass(frozen=True)
class Options:
    """What a `World` is told, and every part of it goes by. Lengths are pixels, times are frames.

    Raises ValueError, with a sentence, for options that make no world.
    """

    frames: int = 8
    size: int | tuple[int, int] = 16
    """Height and width of the picture, or one number for both."""
    digits: int = 1
    """How many digits in each clip, 1 to 3, of different classes. A nearer one hides a farther one; in grey it is brighter."""
    split: str = "train"
    """Whose handwriting: "train" or "heldout"."""
    handwriting: str = "built-in"
    """Which digits: "built-in", or "mnist" once `minivid data fetch mnist` has brought them."""
    classes: tuple[int, ...] = tuple(range(10))
    """The numerals that are drawn when no caption names them."""
    digit_size: Number | None = None
    """Side of the box that a digit is written in; by default 7/16 of the picture's shorter side (less, where it grows), at least 8."""

    directions: tuple[str, ...] = ("left", "right", "up", "down")
    """The direction words that are drawn; `minivid.data.DIRECTIONS` has the diagonals too."""
    speeds: tuple[str, ...] = SPEEDS
    """The speed words that are drawn."""
    slowly: tuple[Number, Number] = (0.4, 0.8)
    quickly: tuple[Number, Number] = (1.2, 1.8)
    """What the speed words mean: ranges in pixels per frame."""
    change: str | None = None
    """A new direction, or a new speed, from frame `frames // 2` on."""
    gravity: Number = 0.0
    """Downward acceleration, in pixels per frame squared. A caption tells how the digit was thrown."""
    drag: Number = 0.0
    """Share of its speed that a digit loses per frame (v' = gravity - drag v)."""
    rotation: Number = 0.0
    """Greatest rate of turning, in degrees per frame; each digit draws its own, either way."""
    scale: Number = 1.0
    """Greatest factor by which a digit grows or shrinks from the first frame to the last."""

    colour: bool = False
    """Three channels; each digit has a colour of its own, and the caption names it."""
    texture: bool = False
    """Stripes on the ink, which move and turn with the digit."""
    neon: bool = False
    """The ink is a tube of white light, and the digit's colour the glow around it."""
    background: str = "black"
    """What stands behind the digits: one of BACKGROUNDS, another in each clip."""
    light: bool = False
    """A pool of light wanders over a darker scene. Flow and masks do not know of it."""
    motion_blur: Number = 0.0
    """How long the shutter is open, as a share of a frame, half before and half after the frame's instant."""
    pan: Number = 0.0
    """Speed of a tracking camera, in pixels per frame: the background slides by, the digits stay in the picture."""
    audio: bool = False
    """A click at each bounce: the harder the louder, with a pitch for each numeral."""
    frames_per_second: int = 8
    """The clock of the sound."""

    @property
    def height(self) -> int:
        return self.size if isinstance(self.size, int) else self.size[0]

    @property
    def width(self) -> int:
        return self.size if isinstance(self.size, int) else self.size[1]

    @property
    def side(self) -> float:
        """Side of a digit's box, in pixels, at the first frame."""
        return float(self.digit_size or max(8, min(self.height, self.width) * 7 / 16 / self.scale**0.5))

    @property
    def turn(self) -> int:
        """The frame from which a change holds."""
        return self.frames // 2

    @property
    def speed_threshold(self) -> float:
        """The speed (pixels per frame) that separates what the two words mean."""
        return (self.slowly[1] + self.quickly[0]) / 2

    def words(self, velocity: Float[Tensor, "n 2"]) -> list[tuple[str, str]]:
        """The direction word and the speed word nearest to each velocity (pixels per frame), to score clips of unknown truth.

        Directions are this world's own; speeds are told apart by `speed_threshold`.
        """
        unit = velocity.new_tensor([DIRECTIONS[word] for word in self.directions])
        way = (velocity @ unit.T).argmax(1).tolist()
        quick = (velocity.norm(dim=1) > self.speed_threshold).tolist()
        return [(self.directions[w], SPEEDS[q]) for w, q in zip(way, quick, strict=True)]

    def __post_init__(self) -> None:
        _check_picture(self)
        _check_motion(self)
        _check_looks(self)


def _check_picture(world: Options) -> None:
    check_split(world.split)
    need(
        world.handwriting in HANDWRITINGS,
        f"Handwriting is {' or '.join(HANDWRITINGS)}; this is handwriting={world.handwriting!r}.",
    )
    need(
        isinstance(world.size, int) or (isinstance(world.size, tuple) and len(world.size) == 2),
        f"A picture's size is one number or (height, width); this is size={world.size!r}.",
    )
    need(world.frames >= 1, f"A clip has at least one frame; this world has frames={world.frames}.")
    need(
        world.height >= 12 and world.width >= 12, f"The picture is at least 12 x 12 pixels; this is size={world.size}."
    )
    need(1 <= world.digits <= 3, f"A clip has one, two or three digits; this world has digits={world.digits}.")
    classes = set(world.classes)
    need(
        classes <= set(range(10)) and len(classes) == len(world.classes),
        f"Classes are different numerals from 0 to 9; these are classes={world.classes}.",
    )
    need(
        len(classes) >= world.digits,
        f"{world.digits} digits of different classes need as many classes; these are classes={world.classes}.",
    )
    need(
        world.digit_size is None or world.digit_size >= 4,
        f"A digit smaller than 4 pixels cannot be read; this is digit_size={world.digit_size}.",
    )


def _check_motion(world: Options) -> None:
    ways, paces = world.directions, world.speeds
    need(
        len(ways) > 0 and len(set(ways)) == len(ways) and set(ways) <= set(DIRECTIONS),
        f"Directions are some of {', '.join(DIRECTIONS)}, each once; these are directions={ways}.",
    )
    need(
        len(paces) > 0 and len(set(paces)) == len(paces) and set(paces) <= set(SPEEDS),
        f"Speed words are some of {', '.join(SPEEDS)}, each once; these are speeds={paces}.",
    )
    for word in SPEEDS:
        least, most = getattr(world, word)
        need(
            0 <= least <= most,
            f"A range of speeds runs from a least to a greatest one; this is {word}={(least, most)}.",
        )
    need(
        world.slowly[1] < world.quickly[0],
        f"What is slow must be slower than what is quick; these are slowly={world.slowly}, quickly={world.quickly}.",
    )
    if world.change is not None:
        need(
            world.change in CHANGES,
            f'What changes half-way is "direction" or "speed"; this is change={world.change!r}.',
        )
        need(world.frames >= 4, f"A change half-way needs at least 4 frames; this world has frames={world.frames}.")
        many = len(ways) if world.change == "direction" else len(paces)
        need(many >= 2, f"A change of {world.change} needs two to choose from; this world has {many}.")
    need(world.gravity >= 0, f"Gravity pulls downwards, so it is 0 or more; this is gravity={world.gravity}.")
    need(0 <= world.drag <= 1, f"Drag is between 0 and 1 per frame; this is drag={world.drag}.")
    need(
        0 <= world.rotation <= 90, f"Rotation is between 0 and 90 degrees per frame; this is rotation={world.rotation}."
    )
    need(1 <= world.scale <= 4, f"Scale is a factor between 1 and 4; this is scale={world.scale}.")


def _check_looks(world: Options) -> None:
    need(
        world.background in BACKGROUNDS,
        f"A background is one of {', '.join(BACKGROUNDS)}; this is background={world.background!r}.",
    )
    need(
        0 <= world.motion_blur <= 1,
        f"The shutter is open for a share of a frame, 0 to 1; this is motion_blur={world.motion_blur}.",
    )
    need(world.pan >= 0, f"The camera's speed is 0 or more; this is pan={world.pan}.")
    need(
        world.pan == 0 or world.background != "black",
        'A camera that pans over black shows nothing: give the world a background, such as background="clouds".',
    )
    need(world.frames_per_second >= 1, f"There is at least one frame per second; this is {world.frames_per_second}.")


@lru_cache(maxsize=64)
def fitting_glyphs(world: Options) -> Glyphs:
    """The world's glyphs, once it is certain that the widest of them has room for its first steps.

    Raises ValueError when it has not: the digit is too large or too fast for the picture; FetchError (a ValueError) where its
    handwriting has not been fetched.
    """
    shapes = glyphs(world.split, world.handwriting)
    widest = float(2 * shapes.radius.max() if world.rotation else (shapes.high - shapes.low).max())
    ink = widest * world.side * world.scale
    steps = BEFORE + CLEAR
    run = world.quickly[1] * steps + world.gravity * steps**2 / 2
    room = min(world.height, world.width)
    need(
        ink + run < room,
        f"The widest digit takes {ink:.1f} pixels (digit_size={world.side:g}) and the quickest {run:.1f} pixels for its "
        f"first steps; the picture has {room}. Take a larger picture, a smaller digit_size, or less speed.",
    )
    return shapes
