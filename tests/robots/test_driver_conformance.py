"""The suite passes a good driver and catches each broken one by the law that it breaks."""

from __future__ import annotations

import dataclasses

import pytest

from rudel import robots
from rudel.core.errors import GiveUp, Retry
from rudel.core.types import JointTargets, RobotState
from rudel.robots.conformance import check_driver
from rudel.robots.driver import Driver
from tests.robots.broken_drivers import BROKEN
from tests.robots.fake_driver import FakeDriver

SPEC = robots.load("lite3")


class OnlyHighLevel(FakeDriver):
    """Cannot drive joints, and says so."""

    capabilities = dataclasses.replace(FakeDriver.capabilities, joint_control=False)

    def send(self, targets: JointTargets) -> JointTargets:
        raise GiveUp("this robot takes velocities, not joint targets")


class Patience(FakeDriver):
    """A good driver whose packets come late now and then."""

    reads = 0

    def read(self) -> RobotState:
        self.reads += self.connected
        if self.reads % 2:
            raise Retry("no packet yet")
        return super().read()


@pytest.mark.parametrize("name", robots.names())
@pytest.mark.parametrize("make", [FakeDriver, OnlyHighLevel])
def test_a_good_driver_passes(name: str, make: type[FakeDriver]) -> None:
    spec = robots.load(name)
    driver: Driver = make(spec)  # the type checker compares it with the protocol here
    assert driver.spec is spec
    check_driver(lambda: make(spec), spec)


def test_a_driver_may_ask_for_patience() -> None:
    check_driver(lambda: Patience(SPEC), SPEC)


@pytest.mark.parametrize("make", BROKEN, ids=lambda make: make.__name__)
def test_a_broken_driver_is_caught(make: type[FakeDriver]) -> None:
    with pytest.raises(AssertionError, match=BROKEN[make]):
        check_driver(lambda: make(SPEC), SPEC)
