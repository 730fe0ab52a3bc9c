"""The conformance suite of the Driver protocol: one set of laws for simulated and real drivers.

``check_driver(make_driver, spec)`` runs every check on a fresh driver and raises AssertionError with a text that names
the broken law. On a real robot hang it up first: the checks send targets at the edge of what is allowed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from rudel.core.errors import BadInput, GiveUp, Retry
from rudel.core.types import JointTargets, RobotState
from rudel.robots.driver import Driver
from rudel.robots.limits import pd_torque
from rudel.robots.spec import RobotSpec

MakeDriver = Callable[[], Driver]
_MAX_RETRIES = 100
_TORQUE_SLACK = 1.1  # a driver limits at a state a little newer than the one this suite has read


def check_driver(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """Run all checks; ``make_driver`` returns a new driver for ``spec``, not yet entered, on each call.

    Raises:
        AssertionError: a law of rudel.robots.driver.Driver does not hold; the message says which and what was seen.
    """
    checks = [check_before_connect, check_stop_before_connect, check_state, check_leaving]
    if make_driver().capabilities.joint_control:
        checks += [check_limits, check_refusals, check_stop, check_watchdog, check_exception]
    else:
        checks += [check_no_joint_control]
    for check in checks:
        try:
            check(make_driver, spec)
        except AssertionError:
            raise
        except Exception as error:
            law = (check.__doc__ or check.__name__).splitlines()[0]
            raise AssertionError(f"{law} Here it raised {type(error).__name__}: {error}") from error


def check_before_connect(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """Facts are known, and nothing else works, before entering."""
    driver = make_driver()
    _require(driver.spec.name == spec.name, f"driver.spec is {driver.spec.name!r}, expected {spec.name!r}")
    rate_hz = driver.capabilities.rate_hz
    _require(rate_hz > 0, f"capabilities.rate_hz must be > 0, is {rate_hz}")
    _require(driver.period_s >= 1 / rate_hz - 1e-9, f"period_s {driver.period_s} is shorter than 1 / {rate_hz} Hz")
    _require(
        driver.command_timeout_s > driver.period_s,
        f"command_timeout_s {driver.command_timeout_s} is no longer than period_s {driver.period_s}",
    )
    _raises(GiveUp, lambda: driver.read(), "read before entering")
    _raises(GiveUp, lambda: driver.send(_hold(spec)), "send before entering")


def check_state(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """States have the robot's shapes, sane values, and a time that runs with the clock and never back."""
    with make_driver() as driver:
        _require_damping(driver, "after entering, before the first send")
        first = _read(driver)
        for name in ("q", "dq", "tau"):
            shape, n = getattr(first, name).shape, len(spec.joints)
            _require(shape == (n,), f"state.{name} has shape {shape}, the robot {n} joints")
        _require(first.contact.shape == (len(spec.feet),), f"state.contact has shape {first.contact.shape}")
        for field in dataclasses.fields(first):
            _require(bool(np.isfinite(getattr(first, field.name)).all()), f"state.{field.name} is not finite")
        norm = float(np.linalg.norm(first.quat))
        _require(abs(norm - 1) < 1e-3, f"state.quat has norm {norm}, must be 1")
        again = _read(driver)
        _require(again.time_s >= first.time_s, f"time runs back: {first.time_s} then {again.time_s}")
        _wait(driver, 2 * driver.period_s)
        later = _read(driver)
        _require(later.time_s > again.time_s, f"time stands still over two periods at {later.time_s}")


