"""One training from request to policy file: the loop, its stopping rules, and what it leaves behind."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from rudel import robots
from rudel.core import discovery
from rudel.core.errors import BadInput, GiveUp
from rudel.locomotion import evaluators
from rudel.locomotion.config import apply_overrides, apply_tuning
from rudel.locomotion.courses import ROUGH
from rudel.locomotion.deploy import contract_of
from rudel.locomotion.export import export_onnx
from rudel.locomotion.ground import make_ground
from rudel.locomotion.training import checkpoint, curves, record, start
from rudel.locomotion.training.guard import NanGuard
from rudel.locomotion.training.progress import Reporter
from rudel.locomotion.training.stopping import Gate, Interrupt, Pace, met
from rudel.locomotion.training.trainer import Progress, Trainer

CHECKPOINT_EVERY_S = 20.0
RESERVE_S = 2.0  # of a budget, for export and curves
CONFIRMATIONS = 2  # evaluations, each with robots of its own, that a policy has to pass before training stops
EVALUATION_SHARE = 3.0  # an evaluation's env-steps cost about this much more than training's (finer physics)


@dataclass(frozen=True)
class TrainRequest:
    """What to train.

    Attributes:
        skill, robot, world, difficulty, seed, envs: the task; ``difficulty`` is the hardest tile of the world.
        budget_s: wall-clock from process start; None with ``iterations``.
        iterations: exact number of updates; the same request then gives the same bytes on the same machine.
        out: the run's folder.
        resume: continue from the checkpoint in ``out``.
        start_from: folder of another run with the same observation and networks, or a policy file (FILE.onnx): go on
            from what it has learnt under the settings of this request (rewards, gait, world, learner), as a run of its
            own; None starts from nothing.
        until_met: stop as soon as the skill's target figures are met.
        command: what the user typed.
        overrides: dotted keys into the configuration ("rewards.alive", "ppo.epochs"); unknown keys fail.
    """

    skill: str = "walk"
    robot: str = "lite3"
    world: str = "flat"
    difficulty: float = 0.5
    seed: int = 0
    budget_s: float | None = None
    iterations: int | None = None
    out: Path = Path("runs/walk")
    resume: bool = False
    envs: int = 512
    start_from: Path | None = None
    until_met: bool = True
    command: str = ""
    overrides: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class TrainResult:
    """What came out; ``figures`` are those of the exported policy, ``reached`` says whether they meet the targets."""

    out: Path
    policy: Path | None
    reached: bool
    interrupted: bool
    figures: dict[str, float]
    wall_s: float
    iterations: int
    env_steps: int
    artefacts: tuple[Path, ...]


def train(request: TrainRequest, reporter: Reporter) -> TrainResult:
    """Train until the figures are met, the budget is spent, the iterations are done, or Ctrl-C."""
    if request.budget_s is None and request.iterations is None:
        raise BadInput("a training needs a budget (--budget 150s) or a number of iterations (--iterations 200)")
    if request.envs < 2:
        raise BadInput(f"envs is {request.envs}, needs at least 2")
    # the learner runs its own threads over single-threaded BLAS
    with threadpool_limits(1):
        run = _Run(request, reporter)
        try:
            with Interrupt() as interrupt:
                return run.loop(interrupt)
        finally:
            run.trainer.close()


def build(request: TrainRequest) -> Trainer:
    """Robot, skill, world and learner of a request; every name and key in it is checked here."""
    spec = robots.load(request.robot)
    skill = discovery.load(evaluators.SKILLS, request.skill, kind="skill")
    rough = request.world == ROUGH
    if rough and not hasattr(skill, "rough"):
        raise BadInput(f"skill {request.skill!r} has no settings for world {ROUGH!r}: train it on another world")
    base, ppo = (skill.rough(), skill.rough_learner()) if rough else (skill.config(), skill.learner())
    config = apply_tuning(base, robots.tuning(request.robot, request.skill))
    config, ppo = apply_overrides(config, ppo, request.overrides)
    at, seed = (request.world, request.difficulty), request.seed
    grounds = evaluators.of(request.skill).rough_grounds(seed) if rough else [make_ground(*at, seed)]
    return Trainer(spec, config, ppo, grounds, request.envs, request.seed)


class _Run:
    """State of one training run."""

    def __init__(self, request: TrainRequest, reporter: Reporter) -> None:
        self.request, self.reporter = request, reporter
        self.began_s = time.monotonic() - record.process_age_s()
        self.trainer = build(request)
        skill = discovery.load(evaluators.SKILLS, request.skill, kind="skill")
        self.targets: dict[str, float] = skill.TARGETS
        self.gate = Gate(self.targets, getattr(skill, "LEAST_REWARDS", {}))
        self.evaluator = evaluators.of(request.skill)
        self.out = request.out
        self.out.mkdir(parents=True, exist_ok=True)
        self.identity = {
            "skill": request.skill,
            "robot": request.robot,
            "world": request.world,
            "difficulty": request.difficulty,
            "seed": request.seed,
            "envs": request.envs,
            "config": record.to_plain(self.trainer.config),
            "ppo": record.to_plain(self.trainer.ppo),
        }
        if request.resume:
            self.trainer.restore(checkpoint.load(self.checkpoint, self.identity))
        elif request.start_from is not None:
            if not start.start_from(self.trainer, request.start_from):
                reporter.note(f"robots begin anew: {request.start_from} has others than this training")
        elif self.checkpoint.exists():
            reporter.note(f"starting anew over the earlier run in {self.out} (--resume would continue it)")
        self.log = record.RunLog(self.out, request.resume)
        self.log.truncate(self.trainer.iteration)
        self.guard = NanGuard(self.out)
        self.first_step_s: float | None = None
        self.figures: Any = None
        self.measured_at, self.pace = -1, Pace()
        self.evaluation_s = self.last_evaluation_s = 0.0
        self.last_saved_s = time.monotonic()
        made = {"request": request, "identity": self.identity, "machine": record.machine(), **record.run_identity()}
        told = self.out / "run.json"
        if request.resume and told.exists():
            made["began_as"] = record.first_request(told)
        record.write_json(told, made)

    @property
    def checkpoint(self) -> Path:
        return self.out / "checkpoint.npz"

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.began_s

    def loop(self, interrupt: Interrupt) -> TrainResult:
        """Iterate, look, stop."""
        r, t = self.request, self.trainer
        self.reporter.start(f"train {r.skill}: {r.robot} on {r.world}, seed {r.seed}, {r.envs} robots -> {r.out}")
        reached = False
        try:
            while not (interrupt.asked or reached or self._spent()):
                if self.first_step_s is None:
                    self.first_step_s = self.elapsed_s
                progress = t.iterate()
                self._check_finite(progress)
                self.pace.take(t.env_steps, self.evaluation_s)
                self.log.add(progress, self.elapsed_s, self.pace.rate)
                self.reporter.update(progress, self.elapsed_s, self.pace.rate, *self._budget())
                if r.until_met and r.world != ROUGH and self.gate.open(progress):
                    reached = self._measure(int(self.targets.get("falls", 10**9)))
                if time.monotonic() - self.last_saved_s > CHECKPOINT_EVERY_S:
                    self._save()
            return self._finish(interrupt.asked)
        except OSError as error:
            raise GiveUp(f"the run in {self.out} cannot be written ({error}); its last checkpoint is kept") from error
        finally:
            self.reporter.stop()

    def _spent(self) -> bool:
        r = self.request
        if r.iterations is not None and self.trainer.iteration >= r.iterations:
            return True
        return r.budget_s is not None and self.elapsed_s >= r.budget_s - RESERVE_S - self.evaluation_estimate_s

    @property
    def evaluation_estimate_s(self) -> float:
        """What the closing evaluation will take: as long as the last one, or judged by the speed of training."""
        if self.measured_at == self.trainer.iteration:
            return 0.0
        if self.last_evaluation_s:
            return self.last_evaluation_s
        return EVALUATION_SHARE * self.evaluator.env_steps(self.trainer.config.period_s) / max(self.pace.rate, 1.0)

    def _budget(self) -> tuple[float, float | None]:
        """Share used and seconds left."""
        r = self.request
        if r.iterations is not None:
            return self.trainer.iteration / r.iterations, None
        assert r.budget_s is not None
        return self.elapsed_s / r.budget_s, max(0.0, r.budget_s - self.elapsed_s)

    def _check_finite(self, progress: Progress) -> None:
        dumps = self.guard.look(progress.broken, progress.iteration)
        if dumps:
            self.reporter.note(f"the physics broke; last good state and model kept: {', '.join(map(str, dumps))}")
        if not math.isfinite(float(self.trainer.net.flat.sum())):
            raise GiveUp(
                f"the networks are no longer finite after iteration {progress.iteration}; "
                f"last checkpoint: {self.checkpoint}"
            )

    def _measure(self, most_falls: int | None = None) -> bool:
        """Evaluate the policy of this moment; True when it meets the targets, and meets them again with other robots.

        More than ``most_falls`` falls end an evaluation early.
        """
        began, done, good = time.monotonic(), 0, True
        # one robot in a thousand that falls is not in every evaluation: a policy that passes has to pass again
        while good and done < CONFIRMATIONS:
            done += 1
            f = self._evaluate(1000 * done + self.request.seed, most_falls)
            good = f is not None and met(f, self.targets)
            if f is not None:
                self.figures, self.measured_at = f, self.trainer.iteration
            else:
                self.measured_at = -1  # what was measured before does not stand
        seconds = time.monotonic() - began
        self.evaluation_s += seconds
        if self.measured_at == self.trainer.iteration:
            self.last_evaluation_s = seconds / done
        return good

    def _evaluate(self, seed: int, most_falls: int | None) -> Any:
        t, r = self.trainer, self.request
        ground = self.evaluator.evaluation_ground(r.world, r.difficulty, r.seed + 1)
        f = self.evaluator.evaluate(t.spec, t.config, t.act, ground=ground, seed=seed, most_falls=most_falls)
        said = "a robot fell, training goes on" if f is None else self.evaluator.summary(f)
        self.reporter.note(f"{self.elapsed_s:6.1f} s  measured: {said}")
        return f

    def _save(self) -> None:
        checkpoint.save(self.checkpoint, self.trainer.state(), self.identity)
        self.log.write()
        self.last_saved_s = time.monotonic()

    def _finish(self, interrupted: bool) -> TrainResult:
        t, r = self.trainer, self.request
        self._save()
        policy: Path | None = None
        if not interrupted:
            if self.measured_at != t.iteration:
                self._measure()
            policy = self._export()
        self.log.close()
        artefacts = [self.out / "run.json", self.checkpoint]
        if self.log.rows:
            artefacts.append(self.log.path)
            curves.draw(self.out / "curves.png", self.log.rows, f"{r.skill}, {r.robot} on {r.world}, seed {r.seed}")
            artefacts.append(self.out / "curves.png")
        if policy is not None:
            artefacts.append(policy)
        figures = {} if self.figures is None else {k: float(v) for k, v in dataclasses.asdict(self.figures).items()}
        reached = self.figures is not None and met(self.figures, self.targets)
        result = TrainResult(
            self.out, policy, reached, interrupted, figures, self.elapsed_s, t.iteration, t.env_steps, tuple(artefacts)
        )
        summary: dict[str, Any] = {"first_step_s": self.first_step_s, "result": result}
        summary |= {"env_steps_per_s": self.pace.rate, "ended_s": time.time()}
        record.write_json(self.out / "result.json", summary)
        return dataclasses.replace(result, artefacts=(*artefacts, self.out / "result.json"))

    def _export(self) -> Path:
        t, r = self.trainer, self.request
        path = self.out / f"{t.spec.name}_{r.skill}.onnx"
        facts = record.provenance(r.command, r.seed) | {"iterations": t.iteration, "env_steps": t.env_steps}
        contract = contract_of(t.spec, t.config, t.control, facts)
        norm = t.net.obs_normaliser
        export_onnx(path, contract, t.layers(), "tanh", norm.mean, norm.std)
        return path
