"""Which families of screens, prints and cameras a data set may draw from.

TRAIN and HELD_OUT share no subpixel layout, halftone, demosaicing method, resampling kernel or codec: what is
measured on HELD_OUT is how the detector does on devices of a kind that it never saw.
"""

from dataclasses import dataclass, replace

ATTACKS = ("screen_still", "screen_replay", "print_halftone", "print_photo")
SPECIES = ("bona_fide", *ATTACKS)


@dataclass(frozen=True, slots=True)
class Settings:
    """Families (by name) and ranges that the simulator draws from."""

    layouts: tuple[str, ...]  # subpixel layouts of screens
    halftones: tuple[str, ...]  # threshold screens of printers
    demosaics: tuple[str, ...]  # camera colour reconstruction
    kernels: tuple[str, ...]  # resampling of the stored picture
    codecs: tuple[str, ...]
    quality: tuple[int, int]  # of the codec, inclusive
    glare: tuple[str, ...]  # shapes of reflections on glossy instruments
    hard: float = 1.0  # how far capture conditions stray from an ordinary selfie, 0..1, for both classes

    def filmed(self) -> "Settings":
        """The same devices, every other generation of compression being that of a video."""
        return replace(self, codecs=self.codecs + ("h264",) * len(self.codecs))

    def ordinary(self) -> "Settings":
        """The same devices used with some care: in focus, exposed, little edited, not compressed to pieces."""
        return replace(self, hard=0.3, quality=(max(self.quality[0], 70), max(self.quality[1], 90)))


TRAIN = Settings(  # the seeds of README.md mean these tuples in this order
    layouts=("rgb_stripe", "bgr_stripe", "pentile_diamond", "rgb_triad_rows"),
    halftones=("am_round", "am_ellipse", "fm_blue"),
    demosaics=("none", "bilinear"),
    kernels=("area", "linear", "cubic"),
    codecs=("jpeg420", "jpeg444"),
    quality=(45, 98),
    glare=("blob", "scene"),
)
HELD_OUT = Settings(
    layouts=("delta", "rgbw", "chevron"),
    halftones=("am_line", "am_diamond", "ordered"),
    demosaics=("edge_aware",),
    kernels=("lanczos",),
    codecs=("webp", "jpeg_twice"),
    quality=(35, 90),
    glare=("window",),
)
WIDE = replace(
    TRAIN,
    layouts=TRAIN.layouts * 8 + tuple(f"drawn_{number}" for number in range(48)),
    halftones=TRAIN.halftones * 8 + tuple(f"drawn_{number}" for number in range(32)),
    codecs=("jpeg420", "jpeg444", "none"),
)
"""TRAIN's families half of the time, else screens and printers drawn at random; some pictures are never compressed."""
