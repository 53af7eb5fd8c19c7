"""The pages of people."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from accounts.links import TOKEN, UID
from accounts.views import details, email, links, login, not_me, reset, step_up, warning


class UidConverter(StringConverter):
    """Takes the first part of a mailed link."""

    regex = UID


class TokenConverter(StringConverter):
    """Takes the second part of a mailed link, and nothing that a mail program added."""

    regex = TOKEN


class TailConverter(StringConverter):
    """Takes whatever stands in the place of these two, line ends included."""

    regex = r"[\s\S]+"


register_converter(UidConverter, "uid")
register_converter(TokenConverter, "token")
register_converter(TailConverter, "tail")

app_name = "accounts"
urlpatterns = [
    # W3C, "A Well-Known URL for Changing Passwords": where password managers lead people
    path(".well-known/change-password", details.change_password, name="change_password"),
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("password/forgot/", reset.forgot, name="forgot"),
    path("password/reset/<uid:uid>/<token:token>/", reset.reset, name="reset"),
    path("password/reset/<tail:tail>/", links.cut_reset, name="cut_reset"),
    path("password/new/", reset.new_password, name="new_password"),
    path("me/confirm/", step_up.step_up, name="step_up"),
    path("me/", details.details, name="details"),
    path("me/password/", details.password, name="password"),
    path("me/email/", email.change_email, name="change_email"),
    path("me/email/<uid:uid>/<token:token>/", email.confirm_email, name="confirm_email"),
    path("me/email/<tail:tail>/", links.cut_email, name="cut_email"),
    path("me/activity/<int:event_id>/", not_me.not_me, name="not_me"),
    path("me/warning/<uid:uid>/<token:token>/", warning.confirm_warning, name="confirm_warning"),
    path("me/warning/<tail:tail>/", links.cut_warning, name="cut_warning"),
    path("me/password/renew/", details.renew, name="renew"),
]
