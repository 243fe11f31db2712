"""Adding and changing peers; each change is a revision that stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from radflow.accounts.models import User
from radflow.audit import services as audit
from radflow.live import services as live
from radflow.messaging.exceptions import PeerChanged
from radflow.messaging.models import Listener, Peer, PeerRevision

# What a revision holds, in the order in which people read it. Pausing, redirecting
# and what is learned are states of operation, not settings.
FIELDS = (
    "name",
    "enabled",
    "sending_application",
    "sending_facility",
    "profile",
    "mapping",
    "fallback_charset",
    "utf8_under_label",
    "time_zone",
    "default_authority",
    "processing_ids",
    "extra_versions",
    "books_appointments",
    "marks_arrivals",
    "reply_style",
    "reply_at",
    "result_seconds",
    "reused_id",
    "upsert",
    "merged_id",
    "drift",
    "host",
    "port",
    "tls_out",
    "release2_out",
    "enhanced_out",
    "version_out",
    "wants_status",
    "wants_results",
    "wants_scheduling",
    "wants_appointments",
    "wants_updates",
    "imaging_message",
    "ack_timeout",
    "listener",
    "networks",
    "certificate",
    "allowed_gap",
)


def values_of(peer: Peer) -> dict[str, Any]:
    """The settings as JSON; a listener by its number."""
    return {name: peer.serializable_value(name) for name in FIELDS}


def proposed(peer: Peer, values: Mapping[str, Any]) -> Peer:
    """The peer as it would be with these values; refused where they are no settings."""
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, _("This is not a setting.")))
    for name, value in values.items():
        if name == "listener" and not isinstance(value, Listener | None):
            value = _listener(value)
        setattr(peer, name, value)
    peer.full_clean()
    return peer


@transaction.atomic
def add_peer(*, values: Mapping[str, Any], by: User, reason: str = "") -> Peer:
    """A new peer, known within seconds to whoever listens."""
    peer = proposed(Peer(), values)
    _save(peer)
    _keep(peer, values_of(peer), by=by, reason=reason)
    _tell("peer_added", peer, by=by, fields=sorted(values))
    return peer


@transaction.atomic
def change_peer(
    *,
    peer_id: int,
    values: Mapping[str, Any],
    revision: int,
    by: User,
    reason: str = "",
) -> Peer:
    """Change what differs; `revision` is the one that the person had before them."""
    peer = Peer.objects.select_for_update().get(pk=peer_id)
    if peer.revision != revision:
        raise _conflict(peer)
    before = values_of(peer)
    peer = proposed(peer, values)
    after = values_of(peer)
    changed = [name for name in FIELDS if before[name] != after[name]]
    if changed:
        _keep_first(peer, before)
        peer.revision += 1
        _save(peer, [*changed, "revision"])
        _keep(peer, after, by=by, reason=reason)
        _tell("peer_changed", peer, by=by, fields=changed)
    return peer


def _save(peer: Peer, fields: list[str] | None = None) -> None:
    """Two people may take one name between the check and here."""
    try:
        with transaction.atomic():
            peer.save(update_fields=fields)
    except IntegrityError as error:
        text = _("Another peer has this name, or the same MSH-3 and MSH-4.")
        raise ValidationError({"name": text}) from error


def _conflict(peer: Peer) -> PeerChanged:
    latest = peer.revisions.select_related("changed_by").first()
    by = latest.changed_by if latest else None
    name = by.display_name if isinstance(by, User) else _("Somebody")
    return PeerChanged(peer.revision, name, latest.changed_at if latest else None)


def _listener(number: Any) -> Listener:
    found = Listener.objects.filter(pk=number).first()
    if found is None:
        raise ValidationError({"listener": _("There is no such listener.")})
    return found


def _keep_first(peer: Peer, before: dict[str, Any]) -> None:
    """What was there before anything was kept is a revision too."""
    if not peer.revisions.exists():
        PeerRevision.objects.create(peer=peer, number=peer.revision, values=before)


def _keep(peer: Peer, values: dict[str, Any], *, by: User, reason: str) -> None:
    PeerRevision.objects.create(
        peer=peer,
        number=peer.revision,
        values=values,
        changed_by=by,
        reason=reason.strip()[:200],
    )


def _tell(action: str, peer: Peer, *, by: User, fields: list[str]) -> None:
    detail = {"peer": peer.pk, "revision": peer.revision, "fields": fields}
    audit.record(action, actor=by, detail=detail)
    live.publish("channel", peer.pk, version=peer.revision)
