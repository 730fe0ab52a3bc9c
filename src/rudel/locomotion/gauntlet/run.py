"""The whole protocol for one policy: levels by bisection, commands at the highest level, pushes, flat tracking."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rudel import robots as registry
from rudel.core.errors import BadInput
from rudel.locomotion.deploy import check_robot, config_of
from rudel.locomotion.evaluate import Evaluation, env_steps, evaluate
from rudel.locomotion.gauntlet import crossing, push
from rudel.locomotion.gauntlet.batching import free_batch
from rudel.locomotion.gauntlet.crossing import Group, Setting, Trace
from rudel.locomotion.gauntlet.drill import DrillFigures, drill
from rudel.locomotion.gauntlet.families import DIRECTIONS, FLAT, FORWARDS, LEVEL_GROUND, Family, course, family
from rudel.locomotion.gauntlet.load import Load
from rudel.locomotion.gauntlet.parallel import Job, Tell, side_by_side
from rudel.locomotion.gauntlet.protocol import Protocol
from rudel.locomotion.gauntlet.result import Course, GauntletResult, make_course
from rudel.locomotion.policy import Policy
from rudel.sim.batch import available_cores
from rudel.sim.options import evaluation_options

PUSH, TRACKING = "push", "tracking"
FLAT_SEED = 5000  # added to the seed: other commands than a training's own evaluation
# Seconds that each part takes at full size, for progress and for starting the longest first.
WEIGHTS = {"stairs": 60.0, "obstacles": 60.0, "slope": 40.0, "wave": 40.0, PUSH: 20.0, TRACKING: 15.0, FLAT: 15.0}


def make_setting(policy: Policy, robot: str | None, seed: int, threads: int = 0) -> Setting:
    """Policy and robot, refused (BadInput) where they do not fit."""
    spec = registry.load(robot or policy.contract.robot)
    try:
        check_robot(policy.contract, spec)
        config = config_of(policy.contract)
    except BadInput as error:
        raise BadInput(f"{policy.source}: {error}") from error
    return Setting(policy, spec, config, seed, Load(spec.effort_nm, spec.speed_radps), [], threads)


def run_gauntlet(
    policy: Policy,
    protocol: Protocol,
    *,
    name: str | None = None,
    robot: str | None = None,
    keep: Callable[[Trace], None] = lambda _: None,
    watch: Callable[[str, float], None] = lambda _what, _share: None,
) -> GauntletResult:
    """Measure one policy. Families run side by side on the machine's cores; what is found does not depend on how many.

    Args:
        policy: loaded.
        protocol: how much.
        name: what to call it in the result.
        robot: name or spec file; None: the one that the policy names.
        keep: is handed the trace of every robot that tried a level, one at a time.
        watch: is told several times a second what is being done, and how much of the whole is done (roughly). What it
            raises ends the run.
    """
    began = time.monotonic()
    protocol.validate()
    policy = free_batch(policy)
    lock = threading.Lock()

    def keep_one(trace: Trace) -> None:
        with lock:
            keep(trace)

    names = sorted((*protocol.families, PUSH, TRACKING, FLAT), key=lambda part: -WEIGHTS[part])
    cores = available_cores()
    workers = min(cores, len(names))
    settings = {part: make_setting(policy, robot, protocol.seed, max(1, cores // workers)) for part in names}
    found = side_by_side(
        {part: Job(WEIGHTS[part], _job(part, settings[part], protocol, keep_one)) for part in names}, workers, watch
    )
    watch("done", 1.0)
    one = settings[FLAT]
    for part in names:
        if part != FLAT:
            one.load.merge(settings[part].load)
    return GauntletResult(
        policy=name or policy.source,
        robot=one.spec.name,
        period_s=one.config.period_s,
        courses=tuple(c for part in (FLAT, *protocol.families) for c in found[part]),
        push=found[PUSH],
        flat=found[TRACKING],
        load=one.load.figures(),
        faults=tuple(fault for part in sorted(names) for fault in settings[part].faults),
        seconds=time.monotonic() - began,
    )


def _job(part: str, setting: Setting, protocol: Protocol, keep: Callable[[Trace], None]) -> Callable[[Tell], object]:
    if part == PUSH:
        return lambda tell: push.push(setting, protocol.push_seeds, functools.partial(tell, "pushes"))
    if part == TRACKING:
        return functools.partial(_tracking, setting, protocol)
    if part == FLAT:
        return functools.partial(_flat, setting, protocol)
    return functools.partial(_family, setting, protocol, family(part), keep)


def _tracking(setting: Setting, protocol: Protocol, tell: Tell) -> Evaluation:
    """rudel's own flat evaluation."""
    done = 0
    total = env_steps(setting.config.period_s, protocol.flat_robots)

    def act(obs: NDArray[np.float32]) -> NDArray[np.float32]:
        nonlocal done
        tell("flat tracking", done / total)
        done += len(obs)
        raw = setting.policy.act(obs)
        if not setting.faults and not np.isfinite(raw).all():
            setting.faults.append("flat tracking: output of the policy")
        return raw

    figures = evaluate(
        setting.spec,
        setting.config,
        act,
        robots=protocol.flat_robots,
        seed=protocol.seed + FLAT_SEED,
        options=evaluation_options(),
    )
    assert figures is not None  # nothing was to end it early
    return figures


