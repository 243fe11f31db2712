"""`python -m tests.faults.site PORT`: a small department, its hospital on PORT."""

from __future__ import annotations

import os
import sys

import django


def main(port: int) -> None:
    from orders.models import Procedure
    from radflow.messaging.models import Peer
    from radflow.sites.models import Site
    from worklist.models import Room, Station

    site = Site.objects.get()
    for number in range(3):
        room = Room.objects.create(site=site, name=f"CT {number}")
        Station.objects.create(
            room=room, name=f"CT {number}", ae_title=f"CT{number}", modality="CT"
        )
    Procedure.objects.create(code="CTPA", text="CT pulmonary angiogram", modality="CT")
    Peer.objects.create(
        name="Hospital",
        sending_application="FAULT",
        sending_facility="FAULT",
        host="127.0.0.1",
        port=port,
        ack_timeout=3,
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "radflow.settings")
    django.setup()
    main(int(sys.argv[1]))
