"""Smaller pictures: a page has few colours, so 256 of them tell it as well.

Chromium itself decodes the picture and counts: no picture library is needed.
"""

from __future__ import annotations

import base64
import struct
import zlib

from playwright.sync_api import Page

# The most frequent colours that are not almost one another; the rest go to the nearest.
_REDUCE = """async picture => {
  const data = await (await fetch("data:image/png;base64," + picture)).blob();
  const bitmap = await createImageBitmap(data);
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const pixels = new Uint32Array(
    context.getImageData(0, 0, width, height).data.buffer);
  // A page is mostly runs of one colour: counting these is many times as fast.
  const counts = new Map();
  for (let at = 0, end = 0; at < pixels.length; at = end) {
    while (end < pixels.length && pixels[end] === pixels[at]) end++;
    counts.set(pixels[at], (counts.get(pixels[at]) ?? 0) + end - at);
  }
  const parts = pixel => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const far = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  const kept = [];
  for (const [pixel] of byCount) {
    const colour = parts(pixel);
    if (kept.length < 256 && kept.every(each => far(each, colour) > 12)) {
      kept.push(colour);
    }
  }
  const places = new Map();
  for (const pixel of counts.keys()) {
    const colour = parts(pixel);
    let best = 0;
    for (let at = 1; at < kept.length; at++) {
      if (far(kept[at], colour) < far(kept[best], colour)) best = at;
    }
    places.set(pixel, best);
  }
  const indexes = new Uint8Array(pixels.length);
  for (let at = 0, end = 0; at < pixels.length; at = end) {
    while (end < pixels.length && pixels[end] === pixels[at]) end++;
    indexes.fill(places.get(pixels[at]), at, end);
  }
  let text = "";
  for (let at = 0; at < indexes.length; at += 8192) {
    text += String.fromCharCode(...indexes.subarray(at, at + 8192));
  }
  return { width, height, colours: kept, indexes: btoa(text) };
}"""


def reduced(page: Page, picture: bytes) -> bytes:
    """The same picture as a PNG with a palette; `page` is any blank page."""
    told = page.evaluate(_REDUCE, base64.b64encode(picture).decode())
    width, height = int(told["width"]), int(told["height"])
    indexes = base64.b64decode(told["indexes"])
    # Each row begins with the number of its filter: none, as palettes compress best.
    rows = b"".join(
        b"\0" + indexes[at : at + width] for at in range(0, width * height, width)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", b"".join(bytes(colour) for colour in told["colours"])),
            (b"IDAT", zlib.compress(rows, 9)),
            (b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
