"""Archives and reading services, kept by the interface admins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from worklist.models import DicomNode

FIELDS = (
    "name",
    "ae_title",
    "host",
    "port",
    "enabled",
    "is_archive",
    "wants_steps",
    "wants_availability",
    "modalities",
    "procedures",
    "web_url",
    "viewer_url",
)


@transaction.atomic
def keep_node(
    *,
    node_id: int | None,
    values: Mapping[str, Any],
    by: User,
    expected_revision: int | None = None,
) -> DicomNode:
    """Add a node, or change what differs; ValidationError names what is wrong."""
    node = DicomNode()
    if node_id is not None:
        node = DicomNode.objects.select_for_update().get(pk=node_id)
        if expected_revision not in (None, node.revision):
            raise ValidationError(
                _("Somebody changed this meanwhile. Look at it again, then save.")
            )
    before = {name: getattr(node, name) for name in FIELDS}
    for name in FIELDS:
        setattr(node, name, values[name])
    node.full_clean()
    changes = {
        name: [before[name], getattr(node, name)]
        for name in FIELDS
        if before[name] != getattr(node, name)
    }
    sites = list(values["sites"])
    node.revision += 1 if node.pk else 0
    node.retry_at = None
    node.save()
    node.sites.set(sites)
    audit.record(
        "node_changed" if node_id else "node_added",
        actor=by,
        detail={
            "node": node.pk,
            "changes": changes,
            "sites": [site.code for site in sites],
        },
    )
    live.publish("delivery", node.pk)
    return node
