"""How a commit or a task can be lost."""

from enum import StrEnum

from google.api_core import exceptions


class Loss(StrEnum):
    REQUEST = "the request is lost, and sent again"
    REPLY = "it is done, its reply is lost, and it is sent again"
    SILENCE = "it is done, and nobody ever hears of it"


ERRORS: dict[Loss, type[exceptions.GoogleAPICallError]] = {
    Loss.REQUEST: exceptions.ServiceUnavailable,
    Loss.REPLY: exceptions.ServiceUnavailable,
    Loss.SILENCE: exceptions.DeadlineExceeded,
}
