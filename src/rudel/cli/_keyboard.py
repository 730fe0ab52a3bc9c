"""Keys of the window, and the command that they have made so far."""

from __future__ import annotations

from rudel.core.types import Twist

HELP = (
    ("W / S, up / down", "faster forward / backward"),
    ("A / D, left / right", "faster to the left / right"),
    ("Q / E", "turn left / right"),
    ("space", "walk on the spot"),
    ("1 / 2 / 3", "sit down / stand / walk"),
    ("X", "stop: come to rest, sit down, go limp"),
    ("R", "begin again at the start"),
    ("ESC", "quit"),
)
PRESSES_TO_MAX = 4  # so many presses go from rest to the largest command
# GLFW's codes: letters are their capitals' ASCII codes
_STEPS = {
    **dict.fromkeys((ord("W"), 265), (0, 1)),
    **dict.fromkeys((ord("S"), 264), (0, -1)),
    **dict.fromkeys((ord("A"), 263), (1, 1)),
    **dict.fromkeys((ord("D"), 262), (1, -1)),
    ord("Q"): (2, 1),
    ord("E"): (2, -1),
}
_WORDS = {ord("1"): "sit", ord("2"): "stand", ord("3"): "walk", ord("X"): "stop"}
_SPACE, _RESET, _ESCAPE = ord(" "), ord("R"), 256


class Keyboard:
    """Collects key presses; ``press`` comes from the window's thread, the rest is read by the control loop.

    Attributes:
        quit: ESC was pressed.
    """

    def __init__(self, max_twist: tuple[float, float, float]) -> None:
        self.max_twist, self.quit = max_twist, False
        self._presses = [0, 0, 0]
        self._reset = False
        self._word: str | None = None

    def press(self, key: int) -> None:
        """One press (or repetition) of the key with GLFW's code ``key``; other keys do nothing."""
        if key in _STEPS:
            axis, sign = _STEPS[key]
            self._presses[axis] = min(PRESSES_TO_MAX, max(-PRESSES_TO_MAX, self._presses[axis] + sign))
        elif key == _SPACE:
            self._presses = [0, 0, 0]
        elif key in _WORDS:
            self._presses = [0, 0, 0]  # a robot that is to walk again starts at rest
            # between two periods, a stop is not overtaken by what was pressed after it
            self._word = "stop" if self._word == "stop" else _WORDS[key]
        elif key == _RESET:
            self._presses, self._reset, self._word = [0, 0, 0], True, None
        elif key == _ESCAPE:
            self.quit = True

    @property
    def twist(self) -> Twist:
        """The command that the presses add up to."""
        return Twist(*(n / PRESSES_TO_MAX * top for n, top in zip(self._presses, self.max_twist, strict=True)))

    def take_reset(self) -> bool:
        """Was R pressed since the last call?"""
        wanted, self._reset = self._reset, False
        return wanted

    def take_word(self) -> str | None:
        """What was asked for since the last call: "sit", "stand", "walk", "stop", or None."""
        word, self._word = self._word, None
        return word
