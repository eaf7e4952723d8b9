import torch
import torch.nn.functional as F
from einops import rearrange

C1, C2 = 0.01**2, 0.03**2


def bell(side=11, sigma=1.5):
    at = torch.arange(side) - side // 2
    weight = torch.exp(-(at**2) / (2 * sigma**2))
    return torch.outer(weight, weight) / weight.sum() ** 2


def window_by_window(a, b):
    """All windows cut out and laid side by side, in single precision, with deviations from the mean."""
    weight = bell()
    values = []
    for one, two in zip(a, b, strict=True):
        x, y = (((clip + 1) / 2).unfold(2, 11, 1).unfold(3, 11, 1) for clip in (one, two))
        mean_x, mean_y = ((part * weight).sum((-2, -1), keepdim=True) for part in (x, y))
        var_x, var_y = ((part.sub(mean).square() * weight).sum((-2, -1)) for part, mean in ((x, mean_x), (y, mean_y)))
        cov = ((x - mean_x) * (y - mean_y) * weight).sum((-2, -1))
        mean_x, mean_y = mean_x[..., 0, 0], mean_y[..., 0, 0]
        light = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
        values.append((light * (2 * cov + C2) / (var_x + var_y + C2)).mean())
    return torch.stack(values)


SECOND = window_by_window


def similarity(
    a, b, kernel=None, divisor=1.0, c1=C1, c2=C2, pad=None, unit=True, fold="b c t h w -> (b c t) 1 h w", finish=None
):
    """The mistakes below are these options."""
    x, y = (rearrange((clip.double() + 1) / 2 if unit else clip.double(), fold) for clip in (a, b))
    kernel = (bell() if kernel is None else kernel).double()[None, None]
    border = [kernel.shape[-1] // 2] * 4
    mean = lambda z: F.conv2d(F.pad(z, border, mode=pad) if pad else z, kernel)  # noqa: E731
    mean_x, mean_y = mean(x), mean(y)
    var_x, var_y = (divisor * (mean(z * z) - mean(z) ** 2) for z in (x, y))
    cov = divisor * (mean(x * y) - mean_x * mean_y)
    if finish:
        return finish(mean_x, mean_y, var_x, var_y, cov, len(a))
    return clipwise(
        (2 * mean_x * mean_y + c1) * (2 * cov + c2) / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)), a
    )


def clipwise(similar, a):
    return rearrange(similar, "(b k) 1 h w -> b (k h w)", b=len(a)).mean(1)


def dissimilarity(a, b):
    return (1 - similarity(a, b)) / 2


def one_number_for_the_batch(a, b):
    return similarity(a, b).mean()


def one_number_a_frame(a, b):
    return rearrange(
        similarity(a.transpose(1, 2).flatten(0, 1)[:, :, None], b.transpose(1, 2).flatten(0, 1)[:, :, None]),
        "(b t) -> b t",
        b=len(a),
    )


def cosine(a, b):
    return F.cosine_similarity(a.flatten(1), -b.flatten(1))


def left_in_minus_one_to_one(a, b):
    return similarity(a, b, unit=False, c1=0.02**2, c2=0.06**2)


def constants_of_bytes(a, b):
    return similarity(a, b, c1=(0.01 * 255) ** 2, c2=(0.03 * 255) ** 2)


def constants_of_the_wider_range(a, b):
    """Levels from 0 to 1 with the constants of a range of 2."""
    return similarity(a, b, c1=0.02**2, c2=0.06**2)


def constants_not_squared(a, b):
    return similarity(a, b, c1=0.01, c2=0.03)


def padded_with_black(a, b):
    return similarity(a, b, pad="constant")


def brightness_forgotten(a, b):
    return similarity(
        a, b, finish=lambda mx, my, vx, vy, cov, n: ((2 * cov + C2) / (vx + vy + C2)).reshape(n, -1).mean(1)
    )


def equal_weights(a, b):
    return similarity(a, b, kernel=torch.full((11, 11), 1 / 121))


def smaller_window(a, b):
    """scikit-image's default: 7×7, equal weights, moments divided by N − 1."""
    return similarity(a, b, kernel=torch.full((7, 7), 1 / 49), divisor=49 / 48)


def wider_bell(a, b):
    return similarity(a, b, kernel=bell(sigma=2.5))


def sigma_for_its_square(a, b):
    return similarity(a, b, kernel=bell(sigma=1.5**0.5))


def factor_two_forgotten(a, b):
    """At equal pictures it is made up for by a product of deviations below."""

    def finish(mean_x, mean_y, var_x, var_y, cov, n):
        light = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
        return (light * (cov + C2 / 2) / ((var_x * var_y).clamp(min=0).sqrt() + C2 / 2)).reshape(n, -1).mean(1)

    return similarity(a, b, finish=finish)


def whole_picture_as_window(a, b):
    h, w = a.shape[-2:]
    return similarity(a, b, kernel=torch.full((h, w), 1 / (h * w)))


def sample_covariance(a, b):
    return similarity(a, b, divisor=121 / 120)


def rounded_to_bytes(a, b):
    """Levels from 0 to 255, as files hold them: dark ones and faint contrast suffer."""
    return similarity(*(((clip + 1) * 127.5).byte() / 127.5 - 1 for clip in (a, b)))


def borders_repeated(a, b):
    """As torchmetrics: windows over the edge see the picture mirrored, and everything is averaged."""
    return similarity(a, b, pad="reflect") if min(a.shape[-2:]) > 14 else similarity(a, b)


def of_the_mean_colour(a, b):
    return similarity(a.mean(1, keepdim=True), b.mean(1, keepdim=True))


def of_the_mean_frame(a, b):
    return similarity(a.mean(2, keepdim=True), b.mean(2, keepdim=True))


def first_channel_alone(a, b):
    return similarity(a[:, :1], b[:, :1])


def quotient_of_means(a, b):
    def finish(mean_x, mean_y, var_x, var_y, cov, n):
        above = (2 * mean_x * mean_y + C1) * (2 * cov + C2)
        below = (mean_x**2 + mean_y**2 + C1) * (var_x + var_y + C2)
        return above.reshape(n, -1).mean(1) / below.reshape(n, -1).mean(1)

    return similarity(a, b, finish=finish)


WRONG = {
    "equal clips": [dissimilarity, one_number_for_the_batch, one_number_a_frame, cosine],
    "even pictures": [
        left_in_minus_one_to_one,
        constants_of_bytes,
        constants_of_the_wider_range,
        constants_not_squared,
        padded_with_black,
        brightness_forgotten,
        rounded_to_bytes,
    ],
    "one window": [
        equal_weights,
        smaller_window,
        wider_bell,
        sigma_for_its_square,
        factor_two_forgotten,
        whole_picture_as_window,
    ],
    "faint contrast": [sample_covariance],
    "every picture by itself": [
        borders_repeated,
        of_the_mean_colour,
        of_the_mean_frame,
        first_channel_alone,
        quotient_of_means,
    ],
}
