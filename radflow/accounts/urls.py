from __future__ import annotations

from django.urls import path

from radflow.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("login/demo/", views.sign_in_as, name="demo"),
    path("logout/", views.sign_out, name="logout"),
    path("stay/", views.stay, name="stay"),
    path("lock/", views.lock, name="lock"),
    path("unlock/", views.unlock, name="unlock"),
    path("preferences/", views.choose, name="preferences"),
]
