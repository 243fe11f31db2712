"""QIDO-RS over plain HTTP: a GET, its deadline, and DICOM JSON (PS3.18 10.6, annex F).

No client library is taken for three GETs: theirs come with image and array libraries.
"""

from __future__ import annotations

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import Any, Final
from urllib.parse import quote, urlencode

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from radflow.dicom.errors import PeerError

_JSON: Final = "application/dicom+json"
_MOST_BYTES: Final = 16 << 20
_CHUNK: Final = 65536
# A server may return less than it found, and says so (PS3.18 8.3.4.4).
_MORE_LEFT: Final = "299"
_MOST_PAGES: Final = 20


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Whoever is asked answers: a patient's numbers are shown to nobody else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Web:
    """`root` as https://pacs.example/dicom-web; raises PeerError without an answer.

    `timeout` in seconds is for a whole answer, from the connection to its last byte.
    """

    root: str
    timeout: float = 30.0
    # With it the server's certificate must be for its host.
    tls: ssl.SSLContext | None = None

    def search(self, path: str, wanted: Sequence[str], **by: str) -> list[Dataset]:
        """The matches, whatever number of pages they come in."""
        found: list[Dataset] = []
        for _page in range(_MOST_PAGES):
            query = [*by.items(), *(("includefield", _hex(one)) for one in wanted)]
            if found:
                query.append(("offset", str(len(found))))
            answer, more_left = self._get(path, query)
            found += [Dataset.from_json(one) for one in answer]
            if not more_left or not answer:
                break
        return found

    def _get(self, path: str, query: Sequence[tuple[str, str]]) -> tuple[Any, bool]:
        address = f"{self.root.rstrip('/')}/{quote(path)}"
        request = urllib.request.Request(
            f"{address}?{urlencode(query)}" if query else address,
            headers={"Accept": _JSON},
        )
        until = time.monotonic() + self.timeout
        try:
            with self._opener().open(request, timeout=self.timeout) as response:
                more_left = _MORE_LEFT in (response.headers.get("Warning") or "")
                return _read(response, until), more_left
        except urllib.error.HTTPError as error:
            raise PeerError(f"HTTP {error.code}", error.code) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise PeerError(f"no answer ({type(reason).__name__})") from None

    def _opener(self) -> urllib.request.OpenerDirector:
        handlers: list[urllib.request.BaseHandler] = [
            _NoRedirect(),
            urllib.request.ProxyHandler({}),
        ]
        if self.tls:
            handlers.append(urllib.request.HTTPSHandler(context=self.tls))
        return urllib.request.build_opener(*handlers)


def _hex(keyword: str) -> str:
    return f"{tag_for_keyword(keyword) or 0:08X}"


def _read(response: HTTPResponse, until: float) -> list[Any]:
    """204 is an answer too: there are none."""
    body = b"".join(_chunks(response, until))
    try:
        answer = json.loads(body) if body.strip() else []
    except ValueError:
        raise PeerError("the answer is no DICOM JSON") from None
    if not isinstance(answer, list) or not all(isinstance(o, dict) for o in answer):
        raise PeerError("the answer is no DICOM JSON")
    return answer


def _chunks(response: HTTPResponse, until: float) -> Iterator[bytes]:
    length = 0
    while chunk := response.read1(_CHUNK):
        length += len(chunk)
        if length > _MOST_BYTES:
            raise PeerError("the answer is too long")
        if time.monotonic() > until:
            raise PeerError("the answer came too slowly")
        yield chunk
