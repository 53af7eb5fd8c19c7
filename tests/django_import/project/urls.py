"""The other project has no pages: only its tables matter."""

urlpatterns: list[object] = []
