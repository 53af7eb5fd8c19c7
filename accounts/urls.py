"""The URLs of the account pages."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from accounts.people.links import TOKEN, UID
from accounts.views import (
    closing,
    data,
    details,
    email,
    invitations as joining,
    links,
    login,
    not_me,
    report,
    rescues,
    reset,
    step_up,
    support,
    warning,
)
from accounts.views.organizations import (
    enrollment,
    invitations,
    members,
    overview,
    roles,
    security,
)


class UidConverter(StringConverter):
    """The first part of an emailed link."""

    regex = UID


class TokenConverter(StringConverter):
    """The second part of an emailed link, without anything an email program appended."""

    regex = TOKEN


class TailConverter(StringConverter):
    """Any text instead of these two, including line ends."""

    regex = r"[\s\S]+"


register_converter(UidConverter, "uid")
register_converter(TokenConverter, "token")
register_converter(TailConverter, "tail")

app_name = "accounts"
urlpatterns = [
    # W3C, "A Well-Known URL for Changing Passwords", for password managers
    path(".well-known/change-password", details.change_password, name="change_password"),
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("password/forgot/", reset.forgot, name="forgot"),
    path("password/forgot/sent/", reset.link_sent, name="link_sent"),
    path("password/reset/<uid:uid>/<token:token>/", reset.reset, name="reset"),
    path("password/reset/<tail:tail>/", links.cut_reset, name="cut_reset"),
    path("password/new/", reset.new_password, name="new_password"),
    path("me/confirm/", step_up.step_up, name="step_up"),
    path("me/", details.details, name="details"),
    path("me/password/", details.password, name="password"),
    path("me/data/", data.data, name="data"),
    path("me/close/", closing.close_account, name="close_account"),
    path("me/email/", email.change_email, name="change_email"),
    path("me/email/<uid:uid>/<token:token>/", email.confirm_email, name="confirm_email"),
    path("me/email/<tail:tail>/", links.cut_email, name="cut_email"),
    path("me/activity/<int:event_id>/", not_me.not_me, name="not_me"),
    path("me/warning/<uid:uid>/<token:token>/", warning.confirm_warning, name="confirm_warning"),
    path("me/warning/<tail:tail>/", links.cut_warning, name="cut_warning"),
    path("me/not-me/<uid:uid>/<token:token>/", report.report, name="report"),
    path("me/not-me/<tail:tail>/", links.cut_report, name="cut_report"),
    path("support/", support.support, name="support"),
    path("support/organizations/", support.support_organizations, name="support_organizations"),
    path("support/people/<int:person_id>/", support.support_person, name="support_person"),
    path(
        "support/people/<int:person_id>/what-if/", support.support_what_if, name="support_what_if"
    ),
    path("support/people/<int:person_id>/reset/", rescues.support_reset, name="support_reset"),
    path("support/people/<int:person_id>/pause/", rescues.support_pause, name="support_pause"),
    path("support/people/<int:person_id>/number/", rescues.support_number, name="support_number"),
    path(
        "support/people/<int:person_id>/sessions/",
        rescues.support_sessions,
        name="support_sessions",
    ),
    path("organizations/<slug:slug>/", overview.organization, name="organization"),
    path(
        "organizations/<slug:slug>/details/",
        overview.organization_details,
        name="organization_details",
    ),
    path("organizations/<slug:slug>/people/", overview.people_list, name="people_list"),
    path(
        "organizations/<slug:slug>/report/", enrollment.enrollment_report, name="enrollment_report"
    ),
    path(
        "organizations/<slug:slug>/report/file/",
        enrollment.enrollment_file,
        name="enrollment_file",
    ),
    path("organizations/<slug:slug>/people/two-factor/", security.two_factor, name="two_factor"),
    path("organizations/<slug:slug>/clients/", overview.clients, name="clients"),
    path(
        "organizations/<slug:slug>/clients/security/",
        security.clients_security,
        name="clients_security",
    ),
    path(
        "organizations/<slug:slug>/security/",
        security.organization_security,
        name="organization_security",
    ),
    path("organizations/<slug:slug>/invitations/", invitations.invitations, name="invitations"),
    path("organizations/<slug:slug>/invitations/new/", invitations.invite, name="invite"),
    path(
        "organizations/<slug:slug>/invitations/<int:invitation_id>/renew/",
        invitations.renew_invitation,
        name="renew_invitation",
    ),
    path(
        "organizations/<slug:slug>/invitations/<int:invitation_id>/revoke/",
        invitations.revoke_invitation,
        name="revoke_invitation",
    ),
    path("invitation/<uid:uid>/<token:token>/", joining.invitation, name="invitation"),
    path("invitation/<tail:tail>/", links.cut_invitation, name="cut_invitation"),
    path(
        "organizations/<slug:slug>/security/affected/",
        security.organization_affected,
        name="organization_affected",
    ),
    *(
        path(f"organizations/<slug:slug>/people/<int:member_id>/{tail}", view, name=name)
        for tail, view, name in (
            ("", members.member, "member"),
            ("number/", members.member_number, "member_number"),
            ("reset/", members.member_reset, "member_reset"),
            ("sessions/", members.member_sessions, "member_sessions"),
            ("role/", roles.member_role, "member_role"),
            ("end/", members.member_end, "member_end"),
            ("remind/", members.remind_member, "remind_member"),
        )
    ),
    path("me/password/renew/", details.renew, name="renew"),
]
