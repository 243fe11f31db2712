from __future__ import annotations

from django.urls import path, register_converter

from radflow.messaging.api import actions, channels, contracts, peers, views


class ReferenceConverter:
    """`in-7` or `out-9`."""

    regex = r"(?:in|out)-[0-9]{1,18}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ReferenceConverter, "message")

urlpatterns = [
    path("messages/", views.MessageListView.as_view(), name="message-list"),
    path(
        "messages/<message:reference>/",
        views.MessageDetailView.as_view(),
        name="message-detail",
    ),
    path(
        "messages/<message:reference>/replay/",
        actions.ReplayView.as_view(),
        name="message-replay",
    ),
    path(
        "messages/<message:reference>/resend/",
        actions.ResendView.as_view(),
        name="message-resend",
    ),
    path(
        "messages/<message:reference>/discard/",
        actions.DiscardView.as_view(),
        name="message-discard",
    ),
    path("channels/", channels.ChannelListView.as_view(), name="channel-list"),
    path("peers/", peers.PeerListView.as_view(), name="peer-list"),
    path("peers/<int:peer_id>/", peers.PeerDetailView.as_view(), name="peer-detail"),
    path(
        "peers/<int:peer_id>/trial/", peers.PeerTrialView.as_view(), name="peer-trial"
    ),
    path(
        "peers/<int:peer_id>/revisions/",
        peers.PeerRevisionsView.as_view(),
        name="peer-revisions",
    ),
    path("contracts/", contracts.ContractListView.as_view(), name="contract-list"),
    path(
        "contracts/<int:contract_id>/",
        contracts.ContractDetailView.as_view(),
        name="contract-detail",
    ),
    path(
        "unknown-segments/",
        contracts.UnknownListView.as_view(),
        name="unknown-segment-list",
    ),
]
