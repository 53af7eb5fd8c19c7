"""The choice of a verification method."""

from django import forms
from django.utils.translation import gettext_lazy as _

from mfa.rules.routes import Route


class RouteForm(forms.Form):
    """The methods, best first."""

    route = forms.ChoiceField(label=_("How do you want to verify?"), widget=forms.RadioSelect)

    def __init__(
        self, *args: object, labels: dict[Route, str], asked: Route | None = None, **kwargs: object
    ) -> None:
        """Offer these routes, and select the best one that is not asked already."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.routes = {route.name: route for route in labels}
        field = self.fields["route"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(route.name, label) for route, label in labels.items()]
        others = (route.name for route in labels if route != asked)
        self.fields["route"].initial = next(others, next(iter(self.routes), None))

    def clean_route(self) -> Route:
        """Return the route itself."""
        return self.routes[self.cleaned_data["route"]]
