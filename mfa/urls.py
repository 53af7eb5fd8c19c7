"""The URLs of the second step, and of the SMS provider's receipts."""

from django.urls import include, path

from mfa.views import (
    app,
    approve,
    automatic,
    browsers,
    emails,
    enable,
    enroll,
    hooks,
    mailbox,
    me,
    nudge,
    passes,
    passkeys,
    phones,
    push,
    recover,
    recovery,
    security,
    session,
    status,
    verify,
)

app_name = "mfa"
enrollment_urls = [
    path("", app.enroll, name="enroll"),
    path("app/", app.enroll_app, name="enroll_app"),
    path("phone/", enroll.enroll_phone, name="enroll_phone"),
    path("email/", emails.enroll_email, name="enroll_email"),
    path("push/", push.enroll_push, name="enroll_push"),
    path("passkey/", passkeys.enroll_passkey, name="enroll_passkey"),
    path(
        "passkey/options/",
        passkeys.enroll_passkey_options,
        name="enroll_passkey_options",
    ),
    path("verify/", enroll.enroll_verify, name="enroll_verify"),
    path("done/", enroll.enroll_done, name="enroll_done"),
    path("done/codes/", enroll.save_codes, name="save_codes"),
]
verification_urls = [
    path("", verify.verify, name="verify"),
    path("resend/", verify.resend, name="resend"),
    path("email/", verify.send_to_email, name="send_to_email"),
    path("status/", status.status, name="status"),
]
phone_urls = [
    path("", me.change_phone, name="change_phone"),
    path("verify/", me.change_phone_verify, name="change_phone_verify"),
    path("verify/resend/", me.change_phone_resend, name="change_phone_resend"),
    path("verify/status/", status.change_phone_status, name="change_phone_status"),
]
security_urls = [
    path("", security.security, name="security"),
    path("app/", app.add_app, name="add_app"),
    path("phone/", phones.add_phone, name="add_phone"),
    path("email/", emails.add_email, name="add_email"),
    path("passkey/", passkeys.add_passkey, name="add_passkey"),
    path("passkey/options/", passkeys.add_passkey_options, name="add_passkey_options"),
    path("passkey/automatic/", automatic.automatic_passkey, name="automatic_passkey"),
    path(
        "passkey/automatic/options/",
        automatic.automatic_passkey_options,
        name="automatic_passkey_options",
    ),
    path("nudge/", nudge.answer_nudge, name="answer_nudge"),
    path("nudge/shown/", nudge.note_nudge, name="note_nudge"),
    path("push/", push.add_push, name="add_push"),
    path("codes/", recovery.recovery_codes, name="recovery_codes"),
    path("codes/file/", recovery.recovery_codes_file, name="recovery_codes_file"),
    path("sessions/end/", security.end_session, name="end_session"),
    path("sessions/others/", security.end_other_sessions, name="end_other_sessions"),
    path("lost-phone/end/", recover.end_recovery, name="end_recovery"),
    path("browsers/remove/", browsers.untrust, name="untrust"),
    path("browsers/remove/all/", browsers.untrust_all, name="untrust_all"),
    path("factors/<int:pk>/suspend/", security.suspend_factor, name="suspend_factor"),
    path("factors/<int:pk>/remove/", security.remove_factor, name="remove_factor"),
    path("factors/<int:pk>/app/", app.replace_app, name="replace_app"),
    path("factors/<int:pk>/prefer/", phones.prefer_phone, name="prefer_phone"),
    path("factors/<int:pk>/name/", phones.rename_factor, name="rename_factor"),
]
# On the phone
approval_urls = [
    path("", approve.approvals, name="approvals"),
    path("worker/", approve.approve_worker, name="approve_worker"),
    path("manifest/", approve.approve_manifest, name="approve_manifest"),
    path("subscription/", approve.renew_phone, name="renew_phone"),
    path("add/<slug:code>/", approve.pair, name="pair"),
    path("<uuid:request_id>/", approve.approve, name="approve"),
]
# The page that every login opens comes first. Others are behind a prefix each.
urlpatterns = [
    path("login/verify/", include(verification_urls)),
    path("login/enroll/", include(enrollment_urls)),
    path("login/skip/", enroll.skip, name="skip"),
    path("login/recovery-code/", recovery.recovery_code, name="recovery_code"),
    path("login/passkey/", passkeys.passkey, name="passkey"),
    path("login/passkey/options/", passkeys.passkey_options, name="passkey_options"),
    path("login/push/", push.push, name="push"),
    path("login/push/again/", push.push_again, name="push_again"),
    path("login/push/status/", push.push_status, name="push_status"),
    path("login/new-phone/status/", push.new_phone_status, name="new_phone_status"),
    path("login/mailbox/", mailbox.mailbox, name="mailbox"),
    path("login/lost/", mailbox.lost, name="lost"),
    path("login/pass/", passes.one_time_pass, name="one_time_pass"),
    path("recover/", recover.recover, name="recover"),
    path("login/choose/", verify.choose, name="choose"),
    path("login/continue/", verify.continue_, name="continue"),
    path("login/cancel/", verify.cancel, name="cancel"),
    path("login/help/", verify.help_, name="help"),
    path("approve/", include(approval_urls)),
    path("hooks/<slug:provider>/<uuid:receipt_id>/", hooks.receipt, name="receipt"),
    path("me/phone/", include(phone_urls)),
    path("me/security/", include(security_urls)),
    path("me/enable-mfa/", enable.enable, name="enable"),
    path("me/session/", session.time_left, name="time_left"),
    path("me/session/stay/", session.stay, name="stay"),
    path("me/activity/", me.activity, name="activity"),
]
