"""Just enough of a browser for the simulated people: cookies, forms, CSRF token."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from django.conf import settings

from radflow.accounts.demo import DEMO_PASSWORD

_HIDDEN = re.compile(
    r'<input[^>]*name="(?P<name>[\w-]+)"[^>]*value="(?P<value>[^"]*)"', re.IGNORECASE
)


class Refused(Exception):
    """The server answered with an error status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}")
        self.status = status


class Browser:
    """A signed-in person; every request goes over HTTP as theirs would."""

    def __init__(self, username: str) -> None:
        self._root = f"http://127.0.0.1:{settings.HTTP_PORT}"
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )
        self.get("/accounts/login/")
        self.post("/accounts/login/", {"username": username, "password": DEMO_PASSWORD})

    def get(self, path: str) -> str:
        return self._open(urllib.request.Request(self._root + path))

    def json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def post(self, path: str, fields: dict[str, str]) -> str:
        body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": self._token()})
        request = urllib.request.Request(self._root + path, body.encode())
        request.add_header("Referer", self._root + path)
        return self._open(request)

    def _open(self, request: urllib.request.Request) -> str:
        try:
            with self._opener.open(request, timeout=20) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            error.close()
            raise Refused(error.code) from error

    def _token(self) -> str:
        found = [c.value for c in self._cookies if c.name == "csrftoken"]
        return found[0] or "" if found else ""


def hidden_values(page: str) -> dict[str, str]:
    """Names and values of the inputs of a page, the last one of each name."""
    return {match["name"]: match["value"] for match in _HIDDEN.finditer(page)}
