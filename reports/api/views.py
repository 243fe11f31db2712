from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from radflow.accounts.api.errors import Refusal
from radflow.accounts.models import User
from radflow.accounts.roles import Capability
from radflow.audit import services as audit
from reports.api.filters import CaseFilter, ReportFilter
from reports.api.serializers import (
    AcknowledgementSerializer,
    CaseSerializer,
    ReportSerializer,
)
from reports.exceptions import ReportError
from reports.models import CriticalCase, Report
from reports.services import acknowledge_case


@extend_schema(tags=["reports"])
class ReportViewSet(ReadOnlyModelViewSet[Report]):
    """Reports, newest first. Drafts show who holds them, not their text."""

    capability = Capability.VIEW_REPORTS
    queryset = (
        Report.objects.select_related("order", "claimed_by")
        .prefetch_related("versions__signed_by")
        .order_by("-id")
    )
    serializer_class = ReportSerializer
    filterset_class = ReportFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        seen = [row["order_id"] for row in response.data["results"]]
        audit.record_view(request._request, "reports_listed", detail={"orders": seen})
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        report = self.get_object()
        audit.record_view(request._request, "report_viewed", order_id=report.order_id)
        return Response(self.get_serializer(report).data)


@extend_schema(tags=["critical cases"])
class CaseViewSet(ReadOnlyModelViewSet[CriticalCase]):
    """Critical cases, newest first."""

    capability = Capability.VIEW_CASES
    queryset = CriticalCase.objects.select_related("order", "acknowledged_by").order_by(
        "-id"
    )
    serializer_class = CaseSerializer
    filterset_class = CaseFilter

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().list(request, *args, **kwargs)
        seen = [row["order_id"] for row in response.data["results"]]
        audit.record_view(request._request, "cases_listed", detail={"orders": seen})
        return response

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        case = self.get_object()
        audit.record_view(request._request, "case_viewed", order_id=case.order_id)
        return Response(self.get_serializer(case).data)

    @extend_schema(request=AcknowledgementSerializer, responses=CaseSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """A named human was told and read it back; 409 where that is not so."""
        told = AcknowledgementSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        try:
            case = acknowledge_case(
                case_id=self.get_object().pk, user=request.user, **told.validated_data
            )
        except ReportError as error:
            raise Refusal(error.code, error.text) from error
        return Response(self.get_serializer(case).data)
