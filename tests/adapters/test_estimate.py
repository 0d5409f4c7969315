"""The function that anybody may ask what a month costs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask
import pytest
from werkzeug.test import EnvironBuilder

from functions.estimate import main
from functions.estimate.main import estimate
from shared import request_rates
from shared.billing import own_prices
from shared.billing.price_list import PRICES, READ
from shared.billing.prices import read_prices
from shared.economics.asked import Asked, workload_of
from shared.economics.spreadsheet.made import spreadsheet
from shared.request_rates import RATES, Buckets
from shared.views.estimate import estimate_view


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets that are full, and into which nothing flows while the test runs."""
    monkeypatch.setattr(request_rates, "BUCKETS", Buckets(lambda: 0.0))


def asked(path: str = "estimate", *, method: str = "GET", **query: Any) -> flask.Response:
    environ = EnvironBuilder(path=f"/{path}", method=method, query_string=urlencode(query)).get_environ()
    answer = estimate(flask.Request(environ))
    assert isinstance(answer, flask.Response)
    return answer


def test_nobody_needs_to_be_signed_in() -> None:
    answer = asked(members=20, hours=2.5, language="ko")
    assert answer.status_code == 200
    assert answer.get_json()["lines"][0]["title"] == "웜 슬롯: 메모리"


@pytest.mark.parametrize(
    "query",
    [
        {"members": 0},
        {"members": 10_001},
        {"hours": "nan"},
        {"hours": 1e9},
        {"place": "mars"},
        {"cpu": 3},
        {"more": 1},
    ],
    ids=str,
)
def test_inputs_are_bounded(query: dict[str, Any]) -> None:
    assert asked(**query).status_code == asked("estimate/spreadsheet", **query).status_code == 400


def test_the_spreadsheet_has_the_same_inputs() -> None:
    answer = asked("estimate/spreadsheet", members=20, warm=3, free_tiers="true", language="ko")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ondol-costs.xlsx"'
    made = spreadsheet(workload_of(Asked(members=20, warm=3)), PRICES, "ko", free_tiers=True)
    assert answer.get_data() == made.content


@pytest.mark.parametrize(
    ("path", "handler"), [("estimate", "estimate_month"), ("estimate/spreadsheet", "estimate_spreadsheet")]
)
def test_all_of_them_together_are_limited(path: str, handler: str) -> None:
    wanted = int(RATES[handler].burst) + 1
    for _ in range(wanted - 1):
        assert asked(path, members=0).status_code == 400
    refused = asked(path)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1


def test_the_same_question_is_computed_once_and_no_more_answers_are_kept_than_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    computed = list[object]()

    def counting(made: Callable[..., Any]) -> Callable[..., Any]:
        def count(*given: Any, **more: Any) -> Any:
            computed.append(given[0])
            return made(*given, **more)

        return count

    monkeypatch.setattr(main, "estimate_view", counting(estimate_view))
    monkeypatch.setattr(main, "spreadsheet", counting(spreadsheet))
    main.answer.cache_clear()
    main.file_of.cache_clear()
    for path in ("estimate", "estimate/spreadsheet"):
        first, again = (asked(path, members=21).get_data() for _ in range(2))
        assert first == again
        assert asked(path, members=21, language="ko").get_data() != first
    assert len(computed) == 4, "in two languages each"
    assert (main.answer.cache_info().maxsize, main.file_of.cache_info().maxsize) == (300, 30)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An operator's file of prices, and a process that has answered nothing yet."""
    caches = (own_prices.price_book, main.answer, main.file_of)
    file = tmp_path / "own_prices.toml"
    monkeypatch.setattr(own_prices, "OWN_PRICES", file)
    for each in caches:
        each.cache_clear()
    yield file
    for each in caches:
        each.cache_clear()


def test_an_operators_own_prices_are_those_of_the_estimate_and_of_its_spreadsheet(own: Path) -> None:
    own.write_text('[[price]]\nname = "run-cpu"\namount = 0.00001\nunit = "vCPU-second"\n')
    lines = {line["name"]: line["price"] for line in asked(members=20).get_json()["lines"]}
    assert lines["slots at work: CPU"] == 0.00001
    book = read_prices(own, PRICES, READ)
    made = spreadsheet(workload_of(Asked(members=20)), book, "en")
    assert asked("estimate/spreadsheet", members=20).get_data() == made.content
    assert made.content != spreadsheet(workload_of(Asked(members=20)), PRICES, "en").content


@pytest.mark.parametrize("path", ["estimate", "estimate/spreadsheet"])
def test_of_prices_that_can_not_be_read_it_says_which_line_is_wrong(path: str, own: Path) -> None:
    own.write_text('# ours\n[[price]]\nname = "run-cpu"\namount = "much"\nunit = "vCPU-second"\n')
    refused = asked(path)
    said = refused.get_json()
    assert (refused.status_code, said["type"].rpartition("/")[2]) == (500, "prices-wrong")
    assert said["detail"].startswith("own_prices.toml, line 4: Invalid decimal string")
    assert "Correct the line" in said["detail"]


def test_it_is_got_and_not_posted() -> None:
    assert asked(method="POST").status_code == 405
