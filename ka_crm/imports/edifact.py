"""UN/EDIFACT: segments by the file's own service characters, the envelope checked, sales reports (SLSRPT) as rows.

``messages`` knows no message type; ``SalesReport`` reads one SLSRPT by the profile's qualifiers.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from .encodings import decoded
from .errors import refuse_file
from .headers import Header
from .numbers import DateCell
from .tables import Flaw, batches

DEFAULTS = ":+.? '"
MAX_SEGMENT = 70_000
MAX_MESSAGE_SEGMENTS = 1_000_000
TAIL_BYTES = 4096
ROW_FIELDS = ("store", "date", "period_start", "item", "item_name", "units")
USUAL_QUALIFIERS = {"LOC": ("162",), "LIN": ("EN", "SRV", "UP"), "sold": ("153",), "returned": ("61", "77E")}


@dataclass(frozen=True)
class Services:
    """The characters that divide this interchange, from its UNA or the usual ones."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    end: str = "'"

    @classmethod
    def of(cls, start):
        una = start[3:9] if start.startswith("UNA") else DEFAULTS
        return cls(component=una[0], element=una[1], decimal=una[2], release=una[3], end=una[5])

    def split(self, segment):
        """[[components] of each element]; the released character stands for itself."""
        if self.release.strip() and self.release in segment:
            return [self._parts(element, self.component, True) for element in self._parts(segment, self.element, False)]
        return [element.split(self.component) for element in segment.split(self.element)]

    def _parts(self, text, sign, resolve):
        parts, current, position = [], [], 0
        while position < len(text):
            char = text[position]
            if char == self.release and position + 1 < len(text):
                current.append(text[position + 1] if resolve else text[position : position + 2])
                position += 2
                continue
            if char == sign:
                parts.append("".join(current))
                current = []
            else:
                current.append(char)
            position += 1
        return [*parts, "".join(current)]


@dataclass
class Message:
    """The segments between UNH and UNT. ``problem`` says why it must be refused though the others may be good."""

    reference: str
    kind: str
    segments: list = field(default_factory=list)
    problem: str = ""


@dataclass
class Envelope:
    """What UNB says; complete once UNZ was read."""

    sender: str = ""
    recipient: str = ""
    reference: str = ""
    test: bool = False
    messages: int = 0


def segments(texts):
    """(Services, iterator of split segments) of blocks of text. An unterminated last segment is dropped: UNZ will be missing."""
    texts = iter(texts)
    start = ""
    for text in texts:
        start += text
        if len(start.lstrip("\ufeff\r\n\t ")) >= 9:
            break
    start = start.lstrip("\ufeff\r\n\t ")
    services = Services.of(start)
    return services, _segments(services, start[9:] if start.startswith("UNA") else start, texts)


def _segments(services, start, texts):
    end, release = re.escape(services.end), re.escape(services.release) if services.release.strip() else ""
    released = f"(?:{release}.[^{end}{release}]*+)*+" if release else ""
    whole = re.compile(f"([^{end}{release}]*+{released}){end}", re.DOTALL)
    held = start
    while True:
        position = 0
        while match := whole.match(held, position):
            position = match.end()
            text = match[1].replace("\n", "").lstrip()
            if text:
                yield services.split(text)
        held = held[position:]
        if len(held) > MAX_SEGMENT + (1 << 20):
            raise refuse_file("incomplete", _("The EDI file is incomplete or damaged: a segment has no end."))
        block = next(texts, None)
        if block is None:
            return
        held += block


def messages(parts, envelope):
    """The Messages of an interchange, in order, filling in ``envelope``. Raises FileRefused when the interchange itself is not whole."""
    message, position = None, 0
    for segment in parts:
        tag = segment[0][0]
        if tag == "UNB":
            _read_unb(segment, envelope)
        elif tag == "UNH":
            if message is not None:
                yield _unfinished(message)
            message, position = Message(_at(segment, 1), _at(segment, 2), []), 0
        if message is not None:
            position += 1
            if tag not in ("UNH", "UNT"):
                message.segments.append(segment)
            if position > MAX_MESSAGE_SEGMENTS:
                raise refuse_file("size", _("One EDI message has a size of more than %(most)d segments.") % {"most": MAX_MESSAGE_SEGMENTS})
        if tag == "UNT" and message is not None:
            envelope.messages += 1
            _check_unt(segment, message, position)
            yield message
            message = None
        elif tag == "UNZ":
            _check_unz(segment, envelope, message)
            return
    raise _incomplete()


