"""What a phone's script sends."""

from binascii import Error as Base64Error

from django import forms
from django.utils.translation import gettext_lazy as _

from mfa.channels.webpush import decoded
from mfa.factors.push import Subscribed, tidy
from mfa.rules.push import Decision


class BytesField(forms.CharField):
    """Bytes in base64url. Empty for anything else, which no signature fits."""

    def __init__(self) -> None:
        """Take short texts, which people never see."""
        super().__init__(required=False, max_length=200, widget=forms.HiddenInput)

    def clean(self, value: object) -> bytes:
        """Return the bytes."""
        try:
            return decoded(super().clean(value))
        except (Base64Error, ValueError):
            return b""


class SubscriptionForm(forms.Form):
    """A subscription and the phone's signature over it. An empty endpoint means: none."""

    endpoint = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)
    p256dh = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    auth = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    server_key = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    signature = BytesField()

    @property
    def sent(self) -> Subscribed:
        """The subscription."""
        names = ("endpoint", "p256dh", "auth", "server_key")
        return Subscribed(**{name: self.cleaned_data[name] for name in names})


class PairForm(SubscriptionForm):
    """A subscription and the public key of a new phone."""

    public_key = BytesField()


class RenewForm(SubscriptionForm):
    """A subscription of a known phone."""

    phone = forms.IntegerField()


class AnswerForm(forms.Form):
    """The answer of a phone: approve with the number of the login, or deny."""

    number = forms.CharField(
        label=_("Number"),
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "numeric", "autofocus": True}
        ),
    )
    phone = forms.IntegerField(widget=forms.HiddenInput)
    decision = forms.ChoiceField(
        choices=[(each, each) for each in Decision], widget=forms.HiddenInput
    )
    signature = BytesField()


class PhoneCodeForm(forms.Form):
    """The code that stands beside the QR code, for phones that cannot scan it in the app."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the code.")},
    )

    def clean_code(self) -> str:
        """Return it without spaces, dashes and look-alikes."""
        return tidy(self.cleaned_data["code"])