def _flat(setting: Setting, protocol: Protocol, tell: Tell) -> list[Course]:
    groups = [(FORWARDS, c) for c in protocol.conditions]
    what = "commands on level ground"
    passed, _ = crossing.cross(
        setting, LEVEL_GROUND, 1, groups, groups, protocol.search_seeds, lambda share: tell(what, 0.3 * share)
    )
    here = [g for g in groups if passed[g]]
    found = (
        drill(setting, None, 0, here, protocol.drill_seeds, lambda share: tell(what, 0.3 + 0.7 * share)) if here else {}
    )
    return [_course(FLAT, True, protocol, [None] * len(groups), [found.get(g) for g in groups])]


def _family(
    setting: Setting, protocol: Protocol, kind: Family, keep: Callable[[Trace], None], tell: Tell
) -> list[Course]:
    groups: list[Group] = [(d, c) for d in DIRECTIONS for c in protocol.conditions]
    asked: list[int] = []

    def watch(level: int, share: float) -> None:
        if level not in asked:
            asked.append(level)
        tell(f"{kind.name}, level {level}", min(0.8, 0.16 * (len(asked) - 1 + share)))

    levels = crossing.search(setting, kind, groups, protocol.search_seeds, keep, watch)
    reached = sorted({level for level in levels.values() if level})
    drills: dict[Group, DrillFigures] = {}
    for i, level in enumerate(reached):
        here = [g for g in groups if levels[g] == level]
        done, share = 0.8 + 0.2 * i / len(reached), 0.2 / len(reached)

        def follow(part: float, done: float = done, share: float = share) -> None:
            tell(f"{kind.name}, commands", done + share * part)

        drills |= drill(setting, kind.name, level, here, protocol.drill_seeds, follow)
    tell(kind.name, 1.0)
    return [
        _course(
            course(kind.name, direction),
            direction in kind.scored,
            protocol,
            [levels[direction, c] for c in protocol.conditions],
            [drills.get((direction, c)) for c in protocol.conditions],
        )
        for direction in DIRECTIONS
    ]


def _course(
    name: str,
    scored: bool,
    protocol: Protocol,
    levels: Sequence[int | None],
    found: Sequence[DrillFigures | None],
) -> Course:
    conditions = [(c.friction, c.payload_kg) for c in protocol.conditions]
    return make_course(name, scored, conditions, levels, {i: f for i, f in enumerate(found) if f is not None})
