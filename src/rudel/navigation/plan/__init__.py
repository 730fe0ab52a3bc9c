"""Ways over the map: a route to a goal, what can be reached, where to explore next, the way home, rounds."""

from rudel.navigation.plan.frontiers import Frontier, frontiers
from rudel.navigation.plan.ground import PlanSpec
from rudel.navigation.plan.planner import Planner
from rudel.navigation.plan.reach import Home, distance_field, reachable
from rudel.navigation.plan.rounds import RouteGraph
from rudel.navigation.plan.watch import blocked_ahead_m, still_free

__all__ = [
    "Frontier",
    "Home",
    "PlanSpec",
    "Planner",
    "RouteGraph",
    "blocked_ahead_m",
    "distance_field",
    "frontiers",
    "reachable",
    "still_free",
]
