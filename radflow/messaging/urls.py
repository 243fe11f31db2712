from __future__ import annotations

from django.urls import path

from radflow.messaging.views import (
    bulk,
    channels,
    contracts,
    examples,
    exceptions,
    listeners,
    messages,
    peers,
    replay,
    switches,
)

app_name = "messaging"
urlpatterns = [
    path("", messages.message_list, name="list"),
    path("examples/", examples.examples, name="examples"),
    path("examples/<slug:key>/send/", examples.send_example, name="example-send"),
    path("reveal/", messages.reveal, name="reveal"),
    path("in/<int:message_id>/", messages.received, name="detail"),
    path("in/<int:message_id>/replay/", messages.replay, name="replay"),
    path("in/<int:message_id>/dry-run/", replay.try_replay, name="dry-run"),
    path("in/<int:message_id>/confirm/", replay.confirm, name="replay-confirm"),
    path("in/<int:message_id>/edit/", replay.edit, name="edit"),
    path("out/<int:message_id>/", messages.sent, name="sent"),
    path("out/<int:message_id>/resend/", messages.resend, name="resend"),
    path("out/<int:message_id>/discard/", messages.discard, name="discard"),
    path("channels/", channels.channel_cards, name="channels"),
    path("exceptions/", exceptions.desk_page, name="exceptions"),
    path("<slug:reference>/assign/", exceptions.assign, name="assign"),
    path("<slug:reference>/comment/", exceptions.comment, name="comment"),
    path("<slug:reference>/skip/", exceptions.skip, name="skip"),
    path("<slug:reference>/legal-hold/", exceptions.keep, name="keep"),
    path("bulk/try/", bulk.try_many, name="bulk-new"),
    path("bulk/start/", bulk.start, name="bulk-start"),
    path("bulk/<int:bulk_id>/", bulk.progress, name="bulk"),
    path("bulk/<int:bulk_id>/stop/", bulk.stop, name="bulk-stop"),
    path("peers/", peers.peer_list, name="peers"),
    path("peers/add/", peers.add, name="peer-add"),
    path("peers/<int:peer_id>/", peers.edit, name="peer"),
    path("peers/<int:peer_id>/try/", peers.try_out, name="peer-try"),
    path("peers/<int:peer_id>/operate/", switches.operate, name="peer-operate"),
    path("peers/<int:peer_id>/switch/", switches.switch, name="peer-switch"),
    path(
        "peers/<int:peer_id>/redirect/", switches.send_elsewhere, name="peer-redirect"
    ),
    path("peers/<int:peer_id>/history/", peers.history, name="peer-history"),
    path("peers/<int:peer_id>/roll-back/", peers.roll, name="peer-roll-back"),
    path("listeners/add/", listeners.add, name="listener-add"),
    path("listeners/<int:listener_id>/", listeners.edit, name="listener"),
    path("contracts/", contracts.contract_list, name="contracts"),
    path("contracts/add/", contracts.add, name="contract-add"),
    path("contracts/<int:contract_id>/", contracts.contract, name="contract"),
    path("contracts/<int:contract_id>/edit/", contracts.edit, name="contract-edit"),
    path(
        "contracts/<int:contract_id>/approve/",
        contracts.approve,
        name="contract-approve",
    ),
    path(
        "contracts/<int:contract_id>/retire/", contracts.retire, name="contract-retire"
    ),
    path(
        "contracts/<int:contract_id>/discard/",
        contracts.discard,
        name="contract-discard",
    ),
    path(
        "contracts/<int:contract_id>/new-version/",
        contracts.new_version,
        name="contract-new-version",
    ),
    path(
        "contracts/unknown/<int:unknown_id>/draft/",
        contracts.draft_unknown,
        name="unknown-draft",
    ),
]
