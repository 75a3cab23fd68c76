"""A document as PDF, set by Typst from ``typst/report.typ``.

The document travels as JSON text in ``sys.inputs`` and is never spliced into markup, so that no name can become a command.
Compilers keep their fonts and caches: one per thread, made at its first page.
"""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import typst
from django.conf import settings

from .scale import plotted

TEMPLATE = Path(__file__).with_name("typst") / "report.typ"
_of_thread = threading.local()


def font_folder():
    """KA_FONT_DIR, else the folder of the font package; both hold a face with Chinese characters named Noto Sans SC."""
    if settings.KA_FONT_DIR:
        return settings.KA_FONT_DIR
    import pylopdf_fonts_zh_cn  # 20 MB of fonts: an installation with its own KA_FONT_DIR can do without the package

    return str(Path(pylopdf_fonts_zh_cn.__file__).parent)


def _compiler():
    folder = font_folder()
    if getattr(_of_thread, "folder", None) != folder:
        _of_thread.compiler = typst.Compiler(root=str(TEMPLATE.parent), font_paths=[folder], ignore_system_fonts=True)
        _of_thread.folder = folder
    return _of_thread.compiler


def draw(document):
    """The bytes of the PDF. The same document gives the same bytes: its date is the document's, not the clock's."""
    return compiled(prepared(document))


def prepared(document):
    """(what Typst reads as JSON text, the document's instant)."""
    lead = document["lead"]
    ready = {
        **document,
        "lead": {**lead, "chart": _drawn(lead["chart"]) if lead["chart"] else None},
        "sections": [
            {**section, "blocks": [_drawn(block) if block["type"] == "chart" else block for block in section["blocks"]]}
            for section in document["sections"]
        ],
    }
    return json.dumps(ready, ensure_ascii=False), datetime.fromtimestamp(document["built_stamp"], UTC)


def compiled(ready):
    """The bytes of the PDF of what ``prepared`` gave: Typst's own part."""
    text, timestamp = ready
    return _compiler().compile(input=str(TEMPLATE), format="pdf", sys_inputs={"data": text}, timestamp=timestamp)


def _drawn(block):
    return {**block, **plotted(block)}
