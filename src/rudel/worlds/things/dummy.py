"""Dummy: a life-size training mannequin that lies, sits or crouches, for search exercises."""

from __future__ import annotations

import numpy as np

from rudel.worlds.things._body import Bar, Body, Draft, Hot, Site, Skin, pick
from rudel.worlds.things._mesh import Mesh, Vec3, capsule, merge

SITE = Site("X", "floor", (0.0, 0.0), 0.9, False)

# A 1.75 m mannequin: lengths as shares of the height from Winter, Biomechanics and Motor Control (upper arm 0.186,
# forearm 0.146, thigh 0.245, shank 0.246, shoulder width 0.259), rounded to centimetres.
_ARM, _FOREARM, _THIGH, _SHANK, _TRUNK, _SHOULDER, _HIP = 0.33, 0.26, 0.43, 0.43, 0.50, 0.20, 0.10
_ARM_M, _THIGH_M, _SHANK_M, _FOOT_M = 0.05, 0.075, 0.055, 0.05  # radii
_SUIT = Skin((0.80, 0.36, 0.06, 1.0))
_TROUSERS = Skin((0.12, 0.15, 0.28, 1.0))
_SHELL = Skin((0.78, 0.62, 0.50, 1.0))
_BOOTS = Skin((0.08, 0.07, 0.07, 1.0))
_BAND = Skin((0.85, 0.88, 0.80, 1.0), emission=0.2)
_POSTURES = ("lying", "sitting", "on_side")


def make(rng: np.random.Generator, faulty: bool, label: str) -> Body:
    """A dummy on the floor; its origin lies under its middle, its head points to +y when it lies. Never faulty.

    It is heated to a skin's 30 to 34 degrees Celsius. Truth: posture, temperature_c, label.
    """
    posture = pick(rng, _POSTURES)
    warm = round(float(rng.uniform(30.0, 34.0)), 1)
    joints = _pose(posture, rng)
    draft = Draft()
    draft.add(_SUIT, *_trunk(joints), *_limbs(joints, ("arm", "forearm"), _ARM_M))
    draft.add(_TROUSERS, *_limbs(joints, ("thigh",), _THIGH_M), *_limbs(joints, ("shank",), _SHANK_M))
    draft.add(_BOOTS, *_limbs(joints, ("foot",), _FOOT_M))
    draft.add(_SHELL, *_limbs(joints, ("hand",), 0.04), _head(joints), temperature_c=warm)
    draft.add(_BAND, _belt(joints))
    chest = (joints["neck"] + joints["pelvis"]) / 2
    truth = {"posture": posture, "temperature_c": warm, "label": label}
    middle: Vec3 = tuple(chest.tolist())
    low, high = _extent(joints)
    solid = (tuple(((low + high) / 2).tolist()), tuple(((high - low) / 2).tolist()))
    hot = (*tuple(Hot(tuple(joints[j].tolist()), warm, 0.3) for j in ("head", "pelvis")), Hot(middle, warm, 0.4))
    return Body("dummy", draft.pieces(), truth, None, middle, (solid,), _bars(joints), hot, standoff_m=1.6)


Joints = dict[str, np.ndarray]


