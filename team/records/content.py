"""Files from outside, known by what they hold: pictures drawn anew, documents looked through, everything else refused.

What is kept never depends on the sender's word for its type: the name's ending follows the content.
"""

import io
import re
import warnings
import zipfile
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from ka_crm.errors import DomainError

MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2400
MOST_PARTS, MOST_UNPACKED = 5000, 200 * 1024 * 1024
_PICTURES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
_ENDINGS = {
    "jpg": {"jpg", "jpeg", "jpe", "jfif"},
    "png": {"png"},
    "webp": {"webp"},
    "pdf": {"pdf"},
    "xlsx": {"xlsx"},
    "csv": {"csv", "txt", "tsv"},
}
_ENDINGS_OF_PICTURES = _ENDINGS["jpg"] | _ENDINGS["png"] | _ENDINGS["webp"]
ACCEPT = "image/jpeg,image/png,image/webp,.pdf,.xlsx,.csv"


class FileRefused(DomainError):
    """The file is none that can be kept; the message says why and what to send instead."""


@dataclass(frozen=True)
class Checked:
    """A file as it will be kept: its bytes, its name with the ending of its type."""

    content: bytes
    name: str


def check_file(content, name):
    """``content`` (bytes) under the sender's ``name`` as it may be kept. Raises FileRefused."""
    if not content:
        raise FileRefused(_("“%(name)s” is empty.") % {"name": name})
    stem, _dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    kind, kept = _looked_at(content, ending.lower(), name)
    known = _ENDINGS_OF_PICTURES if kind in _PICTURES.values() else _ENDINGS[kind]
    if ending.lower() not in known:
        raise FileRefused(
            _("“%(name)s” holds %(kind)s, but is called otherwise. Give it the name of what it is.") % {"name": name, "kind": kind.upper()}
        )
    return Checked(kept, f"{stem.replace('.', '_').strip(' _') or 'file'}.{kind}")


def _looked_at(content, ending, name):
    """(ending by content, bytes to keep)."""
    if content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return _redrawn(content, name)
    if content.startswith(b"%PDF-"):
        return "pdf", _checked_pdf(content, name)
    if content.startswith(b"PK\x03\x04"):
        return "xlsx", _checked_workbook(content, name)
    if ending in _ENDINGS["csv"]:
        return "csv", _checked_text(content, name)
    raise FileRefused(
        _("“%(name)s” is none of the kinds that can be attached, whatever its name says: JPEG, PNG, WebP, PDF, XLSX or CSV.")
        % {"name": name}
    )


def _redrawn(content, name):
    """The picture alone, drawn anew: position, serial numbers, and whatever was hidden behind it, are gone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=tuple(_PICTURES))
            if image.width * image.height > MOST_PIXELS:
                raise _too_many_pixels(name)
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture_format = image.format
            image.load()
            picture = ImageOps.exif_transpose(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_many_pixels(name) from None
    except FileRefused:
        raise
    except UnidentifiedImageError:
        raise FileRefused(_("“%(name)s” is not a picture that can be read. Save it again and send that.") % {"name": name}) from None
    except Exception:  # decoders of broken files raise almost anything, from struct.error to SyntaxError
        raise FileRefused(_("“%(name)s” is damaged and cannot be read. Save it again and send that.") % {"name": name}) from None
    picture = picture.convert("RGB" if picture_format == "JPEG" else "RGBA" if _has_alpha(picture) else "RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    picture.info = {}
    buffer = io.BytesIO()
    options = {"optimize": True} if picture_format == "PNG" else {"quality": 85}
    picture.save(buffer, picture_format, exif=b"", icc_profile=None, **options)
    return _PICTURES[picture_format], buffer.getvalue()


def _has_alpha(image):
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def _too_many_pixels(name):
    return FileRefused(_("“%(name)s” has more than %(most)d megapixels. Save it smaller.") % {"name": name, "most": MOST_PIXELS // 10**6})


def _checked_pdf(content, name):
    """A PDF from its first byte to its last: nothing that another program would take for something else hangs on it."""
    end = content.rfind(b"%%EOF")
    if end < 0 or content[end + 5 :].strip(b"\r\n\t \x00"):
        raise FileRefused(_("“%(name)s” is damaged, or more than a PDF. Print it to PDF again and send that.") % {"name": name})
    return content


def _checked_workbook(content, name):
    """An Excel workbook without macros, of a size that a reader survives."""
    refused = FileRefused(
        _("“%(name)s” is not an Excel workbook (XLSX) that can be kept. Save it again as XLSX without macros.") % {"name": name}
    )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = book.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED or any(_is_odd(part) for part in parts):
                raise refused
            names = {part.filename for part in parts}
            types = book.read("[Content_Types].xml")
            begins_with_it = min((part.header_offset for part in parts), default=1) == 0
            if book.comment or not begins_with_it or book.start_dir + _directory_size(book) + 22 != len(content):
                raise refused
    # zipfile's own words, the fourth of them for a packing that it does not know.
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError, OSError):
        raise refused from None
    except FileRefused:
        raise
    except Exception:  # zlib and struct raise their own
        raise refused from None
    if "xl/workbook.xml" not in names or b"macroEnabled" in types or any("vbaproject" in one.lower() for one in names):
        raise refused
    return content


def _directory_size(book):
    """Bytes of the zip's table of contents."""
    return sum(
        46 + len(part.orig_filename.encode("utf-8" if part.flag_bits & 0x800 else "cp437")) + len(part.extra) + len(part.comment)
        for part in book.infolist()
    )


def _is_odd(part):
    """Links, encrypted parts and paths that lead elsewhere; no workbook has them."""
    is_link = (part.external_attr >> 16) & 0o170000 == 0o120000
    return is_link or part.flag_bits & 0x1 or part.filename.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", part.filename)


def _checked_text(content, name):
    """Text in lines, in one of the encodings that files of figures come in; what a browser would take for a page is refused."""
    refused = FileRefused(_("“%(name)s” is not a CSV file: it holds something other than lines of text.") % {"name": name})
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030", "cp1252"):
        try:
            text = content.decode(encoding)
        except (UnicodeDecodeError, UnicodeError):
            continue
        if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text) or text.lstrip("\ufeff \t\r\n").startswith("<"):
            raise refused
        return content
    raise refused
