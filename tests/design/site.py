"""A small web site for the browser: our templates and static files, no views.

Pages run under the product's content security policy; a test adds the answers it
needs and reads back what the page posted.
"""

from __future__ import annotations

import mimetypes
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.template import engines
from django.utils import timezone

from radflow.design import PARTS, sample
from radflow.shell import NavItem, SiteChoice

STATIC = Path(__file__).resolve().parents[2] / "static"
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"


def shell(theme: str) -> dict[str, Any]:
    user = SimpleNamespace(
        theme=theme,
        density="normal",
        username="coord",
        display_name="Priya Raman",
        role_label="Coordinator",
        initials="PR",
    )
    board = NavItem(label="Board", icon="layout-list", key="b", url="/", active=True)
    return {
        "request": SimpleNamespace(user=user),
        "csrf_token": "token",
        "site_name": "Northgate General",
        "zone": "UTC",
        "zone_label": "UTC",
        "demo": True,
        "server_now": timezone.now(),
        "live_seq": 5,
        "sites": (SiteChoice("MAIN", "Main", "CET"), SiteChoice("WEST", "West", "PST")),
        "nav": (board,),
        "perms_cases": True,
        "perms_search": True,
        "idle_minutes": 15,
        "reading_idle_minutes": 60,
    }


@dataclass
class Answer:
    body: str
    status: int = 200
    type: str = "text/html; charset=utf-8"


@dataclass
class Site:
    url: str = ""
    answers: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    now: datetime | None = None
    zone: str = "UTC"
    asked: list[str] = field(default_factory=list)
    posted: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self, address: str, body: str, **details: Any) -> None:
        self.answers[address] = lambda: Answer(body, **details)

    def page(self, content: str, script: str = "") -> str:
        """Puts `content` into the shell and returns its address."""
        self.answer("/page/", self.shell_with(content, script))
        return f"{self.url}/page/"

    def shell_with(self, content: str, script: str = "") -> str:
        source = (
            "{% extends 'base.html' %}{% load static %}"
            "{% block scripts %}" + script + "{% endblock %}"
            "{% block content %}" + content + "{% endblock %}"
        )
        return str(engines["django"].from_string(source).render(self._shell()))

    def _shell(self) -> dict[str, Any]:
        told = {"zone": self.zone} | ({"server_now": self.now} if self.now else {})
        return shell("light") | told

    def render(self, query: dict[str, list[str]]) -> Answer:
        part = query.get("part", ["parts"])[0]
        context = shell(query.get("theme", ["light"])[0])
        context |= {"part": part, "parts": PARTS, "sample": sample()}
        template = engines["django"].get_template("design.html")
        return Answer(template.render(context))


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            site.asked.append(address.path)
            if address.path.startswith("/static/"):
                self._static(STATIC / address.path.removeprefix("/static/"))
            elif address.path in site.answers:
                self._send(site.answers[address.path]())
            elif address.path == "/":
                self._send(site.render(parse_qs(address.query)))
            else:
                self._send(Answer(""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            site.posted.append(_fields(body.decode()))
            known = site.answers.get(self.path)
            self._send(known() if known else Answer("", 204))

        def _static(self, file: Path) -> None:
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            self._write(200, kind, file.read_bytes())

        def _send(self, answer: Answer) -> None:
            self._write(answer.status, answer.type, answer.body.encode())

        def _write(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """The test's output stays quiet."""

    return Handler


def _fields(body: str) -> dict[str, list[str]]:
    """Fields of a multipart or urlencoded form, values without file parts."""
    if 'name="' not in body:
        return parse_qs(body, keep_blank_values=True)
    found: dict[str, list[str]] = {}
    for part in body.split('name="')[1:]:
        name, rest = part.split('"', 1)
        found.setdefault(name, []).append(rest.split("\r\n\r\n")[1].split("\r\n--")[0])
    return found


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # a page asks for thirty files at once


def start(site: Site) -> ThreadingHTTPServer:
    server = _Server(("127.0.0.1", 0), _handler(site))
    site.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
