"""What the views of scheduling share: who acts, and what a refusal is to a program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import Http404
from rest_framework.request import Request

from orders.cause import Cause
from orders.exceptions import OrderError, UnknownOrder
from orders.lifecycle import Refused
from radflow.accounts.api.errors import Refusal
from radflow.accounts.models import User
from worklist.exceptions import WorklistError
from worklist.lifecycle import AppointmentRefused


def cause_of(request: Request) -> Cause:
    if not isinstance(request.user, User):
        raise Http404
    return Cause(user=request.user)


@contextmanager
def refusals() -> Iterator[None]:
    """A rule that says no is a 409 with its code; an unknown exam a 404."""
    try:
        yield
    except UnknownOrder as error:
        raise Http404 from error
    except (OrderError, WorklistError) as error:
        raise Refusal(error.code, error.text) from error
    except (Refused, AppointmentRefused) as error:
        raise Refusal(error.code, str(error)) from error
