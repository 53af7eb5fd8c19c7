"""The URLs of the second step, and of the SMS provider's receipts."""

from django.urls import path

from mfa.views import app, enroll, hooks, mailbox, me, recovery, security, session, status, verify

app_name = "mfa"
urlpatterns = [
    path("login/enroll/", app.enroll, name="enroll"),
    path("login/enroll/app/", app.enroll_app, name="enroll_app"),
    path("login/enroll/phone/", enroll.enroll_phone, name="enroll_phone"),
    path("login/enroll/verify/", enroll.enroll_verify, name="enroll_verify"),
    path("login/enroll/done/", enroll.enroll_done, name="enroll_done"),
    path("login/enroll/done/codes/", enroll.save_codes, name="save_codes"),
    path("login/skip/", enroll.skip, name="skip"),
    path("login/verify/", verify.verify, name="verify"),
    path("login/verify/resend/", verify.resend, name="resend"),
    path("login/verify/email/", verify.send_to_email, name="send_to_email"),
    path("login/verify/status/", status.status, name="status"),
    path("login/recovery-code/", recovery.recovery_code, name="recovery_code"),
    path("login/mailbox/", mailbox.mailbox, name="mailbox"),
    path("login/lost/", mailbox.lost, name="lost"),
    path("login/choose/", verify.choose, name="choose"),
    path("login/continue/", verify.continue_, name="continue"),
    path("login/cancel/", verify.cancel, name="cancel"),
    path("login/help/", verify.help_, name="help"),
    path("hooks/<slug:provider>/<uuid:receipt_id>/", hooks.receipt, name="receipt"),
    path("me/phone/", me.change_phone, name="change_phone"),
    path("me/phone/verify/", me.change_phone_verify, name="change_phone_verify"),
    path("me/phone/verify/resend/", me.change_phone_resend, name="change_phone_resend"),
    path("me/phone/verify/status/", status.change_phone_status, name="change_phone_status"),
    path("me/security/app/", app.add_app, name="add_app"),
    path("me/security/codes/", recovery.recovery_codes, name="recovery_codes"),
    path("me/security/codes/file/", recovery.recovery_codes_file, name="recovery_codes_file"),
    path("me/security/", security.security, name="security"),
    path("me/security/sessions/end/", security.end_session, name="end_session"),
    path("me/security/sessions/others/", security.end_other_sessions, name="end_other_sessions"),
    path("me/security/factors/<int:pk>/suspend/", security.suspend_factor, name="suspend_factor"),
    path("me/security/factors/<int:pk>/remove/", security.remove_factor, name="remove_factor"),
    path("me/session/", session.time_left, name="time_left"),
    path("me/session/stay/", session.stay, name="stay"),
    path("me/activity/", me.activity, name="activity"),
]
