"""Who may open what: the matrix of every URL and every kind of person (AZ-01).

A new URL needs a place in PAGES; a new table of the admin needs a line in TABLES.
"""

LOGIN, DENIED, MISSING, OPEN = "login", "denied", "missing", "open"
VISITOR = "visitor"
# One kind of person each. The URLs name Ned, who is a member of Acme.
ORDINARY = ("person", "member", "manager", "partner", "rival")
STAFF = ("support", "administrator", "superuser")
ACTORS = (VISITOR, *ORDINARY, *STAFF)
Outcomes = dict[str, str]


def outcomes(other: str, **by_actor: str) -> Outcomes:
    """Return the outcome of each actor: `other` for everyone not named."""
    return {actor: by_actor.get(actor, other) for actor in ACTORS}


ANYONE = outcomes(OPEN)
VISITORS = outcomes(DENIED, visitor=OPEN)
EMPTY = outcomes(MISSING)
LOGGED_IN = outcomes(OPEN, visitor=LOGIN)
# Ned's rows, those of a change that no actor has begun, or a method that the policy lacks
OWN = outcomes(MISSING, visitor=LOGIN)
MANAGERS = outcomes(MISSING, visitor=LOGIN, member=DENIED, manager=OPEN, partner=OPEN)
PARTNERS = {**MANAGERS, "manager": DENIED}
SUPPORT = outcomes(DENIED, visitor=LOGIN, **dict.fromkeys(STAFF, OPEN))
ADMINISTRATORS = {**SUPPORT, "support": DENIED}
SUPERUSERS = {**ADMINISTRATORS, "administrator": DENIED}
NO_ONE = outcomes(DENIED, visitor=LOGIN)

