"""Fourier bases, bands and moments over time that the frozen parts of the spoof detector share."""

import torch


def spread(x: torch.Tensor) -> torch.Tensor:
    """Deviation over the last axis."""
    return torch.sqrt((x - x.mean(2, keepdim=True)).square().mean(2) + 1e-12)


def skewness(x: torch.Tensor) -> torch.Tensor:
    """Third moment over the last axis, standardised."""
    centred = x - x.mean(2, keepdim=True)
    return (centred * centred.square()).mean(2) / (spread(x) * spread(x).square() + 1e-9)


def linear_bands(count: int, size: int) -> torch.Tensor:
    """(count, size / 2 + 1) triangles of equal width."""
    edges = torch.linspace(0, size // 2, count + 2)
    bins = torch.arange(size // 2 + 1).float()
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rise, fall).clamp(min=0)


def fourier(bins: torch.Tensor, size: int, window: torch.Tensor) -> torch.Tensor:
    """A windowed transform of `size` samples at some of its bins: (2 * bins, size): cosines, then sines."""
    angles = 2 * torch.pi * torch.outer(bins.double(), torch.arange(size).double()) / size
    return (torch.cat([torch.cos(angles), torch.sin(angles)]) * window.double()).float()
