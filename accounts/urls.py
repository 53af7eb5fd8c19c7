"""The pages of people."""

from django.urls import path

from accounts.views import details, login

app_name = "accounts"
urlpatterns = [
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("me/", details.details, name="details"),
    path("me/password/", details.password, name="password"),
]
