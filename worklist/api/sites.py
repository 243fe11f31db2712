from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from radflow.accounts.roles import Capability
from radflow.sites.models import Site


class SiteSerializer(serializers.ModelSerializer[Site]):
    rooms = serializers.SlugRelatedField[Site](
        many=True, read_only=True, slug_field="name"
    )

    class Meta:
        model = Site
        fields = ["code", "name", "time_zone", "enabled", "rooms"]


@extend_schema(tags=["sites"])
class SiteViewSet(ReadOnlyModelViewSet[Site]):
    """The department's sites with their rooms, in the order of the pages."""

    capability = Capability.VIEW_ORDERS
    queryset = Site.objects.prefetch_related("rooms")
    serializer_class = SiteSerializer
    lookup_field = "code"
