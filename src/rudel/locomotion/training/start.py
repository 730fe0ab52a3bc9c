"""Where a training starts that goes on from what was learnt before: another run, or a policy file."""

from __future__ import annotations

from pathlib import Path

from rudel.core.errors import BadInput
from rudel.locomotion.training import checkpoint, from_policy
from rudel.locomotion.training.trainer import Trainer


def start_from(trainer: Trainer, path: Path) -> bool:
    """Take over what another run (a folder) or a policy (FILE.onnx) has learnt; its settings may have been others.

    A run brings its critic, and its robots where they fit, so that both must be told the same. A policy brings its
    actor alone, and may have been told less.

    Returns:
        whether the robots go on where they were, too, or there were none.

    Raises:
        BadInput: it cannot be read, or does not fit.
    """
    if not path.is_dir():
        from_policy.begin(trainer, path)
        return True
    path /= "checkpoint.npz"
    try:
        return trainer.take_over(checkpoint.load(path, {}))
    except (KeyError, ValueError) as error:
        raise BadInput(
            f"checkpoint {path} does not fit this robot, observation and networks ({error}). The policy beside it may: "
            "--start-from FILE.onnx takes its actor, and learns a critic anew"
        ) from error
