"""Compile a robot and a world into one MuJoCo model."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np

from rudel.robots.spec import RobotSpec
from rudel.sim.options import SimOptions

GROUND_BIT, BODY_BIT = 1, 2  # contype bits: feet listen to the first, the rest of the robot to the second
SELF_BIT = 4  # shanks and feet, for the robot itself
SUPPLY_V = 48.0  # arbitrary: only the ratio of torque to speed enters the motor model
KP_SLOT, KD_SLOT = 4, 6  # where a dcmotor keeps its controller gains in actuator_gainprm

_INTEGRATORS = {
    "discrete": mujoco.mjtIntegrator.mjINT_DISCRETE,
    "implicitfast": mujoco.mjtIntegrator.mjINT_IMPLICITFAST,
    "euler": mujoco.mjtIntegrator.mjINT_EULER,
}
_SOLVERS = {"newton": mujoco.mjtSolver.mjSOL_NEWTON, "pgs": mujoco.mjtSolver.mjSOL_PGS}
_CONES = {"pyramidal": mujoco.mjtCone.mjCONE_PYRAMIDAL, "elliptic": mujoco.mjtCone.mjCONE_ELLIPTIC}


def compile_model(
    spec: RobotSpec,
    options: SimOptions,
    period_s: float = 0.02,
    add_world: Callable[[mujoco.MjSpec], None] | None = None,
) -> mujoco.MjModel:
    """The robot with motors and sensors, standing in a world.

    Args:
        spec: the robot.
        options: physics settings.
        period_s: control period [s], split into equal physics steps.
        add_world: adds ground, boxes and height fields to the MjSpec; None gives a flat plane.

    Returns:
        A model whose actuators are the robot's joints in order: position targets [rad] in, torque out, with the spec's
        gains, limited by stall torque and by the torque-speed line.
    """
    mj = spec.make()
    option = mj.option
    option.timestep = period_s / options.substeps(period_s)
    option.integrator = _INTEGRATORS[options.integrator]
    option.cone = _CONES[options.cone]
    option.tolerance = options.tolerance
    option.solver = _SOLVERS[options.solver]
    option.iterations = options.iterations
    # one robot is one constraint island: finding that out costs a tenth of a step
    option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_ISLAND)
    # a broken state must show, not be replaced by the model's default pose
    option.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_AUTORESET)
    _add_motors(mj, spec, options)
    _add_sensors(mj, spec)
    if add_world is None:
        add_plane(mj)
    else:
        add_world(mj)
    touched = options.body_contacts or options.shank_contacts
    ground = GROUND_BIT | BODY_BIT if touched else GROUND_BIT
    for geom in mj.worldbody.geoms:
        if geom.contype:
            geom.contype = ground
    for foot in spec.feet:
        geom = mj.geom(foot)
        geom.priority = 1  # the foot's friction counts, not the ground's
    if options.shank_contacts and not options.body_contacts:
        _spare_upper_legs(mj, spec)
    if options.bare:
        _strip(mj, spec, touched)
    if options.self_contacts:
        _touch_itself(mj, spec)
    return mj.compile()


def _spare_upper_legs(mj: mujoco.MjSpec, spec: RobotSpec) -> None:
    """Let nothing touch the bodies that are neither the base nor carry a foot."""
    for body in mj.bodies:
        carries = body.name == spec.base or any(geom.name in spec.feet for geom in body.geoms)
        if body.name != "world" and not carries:
            for geom in body.geoms:
                geom.conaffinity &= ~BODY_BIT


def _touch_itself(mj: mujoco.MjSpec, spec: RobotSpec) -> None:
    """Let the bodies that carry a foot touch the robot's other bodies; MuJoCo leaves out parent and child."""
    for body in mj.bodies:
        if body.name == "world":
            continue
        carries = any(geom.name in spec.feet for geom in body.geoms)
        for geom in body.geoms:
            if geom.conaffinity:
                geom.conaffinity |= SELF_BIT
                geom.contype |= SELF_BIT if carries else 0


def _strip(mj: mujoco.MjSpec, spec: RobotSpec, touched: bool) -> None:
    """Remove the robot's geoms that can touch nothing: each costs time in every step, and inertials are explicit."""
    for body in mj.bodies:
        if body.name == "world" or not body.explicitinertial:
            continue
        for geom in list(body.geoms):
            touches = geom.name in spec.feet or (touched and geom.conaffinity & BODY_BIT)
            if not touches:
                mj.delete(geom)


def add_plane(mj: mujoco.MjSpec) -> None:
    """Flat ground at z = 0."""
    texture = mj.add_texture(
        name="checker",
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
        width=256,
        height=256,
        rgb1=[0.32, 0.36, 0.40],
        rgb2=[0.38, 0.42, 0.46],
    )
    material = mj.add_material(name="checker", texrepeat=[2, 2], texuniform=True, reflectance=0.05)
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = texture.name
    mj.worldbody.add_geom(
        name="ground", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.1], material="checker", contype=1, conaffinity=0
    )


def _add_motors(mj: mujoco.MjSpec, spec: RobotSpec, options: SimOptions) -> None:
    for i, name in enumerate(spec.joints):
        joint = mj.joint(name)
        joint.armature = float(spec.armature[i]) if options.armature else 0.0
        effort, speed = float(spec.effort_nm[i]), float(spec.speed_radps[i])
        motor = mj.add_actuator(name=name, target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        # torque = kp (target - q) - kd dq, clipped to the stall torque and to the line effort * (1 - dq / speed)
        motor.set_to_dcmotor(
            motorconst=[0, 0],
            resistance=0,
            nominal=[SUPPLY_V, effort, speed],
            saturation=[effort, 0, 0],
            controller=[spec.kp, 0, spec.kd, 0, 0, SUPPLY_V],
            ctrlspec=int(mujoco.mjtCtrlInput.mjINPUT_POS),
        )


def _add_sensors(mj: mujoco.MjSpec, spec: RobotSpec) -> None:
    kind, site = mujoco.mjtSensor, mujoco.mjtObj.mjOBJ_SITE
    for foot in spec.feet:
        mj.add_sensor(name=f"{foot}_force", type=kind.mjSENS_TOUCH, objtype=site, objname=foot)
    for foot in spec.feet:
        mj.add_sensor(name=f"{foot}_velocity", type=kind.mjSENS_FRAMELINVEL, objtype=site, objname=foot)


def joint_addresses(model: mujoco.MjModel, spec: RobotSpec) -> tuple[np.ndarray, np.ndarray]:
    """Addresses of the robot's joints in qpos and in qvel, each (12,), in the spec's order."""
    ids = [model.joint(name).id for name in spec.joints]
    return model.jnt_qposadr[ids].copy(), model.jnt_dofadr[ids].copy()
