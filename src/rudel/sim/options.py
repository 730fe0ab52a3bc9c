"""Physics settings, with the reasons for their defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SimOptions:
    """How the physics is integrated.

    Attributes:
        substep_s: largest physics step [s]; the control period is split into equal steps no longer than this.
        integrator: "discrete" solves contacts and joint gains in one effective inertia and is stable at 10 ms with the
            gains used here ("implicitfast" sinks into the ground at 10 ms: it solves contacts without the gains).
        cone: "pyramidal" (fast) or "elliptic" (reference).
        tolerance: Newton solver tolerance; 1e-4 costs two thirds of 1e-8 and changes a step by less than the contact model does.
        armature: False removes the rotor inertia (a check against physics that a policy was not trained on).
        body_contacts: True lets hips, thighs, shanks and torso touch the world, not only the feet.
    """

    substep_s: float = 0.01
    integrator: str = "discrete"
    cone: str = "pyramidal"
    tolerance: float = 1e-4
    armature: bool = True
    body_contacts: bool = False

    def substeps(self, period_s: float) -> int:
        """Number of equal physics steps in one control period."""
        return max(1, -int(-(period_s - 1e-9) // self.substep_s))


def training_options() -> SimOptions:
    """Largest steps that still agree with fine ones; feet are the only contacts."""
    return SimOptions()


def evaluation_options() -> SimOptions:
    """Finer steps than training, so that a policy is not judged on the integration error it was trained with."""
    return SimOptions(substep_s=0.005)


def reference_options() -> SimOptions:
    """1 ms steps, elliptic cones, no armature: physics that no policy was trained on."""
    return SimOptions(substep_s=0.001, integrator="implicitfast", cone="elliptic", tolerance=1e-8, armature=False)
