"""Drawing a document in one format: pure functions of the document, so that the same document gives the same bytes."""

import json

from django.utils import translation

from . import html, pdf, xlsx

# Raised when a drawing changes without its document: files drawn before count as stale.
DRAWING_VERSION = 5


def draw(source, file_format, language):
    """The bytes of a file. ``source`` is document.frozen() for json, document.document_of() for the others."""
    if file_format == "json":
        return (json.dumps(source, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    with translation.override(language):  # axes count as the reader does, whoever's worker draws
        return {"html": html.draw, "xlsx": xlsx.draw, "pdf": pdf.draw}[file_format](source)
