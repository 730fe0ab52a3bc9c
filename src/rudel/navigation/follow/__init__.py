"""From an estimate, a route and the live costs to a twist: follow, notice being stuck, get out of it."""

from rudel.navigation.follow.follower import Follower, Step
from rudel.navigation.follow.limits import FollowLimits
from rudel.navigation.follow.marks import Marks
from rudel.navigation.follow.recovery import Ladder
from rudel.navigation.follow.stuck import Stuck, StuckLimits
from rudel.navigation.follow.track import Track
from rudel.navigation.follow.trail import Trail

__all__ = ["FollowLimits", "Follower", "Ladder", "Marks", "Step", "Stuck", "StuckLimits", "Track", "Trail"]
