import pytest
from mfa import notices, deliveries
from mfa.models import *
from mfa.origin import Origin
@pytest.mark.django_db
def test_x(alice):
    notices.tell(Event.FACTOR_ADDED, alice, origin=Origin("198.51.100.1", "<b>Gotcha</b>"), ending="1")
    row = Delivery.objects.get()
    print(row.context); print(deliveries._compose(row).html); assert 0
