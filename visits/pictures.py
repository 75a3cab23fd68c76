"""Pictures from phones, made safe: accepted by their content, decoded within limits, drawn anew without anything but the picture.

What is stored and served is only ever what this module encoded; whatever else the received bytes carried (EXIF with position
and serial numbers, trailing archives, markup) is gone.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass

import pi_heif
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps, UnidentifiedImageError

from ka_crm.errors import DomainError

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 1600
THUMBNAIL_SIDE = 320
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
_AVIF_BRANDS = (b"avif", b"avis")
NO_AVIF = gettext_lazy("This is an AVIF picture, which phones do not take. Send JPEG, PNG, WebP or HEIC.")
# A drawing of one colour has the fingerprint of every other one; below so many bits either way it says nothing.
LEAST_DETAIL_BITS = 8
MOST_BITS_APART = 6  # of 64: the same shelf photographed anew is some 20 apart, the same picture cropped or lightened at most these

pi_heif.register_heif_opener(thumbnails=False)


class PhotoRefused(DomainError):
    """The picture is not kept; the message says why and what to do instead. ``field`` is the part of the form at fault."""

    def __init__(self, message, *, field="file"):
        self.field = field
        super().__init__(message)


@dataclass(frozen=True)
class Picture:
    """JPEG bytes of the picture and its thumbnail; ``sha256`` is of the bytes as received, ``fingerprint`` as ``fingerprint_of``."""

    content: bytes
    thumbnail: bytes
    sha256: str
    width: int
    height: int
    fingerprint: int | None = None


def read_picture(file):
    """The Picture in an uploaded file. Raises PhotoRefused for anything but one JPEG, PNG, WebP or HEIC picture within the limits."""
    if file.size > MOST_BYTES:
        raise PhotoRefused(
            _("The photo has %(size)d MB; at most %(most)d MB are taken.") % {"size": -(-file.size // 2**20), "most": MOST_BYTES // 2**20}
        )
    received = file.read(MOST_BYTES + 1)
    if not received:
        raise PhotoRefused(_("The photo is empty. Take it again."))
    if received[4:8] == b"ftyp" and received[8:12] in _AVIF_BRANDS:
        raise PhotoRefused(NO_AVIF)
    image = _decode(received)
    picture = _fit(image, LONGEST_SIDE)
    return Picture(
        content=_encode(picture, quality=82),
        thumbnail=_encode(_fit(picture, THUMBNAIL_SIDE), quality=75),
        sha256=hashlib.sha256(received).hexdigest(),
        width=picture.width,
        height=picture.height,
        fingerprint=fingerprint_of(picture),
    )


def fingerprint_of(image):
    """64-bit difference hash as a signed integer: one bit per pair of neighbours of the 9 × 8 grey picture, 1 where it gets lighter.

    It hardly changes when a picture is scaled, encoded anew or lightened. None where there is too little detail to tell anything.
    """
    grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (grey[row * 9 + column + 1] > grey[row * 9 + column])
    if not LEAST_DETAIL_BITS <= bits.bit_count() <= 64 - LEAST_DETAIL_BITS:
        return None
    return bits - (1 << 64) if bits >> 63 else bits


def bits_apart(one, other):
    """In how many of 64 bits two fingerprints differ; signed or not."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def _decode(received):
    """The upright RGB picture in ``received``, at most some 2 × LONGEST_SIDE large where JPEG lets it be read smaller."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(received), formats=_FORMATS)
            if image.width * image.height > MOST_PIXELS:
                raise PhotoRefused(
                    _("The photo has %(width)d × %(height)d pixels; at most %(most)d megapixels are taken.")
                    % {"width": image.width, "height": image.height, "most": MOST_PIXELS // 1_000_000}
                )
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            image.load()
            return _on_white(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise PhotoRefused(_("The photo has more than %(most)d megapixels.") % {"most": MOST_PIXELS // 1_000_000}) from None
    except UnidentifiedImageError:
        raise PhotoRefused(_("This file is not a photo, whatever its name says. Send JPEG, PNG, WebP or HEIC.")) from None
    except PhotoRefused:
        raise
    except Exception:  # decoders of broken files raise almost anything, from struct.error to SyntaxError
        raise PhotoRefused(_("The photo is damaged and cannot be read. Take it again.")) from None


def _on_white(image):
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return image.convert("RGB")


def _fit(image, longest):
    """A copy without metadata of which no side is longer than ``longest`` pixels."""
    picture = image.copy()
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    picture.info = {}
    return picture


def _encode(image, *, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True, exif=b"", icc_profile=None)
    return buffer.getvalue()
