"""Shape of the reference trot, in plain numbers so that it fits into a policy file."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rudel.core.errors import BadInput


@dataclass(frozen=True)
class GaitParams:
    """Shape of the reference trot.

    Attributes:
        frequency_hz: steps of one leg per second.
        duty: share of a cycle that a foot spends on the ground.
        swing_height_m: apex of a foot over its stance height.
        swing_peak: when in its swing a foot is at the apex, in (0, 1): early, and a toe is up before it meets a riser.
        swing_hold: share of the swing for which it stays there, less than 1 - swing_peak.
        swing_wait: share of the swing, at its beginning and again at its end, in which a foot goes up or down over the
            same spot of the ground; less than a half.
        load_kp: stiffness by which the leg's load is turned into a position offset [N m/rad]; 0 switches it off.
        load_ramp: share of the stance over which a foot takes up its load, and gives it back, in (0, 0.5].
        load_measured: where the lever arms for that come from: 0 the reference, 1 the measured joints, or between.
            A foot that lags behind its reference is pushed further back by the load of where it should be.
        load_tilt: how far the load of the feet is along gravity (1) rather than along the body's z axis (0), when the
            body is tilted: uphill, legs then carry the weight's share along the slope before they are pushed back.
        weight_n: weight of the robot [N].
        stance_lead: share of the joints' damping that feet on the ground make up for, by targets that run ahead.
        damping_s: kd over kp, the time by which a joint lags behind a target that moves steadily [s].
        upright: how far feet stay below their hips along gravity (1) rather than along the body's z axis (0), when
            the body is tilted: uphill and downhill, and after a shove.
        upright_s: time constant of that [s].
        upright_rest_s: the same while standing, where feet that are soon below the body keep it from tipping over on a
            slope; 0: as while walking.
        body_level: share of the body's tilt that the legs' lengths take away.
        roll_level: so much more of it to the sides: a robot with its left feet on a kerb is narrow.
        load_roll: how far left and right feet carry by where gravity meets the ground between them (1), rather than
            alike (0), in which case the lower side gives way, and the tilt grows.
        steady: moment by which the feet on the ground brake the body, for each rad/s of its roll and pitch [N m s/rad];
            0 switches it off.
        steady_most: rate of roll and pitch together, beyond which that moment does not grow [rad/s]: more is no
            shaking but a shove or a fall, which is caught by steps.
        stroke_tilt: share of the body's tilt by which strokes are inclined to it. Above zero, a foot that goes ahead
            uphill is raised, as the ground there; below zero, it takes its load early and gives it back early.
        feet_under_com: how far stepping feet stand evenly about the centre of mass (1) rather than where the default
            pose has them (0), along x.
        stance_reach_m: most that a foot on the ground is sent ahead of, or behind, where it is, along x: a robot that
            is slower than its command then does not push ever harder until its feet slip; 0: any.
        brisk: how many times ``frequency_hz`` it steps on slopes (see :mod:`rudel.locomotion.brisk`); 1: as everywhere.
        brisk_reach_m: ``stance_reach_m`` there, going forwards and going backwards.
        brisk_stroke_tilt: ``stroke_tilt`` there.
        stumble: metres that the apex rises for every metre that a swinging foot hangs back more than it should, because
            something stands in its way (see :mod:`rudel.locomotion.stumble`); 0 switches it off.
        stumble_s: time constant with which the apex comes down again [s].
        stumble_lag_m, stumble_lag_s: how far a foot may hang back unhindered: so much, and so much more for every metre
            per second of its stroke.
        calm_swing_m: apex of the swing where no foot stumbles and the body was not tilted of late (``pace_tilt``), with
            ``stumble``; 0: the usual one.
        climb_reach_m: how much further ahead front feet step where the apex has risen and the nose is up (see
            :mod:`rudel.locomotion.climb`); 0: no further. The apex rises by ``stumble`` or by ``swing_rate_mps``.
        com_x_m: centre of mass ahead of the base origin [m].
        stroke_gain: foot stroke over the stroke that the command asks for (x, y, yaw).
        gate_mps: commands below this norm (m/s, rad/s) shrink the gait to standing still.
        standing_authority: share of a policy's action that counts at rest, where the reference already stands and the
            action is mostly its answer to sensor noise; it rises to 1 with the gait.
        swing_rate_mps: speed at which one unit of the policy's last action raises the apex; 0: the apex is constant,
            and the policy has no such action.
        swing_range_m: lowest and highest apex that the policy may choose, and the highest that stumbling leads to.
        lean: how far the feet move against the acceleration that the command asks for, as a share of what balances it
            (see :mod:`rudel.locomotion.lean`); 0 switches it off.
        lean_s: time constant of that [s].
        capture_s: metres that the feet move ahead for every metre per second by which the body is too fast (see
            :mod:`rudel.locomotion.capture`); 0 switches it off.
        capture_mps: excess of speed that walking alone makes, and that is not answered.
        capture_most_m: furthest that the feet are moved by it.
        legs_s: time constant of the speed that the legs tell [s].
        pace: share of the command that is followed on rough ground (see :mod:`rudel.locomotion.caution`); 1: all of it.
        pace_tilt: tilt of the body, as a tangent, at which that begins, and at which no more is taken away.
        pace_s: time constant with which a tilt is forgotten [s].
        rest_tilt: tilt, as a tangent, beyond which a robot that is told to stand steps on the spot; 0: it never does.
    """

    frequency_hz: float = 2.0
    duty: float = 0.5
    swing_height_m: float = 0.06
    load_kp: float = 30.0
    load_ramp: float = 0.15
    weight_n: float = 0.0
    com_x_m: float = 0.0
    stroke_gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gate_mps: float = 0.1
    standing_authority: float = 1.0
    lean: float = 0.0
    lean_s: float = 0.1
    swing_peak: float = 0.5
    swing_hold: float = 0.0
    swing_wait: float = 0.0
    load_measured: float = 0.0
    load_tilt: float = 0.0
    stance_lead: float = 0.0
    damping_s: float = 0.0
    upright: float = 0.0
    upright_s: float = 0.2
    body_level: float = 0.0
    roll_level: float = 0.0
    load_roll: float = 0.0
    steady: float = 0.0
    steady_most: float = 0.6
    swing_rate_mps: float = 0.0
    swing_range_m: tuple[float, float] = (0.03, 0.15)
    stroke_tilt: float = 0.0
    feet_under_com: float = 0.0
    stance_reach_m: float = 0.0
    brisk: float = 1.0
    brisk_reach_m: tuple[float, float] = (0.0, 0.0)
    brisk_stroke_tilt: float = 0.0
    stumble: float = 0.0
    stumble_s: float = 1.5
    stumble_lag_m: float = 0.02
    stumble_lag_s: float = 0.06
    calm_swing_m: float = 0.0
    climb_reach_m: float = 0.0
    upright_rest_s: float = 0.0
    capture_s: float = 0.0
    capture_mps: float = 0.3
    capture_most_m: float = 0.2
    legs_s: float = 0.06
    pace: float = 1.0
    pace_tilt: tuple[float, float] = (0.1, 0.25)
    pace_s: float = 1.5
    rest_tilt: float = 0.0

    @property
    def feels_tilt(self) -> bool:
        """Whether anything of the trot answers the body's tilt."""
        answers = (self.upright, self.body_level, self.roll_level, self.load_tilt, self.load_roll, self.stroke_tilt)
        return bool(self.climb_reach_m) or any(answers)

    @property
    def calm_apex_m(self) -> float:
        """Apex of the swing where all is calm, with which every robot begins."""
        return self.calm_swing_m or self.swing_height_m

    @property
    def brisk_hz(self) -> float:
        """Steps of one leg per second where the trot is as brisk as it gets."""
        return self.brisk * self.frequency_hz

    @property
    def feels_joints(self) -> bool:
        """Whether the trot answers where the joints are."""
        return bool(self.load_measured or self.stance_reach_m or self.load_roll or self.steady)

    @property
    def extra_actions(self) -> int:
        """What a policy decides besides the 12 joints."""
        return 1 if self.swing_rate_mps else 0

    def validate(self) -> None:
        """Raise BadInput naming the field that cannot be right."""
        for name in (
            "swing_height_m",
            "load_kp",
            "weight_n",
            "com_x_m",
            "lean",
            "stance_lead",
            "upright",
            "body_level",
            "roll_level",
            "load_tilt",
            "load_roll",
            "stroke_tilt",
            "feet_under_com",
            "brisk_stroke_tilt",
        ):
            if not math.isfinite(getattr(self, name)):
                raise BadInput(f"gait: {name} is not finite")
        for name in ("frequency_hz", "gate_mps", "stumble_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise BadInput(f"gait: {name} must be positive, is {getattr(self, name)}")
        not_negative = (
            "swing_rate_mps",
            "stance_reach_m",
            "stumble",
            "stumble_lag_m",
            "stumble_lag_s",
            "calm_swing_m",
            "climb_reach_m",
        )
        for name in (*not_negative, "capture_s", "capture_mps", "capture_most_m", "rest_tilt", "steady", "steady_most"):
            if not 0 <= getattr(self, name) < math.inf:
                raise BadInput(f"gait: {name} must be finite and not negative, is {getattr(self, name)}")
        if not 0 < self.pace <= 1:
            raise BadInput(f"gait: pace must lie in (0, 1], is {self.pace}")
        if len(self.pace_tilt) != 2 or not 0 <= self.pace_tilt[0] < self.pace_tilt[1] < math.inf:
            raise BadInput(f"gait: pace_tilt needs two rising tangents of a tilt, is {self.pace_tilt}")
        if len(self.brisk_reach_m) != 2 or not all(0 <= reach < math.inf for reach in self.brisk_reach_m):
            raise BadInput(f"gait: brisk_reach_m needs two reaches of at least 0 m, is {self.brisk_reach_m}")
        if not 1 <= self.brisk < math.inf:
            raise BadInput(f"gait: brisk must be finite and at least 1, is {self.brisk}")
        if self.brisk > 1 and self.stance_reach_m and not all(self.brisk_reach_m):
            raise BadInput(f"gait: brisk_reach_m must not be 0 beside a stance_reach_m, is {self.brisk_reach_m}")
        if self.calm_swing_m > self.swing_height_m:
            raise BadInput(
                f"gait: calm_swing_m must not lie above swing_height_m {self.swing_height_m}, is {self.calm_swing_m}"
            )
        if self.calm_swing_m and not self.stumble:
            raise BadInput(
                f"gait: calm_swing_m {self.calm_swing_m} needs feet that rise over what they run into: give it a "
                "stumble, or leave it out"
            )
        if self.climb_reach_m and not (self.stumble or self.swing_rate_mps):
            raise BadInput(
                f"gait: climb_reach_m {self.climb_reach_m} never counts where the apex cannot rise: give it a stumble "
                "(or a swing_rate_mps), or leave it out"
            )
        low_high = self.swing_range_m
        if len(low_high) != 2 or not 0 <= low_high[0] <= low_high[1] < math.inf:
            raise BadInput(f"gait: swing_range_m needs a lowest and a highest apex, is {low_high}")
        if not 0 < self.swing_peak < 1:
            raise BadInput(f"gait: swing_peak must lie between 0 and 1, is {self.swing_peak}")
        if not 0 <= self.swing_hold < 1 - self.swing_peak:
            raise BadInput(f"gait: swing_hold must lie between 0 and 1 - swing_peak, is {self.swing_hold}")
        if not 0 <= self.swing_wait < 0.5:
            raise BadInput(f"gait: swing_wait must lie between 0 and 0.5, is {self.swing_wait}")
        if not 0 <= self.load_measured <= 1:
            raise BadInput(f"gait: load_measured must lie between 0 and 1, is {self.load_measured}")
        if not 0 < self.duty < 1:
            raise BadInput(f"gait: duty must lie between 0 and 1, is {self.duty}")
        if not 0 <= self.standing_authority <= 1:
            raise BadInput(f"gait: standing_authority must lie between 0 and 1, is {self.standing_authority}")
        if not 0 < self.load_ramp <= 0.5:
            raise BadInput(f"gait: load_ramp must lie in (0, 0.5], is {self.load_ramp}")
        for name in ("lean_s", "upright_s", "upright_rest_s", "damping_s", "legs_s", "pace_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise BadInput(f"gait: {name} must be a time of at least 0 s, is {getattr(self, name)}")
        if self.load_kp < 0:
            raise BadInput(f"gait: load_kp must not be negative, is {self.load_kp}")
        if len(self.stroke_gain) != 3 or not all(map(math.isfinite, self.stroke_gain)):
            raise BadInput(f"gait: stroke_gain needs 3 finite numbers, is {self.stroke_gain}")
