"""Lists that never count a table: each page reads one row more than it shows."""

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.http import HttpRequest

# The database skips the rows of earlier pages one by one.
LAST_PAGE = 200


class Uncounted(ChangeList):
    """A list with a link to the next page in place of a number of pages."""

    earlier = later = ""

    def get_results(self, request: HttpRequest) -> None:
        """Read the rows of one page."""
        first = (self.page_num - 1) * self.list_per_page
        rows = list(self.queryset[first : first + self.list_per_page + 1])
        if first and not rows:
            raise IncorrectLookupParameters
        self.result_list = rows[: self.list_per_page]
        self.result_count = len(rows)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        if first:
            self.earlier = self.get_query_string({PAGE_VAR: self.page_num - 1})
        if len(rows) > self.list_per_page and self.page_num < LAST_PAGE:
            self.later = self.get_query_string({PAGE_VAR: self.page_num + 1})