def _read_unb(segment, envelope):
    envelope.sender, envelope.recipient = _at(segment, 2), _at(segment, 3)
    envelope.reference, envelope.test = _at(segment, 5), _at(segment, 11) == "1"


def _check_unt(segment, message, position):
    if _at(segment, 1) != str(position):
        message.problem = _(
            "belongs to EDI message %(reference)s, which is incomplete: it states %(stated)s segments and has %(found)d."
        ) % {
            "reference": message.reference,
            "stated": _at(segment, 1) or "–",
            "found": position,
        }
    elif _at(segment, 2) != message.reference:
        message.problem = _("belongs to EDI message %(reference)s, which ends under another reference, %(other)s.") % {
            "reference": message.reference,
            "other": _at(segment, 2) or "–",
        }


def _unfinished(message):
    message.problem = _("belongs to EDI message %(reference)s, which is incomplete: it has no end (UNT).") % {
        "reference": message.reference
    }
    return message


def _check_unz(segment, envelope, open_message):
    if open_message is not None:
        raise _incomplete()
    if _at(segment, 1) != str(envelope.messages) or _at(segment, 2) != envelope.reference:
        raise refuse_file(
            "incomplete",
            _(
                "The EDI file is incomplete or damaged: its end states %(stated)s messages under reference %(other)s,"
                " but it has %(found)d under %(reference)s. Ask for it again."
            )
            % {
                "stated": _at(segment, 1) or "–",
                "other": _at(segment, 2) or "–",
                "found": envelope.messages,
                "reference": envelope.reference,
            },
        )


def _incomplete():
    return refuse_file("incomplete", _("The EDI file is incomplete: its end (UNZ) is missing. Nothing of it is read; ask for it again."))


def _at(segment, element, component=0):
    if element < len(segment) and component < len(segment[element]):
        return segment[element][component]
    return ""


class EdifactTable:
    """The SLSRPT messages of an interchange as a table. A row is one LIN, counted through the file; several QTY of one line
    are netted, returned pieces count as negative. A refused message gives its lines as rows with a flaw."""

    def __init__(self, opened, profile, schema):
        self._check_tail(opened)
        self._stream = opened.open()
        self.services, parts = segments(decoded(self._stream, opened.encoding))
        self.decimal_mark = self.services.decimal if self.services.decimal in ".," else "."
        self.envelope, self._measures = Envelope(), {}
        self.notes, self._starts = [], []
        self._messages = messages(parts, self.envelope)
        self._qualifiers = USUAL_QUALIFIERS | {name: tuple(v) for name, v in profile.edifact.items() if name in USUAL_QUALIFIERS}
        for name, (segment, qualifier) in ((n, v) for n, v in profile.edifact.items() if n not in USUAL_QUALIFIERS and n in schema):
            if segment == "MOA":
                self._measures[qualifier] = name
        names = {"store": profile.edifact_store, "item": profile.edifact_item}
        self._fields = [names.get(name, name) for name in ROW_FIELDS] + list(dict.fromkeys(self._measures.values()))
        columns = {name: position for position, name in enumerate(self._fields) if name in schema}
        self.header = Header(0, tuple(self._fields), columns)

    def close(self):
        self._stream.close()

    def batches(self, used):
        return batches(self._rows(), used)

    def place(self, index):
        """Lines are counted through the file: the message and the line in it are where one looks."""
        first, reference = self._starts[bisect_right(self._starts, index, key=lambda start: start[0]) - 1]
        return _("EDI message %(reference)s, line %(line)d") % {"reference": reference, "line": index - first + 1}

    def _check_tail(self, opened):
        """An unfinished interchange is refused before its first row: the end is looked at first where the file can be sought."""
        with opened.open() as stream:
            try:
                stream.seek(-TAIL_BYTES, 2)
            except (OSError, ValueError):
                return
            if b"UNZ" not in stream.read():
                raise _incomplete()

    def _rows(self):
        reports = count = 0
        for message in self._messages:
            if self.envelope.test:
                raise refuse_file("test", _("The EDI file is marked as a test by its sender; nothing of it is booked."))
            if message.kind != "SLSRPT":
                self.notes.append(
                    _("EDI message %(reference)s is a %(kind)s, not a sales report (SLSRPT); it was left out.")
                    % {"reference": message.reference, "kind": message.kind}
                )
                continue
            reports += 1
            self._starts.append((count, message.reference))
            flaw = Flaw("incomplete", message.problem, column=message.reference) if message.problem else None
            for row in SalesReport(message.segments, self._qualifiers, self._measures, self.decimal_mark).lines():
                count += 1
                yield [] if flaw else [row.get(name, "") for name in self._keys], flaw
        if not reports:
            raise refuse_file("no_rows", _("The EDI file holds no sales report (SLSRPT), so there are no rows to read."))

    @property
    def _keys(self):
        return [*ROW_FIELDS, *self._fields[len(ROW_FIELDS) :]]


