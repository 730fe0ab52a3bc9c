"""All of an environment that changes from step to step, for checkpoints; the physics has a state of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rudel.locomotion.env import LocomotionEnv

ARRAYS = (
    "steps", "until_command", "command", "stepping", "phase", "action", "last_action", "older_action", "targets",
    "tracking_error", "heading_error", "followed", "steered", "shift", "apex", "tilt", "unrest", "felt", "bent",
    "spun", "yaw", "leg_velocity", "read_gyro", "read_q", "read_dq",
)  # fmt: skip
PARTS = ("curriculum", "history")  # with a state of their own, where an environment has them


def save(env: LocomotionEnv) -> dict[str, Any]:
    """Arrays by name."""
    arrays: dict[str, Any] = {name: getattr(env, name).copy() for name in ARRAYS}
    for name in PARTS:
        part = getattr(env, name)
        if part is not None:
            arrays |= {f"{name}.{k}": v for k, v in part.state().items()}
    return arrays


def restore(env: LocomotionEnv, state: Mapping[str, Any]) -> None:
    """Continue from what :func:`save` returned."""
    for name in ARRAYS:
        getattr(env, name)[...] = state[name]
    for name in PARTS:
        part = getattr(env, name)
        if part is not None:
            part.restore({k.removeprefix(f"{name}."): v for k, v in state.items() if k.startswith(f"{name}.")})
