"""What a page may leave as it is, but should know, stands in check, doctor and start."""

from __future__ import annotations

from bot.settings import read_pages, shipped_runbooks
from commands.ports.preflight import WARN
from commands.start.page_warnings import page_lines, page_warnings
from tests.pages import small


def alert_of(**changes: str) -> tuple[str, ...]:
    return page_warnings(small(**changes))


def test_the_shipped_pages_have_no_warning() -> None:
    assert [page_warnings(page) for page in read_pages(shipped_runbooks()).values()] == [(), ()]


def test_an_alert_about_a_measure_that_its_check_does_not_have_is_named() -> None:
    never = "“API response > 5 s”: this can never be raised, because “response-time” measures failed, seconds, status"
    assert page_warnings(small()) == ()
    assert alert_of(**{'measure = "seconds"': 'measure = "second"'}) == (f"{never}, and not second.",)
    assert alert_of(**{"in_a_row = 2": "enough = { requests = 20 }"}) == (f"{never}, and not requests.",)


def test_a_query_measures_what_its_columns_are_called() -> None:
    places = '[databases.shop]\nurl = "$SHOP_DB"\n\n[webs.api]'
    query = 'toml query\ndatabase = "shop"\nsql = "SELECT 1, count(*) AS requests FROM t"\nmeasure = "share"'
    page = {"[webs.api]": places, 'toml http\nweb = "api"\npath = "/jobs"': query}
    for name in ("share", "requests", "seconds"):
        assert alert_of(**page, **{'measure = "seconds"': f'measure = "{name}"'}) == (), name
    (warning,) = alert_of(**page, **{'measure = "seconds"': 'measure = "request"'})
    assert warning.endswith("measures failed, seconds, share, and not request.")


def test_the_doctor_says_the_same_as_a_warning() -> None:
    (line,) = page_lines(small(**{'measure = "seconds"': 'measure = "second"'}))
    assert (line.about, line.result.level) == ("page", WARN)
