"""What a file really is, by its content and never by its name, opened within limits: plain, gzip, zip, workbook, HTML, EDIFACT."""

import gzip
import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .encodings import detect
from .errors import refuse_file
from .oldexcel import check_old_workbook

HEAD_BYTES = 1 << 20
MAX_UNPACKED = 4 << 30
MAX_WORKBOOK_FILE = 64 << 20
MAX_WORKBOOK_UNPACKED = 80 << 20  # calamine holds a whole sheet: about 1.8 bytes of memory per byte of XML
MAX_RATIO = 100
RATIO_FREE = 16 << 20
MAX_MEMBERS = 2000
# calamine makes room for every cell up to the last row and column: one stray cell at the far end would end the process.
MAX_EMPTY_CELLS = 8_000_000
_PLACE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{0,12})([0-9]{1,24})\s*["']""")
_HIDDEN_PLACE = re.compile(rb"""\sr\s*=\s*["'][^"'<>]{0,60}&""")
_PLACE_BYTES = 128
OLE = bytes.fromhex("d0cf11e0a1b11ae1")
OTHER_KINDS = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x7fELF": "program",
    b"MZ\x90": "program",
    b"SQLite format 3": "SQLite",
}


@dataclass
class Opened:
    """A file whose kind is known. ``kind``: text, html, edifact, xlsx or xls; ``encoding`` for the first three."""

    kind: str
    open: object  # () -> binary stream from the start, bounded
    encoding: str | None = None
    guessed: bool = False
    left_out: int = 0  # members of the archive that are not read


def open_file(path, *, encoding=None):
    """What ``path`` holds, unpacked where it is packed. ``encoding`` is the profile's. Raises FileRefused."""

    def opener():
        return open(path, "rb")  # each reader starts from the beginning and closes its own

    with opener() as stream:
        head = stream.read(8)
    if head.startswith(b"\x1f\x8b"):
        return _opened(lambda: Gunzipped(path), encoding, packed=True)
    if head.startswith(b"PK"):
        with _zip(path) as archive:
            if "[Content_Types].xml" in archive.namelist() and any(name.startswith("xl/") for name in archive.namelist()):
                check_workbook(archive)
                return Opened("xlsx", opener)
            member = _only_member(archive)
            left_out = sum(not info.is_dir() for info in archive.infolist()) - 1
        opened = _opened(lambda: _Member(path, member), encoding, packed=True)
        opened.left_out = left_out
        return opened
    return _opened(opener, encoding, packed=False)


def _opened(opener, encoding, *, packed):
    with opener() as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise refuse_file("empty", _("The file is empty."))
    if head.startswith(OLE):
        with opener() as stream:
            content = stream.read(MAX_WORKBOOK_FILE + 1)
        if len(content) > MAX_WORKBOOK_FILE:
            raise _too_large()
        check_old_workbook(content)
        return Opened("xls", opener)
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        with opener() as stream:
            return _packed_workbook(stream, packed)
    for magic, name in OTHER_KINDS.items():
        if head.startswith(magic):
            raise refuse_file("unreadable", _("This is a %(kind)s file. Send the table as CSV, XLSX or EDI.") % {"kind": name})
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ")
    if re.match(rb"UNA.{6}\s*UNB|UNB[^A-Za-z0-9]", start, re.DOTALL):
        return Opened("edifact", opener, _edifact_encoding(start))
    encoding, guessed = detect(head, encoding)
    markup = head[:65536].decode(encoding, errors="ignore").lstrip("\ufeff \r\n\t").casefold()
    if markup.startswith("<"):
        if "<table" in markup or markup.startswith(("<html", "<!doctype html")):
            return Opened("html", opener, encoding, guessed)
        raise refuse_file("unreadable", _("This is an XML file. In Excel, save it as XLSX and send that."))
    return Opened("text", opener, encoding, guessed)


def _packed_workbook(stream, packed):
    """A workbook inside a gzip or zip; any other archive inside an archive is refused."""
    content = stream.read(MAX_WORKBOOK_FILE + 1)
    if len(content) > MAX_WORKBOOK_FILE:
        raise _too_large()
    if packed and content.startswith(b"PK"):
        with _zip(io.BytesIO(content)) as archive:
            if "[Content_Types].xml" in archive.namelist():
                check_workbook(archive)
                return Opened("xlsx", lambda: io.BytesIO(content))
    raise refuse_file("archive", _("The archive holds another archive. Send the file itself."))


def _edifact_encoding(start):
    """By the syntax identifier in UNB: UNOA to UNOF are ASCII, Latin-1 and its kin; UNOY and UNOW are UTF-8."""
    match = re.search(rb"UNB.(UNO[A-Z])", start[:200], re.DOTALL)
    level = match[1].decode() if match else "UNOA"
    cyrillic = {"UNOD": "iso8859-2", "UNOE": "iso8859-5", "UNOF": "iso8859-7"}
    return "utf-8" if level in ("UNOY", "UNOW", "UNOX") else cyrillic.get(level, "latin-1")


class Gunzipped(io.RawIOBase):
    """A gzip stream that says what is wrong in our words and stops at the limits."""

    def __init__(self, path):
        self._file = open(path, "rb")  # noqa: SIM115  closed with this stream
        self._stream = gzip.GzipFile(fileobj=self._file)
        self._unpacked = 0

    def readable(self):
        return True

    def read(self, size=-1):
        wanted = HEAD_BYTES if size is None or size < 0 else size
        try:
            parts, left = [], wanted
            while left and (part := self._stream.read(left)):
                parts.append(part)
                left -= len(part)
        except EOFError:
            raise refuse_file("incomplete", _("The file is incomplete: its gzip data end early. Ask for it again.")) from None
        except (OSError, zlib.error):
            raise refuse_file(
                "incomplete", _("The file is damaged or incomplete: its gzip data cannot be unpacked. Ask for it again.")
            ) from None
        block = b"".join(parts)
        self._unpacked += len(block)
        _check_size(self._unpacked, self._file.tell())
        return block

    def close(self):
        self._stream.close()
        self._file.close()
        super().close()


