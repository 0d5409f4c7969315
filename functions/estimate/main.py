"""What a month of Ondol costs, for whoever asks: an estimate, and the same as a spreadsheet. It reads no data."""

from datetime import datetime
from functools import lru_cache

import functions_framework

from shared.billing.own_prices import price_book
from shared.economics.asked import Question, workload_of
from shared.economics.spreadsheet.made import spreadsheet
from shared.endpoint import XlsxDownload, endpoint, routes
from shared.gcp.identity import Call
from shared.request_rates import check_rate
from shared.views.estimate import EstimateAnswer, estimate_view

EVERYBODY = "everybody"
"""Who asks is not known: a browser's address is the proxy's. So all of them together are limited, in each process."""
MOST_ANSWERS, MOST_FILES = 300, 30
"""Answers that a process keeps, with the questions: 6 MB and 3 MB. The longest unused is dropped first."""

OF_PRICES = {500: ("prices-wrong",)}


def anybody(call: Call) -> None:
    """Raises Refused if all of them together ask too often."""
    check_rate(call.name, EVERYBODY)


@endpoint(anybody, Question, refuses=OF_PRICES, method="GET", public=True)
def estimate_month(_nobody: None, question: Question, _now: datetime) -> EstimateAnswer:
    """What a month costs.

    Line by line at list prices and the operator's own, beside what the same costs elsewhere, for more and fewer
    members, and what an operator can change. Costs are US dollars. Nobody needs to be signed in.
    """
    return answer(question)


@endpoint(anybody, Question, refuses=OF_PRICES, method="GET", public=True)
def estimate_spreadsheet(_nobody: None, question: Question, _now: datetime) -> XlsxDownload:
    """The same as a spreadsheet that goes on calculating.

    All inputs can be changed in it, plan by plan.
    """
    return XlsxDownload(file_of(question), "ondol-costs.xlsx")


@lru_cache(MOST_ANSWERS)
def answer(question: Question) -> EstimateAnswer:
    """Of this question or of an equal one before."""
    return estimate_view(question, price_book(), question.language)


@lru_cache(MOST_FILES)
def file_of(question: Question) -> bytes:
    """As `answer`."""
    made = spreadsheet(workload_of(question), price_book(), question.language, free_tiers=question.free_tiers)
    return made.content


ROUTES = {"": estimate_month, "estimate": estimate_month, "spreadsheet": estimate_spreadsheet}
estimate = functions_framework.http(routes(ROUTES, "estimate"))
