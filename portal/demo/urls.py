"""The virtual phone's page."""

from django.urls import path

from portal.demo.views import phone

app_name = "demo"
urlpatterns = [path("phone/", phone, name="phone")]