PAGES: tuple[tuple[Outcomes, str], ...] = (
    (
        ANYONE,
        """accounts:change_password accounts:login accounts:logout accounts:forgot
        accounts:link_sent accounts:reset accounts:new_password accounts:confirm_email
        accounts:confirm_warning accounts:report accounts:invitation accounts:stop_recovery
        accounts:confirm_pass accounts:confirm_recovery_email
        accounts:register accounts:register_at
        accounts:register_code
        accounts:login_by_passkey
        mfa:enroll mfa:enroll_app mfa:enroll_phone mfa:enroll_email mfa:enroll_passkey
        mfa:enroll_passkey_options mfa:passkey mfa:passkey_options
        mfa:enroll_push mfa:push mfa:push_again mfa:approvals mfa:approve_worker
        mfa:approve_manifest mfa:renew_phone
        mfa:enroll_verify mfa:enroll_done mfa:save_codes mfa:skip mfa:verify mfa:resend
        mfa:send_to_email mfa:recovery_code mfa:mailbox mfa:lost mfa:recover
        mfa:one_time_pass mfa:choose mfa:continue
        mfa:cancel mfa:help mfa:time_left portal:theme_css portal:theme portal:healthz
        portal:readyz portal:metrics demo:phone""",
    ),
    (VISITORS, "accounts:login_by_passkey_options"),
    (
        EMPTY,
        """accounts:cut_reset accounts:cut_email accounts:cut_warning accounts:cut_report
        accounts:cut_invitation accounts:cut_recovery accounts:cut_pass
        accounts:cut_recovery_email mfa:status
        mfa:push_status mfa:new_phone_status mfa:pair mfa:approve""",
    ),
    (
        LOGGED_IN,
        """home accounts:step_up accounts:details accounts:password accounts:data
        accounts:change_email accounts:recovery_email accounts:renew mfa:change_phone
        mfa:change_phone_verify
        mfa:change_phone_resend mfa:add_app mfa:add_passkey mfa:add_passkey_options mfa:untrust
        mfa:untrust_all mfa:add_phone mfa:recovery_codes
        mfa:recovery_codes_file mfa:security mfa:end_session mfa:end_other_sessions mfa:stay
        mfa:end_recovery
        mfa:activity mfa:answer_nudge mfa:note_nudge
        mfa:automatic_passkey_options""",
    ),
    (
        OWN,
        """accounts:not_me mfa:change_phone_status mfa:suspend_factor mfa:remove_factor
        mfa:prefer_phone mfa:rename_factor mfa:replace_app mfa:add_email mfa:add_push
        mfa:enable accounts:close_account accounts:people_import accounts:run_import
        accounts:stop_import accounts:import_status accounts:import_findings
        accounts:import_outcomes""",
    ),
    (
        MANAGERS,
        """accounts:organization accounts:organization_details accounts:people_list
        accounts:clients accounts:organization_security accounts:member accounts:member_number
        accounts:member_reset accounts:member_sessions accounts:member_end accounts:two_factor
        accounts:enrollment_report accounts:enrollment_file
        accounts:invitations accounts:invite accounts:renew_invitation accounts:revoke_invitation
        accounts:remind_member accounts:import_members accounts:export_members
        accounts:organization_affected""",
    ),
    (PARTNERS, "accounts:member_role"),
    # Acme is a client organization, so it has no clients.
    ({**PARTNERS, "manager": MISSING, "partner": MISSING}, "accounts:clients_security"),
    (
        SUPPORT,
        """accounts:support accounts:support_organizations accounts:export accounts:support_person
        accounts:support_what_if
        accounts:support_reset accounts:support_pause accounts:support_sessions
        accounts:support_recovery accounts:support_pass
        admin:system_settings admin:index
        admin:password_change admin:password_change_done admin:autocomplete admin:jsi18n
        admin:app_list""",
    ),
    (
        ADMINISTRATORS,
        """accounts:support_number accounts:import_people admin:accounts_organization_switch
        admin:accounts_membership_promote admin:accounts_membership_demote
        admin:accounts_membership_end admin:accounts_membership_home
        admin:mfa_accountpolicy_accent
        admin:mfa_accountpolicy_discard_account admin:mfa_accountpolicy_enable
        admin:mfa_accountpolicy_setup_steps admin:mfa_accountpolicy_show_accent
        admin:mfa_accountpolicy_show_impact admin:mfa_accountpolicy_affected
        admin:accounts_organizationpolicy_affected
        admin:mfa_accountpolicy_switch_off admin:mfa_accountpolicy_switch_on
        admin:mfa_accountpolicy_test_connection admin:mfa_accountpolicy_test_mail
        admin:mfa_accountpolicy_test_message admin:mfa_accountpolicy_try_texts""",
    ),
    (SUPERUSERS, "admin:mfa_accountpolicy_confirm_account"),
    # Their phones are too new.
    (NO_ONE, "mfa:automatic_passkey"),
    (
        # The status of a test that no actor has begun
        {**SUPPORT, **dict.fromkeys(STAFF, MISSING)},
        """admin:mfa_accountpolicy_test_status admin:mfa_accountpolicy_account_status
        admin/no-such-page/""",
    ),
    # Without a block in its query
    (
        {**ADMINISTRATORS, "administrator": MISSING, "superuser": MISSING},
        "admin:mfa_sendblock_lift",
    ),
    ({**SUPPORT, VISITOR: OPEN}, "admin:logout"),
    # Only Twilio's signature opens it.
    (outcomes(DENIED), "mfa:receipt"),
    # The admin's login leads to the portal's.
    (outcomes(LOGIN), "admin:login"),
)
# Who sees, adds and deletes rows of the admin's tables
TABLES: dict[str, tuple[Outcomes, Outcomes, Outcomes]] = {
    "auth_group": (ADMINISTRATORS, SUPERUSERS, SUPERUSERS),
    "accounts_membership": (ADMINISTRATORS, ADMINISTRATORS, NO_ONE),
    "accounts_organization": (ADMINISTRATORS, ADMINISTRATORS, NO_ONE),
    "accounts_organizationpolicy": (ADMINISTRATORS, NO_ONE, NO_ONE),
    "accounts_tile": (ADMINISTRATORS, ADMINISTRATORS, ADMINISTRATORS),
    "accounts_user": (SUPPORT, ADMINISTRATORS, SUPERUSERS),
    "mfa_accountpolicy": (ADMINISTRATORS, NO_ONE, NO_ONE),
    "mfa_auditevent": (SUPPORT, NO_ONE, NO_ONE),
    "mfa_challenge": (SUPPORT, NO_ONE, NO_ONE),
    "mfa_delivery": (SUPPORT, NO_ONE, NO_ONE),
    "mfa_factor": (SUPPORT, NO_ONE, NO_ONE),
    "mfa_job": (ADMINISTRATORS, NO_ONE, NO_ONE),
    "mfa_pause": (SUPPORT, NO_ONE, NO_ONE),
    "mfa_sendblock": (SUPPORT, NO_ONE, NO_ONE),
}


def matrix() -> dict[str, Outcomes]:
    """Return the expected outcomes by the name of each URL, or by its route without a name."""
    found = {name: row for row, names in PAGES for name in names.split()}
    for table, (see, add, delete) in TABLES.items():
        seen = dict.fromkeys(("changelist", "history", "change"), see)
        for page, row in {**seen, "add": add, "delete": delete}.items():
            found[f"admin:{table}_{page}"] = row
        # Django's former address of a row
        found[f"admin/{table.replace('_', '/')}/<path:object_id>/"] = SUPPORT
    return found


MATRIX = matrix()