def _pose(posture: str, rng: np.random.Generator) -> Joints:
    """Joint positions (3,) [m]."""
    if posture == "sitting":  # on the floor, looking along x, legs out in front
        pelvis, spine = np.array([-0.25, 0.0, 0.12]), np.array([-0.12, 0.0, 0.99])
        side, leg, bend = np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    else:
        pelvis, spine = np.array([0.0, -0.15, 0.12]), np.array([0.0, 1.0, 0.02])
        leg, bend = np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0])
        side = np.array([1.0, 0.0, 0.0])
        if posture == "on_side":
            pelvis, side, bend = np.array([0.0, -0.15, 0.19]), np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    neck = pelvis + _TRUNK * spine
    out: Joints = {"pelvis": pelvis, "neck": neck, "head": neck + 0.20 * spine}
    for name, sign in (("l", 1.0), ("r", -1.0)):
        shoulder, hip = neck + sign * _SHOULDER * side - 0.04 * spine, pelvis + sign * _HIP * side
        spread = rng.uniform(0.1, 0.7) if posture != "on_side" else 0.0
        arm = _unit(-spine + sign * spread * side + rng.uniform(0.1, 0.6) * (bend if posture != "lying" else 0 * bend))
        elbow = shoulder + _ARM * arm
        fore = _unit(arm + rng.uniform(0.0, 0.9) * (bend if posture != "sitting" else leg))
        wrist = elbow + _FOREARM * fore
        up = rng.uniform(0.2, 0.7) if posture != "lying" else 0.0
        thigh = _unit(leg + sign * rng.uniform(0.0, 0.25) * side * (posture != "on_side") + up * bend)
        knee = hip + _THIGH * thigh
        shank = _unit(leg * (1.0 if posture != "on_side" else 0.7) - up * bend)
        ankle = knee + _SHANK * shank
        toe = ankle + 0.14 * (np.array([0.0, 0.0, 1.0]) if posture != "on_side" else bend)
        out |= {
            f"shoulder_{name}": shoulder,
            f"elbow_{name}": elbow,
            f"wrist_{name}": wrist,
            f"tip_{name}": wrist + 0.1 * fore,
        }
        out |= {f"hip_{name}": hip, f"knee_{name}": knee, f"ankle_{name}": ankle, f"toe_{name}": toe}
    for point in out.values():
        point[2] = max(point[2], 0.06)
    return out


_ENDS = {
    "arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
    "hand": ("wrist", "tip"),
    "thigh": ("hip", "knee"),
    "shank": ("knee", "ankle"),
    "foot": ("ankle", "toe"),
}


def _limbs(joints: Joints, names: tuple[str, ...], radius: float) -> list[Mesh]:
    ends = [(f"{a}_{s}", f"{b}_{s}") for name in names for a, b in (_ENDS[name],) for s in ("l", "r")]
    return [capsule(joints[a], joints[b], radius) for a, b in ends]


def _trunk(joints: Joints) -> list[Mesh]:
    side = joints["hip_l"] - joints["hip_r"]
    out = [
        capsule(joints["pelvis"] + s * side * 0.4, joints["neck"] + s * side * 0.55 - 0.06 * _spine(joints), 0.115)
        for s in (-1, 0, 1)
    ]
    return [*out, capsule(joints["shoulder_l"], joints["shoulder_r"], 0.075)]


def _belt(joints: Joints) -> Mesh:
    """Two light bands across the chest."""
    side = _unit(joints["hip_l"] - joints["hip_r"])
    spine = _spine(joints)
    bands = [joints["pelvis"] + spine * _TRUNK * share for share in (0.35, 0.62)]
    return merge([capsule(at - 0.085 * side, at + 0.085 * side, 0.122) for at in bands])


def _head(joints: Joints) -> Mesh:
    spine = _spine(joints)
    return merge(
        (
            capsule(joints["head"] - 0.02 * spine, joints["head"] + 0.05 * spine, 0.095),
            capsule(joints["neck"], joints["head"], 0.05),
        )
    )


def _extent(joints: Joints) -> tuple[np.ndarray, np.ndarray]:
    """Corners of a box around trunk and head."""
    points = np.stack([joints[j] for j in ("pelvis", "neck", "head", "shoulder_l", "shoulder_r")])
    low, high = points.min(axis=0) - 0.10, points.max(axis=0) + 0.10
    low[2] = 0.0
    return low, high


def _bars(joints: Joints) -> tuple[Bar, ...]:
    """Arms with hands, thighs, shanks and feet: what one sees is what stops a foot."""
    limbs = (
        ("shoulder", "elbow", _ARM_M),
        ("elbow", "tip", _ARM_M),
        ("hip", "knee", _THIGH_M),
        ("knee", "ankle", _SHANK_M),
        ("ankle", "toe", _FOOT_M),
    )
    return tuple((_vec3(joints[f"{a}_{s}"]), _vec3(joints[f"{b}_{s}"]), r) for a, b, r in limbs for s in ("l", "r"))


def _vec3(v: np.ndarray) -> Vec3:
    x, y, z = v.tolist()
    return x, y, z


def _spine(joints: Joints) -> np.ndarray:
    return _unit(joints["neck"] - joints["pelvis"])


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.linalg.norm(v)
