from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from worklist.models import Room

BEFORE = [("worklist", "0006_appointment_states"), ("sites", "0001_initial")]


@pytest.mark.django_db(transaction=True)
def test_rooms_that_were_there_go_to_the_site_of_the_settings() -> None:
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    MigrationExecutor(connection).migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sites_site CASCADE")
        cursor.execute(
            "INSERT INTO worklist_room (name, location, position, enabled)"
            " VALUES ('CT 1', '', 0, true)"
        )
    MigrationExecutor(connection).migrate(newest)
    site = Room.objects.get(name="CT 1").site
    assert (site.code, site.name) == ("MAIN", "Northgate General, radiology")
    assert site.time_zone == "Europe/Berlin"
