"""Teaching by keys: steer the robot in a window while it localises, and keep the way."""

from __future__ import annotations

from rudel.cli import _keyboard, _window
from rudel.cli._stack import Moment
from rudel.cli._stack_ride import Wanted
from rudel.cli._stack_world import Site
from rudel.core.errors import BadInput
from rudel.navigation.pilot import PilotAside, Teacher
from rudel.sim.live import LiveSim


def check() -> None:
    """BadInput where no window can be opened."""
    reason = _window.missing()
    if reason:
        raise BadInput(f"--keys: {reason}. Give the stops with --to X,Y instead")


def wanted(site: Site, teacher: Teacher) -> Wanted:
    """Steering by keys until the window is closed; R teaches a stop."""
    keyboard = _keyboard.Keyboard(site.walk.contract.max_twist)
    windows: list[_window.Window] = []
    closed: list[bool] = []

    def begin(pilot: PilotAside) -> None:
        pilot.by_hand(lambda: keyboard.twist, lambda: not windows[0].open)

    def look(moment: Moment) -> None:
        if moment.estimate is not None:
            teacher.note(moment.estimate)
            if keyboard.take_reset():
                teacher.stop_here()
        if moment.pilot.outcome is None:
            windows[0].show("teaching: R teaches a stop, ESC ends", moment.order.twist)
        elif not closed:
            windows[0].__exit__()
            closed.append(True)

    def dress(live: LiveSim) -> None:
        windows.append(_window.Window(live, keyboard))

    return Wanted("teach", begin, look=look, dress=dress, arrives=False)
