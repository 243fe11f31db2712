"""Barcodes for paper, as images that a page may embed (`data:`), in vectors."""

from __future__ import annotations

import base64
import io

import segno
from barcode import Code128
from barcode.writer import SVGWriter

# Bars alone: the number stands beside them in the page's own type.
_BARS = {"write_text": False, "quiet_zone": 2.5, "module_height": 12.0}


def code128(text: str) -> str:
    """A Code 128 of a number, as wedge scanners read it; ASCII only."""
    made = io.BytesIO()
    Code128(text, writer=SVGWriter()).write(made, _BARS)
    return _image(made.getvalue())


def qr(text: str) -> str:
    """A QR code with error correction M: a wristband bends and gets wet."""
    made = io.BytesIO()
    segno.make_qr(text, error="m").save(made, kind="svg", border=2, xmldecl=False)
    return _image(made.getvalue())


def _image(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
