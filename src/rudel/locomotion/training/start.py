"""Where a training starts that goes on from what was learnt before: another run, or a policy file."""

from __future__ import annotations

from pathlib import Path

from rudel.core.errors import BadInput
from rudel.locomotion.training import checkpoint, from_policy
from rudel.locomotion.training.trainer import Trainer
from rudel.locomotion.training.widen import widen


def start_from(trainer: Trainer, path: Path) -> bool:
    """Take over what another run (a folder) or a policy (FILE.onnx) has learnt.

    The settings may have been others, the observation shorter.

    Returns:
        whether the robots go on where they were, too, or there were none.

    Raises:
        BadInput: it cannot be read, or does not fit.
    """
    if path.suffix == ".onnx":
        from_policy.begin(trainer, path)
        return True
    path /= "checkpoint.npz"
    try:
        state, identity = checkpoint.load_any(path, {})
        return trainer.take_over(widen(state, identity["config"], trainer.config, trainer.ppo.hidden))
    except (KeyError, ValueError) as error:
        raise BadInput(
            f"checkpoint {path} does not fit this robot, observation and networks ({error}). The policy beside it may: "
            "--start-from FILE.onnx takes its actor, and learns a critic anew"
        ) from error
