from __future__ import annotations

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from radflow.accounts.throttle import SignInThrottle, SignInThrottled
from radflow.audit import services as audit


class CredentialsSerializer(serializers.Serializer[None]):
    username = serializers.CharField()
    password = serializers.CharField(trim_whitespace=False)


class TokenSerializer(serializers.Serializer[None]):
    token = serializers.CharField()
    expiry = serializers.DateTimeField()


class TokenView(APIView):
    """Exchange a user name and password for a bearer token."""

    permission_classes = [AllowAny]
    authentication_classes = []

    def get_authenticate_header(self, request: Request) -> str:
        """Makes a wrong password 401, though nothing authenticates this view."""
        return "Bearer"

    @extend_schema(
        request=CredentialsSerializer, responses=TokenSerializer, tags=["auth"]
    )
    def post(self, request: Request) -> Response:
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        username = credentials.validated_data["username"]
        throttle = SignInThrottle(request._request, username)
        if throttle.is_closed():
            raise SignInThrottled
        user = authenticate(request._request, **credentials.validated_data)
        if user is None:
            throttle.count_failure()
            raise AuthenticationFailed("User name or password is wrong.")
        instance, token = AuthToken.objects.create(user)
        audit.record("token_created", actor=user, detail={"expiry": instance.expiry})
        return Response({"token": token, "expiry": instance.expiry})
