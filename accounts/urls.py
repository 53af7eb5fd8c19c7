"""The pages of people."""

from django.urls import path

from accounts.views import details, login, step_up

app_name = "accounts"
urlpatterns = [
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("me/confirm/", step_up.step_up, name="step_up"),
    path("me/", details.details, name="details"),
    path("me/password/", details.password, name="password"),
]
