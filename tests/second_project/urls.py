"""Its own account pages, and those of mfa."""

from django.urls import include, path

from tests.second_project import views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("confirm/", views.confirm, name="confirm"),
    path("not-me/<int:event>/", views.desk, name="not_me"),
    path("salary/", views.salary, name="salary"),
    path("", include("mfa.urls")),
]
