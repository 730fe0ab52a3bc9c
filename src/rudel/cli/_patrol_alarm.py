"""Alarms of a round, sent to a receiver as they come; what cannot be delivered waits on the disk for the next round."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from rudel.core.errors import BadInput
from rudel.core.findings import Finding
from rudel.core.types import Event
from rudel.recording.webhooks import Webhook, alarm_of

SECRET = "RUDEL_WEBHOOK_SECRET"  # environment variable
FILE = "alarms.sqlite"
LOUD = ("major", "critical")
GRACE_S = 5.0  # for what is still on its way when a round has ended

Alarm = Callable[[Finding], None]


@contextlib.contextmanager
def alarms(
    url: str | None, parent: Path, insecure: bool, about: tuple[str, str, str], report: Callable[[Event], None]
) -> Iterator[Alarm]:
    """A function to give findings to; it never waits.

    Args:
        url: of the receiver; None: nobody is told.
        parent: of the rounds, where undelivered alarms wait.
        insecure: allow plain http and this machine.
        about: round, mission, robot.
        report: told when an alarm was given up.

    Raises:
        BadInput: no secret in the environment, or an address that is not allowed.
    """
    if url is None:
        yield lambda finding: None
        return
    secret = os.environ.get(SECRET)
    if not secret:
        raise BadInput(f"--webhook needs a secret that both sides know, in the environment variable {SECRET}")
    hook = Webhook(
        url,
        secret,
        parent / FILE,
        rng=np.random.default_rng(),  # of waits between tries, which decide nothing else
        plain_http=insecure,
        loopback=insecure,
        report=report,
    )
    name, mission, robot = about
    with hook:

        def alarm(finding: Finding) -> None:
            if finding.severity in LOUD:
                hook.send(alarm_of(name, mission, robot, finding, simulated=True))

        yield alarm
        hook.flush(GRACE_S)
