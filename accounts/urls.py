"""The pages of people."""

from django.urls import path

from accounts.views import details, email, login, not_me, reset, step_up

app_name = "accounts"
urlpatterns = [
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("password/forgot/", reset.forgot, name="forgot"),
    path("password/reset/<str:uid>/<str:token>/", reset.reset, name="reset"),
    path("password/new/", reset.new_password, name="new_password"),
    path("me/confirm/", step_up.step_up, name="step_up"),
    path("me/", details.details, name="details"),
    path("me/password/", details.password, name="password"),
    path("me/email/", email.change_email, name="change_email"),
    path("me/email/<str:uid>/<str:token>/", email.confirm_email, name="confirm_email"),
    path("me/activity/<int:event_id>/", not_me.not_me, name="not_me"),
    path("me/password/renew/", details.renew, name="renew"),
]
