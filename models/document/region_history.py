"""Has one region of a photograph another history than what surrounds it? Noise, sharpness and JPEG traces, measured."""

import cv2
import numpy as np
import numpy.typing as npt

from models.document.quantisation import LUMA, luma_coefficients

BLOCK = 8
"""Side of a JPEG block, pixels; crops that are measured must begin at multiples of it in the file's own pixels."""
QUALITIES = (50, 58, 65, 70, 75, 80, 85, 90, 94)
"""Of the trial compressions: a region that was compressed at one of them before changes least at it."""
LEAST_BLOCKS = 16
"""Blocks that a region and its surroundings must have."""
_SHARES = (20, 50)
_TRACES = 8
_LATTICES, _APART = tuple(range(40, 99)), 4
_HIGH_PASS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 4

Mask = npt.NDArray[np.bool_]


def block_maps(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(h, w, 8 + Q) float32: what is measured of each block of 8 x 8 pixels, for `compare`.

    Args:
        pixels: (H, W, 3) uint8 RGB, a crop of the photograph in the file's own pixels, begun at multiples of 8.
    """
    height, width = (side // BLOCK * BLOCK for side in pixels.shape[:2])
    cut = np.ascontiguousarray(pixels[:height, :width])
    colours = cv2.cvtColor(cut, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    return np.concatenate([_traces(colours), _ghosts(cut, colours[..., 0])], axis=-1)


def whole_blocks(mask: Mask) -> Mask:
    """(h, w) bool: the blocks that lie in a (H, W) mask with all their pixels."""
    height, width = (side // BLOCK * BLOCK for side in mask.shape)
    return np.asarray(mask[:height, :width].reshape(height // BLOCK, BLOCK, -1, BLOCK).all(axis=(1, 3)))


def compare(maps: npt.NDArray[np.float32], inside: Mask, around: Mask) -> npt.NDArray[np.float32] | None:
    """(N,) float32 differences between a region and its surroundings, about 0 where both have one history.

    Args:
        maps: of `block_maps`.
        inside, around: (h, w) bool, blocks of the region and of what it is compared with.

    Returns:
        None where either is too small to tell.
    """
    if min(inside.sum(), around.sum()) < LEAST_BLOCKS:
        return None
    traces, ghosts = maps[..., :_TRACES], maps[..., _TRACES:]
    smooth = _smooth(traces, inside), _smooth(traces, around)
    values = [_difference(traces[..., k], *smooth, share) for k in range(2, _TRACES) for share in _SHARES]
    profile = np.array([_difference(ghosts[..., k], *smooth, 50) for k in range(ghosts.shape[-1])])
    centred = profile - profile.mean()
    values += [*centred, centred.max(), centred.min(), float(np.abs(np.diff(centred)).max())]
    values += [_curvature(ghosts, smooth[0]), _curvature(ghosts, smooth[1])]
    values += [float(traces[inside][:, k].mean() - traces[around][:, k].mean()) for k in (0, 1)]
    return np.array(values, np.float32)


def lattice_errors(pixels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Both (Q, h, w): how far each block's coefficients lie from multiples of each quality's steps (squared, in steps),
    and how many coefficients told. Coefficients that a step would make zero say nothing and are left out."""
    coefficients = luma_coefficients(pixels)
    errors = np.empty((len(_LATTICES), *coefficients.shape[:2]), np.float32)
    counts = np.empty_like(errors)
    for number, quality in enumerate(_LATTICES):
        steps = coefficients / LUMA[quality]
        whole = np.rint(steps)
        told = whole != 0
        errors[number], counts[number] = (np.square(steps - whole) * told).sum(2), told.sum(2)
    return errors, counts


def compare_lattices(
    errors: npt.NDArray[np.float32], counts: npt.NDArray[np.float32], inside: Mask, around: Mask
) -> npt.NDArray[np.float32]:
    """(8,) float32: at which earlier quality the surroundings, and the region, lie on the lattice of a compression, and
    whether the other does too."""
    levels = [_levels(errors[:, chosen].sum(1), counts[:, chosen].sum(1)) for chosen in (inside, around)]
    whole = 12 * errors.sum((1, 2)) / np.maximum(counts.sum((1, 2)), 1)
    own = _LATTICES[int(whole.argmin())] if whole.min() < 0.3 else 101
    dips = [level[_APART:-_APART] - 0.5 * (level[: -2 * _APART] + level[2 * _APART :]) for level in levels]
    usable = np.array([quality < own - _APART for quality in _LATTICES[_APART:-_APART]])
    if not usable.any():
        return np.zeros(8, np.float32)
    within, beyond = (dip[usable] for dip in dips)
    at_out, at_in = int(beyond.argmin()), int(within.argmin())
    missing = max(0.0, float(within[at_out] - beyond[at_out])) * float(beyond[at_out] < -0.15)
    added = max(0.0, float(beyond[at_in] - within[at_in])) * float(within[at_in] < -0.15)
    told = float(np.log(counts[:, inside].sum(1).mean() + 1))
    return np.array(
        [beyond[at_out], within[at_out], within[at_in], beyond[at_in], missing, added, told, own / 100], np.float32
    )


def _levels(errors: npt.NDArray[np.float32], counts: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.log((12 * errors + 3) / (counts + 3))


def _traces(colours: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(h, w, 8): brightness, coarse texture, then fine noise, DCT energy of mid and high frequencies, the noise of the
    two colour channels, and how much the borders of the blocks stand out; logarithms but the first and the last."""
    luma = colours[..., 0]
    spectrum = _spectra(luma)
    order = np.add.outer(np.arange(BLOCK), np.arange(BLOCK))
    bands = [np.abs(spectrum[..., (order >= low) & (order < high)]).mean(-1) for low, high in ((1, 4), (4, 8), (8, 15))]
    noise = [_mean(np.abs(cv2.filter2D(colours[..., k], -1, _HIGH_PASS))) for k in range(3)]
    steps = np.abs(np.diff(luma, axis=1, append=luma[:, -1:]))
    columns = steps.reshape(luma.shape[0] // BLOCK, BLOCK, -1, BLOCK).mean(1)
    stands_out = columns[..., BLOCK - 1] / (columns[..., : BLOCK - 1].mean(-1) + 0.5)
    measures = [_mean(luma), _log(bands[0]), _log(noise[0]), _log(bands[1]), _log(bands[2])]
    return np.stack([*measures, _log(noise[1]), _log(noise[2]), np.clip(stands_out, 0, 4)], axis=-1)


def _spectra(luma: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(h, w, 8, 8): the DCT of every block."""
    rows = np.arange(BLOCK)
    basis = np.cos((2 * rows[None] + 1) * rows[:, None] * np.pi / (2 * BLOCK)) * np.sqrt(2 / BLOCK)
    basis[0] /= np.sqrt(2)
    basis = basis.astype(np.float32)
    blocks = luma.reshape(luma.shape[0] // BLOCK, BLOCK, -1, BLOCK).transpose(0, 2, 1, 3)
    return basis @ blocks @ basis.T


def _ghosts(pixels: npt.NDArray[np.uint8], luma: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(h, w, Q) log of how much each block changes when it is compressed again (JPEG ghosts, Farid 2009)."""
    changes = []
    for quality in QUALITIES:
        _, stored = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        again = cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE)
        assert again is not None
        changes.append(_log(_mean((luma - again) ** 2)))
    return np.stack(changes, axis=-1)


def _curvature(ghosts: npt.NDArray[np.float32], chosen: Mask) -> float:
    """The deepest dip of the change over the qualities below the line between its neighbours: an earlier JPEG."""
    profile = np.median(ghosts[chosen], axis=0)
    return float(((profile[:-2] + profile[2:]) / 2 - profile[1:-1]).max())


def _difference(values: npt.NDArray[np.float32], inside: Mask, around: Mask, share: float) -> float:
    return float(np.percentile(values[inside], share) - np.percentile(values[around], share))


def _smooth(traces: npt.NDArray[np.float32], chosen: Mask) -> Mask:
    """Of the chosen blocks the half with the least texture that is neither black nor burnt out."""
    lit = chosen & (traces[..., 0] > 16) & (traces[..., 0] < 246)
    pool = lit if lit.sum() >= LEAST_BLOCKS // 2 else chosen
    return pool & (traces[..., 1] <= np.median(traces[..., 1][pool]))


def _mean(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return values.reshape(values.shape[0] // BLOCK, BLOCK, -1, BLOCK).mean(axis=(1, 3))


def _log(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.log(values + np.float32(0.05))
