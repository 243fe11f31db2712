"""One shape for REST errors: `{code, detail}`; refused transitions are 409."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler


class Refusal(Exception):
    """A domain rule said no; `code` is a code of standards.md section 14."""

    status = 409

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, Refusal):
        return Response({"code": error.code, "detail": error.text}, error.status)
    return exception_handler(error, context)
