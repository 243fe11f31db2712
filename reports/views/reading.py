from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from orders.selectors import mrn_of
from radflow.accounts.access import current_user, requires
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from reports.selectors import VIEWS, counts, reading_list

PAGE = 50
LABELS = {
    "unread": _("Unread"),
    "mine": _("Mine"),
    "preliminary": _("Preliminary"),
    "signed": _("Signed today"),
}
# Minutes from images to report, by priority: what the waiting bar is measured by.
TARGETS = {"S": 60, "R": 24 * 60}


@requires(Capability.WRITE_REPORT)
def reading(request: HttpRequest) -> HttpResponse:
    """What waits to be read, by priority and then by how long."""
    user = current_user(request)
    view = request.GET.get("view", "unread")
    view = view if view in VIEWS else "unread"
    number = counts(user)
    page = Paginator(range(number[view]), PAGE).get_page(request.GET.get("page"))
    after = max(page.start_index() - 1, 0)
    orders = reading_list(view, user, limit=PAGE, after=after)
    audit.record_view(
        request, "reading_list_viewed", detail={"orders": [o.pk for o in orders]}
    )
    context = {
        "view": view,
        "page": page,
        "tabs": [(name, LABELS[name], number[name]) for name in VIEWS],
        "rows": [
            {
                "order": order,
                "mrn": mrn_of(order),
                "target": TARGETS.get(order.priority, 240),
                "holder": _holder(order),
            }
            for order in orders
        ],
    }
    is_fragment = request.headers.get("X-Fragment")
    name = "reports/_reading.html" if is_fragment else "reports/reading.html"
    return render(request, name, context)


def _holder(order: object) -> object:
    report = getattr(order, "report", None)
    return report.claimed_by if report else None
