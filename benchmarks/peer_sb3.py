"""The peer: PPO of Stable-Baselines3 on rudel's own environment, until the same figures are met or the budget is spent.

    build/peer/bin/python benchmarks/peer_sb3.py --budget 150s --seed 11

It gets our hyper-parameters, network sizes, observation normalisation and all cores. It lacks what is ours: a critic
with privileged input, mirror symmetry, an adaptive step. Like our trainer it looks at the tracking error of training to
choose when an evaluation is worth its time. Prints one JSON object. `make peer` installs what it needs.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from rudel import robots
from rudel.cli import _options, _output
from rudel.locomotion.config import apply_tuning
from rudel.locomotion.env import LocomotionEnv
from rudel.locomotion.evaluate import Evaluation, evaluate
from rudel.locomotion.ground import make_ground
from rudel.locomotion.skills import walk
from rudel.locomotion.training import record
from rudel.sim.batch import available_cores
from rudel.sim.options import training_options

ACTION_BOUND = 10.0  # Stable-Baselines3 asks for finite bounds; actions are nominally of size 1
EXPLORATION_SLACK = 2.2  # exploration makes the tracking error about twice what it is without
EVALUATE_EVERY_S = 5.0


class Sb3Env(VecEnv):
    """LocomotionEnv through Stable-Baselines3's vector interface."""

    def __init__(self, env: LocomotionEnv) -> None:
        self.env = env
        bound = np.full(12, ACTION_BOUND, np.float32)
        super().__init__(env.num_envs, env.single_observation_space, gym.spaces.Box(-bound, bound))

    def reset(self) -> np.ndarray:
        """Observations (n, k)."""
        return self.env.reset()[0]

    def step_async(self, actions: np.ndarray) -> None:
        """Remember the actions (n, 12)."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Step with them; an ended episode has its last observation in its info."""
        obs, reward, terminated, truncated, info = self.env.step(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(terminated | truncated):
            infos[i] = {"terminal_observation": info["final_obs"][i], "TimeLimit.truncated": bool(truncated[i])}
        return obs, reward, terminated | truncated, infos

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The same for every robot."""
        return [getattr(self.env, attr_name)] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set on the whole batch."""
        setattr(self.env, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """Call on the whole batch."""
        return [getattr(self.env, method_name)(*args, **kwargs)]

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Nothing is."""
        return [False] * self.num_envs


class UntilMet(BaseCallback):
    """Ends the training when the evaluation meets the targets or the budget is spent."""

    def __init__(self, args: argparse.Namespace, env: LocomotionEnv, normalised: VecNormalize) -> None:
        super().__init__()
        self.args, self.env, self.normalised = args, env, normalised
        self.reached = False
        self.evaluation_s, self.last_s = 0.0, 0.0
        self.first_step_s: float | None = None
        self.errors: list[tuple[float, float]] = []

    def _on_step(self) -> bool:
        if self.first_step_s is None:
            self.first_step_s = record.process_age_s()
        error = self.env.snapshot.tracking_error
        self.errors.append((float(np.hypot(error[:, 0], error[:, 1]).mean()), float(np.abs(error[:, 2]).mean())))
        return not self.reached and record.process_age_s() < self.args.budget

    def _on_rollout_start(self) -> None:
        if not self.errors:
            return
        velocity, yaw = np.mean(self.errors, axis=0)
        self.errors.clear()
        limits = self.args.targets
        near = velocity <= EXPLORATION_SLACK * limits.get("vel_error_mps", math.inf)
        near &= yaw <= EXPLORATION_SLACK * limits.get("yaw_error_radps", math.inf)
        if near and record.process_age_s() - self.last_s > EVALUATE_EVERY_S:
            figures = self.measure(1000 + self.args.seed)
            self.reached = all(getattr(figures, name) <= limit for name, limit in limits.items())
            self.last_s = record.process_age_s()

    def measure(self, seed: int) -> Evaluation:
        """Evaluate the policy of this moment as rudel does, exploration off."""
        began = time.monotonic()
        ground = make_ground(self.args.world, self.args.difficulty, seed)
        figures = evaluate(self.env.robot, self.env.config, self.act, ground=ground, seed=seed)
        self.evaluation_s += time.monotonic() - began
        return figures

    def act(self, obs: np.ndarray) -> np.ndarray:
        """Actions (n, 12) without exploration for observations (n, k)."""
        return self.model.predict(self.normalised.normalize_obs(obs), deterministic=True)[0]


def learner(args: argparse.Namespace, env: VecNormalize) -> PPO:
    """Stable-Baselines3's PPO with the settings of our skill."""
    ppo = walk.learner()
    hidden = list(ppo.hidden)
    return PPO(
        "MlpPolicy",
        env,
        learning_rate=args.rate or ppo.rate,
        n_steps=ppo.horizon,
        batch_size=ppo.horizon * args.envs // ppo.minibatches,
        n_epochs=ppo.epochs,
        gamma=ppo.gamma,
        gae_lambda=ppo.lam,
        clip_range=ppo.clip,
        ent_coef=ppo.entropy,
        vf_coef=ppo.value,
        max_grad_norm=ppo.grad_norm,
        policy_kwargs={
            "net_arch": {"pi": hidden, "vf": hidden},
            "activation_fn": torch.nn.Tanh,
            "log_std_init": math.log(ppo.std),
        },
        seed=args.seed,
        device="cpu",
    )


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--robot", default="lite3")
    parser.add_argument("--world", default="flat")
    parser.add_argument("--difficulty", type=float, default=0.5)
    parser.add_argument("--budget", type=_options.duration_s, default=150.0)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--eval-seed", type=int, default=5000, help="of the last evaluation, which is not in the time")
    parser.add_argument("--envs", type=int, default=512)
    parser.add_argument("--rate", type=float, help="learning rate (default: ours at the start)")
    parser.add_argument("--threads", type=int, default=available_cores(), help="of PyTorch (default: all cores)")
    parser.add_argument("--targets", type=json.loads, default=walk.TARGETS, help="figures to meet, as JSON")
    return parser.parse_args(argv)


def main() -> None:
    """Train, measure, print."""
    args = arguments()
    torch.set_num_threads(args.threads)
    config = apply_tuning(walk.config(), robots.tuning(args.robot, "walk"))
    ground = make_ground(args.world, args.difficulty, args.seed)
    env = LocomotionEnv(robots.load(args.robot), config, ground, args.envs, training_options(), args.seed)
    normalised = VecNormalize(Sb3Env(env), norm_reward=False)
    model = learner(args, normalised)
    until = UntilMet(args, env, normalised)
    model.learn(total_timesteps=10**12, callback=until)
    wall_s = record.process_age_s()
    started_s = until.first_step_s or wall_s
    busy_s = max(wall_s - started_s - until.evaluation_s, 1e-9)
    training_evaluation_s = until.evaluation_s
    normalised.training = False
    report = {
        "reached": until.reached,
        "wall_s": wall_s,  # without the last evaluation, which is not part of the training
        "evaluation_s": training_evaluation_s,
        "first_step_s": until.first_step_s,
        "env_steps": model.num_timesteps,
        "env_steps_per_s": model.num_timesteps / busy_s,
        "threads": args.threads,
        "rate": args.rate or walk.learner().rate,
        "versions": {name: metadata.version(name) for name in ("stable-baselines3", "torch", "numpy")},
        "eval": asdict(until.measure(args.eval_seed)),
    }
    _output.print_json(report)


if __name__ == "__main__":
    main()
