from __future__ import annotations

from django.urls import path

from radflow.accounts.api.views import TokenView

urlpatterns = [path("auth/token/", TokenView.as_view(), name="token")]