def check_limits(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """``send`` returns what was sent: the targets where they are allowed, else limited ones; never more torque."""
    lower, upper = spec.joint_range_rad.T
    zero = np.zeros(len(spec.joints))
    with make_driver() as driver:
        state = _read(driver)
        mild = JointTargets.hold(np.clip(state.q, lower, upper), 0.0, 0.1)
        sent = driver.send(mild)
        _require(np.allclose(sent.kd, mild.kd), "targets within limits came back from send changed")
        _require(np.allclose(driver.active.q, sent.q), "driver.active is not what send returned")
        for what, q in (("above", upper + 1.0), ("below", lower - 1.0)):
            _wait(driver, driver.period_s)
            state = _read(driver)
            sent = driver.send(JointTargets(q, zero, zero, 10 * spec.effort_nm, np.full_like(q, -1.0)))
            inside = (sent.q >= lower - 1e-9) & (sent.q <= upper + 1e-9)
            _require(bool(inside.all()), f"send passed q {what} the joint limits: {sent.q[~inside]} rad")
            _require(bool((sent.kp >= 0).all() and (sent.kd >= 0).all()), "send passed negative gains")
            share = np.abs(pd_torque(sent, state)) / spec.effort_nm
            _require(
                bool((share <= _TORQUE_SLACK).all()),
                f"send passed {share.max():.2f} times the torque limit of {spec.joints[int(share.argmax())]}",
            )


def check_refusals(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """NaN and wrong sizes are refused and leave no trace."""
    good = _hold(spec)
    with make_driver() as driver:
        _read(driver)
        for name in ("q", "dq", "tau", "kp", "kd"):
            value = getattr(good, name).copy()
            value[0] = np.nan
            broken = dataclasses.replace(good, **{name: value})
            _raises(BadInput, lambda broken=broken: driver.send(broken), f"NaN in targets.{name}")
            _require_damping(driver, f"after NaN in targets.{name} was refused")
        wrong = JointTargets.damping(len(spec.joints) + 1, 1.0)
        _raises(BadInput, lambda: driver.send(wrong), "targets of a wrong size")


def check_stop(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """Stop means damping, latches, and is cleared by entering anew."""
    driver = make_driver()
    with driver:
        _read(driver)
        driver.send(_hold(spec))
        driver.stop()
        _require_damping(driver, "after stop")
        _raises(GiveUp, lambda: driver.send(_hold(spec)), "send after stop")
        _require_damping(driver, "after a send that came after stop")
        driver.stop()
        _read(driver)
    with driver:
        _read(driver)
        sent = driver.send(_hold(spec))
        _require(bool((sent.kp > 0).any()), "after stop, leaving and entering anew the robot takes no stiffness")


def check_watchdog(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """No send for ``command_timeout_s``: damping; before that the targets hold; the next send moves the robot again."""
    with make_driver() as driver:
        _read(driver)
        driver.send(_hold(spec))
        _wait(driver, driver.command_timeout_s / 4)
        _read(driver)
        _require(bool((driver.active.kp > 0).any()), "targets were dropped at a quarter of command_timeout_s")
        _wait(driver, driver.command_timeout_s + 2 * driver.period_s)
        _read(driver)
        _require_damping(driver, f"after {driver.command_timeout_s} s (command_timeout_s) without a send")
        driver.send(_hold(spec))
        _require(bool((driver.active.kp > 0).any()), "after the watchdog a fresh send does not move the robot")


def check_leaving(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """After leaving: damping, nothing works; entering anew does."""
    driver = make_driver()
    with driver:
        _read(driver)
        if driver.capabilities.joint_control:
            driver.send(_hold(spec))
    _require_damping(driver, "after leaving")
    _raises(GiveUp, lambda: driver.read(), "read after leaving")
    _raises(GiveUp, lambda: driver.send(_hold(spec)), "send after leaving")
    driver.stop()
    with driver:
        _require_damping(driver, "after entering anew")
        _read(driver)


def check_exception(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """An error inside the block leaves the robot in damping and is not swallowed."""
    driver = make_driver()

    def crash() -> None:
        with driver:
            _read(driver)
            driver.send(_hold(spec))
            raise ZeroDivisionError

    _raises(ZeroDivisionError, crash, "an error inside the with block")
    _require_damping(driver, "after an error inside the with block")


def check_stop_before_connect(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """Stop never raises, not even before entering."""
    driver = make_driver()
    driver.stop()
    driver.stop()


def check_no_joint_control(make_driver: MakeDriver, spec: RobotSpec) -> None:
    """A driver without joint control says so by GiveUp."""
    with make_driver() as driver:
        _raises(GiveUp, lambda: driver.send(_hold(spec)), "send without joint control")


def _hold(spec: RobotSpec) -> JointTargets:
    return JointTargets.hold(spec.default_pose, spec.kp, spec.kd)


def _wait(driver: Driver, duration_s: float) -> None:
    driver.clock.sleep_until(driver.clock.now_s() + duration_s)


def _read(driver: Driver) -> RobotState:
    """The next state; a driver may ask for patience, but not for ever."""
    for _ in range(_MAX_RETRIES):
        try:
            return driver.read()
        except Retry:
            _wait(driver, driver.period_s)
    raise AssertionError(f"read raised Retry {_MAX_RETRIES} times in a row")


def _require(condition: bool, law: str) -> None:
    if not condition:
        raise AssertionError(law)


def _require_damping(driver: Driver, when: str) -> None:
    targets = driver.active
    limp = not targets.kp.any() and not targets.tau.any() and not targets.dq.any() and bool((targets.kd > 0).all())
    _require(limp, f"{when} the robot is not in damping: kp {targets.kp}, kd {targets.kd}, tau {targets.tau}")


def _raises(kind: type[Exception], call: Callable[[], object], what: str) -> None:
    try:
        call()
    except kind:
        return
    except Exception as error:
        raise AssertionError(f"{what} must raise {kind.__name__}, raised {type(error).__name__}: {error}") from error
    raise AssertionError(f"{what} must raise {kind.__name__}, raised nothing")
