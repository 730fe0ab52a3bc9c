"""Physics settings, with the reasons for their defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SimOptions:
    """How the physics is integrated.

    Attributes:
        solver: "newton" (exact) or "pgs" with ``iterations`` sweeps.
        iterations: limit of solver iterations.
        substep_s: largest physics step [s]; the control period is split into equal steps no longer than this.
        integrator: "implicitfast" (default), "discrete" or "euler"; at 10 ms the first is the fastest and as close to
            0.5 ms steps as any (docs/decisions/0002-physics-for-training.md).
        cone: "pyramidal" (fast) or "elliptic" (reference).
        tolerance: at which the solver stops.
        armature: False removes the rotor inertia (a check against physics that a policy was not trained on).
        bare: True leaves out the geoms that can touch nothing (what the robot looks like).
        body_contacts: True lets hips, thighs, shanks and torso touch the world, not only the feet.
        shank_contacts: True lets the bodies that carry the feet, and the torso, touch the world: what meets a step. It
            costs a fifth of the speed over 500 boxes, where all of body_contacts costs a half.
        self_contacts: True lets the bodies that carry the feet touch the torso and all other legs' bodies: who walks
            keeps its legs apart, who rolls on the ground would put them through itself.
    """

    substep_s: float = 0.01
    integrator: str = "implicitfast"
    cone: str = "pyramidal"
    tolerance: float = 1e-4
    solver: str = "newton"
    iterations: int = 100
    armature: bool = True
    bare: bool = False
    body_contacts: bool = False
    shank_contacts: bool = False
    self_contacts: bool = False

    def substeps(self, period_s: float) -> int:
        """Number of equal physics steps in one control period."""
        return max(1, -int(-(period_s - 1e-9) // self.substep_s))


def training_options() -> SimOptions:
    """Largest steps that still agree with fine ones; feet are the only contacts."""
    return SimOptions(solver="pgs", iterations=8, bare=True)


def evaluation_options() -> SimOptions:
    """Finer steps than training, so that a policy is not judged on the integration error it was trained with."""
    return SimOptions(substep_s=0.005, bare=True)


def reference_options() -> SimOptions:
    """1 ms steps, elliptic cones, no armature: physics that no policy was trained on."""
    return SimOptions(substep_s=0.001, cone="elliptic", tolerance=1e-8, armature=False, bare=True)
