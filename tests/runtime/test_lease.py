"""Never two holders, whatever happens in which order; and never a silent one."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rudel.core.errors import BadInput
from rudel.core.types import Event
from rudel.runtime.lease import Grant, Held, Lease, NotHolder

TIMEOUT_S = 3.0
NAMES = st.sampled_from(("mission", "anna", "bo"))


class Life(RuleBasedStateMachine):
    """A lease beside the plainest model of one: who was granted last, and when that one was last heard."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.lease = Lease(TIMEOUT_S, self.events.append)
        self.grants: list[Grant] = []
        self.holder: Grant | None = None
        self.heard_s = self.now_s = 0.0

    def alive(self) -> Grant | None:
        return self.holder if self.holder is not None and self.now_s < self.heard_s + TIMEOUT_S else None

    @rule(seconds=st.sampled_from((0.1, 1.0, 2.9, 3.0, 10.0)))
    def wait(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(name=NAMES)
    def acquire(self, name: str) -> None:
        free = self.alive() is None
        try:
            self._granted(self.lease.acquire(name, self.now_s))
        except Held:
            assert not free
        else:
            assert free

    @rule(name=NAMES)
    def take(self, name: str) -> None:
        before = self.alive()
        self._granted(self.lease.take(name, self.now_s, "test"))
        said = self.events[-1]
        assert (said.kind, said.data["before"]) == ("lease_taken", before.holder if before else "")

    @rule(pick=st.integers(0, 50), what=st.sampled_from(("renew", "release")))
    def use(self, pick: int, what: str) -> None:
        if not self.grants:
            return
        grant, alive = self.grants[pick % len(self.grants)], self.alive()
        try:
            getattr(self.lease, what)(grant, self.now_s)
        except NotHolder:
            assert grant is not alive
        else:
            assert grant is alive
            self.heard_s = self.now_s
            self.holder = grant if what == "renew" else None

    def _granted(self, grant: Grant) -> None:
        assert all(grant.number > other.number for other in self.grants)
        self.grants.append(grant)
        self.holder, self.heard_s = grant, self.now_s

    @invariant()
    def at_most_one_holds_it(self) -> None:
        owners = [grant for grant in self.grants if self.lease.owns(grant, self.now_s)]
        alive = self.alive()
        assert owners == ([alive] if alive else [])
        assert self.lease.holder(self.now_s) == (alive.holder if alive else None)

    @invariant()
    def events_tell_of_one_holder_after_the_other(self) -> None:
        held = None
        for event in self.events:
            if event.kind == "lease_acquired":
                assert held is None
            if event.kind in ("lease_released", "lease_expired"):
                assert held == event.data["number"]
                held = None
            else:
                held = event.data["number"]


TestLease = Life.TestCase
TestLease.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_heartbeat_in_time_keeps_it_and_two_may_be_lost() -> None:
    lease = Lease(TIMEOUT_S)
    grant = lease.acquire("anna", 0.0)
    assert grant.heartbeat_s == lease.heartbeat_s == 1.0
    for k in range(1, 20):
        lease.renew(grant, k * 2.9)
    with pytest.raises(NotHolder, match="acquire it anew"):
        lease.renew(grant, 19 * 2.9 + 3.0)


def test_many_threads_at_once_get_one_grant() -> None:
    lease, granted, gate = Lease(), list[Grant](), threading.Barrier(8)

    def ask(name: str) -> None:
        gate.wait()
        try:
            granted.append(lease.acquire(name, 1.0))
        except Held:
            return

    threads = [threading.Thread(target=ask, args=(f"client {k}",)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 1
    assert lease.holder(1.0) == granted[0].holder


def test_the_same_name_is_not_the_same_client() -> None:
    lease = Lease()
    lease.acquire("anna", 0.0)
    with pytest.raises(Held, match=r"for 3\.0 s or longer"):
        lease.acquire("anna", 0.0)


def test_time_that_runs_back_revives_nobody_and_costs_nobody() -> None:
    lease = Lease(TIMEOUT_S)
    grant = lease.acquire("anna", 0.0)
    lease.renew(grant, 2.0)
    lease.renew(grant, 0.5)  # a heartbeat that another thread stamped earlier
    assert lease.holder(4.9) == "anna"
    assert lease.holder(5.0) is None
    assert not lease.owns(grant, 0.0)
    with pytest.raises(NotHolder):
        lease.renew(grant, 0.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda lease: lease.acquire("", 0.0),
        lambda lease: lease.take("anna", 0.0, " "),
        lambda lease: lease.acquire("anna", math.nan),
        lambda lease: Lease(0.0),
    ],
)
def test_what_cannot_be_is_refused(call: Callable[[Lease], object]) -> None:
    with pytest.raises(BadInput):
        call(Lease())
