"""Pictures from phones, made safe: accepted by their content, decoded within limits, drawn anew without anything but the picture.

What is stored and served is only ever what this module encoded; whatever else the received bytes carried (EXIF with position
and serial numbers, trailing archives, markup) is gone.
"""

import hashlib
import io
import warnings
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageOps, UnidentifiedImageError

from ka_crm.errors import DomainError

MOST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 1600
THUMBNAIL_SIDE = 320
_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
NO_HEIC = gettext_lazy(
    "This is a HEIC photo, which not every device can show. On an iPhone choose Settings → Camera → Formats → Most Compatible, "
    "or send JPEG, PNG or WebP."
)


class PhotoRefused(DomainError):
    """The file is no picture that can be kept; the message says why and what to send instead."""


@dataclass(frozen=True)
class Picture:
    """JPEG bytes of the picture and its thumbnail; ``sha256`` is of the bytes as received."""

    content: bytes
    thumbnail: bytes
    sha256: str
    width: int
    height: int


def read_picture(file):
    """The Picture in an uploaded file. Raises PhotoRefused for anything but one JPEG, PNG or WebP picture within the limits."""
    if file.size > MOST_BYTES:
        raise PhotoRefused(
            _("The photo has %(size)d MB; at most %(most)d MB are taken.") % {"size": -(-file.size // 2**20), "most": MOST_BYTES // 2**20}
        )
    received = file.read(MOST_BYTES + 1)
    if not received:
        raise PhotoRefused(_("The photo is empty. Take it again."))
    if received[4:8] == b"ftyp" and received[8:12] in _HEIC_BRANDS:
        raise PhotoRefused(NO_HEIC)
    image = _decode(received)
    picture = _fit(image, LONGEST_SIDE)
    return Picture(
        content=_encode(picture, quality=82),
        thumbnail=_encode(_fit(picture, THUMBNAIL_SIDE), quality=75),
        sha256=hashlib.sha256(received).hexdigest(),
        width=picture.width,
        height=picture.height,
    )


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
        raise PhotoRefused(_("This file is not a photo, whatever its name says. Send JPEG, PNG or WebP.")) from None
    except PhotoRefused:
        raise
    except Exception:  # noqa: BLE001 – decoders of broken files raise almost anything, from struct.error to SyntaxError
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
