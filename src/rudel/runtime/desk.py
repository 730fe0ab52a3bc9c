"""Where orders are laid down and picked up: from any thread, the newest counts, with who gave it and when."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from rudel.navigation.pilot.order import Order
from rudel.runtime.lease import Grant, Lease, NotHolder


@dataclass(frozen=True)
class Given:
    """An order, when it was given on the loop's clock [s] (-inf: never), and by whom."""

    order: Order = field(default_factory=Order)
    heard_s: float = -float("inf")
    grant: Grant | None = None


class Desk:
    """Of one robot. The loop only ever picks up: it does not wait for whoever lays down.

    Args:
        lease: whose holder's orders count.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._lock = threading.Lock()
        self._given = Given()

    def give(self, order: Order, grant: Grant, now_s: float) -> None:
        """A new order; it is a heartbeat, too.

        Raises:
            NotHolder: the grant is not the one that counts; the order is not taken.
        """
        self._lease.renew(grant, now_s)
        with self._lock:
            before = self._given.grant
            if before is not None and before.number > grant.number:
                raise NotHolder(f"{grant.holder!r} was just replaced by {before.holder!r}")
            self._given = Given(order, max(now_s, self._given.heard_s), grant)

    def beat(self, grant: Grant, now_s: float) -> None:
        """A heartbeat without a new order: the last one of this holder stays good."""
        self._lease.renew(grant, now_s)
        with self._lock:
            given = self._given
            if given.grant == grant:
                self._given = Given(given.order, max(now_s, given.heard_s), grant)

    @property
    def newest(self) -> Given:
        """The last order that was taken."""
        return self._given