class SalesReport:
    """One SLSRPT: the place and day of sale of LOC groups, or of the header, spread over their lines."""

    def __init__(self, parts, qualifiers, measures, decimal_mark):
        self._parts, self._qualifiers, self._measures, self._decimal = parts, qualifiers, measures, decimal_mark
        self._period, self._days = {}, ("", "")
        self._place = ""

    def lines(self):
        """A dict per LIN: store, date, period_start, item, item_name, units and the measures, as text."""
        line = None
        for segment in self._parts:
            tag = segment[0][0]
            if tag in ("LOC", "LIN", "UNS") and line is not None:
                yield self._finished(line)
                line = None
            if tag == "LOC" and _at(segment, 1) in self._qualifiers["LOC"]:
                self._place, self._days = _at(segment, 2), ("", "")
            elif tag == "DTM":
                self._date(segment)
            elif tag == "LIN":
                line = self._begun(segment)
            elif line is not None:
                self._detail(tag, segment, line)
        if line is not None:
            yield self._finished(line)

    def _date(self, segment):
        qualifier, text, form = _at(segment, 1, 0), _at(segment, 1, 1), _at(segment, 1, 2)
        first, last = (text[:8], text[8:].lstrip("-")) if form == "718" else (text[:8], text[:8])
        if qualifier == "356":
            if self._place:
                self._days = (first, last)
            else:
                self._period["90"], self._period["91"] = first, last
        elif qualifier in ("90", "91"):
            self._period[qualifier] = first

    def _begun(self, segment):
        first, last = self._days if self._days[1] else (self._period.get("90", ""), self._period.get("91", ""))
        known = _at(segment, 3, 1) in self._qualifiers["LIN"] or not _at(segment, 3, 1)
        return {
            "store": self._place,
            "date": _iso(last),
            "period_start": _iso(first),
            "item": _at(segment, 3) if known else "",
            "item_name": "",
            "sold": [],
            "returned": [],
        }

    def _detail(self, tag, segment, line):
        if tag == "QTY":
            qualifier = _at(segment, 1)
            for kind in ("sold", "returned"):
                if qualifier in self._qualifiers[kind]:
                    line[kind].append(_at(segment, 1, 1))
        elif tag == "MOA" and _at(segment, 1) in self._measures:
            line[self._measures[_at(segment, 1)]] = _at(segment, 1, 1)
        elif tag == "IMD":
            line["item_name"] = _at(segment, 3, 3)

    def _finished(self, line):
        sold, returned = line.pop("sold"), line.pop("returned")
        if returned:
            numbers = [self._number(text) for text in sold], [self._number(text) for text in returned]
            if None in numbers[0] or None in numbers[1]:
                line["units"] = next(text for text in sold + returned if self._number(text) is None)
            else:
                line["units"] = str(sum(numbers[0]) - sum(map(abs, numbers[1])))
                if not sold:
                    self._turn(line)
        elif len(sold) > 1:
            numbers = [self._number(text) for text in sold]
            line["units"] = sold[numbers.index(None)] if None in numbers else str(sum(numbers))
        else:
            line["units"] = sold[0] if sold else ""
        return line

    def _turn(self, line):
        """A line of returns only: amounts written without a sign are taken back, those with one already are."""
        amounts = [name for name in self._measures.values() if line.get(name)]
        if not any(line[name].startswith("-") for name in amounts):
            for name in amounts:
                line[name] = "-" + line[name] if line[name].strip("0.,") else line[name]

    def _number(self, text):
        return int(text.partition(self._decimal)[0]) if re.fullmatch(rf"-?[0-9]{{1,12}}(?:{re.escape(self._decimal)}0*)?", text) else None


def _iso(text):
    return DateCell(f"{text[:4]}-{text[4:6]}-{text[6:8]}") if re.fullmatch("[0-9]{8}", text) else text
