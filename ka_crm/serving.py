"""Answers that carry a stored file. The view has checked already who may see the row that it hangs on."""

from django.http import FileResponse, Http404

from .files import open_stored

# Types that a browser may show in place; everything else is only ever saved.
SHOWN_INLINE = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"})


def attachment(stored, *, inline=False):
    """``stored`` under its own name, never cached, never sniffed, without any right of its own inside a browser.

    ``inline`` shows it in the browser where its type allows that. A file that the storage lost is a 404.
    """
    try:
        content = open_stored(stored)
    except FileNotFoundError:
        raise Http404 from None
    shown = inline and stored.content_type in SHOWN_INLINE
    answer = FileResponse(content, as_attachment=not shown, filename=stored.original_name, content_type=stored.content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    # A browser's PDF viewer draws nothing inside a sandbox; images need none, and everything else is only saved.
    answer["Content-Security-Policy"] = "default-src 'none'" if shown else "default-src 'none'; sandbox"
    return answer
