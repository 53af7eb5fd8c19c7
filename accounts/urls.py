"""The URLs of the account pages."""

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from accounts.people.links import TOKEN, UID
from accounts.views import (
    closing,
    data,
    details,
    email,
    exports,
    imports,
    invitations as joining,
    links,
    login,
    not_me,
    passes,
    passkeys,
    recoveries,
    registration,
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
support_urls = [
    path("", support.support, name="support"),
    path("organizations/", support.support_organizations, name="support_organizations"),
    path("export/", exports.export, name="export"),
    path("people/<int:person_id>/", support.support_person, name="support_person"),
    path("people/<int:person_id>/what-if/", support.support_what_if, name="support_what_if"),
    path("people/<int:person_id>/reset/", rescues.support_reset, name="support_reset"),
    path("people/<int:person_id>/pass/", passes.support_pass, name="support_pass"),
    path("people/<int:person_id>/recovery/", rescues.support_recovery, name="support_recovery"),
    path("people/<int:person_id>/pause/", rescues.support_pause, name="support_pause"),
    path("people/<int:person_id>/number/", rescues.support_number, name="support_number"),
    path("people/<int:person_id>/sessions/", rescues.support_sessions, name="support_sessions"),
]
member_urls = [
    path("", members.member, name="member"),
    path("number/", members.member_number, name="member_number"),
    path("reset/", members.member_reset, name="member_reset"),
    path("sessions/", members.member_sessions, name="member_sessions"),
    path("role/", roles.member_role, name="member_role"),
    path("end/", members.member_end, name="member_end"),
    path("remind/", members.remind_member, name="remind_member"),
]
invitation_urls = [
    path("", invitations.invitations, name="invitations"),
    path("new/", invitations.invite, name="invite"),
    path("<int:invitation_id>/renew/", invitations.renew_invitation, name="renew_invitation"),
    path("<int:invitation_id>/revoke/", invitations.revoke_invitation, name="revoke_invitation"),
]
organization_urls: list[URLPattern | URLResolver] = [
    path("", overview.organization, name="organization"),
    path("details/", overview.organization_details, name="organization_details"),
    path("people/", overview.people_list, name="people_list"),
    path("people/two-factor/", security.two_factor, name="two_factor"),
    path("people/<int:member_id>/", include(member_urls)),
    path("clients/", overview.clients, name="clients"),
    path("clients/security/", security.clients_security, name="clients_security"),
    path("security/", security.organization_security, name="organization_security"),
    path("security/affected/", security.organization_affected, name="organization_affected"),
    path("report/", enrollment.enrollment_report, name="enrollment_report"),
    path("report/file/", enrollment.enrollment_file, name="enrollment_file"),
    path("invitations/", include(invitation_urls)),
    path("import/", imports.import_members, name="import_members"),
    path("export/", exports.export_members, name="export_members"),
]
import_urls = [
    path("", imports.import_people, name="import_people"),
    path("<int:import_id>/", imports.people_import, name="people_import"),
    path("<int:import_id>/run/", imports.run_import, name="run_import"),
    path("<int:import_id>/stop/", imports.stop_import, name="stop_import"),
    path("<int:import_id>/status/", imports.import_status, name="import_status"),
    path("<int:import_id>/findings/", imports.import_findings, name="import_findings"),
    path("<int:import_id>/people/", imports.import_outcomes, name="import_outcomes"),
]
registration_urls = [
    path("", registration.register, name="register"),
    # Two parts, so that no organization's short name is taken
    path("email/code/", registration.register_code, name="register_code"),
    path("<slug:slug>/", registration.register_at, name="register_at"),
]
joining_urls = [
    path("<uid:uid>/<token:token>/", joining.invitation, name="invitation"),
    path("<tail:tail>/", links.cut_invitation, name="cut_invitation"),
]
pass_urls = [
    path("<uid:uid>/<token:token>/", passes.confirm_pass, name="confirm_pass"),
    path("<tail:tail>/", links.cut_pass, name="cut_pass"),
]
recovery_urls = [
    path("<uid:uid>/<token:token>/", recoveries.stop_recovery, name="stop_recovery"),
    path("<tail:tail>/", links.cut_recovery, name="cut_recovery"),
]
passkey_urls = [
    path("", passkeys.login_by_passkey, name="login_by_passkey"),
    path("options/", passkeys.login_by_passkey_options, name="login_by_passkey_options"),
]
password_urls = [
    path("forgot/", reset.forgot, name="forgot"),
    path("forgot/sent/", reset.link_sent, name="link_sent"),
    path("reset/<uid:uid>/<token:token>/", reset.reset, name="reset"),
    path("reset/<tail:tail>/", links.cut_reset, name="cut_reset"),
    path("new/", reset.new_password, name="new_password"),
]
own_urls = [
    path("confirm/", step_up.step_up, name="step_up"),
    path("", details.details, name="details"),
    path("password/", details.password, name="password"),
    path("password/renew/", details.renew, name="renew"),
    path("data/", data.data, name="data"),
    path("close/", closing.close_account, name="close_account"),
    path("email/", email.change_email, name="change_email"),
    path("email/<uid:uid>/<token:token>/", email.confirm_email, name="confirm_email"),
    path("email/<tail:tail>/", links.cut_email, name="cut_email"),
    path("recovery-email/", email.recovery_email, name="recovery_email"),
    path(
        "recovery-email/<uid:uid>/<token:token>/",
        email.confirm_recovery_email,
        name="confirm_recovery_email",
    ),
    path("recovery-email/<tail:tail>/", links.cut_recovery_email, name="cut_recovery_email"),
    path("activity/<int:event_id>/", not_me.not_me, name="not_me"),
    path("warning/<uid:uid>/<token:token>/", warning.confirm_warning, name="confirm_warning"),
    path("warning/<tail:tail>/", links.cut_warning, name="cut_warning"),
    path("not-me/<uid:uid>/<token:token>/", report.report, name="report"),
    path("not-me/<tail:tail>/", links.cut_report, name="cut_report"),
]
# A login looks through these, so other pages are behind one prefix each.
urlpatterns = [
    # W3C, "A Well-Known URL for Changing Passwords", for password managers
    path(".well-known/change-password", details.change_password, name="change_password"),
    path("login/", login.login, name="login"),
    path("logout/", login.logout, name="logout"),
    path("password/", include(password_urls)),
    path("me/", include(own_urls)),
    path("invitation/", include(joining_urls)),
    path("pass/confirm/", include(pass_urls)),
    path("recover/stop/", include(recovery_urls)),
    path("support/", include(support_urls)),
    path("organizations/<slug:slug>/", include(organization_urls)),
    path("register/", include(registration_urls)),
    path("import/", include(import_urls)),
    path("login/by-passkey/", include(passkey_urls)),
]
