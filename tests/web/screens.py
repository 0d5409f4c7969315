"""Every screen of the page, and how a member comes to it: what is looked at for accessibility, and drawn for people.

Another view has a line in one of these lists.
"""

from tests.web.aside_screens import ASIDE
from tests.web.console_screens import CONSOLE
from tests.web.home_screens import HOME
from tests.web.plan_screens import PLANS
from tests.web.team_screens import TEAM

SCREENS = [*HOME, *ASIDE, *PLANS, *TEAM, *CONSOLE]
