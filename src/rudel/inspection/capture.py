"""How to get a picture that is worth looking at: where to stand, where to aim, what to wait for (see the parts).

``stand`` says where to go and how exactly; a ``Shot`` then is stepped with the time, the pose and the readings until it
hands over a ``Capture`` or says why there is none. ``Rig`` holds the numbers about the robot's sensors.
"""

from rudel.inspection._scans import in_base
from rudel.inspection.aiming import LOOKS, MAX_DISTANCE_M, Aim, Look, Stand, aim, distance, facing, look_of, stand
from rudel.inspection.rig import SENSES, HeadLimits, Mounted, Rig, Where
from rudel.inspection.shot import Failure, Patience, Shot, Step

__all__ = [
    "LOOKS",
    "MAX_DISTANCE_M",
    "SENSES",
    "Aim",
    "Failure",
    "HeadLimits",
    "Look",
    "Mounted",
    "Patience",
    "Rig",
    "Shot",
    "Stand",
    "Step",
    "Where",
    "aim",
    "distance",
    "facing",
    "in_base",
    "look_of",
    "stand",
]
