"""Server time and queries of every list page of the million-order department.

`python -m tests.bench.pages`, with DATABASE_URL and REDIS_URL of an empty database;
RADFLOW_BENCH_FILLED=1 measures one that was filled before. In process, through the
whole middleware, without socket and browser. Nothing fails for being slow.

Machines differ, and one machine differs from minute to minute: around each page the
same run times how long python-hl7 takes to read an order of 722 bytes, 690 µs where the
limit of 60 ms was set. The last column is the 95th percentile at that pace.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import django
from django.core.management import call_command
from django.db import connection
from django.db.models import Count
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.bench.reference import pace
from tests.first_load import MOST_BYTES, PAGES, assets_of

if TYPE_CHECKING:
    from tests.list_pages import Known

ROUNDS = 20
WANTED_MS = 60


def main() -> None:
    django.setup()
    if not os.environ.get("RADFLOW_BENCH_FILLED"):
        from tests.bench.million import fill

        call_command("migrate", verbosity=0)
        fill()
    measure_all()


def measure_all() -> None:
    from tests.list_pages import LIST_PAGES

    clients = _clients()
    known = _known()
    slow = 0
    columns = f"{'median':>8} {'p95':>8} {'queries':>8} {'pace':>6} {'p95/pace':>9}"
    print(f"{'page':64} {'status':>6} {columns}")
    for page in LIST_PAGES:
        status, times, queries, now = _measure(
            partial(page.ask, clients[page.role], known)
        )
        p95 = statistics.quantiles(times, n=20)[18]
        mark = "slow" if p95 / now > WANTED_MS else ""
        slow += bool(mark)
        numbers = f"{statistics.median(times):6.1f}ms {p95:6.1f}ms {queries:8}"
        at_pace = f"{now:6.2f} {p95 / now:7.1f}ms"
        print(f"{page.name[:64]:64} {status:6} {numbers} {at_pace} {mark}", flush=True)
    print(f"{len(LIST_PAGES)} pages, {slow} of them above {WANTED_MS} ms at pace 1")
    _first_loads(clients, known)


def _first_loads(clients: dict[str, Client], known: Known) -> None:
    for path, role in PAGES.items():
        html = clients[role].get(path.format(station=known.station)).content.decode()
        size = sum(assets_of(html).values())
        print(f"first load of {path:50} {size:8} B   wanted {MOST_BYTES}")


def _clients() -> dict[str, Client]:
    from radflow.accounts import idle
    from radflow.accounts.models import User

    clients = {}
    for user in User.objects.all():
        clients[user.role] = client = Client()
        client.force_login(user)
        session = client.session
        idle.begin(session)
        session.save()
    return clients


def _known() -> Known:
    """An exam of today, of somebody with a common name."""
    from orders.models import Order, Patient
    from tests.list_pages import Known
    from worklist.models import Station

    common = Patient.objects.values("family_name").annotate(n=Count("id"))
    family = common.order_by("-n")[0]["family_name"]
    orders = Order.objects.filter(status="scheduled", patient__family_name=family)
    order = orders.select_related("patient").order_by("-id")[0]
    station = Station.objects.get(ae_title=order.station_ae_title)
    return Known(
        order=order.pk,
        patient=order.patient_id,
        station=station.pk,
        room=station.room_id,
        accession=order.accession_number,
        mrn=order.patient.identifiers.get(preferred=True).value,
        placer=order.placer_order_number,
        family=family,
        given=order.patient.given_name,
        birth_date=f"{order.patient.birth_date:%Y-%m-%d}",
    )


def _measure(
    ask: Callable[[], HttpResponse],
) -> tuple[int, list[float], int, float]:
    """The first two make caches warm; the second also counts."""
    ask()
    with CaptureQueriesContext(connection) as seen:
        answer = ask()
    queries = len(seen)
    times, paces = [], []
    for _ in range(ROUNDS):
        paces.append(pace())
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    return answer.status_code, times, queries, statistics.median(paces)


if __name__ == "__main__":
    main()
