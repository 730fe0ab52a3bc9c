"""A language of reports: its words, and how it writes numbers, units, times and tables."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass

from rudel.core import discovery

PACKAGE = "rudel.recording.report.languages"
NO_BREAK, MINUS, DASH = "\u00a0", "\u2212", "\u2013"
UNITS = {
    "degC": "°C", "deg C": "°C", "degrees C": "°C", "C": "°C", "celsius": "°C", "Celsius": "°C", "K": "K",
    "percent": "%", "m3": "m³", "m3/h": "m³/h", "m2": "m²", "l/min": "l/min", "ohm": "Ω", "um": "µm",
}  # fmt: skip


@dataclass(frozen=True)
class Habits:
    """How numbers, dates and tables are written.

    Attributes:
        decimal, group: marks in numbers.
        percent: what follows a share.
        date, clock: formats with day, number (of the month), month, year; hour and minute.
        months: names for ``date``.
        zones: abbreviations of time zones that have a name of their own in the language.
        separator: of columns in tables that spreadsheets open in that language.
    """

    decimal: str
    group: str
    percent: str
    date: str
    clock: str
    months: tuple[str, ...]
    zones: Mapping[str, str]
    separator: str


@dataclass(frozen=True)
class Language:
    """Words and habits; made by :func:`load`."""

    code: str
    words: Mapping[str, str]
    habits: Habits

    def say(self, key: str, **values: object) -> str:
        """The words for ``key``; values are put in as they are, whatever they contain."""
        return self.words[key].format(**values)

    def count(self, key: str, n: int) -> str:
        """The words for ``key`` with a number: singular or plural."""
        return self.say(f"{key}.one" if n == 1 else f"{key}.other", n=self.number(n))

    def named(self, group: str, name: str) -> str:
        """The word for a name that programs use (a kind of finding, a status); unknown ones lose their underscores."""
        return self.words.get(f"{group}.{name}") or name.replace("_", " ")

    def number(self, value: float, decimals: int | None = None) -> str:
        """With ``decimals`` places; None: as many as four significant digits need. A dash for what is no number."""
        if not math.isfinite(value):
            return DASH
        if decimals is None:
            decimals = 0 if isinstance(value, int) else _places(value)
            text = f"{value:,.{decimals}f}"
            text = text.rstrip("0").rstrip(".") if "." in text else text
        else:
            text = f"{value:,.{decimals}f}"
        text = "0" if not text.strip("-0.,") and decimals == 0 else text
        if abs(value) < 10_000:
            text = text.replace(",", "")
        table = {",": self.habits.group, ".": self.habits.decimal, "-": MINUS}
        return "".join(table.get(sign, sign) for sign in text)

    def share(self, value: float) -> str:
        """0 to 1 as percent."""
        return self.number(100 * value, 0) + self.habits.percent if math.isfinite(value) else DASH

    def quantity(self, value: float, unit: str = "", std: float = math.nan) -> str:
        """A measured number with its unit, rounded to what its standard deviation allows, which follows it."""
        if not math.isfinite(value):
            return DASH
        if math.isfinite(std) and std > 0:
            decimals = _decimals(std)
            both = f"{self.number(value, decimals)}{NO_BREAK}±{NO_BREAK}{self.number(std, decimals)}"
            return both + self._tail(unit)
        return self.number(value) + self._tail(unit)

    def amount(self, value: float, unit: str = "", std: float = math.nan) -> str:
        """The same without the standard deviation."""
        if not (math.isfinite(value) and math.isfinite(std) and std > 0):
            return self.quantity(value, unit)
        return self.number(value, _decimals(std)) + self._tail(unit)

    def _tail(self, unit: str) -> str:
        unit = UNITS.get(unit, unit)
        return (self.habits.percent if unit == "%" else NO_BREAK + unit) if unit else ""

    def duration(self, seconds: float) -> str:
        """Like 45 s, 12 min, 1 h 5 min."""
        if not math.isfinite(seconds) or abs(seconds) > 1e9:
            return DASH
        whole = round(seconds)
        if abs(whole) < 120:
            return f"{self.number(whole)}{NO_BREAK}s"
        minutes = round(seconds / 60)
        hours, rest = divmod(minutes, 60)
        parts = [f"{self.number(hours)}{NO_BREAK}h"] if hours else []
        return " ".join([*parts, f"{rest}{NO_BREAK}min"] if rest or not parts else parts)

    def distance(self, metres: float) -> str:
        """In metres, kilometres from 10 km on."""
        if abs(metres) >= 10_000:
            return self.quantity(round(metres / 1000, 1), "km")
        return self.number(metres, 0) + f"{NO_BREAK}m" if math.isfinite(metres) else DASH

    def date(self, when: datetime.datetime | None) -> str:
        """Day, month and year."""
        if when is None:
            return DASH
        months = self.habits.months
        month = months[when.month - 1] if months else ""
        return self.habits.date.format(day=when.day, number=when.month, month=month, year=when.year)

    def clock(self, when: datetime.datetime | None) -> str:
        """Time of day."""
        return DASH if when is None else self.habits.clock.format(hour=when.hour, minute=when.minute)

    def moment(self, when: datetime.datetime | None) -> str:
        """Date and time of day with the name of the time zone."""
        if when is None:
            return DASH
        return f"{self.date(when)}, {self.clock(when)} {self.zone(when)}"

    def zone(self, when: datetime.datetime | None) -> str:
        """Name of the time zone at that moment."""
        name = "UTC" if when is None else when.tzname() or "UTC"
        return self.habits.zones.get(name) or (f"UTC{name}" if name[0] in "+-" else name)


def load(code: str) -> Language:
    """The language with that code; UnknownName lists those that there are."""
    module = discovery.load(PACKAGE, code, kind="language")
    return Language(code, module.WORDS, module.HABITS)


def _decimals(std: float) -> int:
    """Decimal places that leave a standard deviation one significant digit, two where it begins with 1 or 2."""
    power = math.floor(math.log10(std))
    return min(max((1 if std < 3 * 10.0**power else 0) - power, 0), 6)


def _places(value: float) -> int:
    """Decimal places for four significant digits."""
    return 0 if value == 0 else min(max(3 - math.floor(math.log10(abs(value))), 0), 8)