class _Member(io.RawIOBase):
    """One member of a zip, read in place; nothing is ever written out."""

    def __init__(self, path, name):
        self._archive = _zip(path)
        self._info = self._archive.getinfo(name)
        self._stream = self._archive.open(self._info)
        self._unpacked = 0

    def readable(self):
        return True

    def read(self, size=-1):
        try:
            block = self._stream.read(HEAD_BYTES if size is None or size < 0 else size)
        except (zipfile.BadZipFile, EOFError, zlib.error, OSError):
            raise refuse_file(
                "incomplete", _("The file is damaged or incomplete: its zip data cannot be unpacked. Ask for it again.")
            ) from None
        self._unpacked += len(block)
        _check_size(self._unpacked, self._info.compress_size)
        return block

    def close(self):
        self._stream.close()
        self._archive.close()
        super().close()


def _check_size(unpacked, packed):
    if unpacked > MAX_UNPACKED or (unpacked > RATIO_FREE and unpacked > max(packed, 1) * MAX_RATIO * 5):
        raise _too_large()


def _zip(path):
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):  # the last: a packing that zipfile does not know
        raise refuse_file("incomplete", _("The file is a damaged or incomplete archive or workbook. Ask for it again.")) from None


def _only_member(archive):
    """The one member with a plain name; names that climb, are absolute or link elsewhere are never read."""
    plain = []
    for info in archive.infolist():
        name = info.filename
        climbs = name.startswith(("/", "\\")) or "\\" in name or ":" in name or ".." in name.split("/") or "\0" in name
        linked = stat.S_ISLNK(info.external_attr >> 16)
        hidden = name.split("/")[-1].startswith(".") or name.startswith("__MACOSX/")
        if not (climbs or linked or hidden or info.is_dir()):
            plain.append(info)
    if len(plain) != 1:
        raise refuse_file(
            "archive",
            _("The archive holds %(count)d readable files; it has to hold exactly one. Send them one by one.") % {"count": len(plain)},
        )
    if plain[0].flag_bits & 0x1:
        raise refuse_file("archive", _("The archive is protected by a password. Send the file without one."))
    _check_size(plain[0].file_size, plain[0].compress_size)
    return plain[0].filename


def check_workbook(archive):
    """Refuse, before anything is parsed, a workbook that unpacks beyond the limits or declares entities."""
    infos = archive.infolist()
    unpacked, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if len(infos) > MAX_MEMBERS or unpacked > MAX_WORKBOOK_UNPACKED or (unpacked > RATIO_FREE and unpacked > max(packed, 1) * MAX_RATIO):
        raise _too_large()
    left = MAX_WORKBOOK_UNPACKED
    for info in infos:  # whatever a part is called: a workbook may give a sheet any name
        left -= _check_part(archive, info, left)


def _check_part(archive, info, left):
    """Read one part to its real end within ``left`` bytes; XML may hold no DOCTYPE and no cell far from all others. Gives its size."""
    seen, tail, is_xml, reach = 0, b"", info.filename.endswith((".xml", ".rels", ".vml")), _Reach()
    try:
        with archive.open(info) as part:
            while block := part.read(HEAD_BYTES):
                is_xml = is_xml or (not seen and block.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"))
                if is_xml and not seen and block.startswith((b"\xff\xfe", b"\xfe\xff", b"\0")):
                    raise refuse_file("entity", _("The workbook's parts are not UTF-8 text. Save it anew in Excel and send that."))
                seen += len(block)
                if seen > left:
                    raise _too_large()
                text = tail + block if is_xml else b""
                reach.see(text)
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text or _HIDDEN_PLACE.search(text):
                    raise refuse_file("entity", _("The workbook declares a DOCTYPE or entities, which Excel never writes. It is refused."))
                tail = block[-_PLACE_BYTES:]
    # The last two: a packing that zipfile does not know, and a password.
    except (zipfile.BadZipFile, EOFError, zlib.error, OSError, NotImplementedError, RuntimeError):
        raise refuse_file("incomplete", _("The Excel file is damaged, incomplete or protected by a password. Ask for it again.")) from None
    reach.check()
    return seen


class _Reach:
    """How far the cells of a sheet reach, and how many there are."""

    def __init__(self):
        self.rows = self.columns = self.cells = 0

    def see(self, text):
        for letters, digits in _PLACE.findall(text):
            self.cells += 1
            self.rows = max(self.rows, int(digits))
            self.columns = max(self.columns, _column(letters))

    def check(self):
        if self.rows * self.columns - self.cells > MAX_EMPTY_CELLS + 3 * self.cells:
            raise refuse_file(
                "size",
                _("The sheet reaches to row %(row)d, column %(column)d, but is nearly empty. Delete what stands far out and save it anew.")
                % {"row": self.rows, "column": self.columns},
            )


def _column(letters):
    """The number of a column by its letters, A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _too_large():
    return refuse_file(
        "size", _("The file's unpacked size is beyond the limit, or it is packed suspiciously tight. Send it in parts or as CSV.")
    )
