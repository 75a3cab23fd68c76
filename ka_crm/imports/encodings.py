"""Which encoding a text file is in, by rules that give the same answer every time; what stays open is refused, never guessed wrong."""

import codecs
import re

from django.utils.translation import gettext as _

from .errors import refuse_file

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
WIDE_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
NULS_OF_UTF16 = 0.3
HIGH_RUN = re.compile(rb"[\x80-\xff]+")
IN_WORD = re.compile(r"[A-Za-z]([^\x00-\x7f])(?=[A-Za-z])")
WORD_SIGNS = frozenset("’‘´·–-\u00ad")  # apostrophes and hyphens stand inside words too
RARE_LETTERS = frozenset("ªºƒþðÞÐ")  # more often another code page than Icelandic
BLOCK_BYTES = 1 << 20


def detect(head, declared=None):
    """(encoding, whether it is a guess) of a file that starts with ``head``; ``declared`` is the profile's, unless the bytes say no.

    Raises FileRefused when nothing fits beyond doubt.
    """
    for bom in WIDE_BOMS:
        if head.startswith(bom):
            raise refuse_file("encoding", _("The encoding is UTF-32, which no retailer's file uses. Save the file as UTF-8."))
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding, False
    wide = _utf16_by_nuls(head)
    if wide:
        return wide, declared is None
    if declared and (declared == "utf-16" or declared.startswith("utf-16") and b"\0" not in head):
        declared = None  # UTF-16 would have shown by its mark or its NULs
    if _is_utf8(head) and _proves_utf8(head, declared):
        return "utf-8", False
    if declared:
        return declared, False
    return _western_or_chinese(head), True


def _utf16_by_nuls(head):
    """UTF-16 without a mark: NUL is every second byte of its ASCII part, and only on one side."""
    head = head[: len(head) // 2 * 2]
    if len(head) < 4 or b"\0" not in head:
        return None
    even, odd = head[::2].count(0) / (len(head) // 2), head[1::2].count(0) / (len(head) // 2)
    if odd >= NULS_OF_UTF16 and even < odd / 10:
        return "utf-16-le"
    if even >= NULS_OF_UTF16 and odd < even / 10:
        return "utf-16-be"
    return None


def _is_utf8(head):
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _proves_utf8(head, declared):
    """Whether valid UTF-8 outweighs the declared encoding. One letter is proof against Windows-1252; two-byte scripts need some."""
    if declared is None or codecs.lookup(declared).name in ("utf-8", "ascii"):
        return True
    sequences = len(re.findall(rb"[\xc2-\xf4][\x80-\xbf]+", head))
    return sequences >= (1 if codecs.lookup(declared).name in ("cp1252", "iso8859-1") else 6)


def _western_or_chinese(head):
    """Windows-1252 has single high bytes inside words, GBK has them in pairs. Anything else is a question."""
    runs = HIGH_RUN.findall(head[: head.rfind(b"\n") + 1] or head)
    pairs = sum(len(run) for run in runs if len(run) % 2 == 0 and min(run) >= 0xA1)
    singles = sum(1 for run in runs if len(run) == 1)
    total = sum(map(len, runs))
    if total and pairs / total > 0.9 and _decodes(head, "gb18030"):
        return "gb18030"
    if runs and singles / len(runs) > 0.9 and _reads_as_western(head):
        return "cp1252"
    helper = _second_opinion(head)
    if helper:
        return helper
    raise _not_utf8(head, 0)


def _second_opinion(head):
    """charset-normalizer's answer, heeded only for GBK that our own rule found plausible too."""
    from charset_normalizer import from_bytes  # slow to import and rarely needed

    best = from_bytes(head[:65536], cp_isolation=["gb18030", "cp1252", "utf_8"]).best()
    if best is None or best.encoding != "gb18030" or not _decodes(head, "gb18030"):
        return None
    text = head.decode("gb18030", errors="ignore")
    foreign = [char for char in text if ord(char) > 127]
    common = sum("\u4e00" <= char <= "\u9fa5" or "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uffef" for char in foreign)
    by_pairs = sum(len(run) // 2 for run in HIGH_RUN.findall(head))
    return "gb18030" if foreign and common == len(foreign) and by_pairs >= common * 0.9 else None


def _decodes(head, encoding):
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _reads_as_western(head):
    """Whether the bytes make sense in Windows-1252: letters stand in words, symbols do not."""
    if not _decodes(head, "cp1252"):
        return False
    inside = {match[1] for match in IN_WORD.finditer(head.decode("cp1252", errors="ignore"))}
    return all((char.isalpha() or char in WORD_SIGNS) and char not in RARE_LETTERS for char in inside)


def decoded(stream, encoding):
    """Blocks of text of the byte ``stream``, strictly decoded, line ends as \\n. Raises FileRefused naming the byte position."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    position, held = 0, ""
    while True:
        block = stream.read(BLOCK_BYTES)
        behind = len(decoder.getstate()[0])
        try:
            text = held + decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            raise _undecodable(error, position - behind, encoding) from None
        position += len(block)
        held = "\r" if block and text.endswith("\r") else ""
        text = text[: len(text) - len(held)]
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text:
            yield text
        if not block:
            return


def _undecodable(error, offset, encoding):
    if encoding.startswith("utf-8"):
        return _not_utf8(error.object, offset)
    return refuse_file(
        "encoding",
        _("The encoding is not %(encoding)s: byte %(position)d (0x%(byte)02X) has no meaning in it. Choose another one in the profile.")
        % {"encoding": encoding, "position": offset + error.start, "byte": error.object[error.start]},
    )


def _not_utf8(head, offset):
    try:
        head.decode("utf-8")
        start = 0
    except UnicodeDecodeError as error:
        start = error.start
    return refuse_file(
        "encoding",
        _(
            "The encoding is not UTF-8: byte %(position)d (0x%(byte)02X) does not fit."
            " Choose the file's encoding in the profile, or save the file as UTF-8."
        )
        % {"position": offset + start, "byte": head[start] if head else 0},
    )
