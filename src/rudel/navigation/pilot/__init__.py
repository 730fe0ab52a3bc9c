"""The state machine that ties navigation together: goto, explore, teach and repeat. Readings in, orders out."""

from rudel.navigation.pilot.aside import PilotAside
from rudel.navigation.pilot.explore import Endurance, Explore
from rudel.navigation.pilot.health import Patience
from rudel.navigation.pilot.order import Goal, Order, Outcome
from rudel.navigation.pilot.pilot import Pilot
from rudel.navigation.pilot.rounds import Round, RoundPoint, Teacher
from rudel.navigation.pilot.surroundings import Surroundings
from rudel.navigation.pilot.tasks import Manual

__all__ = [
    "Endurance",
    "Explore",
    "Goal",
    "Manual",
    "Order",
    "Outcome",
    "Patience",
    "Pilot",
    "PilotAside",
    "Round",
    "RoundPoint",
    "Surroundings",
    "Teacher",
]
