"""Light, sky and picture quality of a simulated world: nothing here touches the physics."""

from __future__ import annotations

import mujoco

MAX_PIXELS = (1920, 1080)  # largest off-screen picture (width, height)
SHADOW_TEXELS = 1024  # over about 3 m around the robot: finer than a pixel
_ZENITH, _HORIZON = [0.36, 0.56, 0.80], [0.86, 0.91, 0.95]
_LIGHT, _TRACK = mujoco.mjtLightType, mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM


def add_to(mj: mujoco.MjSpec) -> None:
    """Add a sky and two lights; only one of them, a lamp that travels with the robot, casts a shadow."""
    mj.add_texture(
        name="scenery/sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=_ZENITH,
        rgb2=_HORIZON,
        width=256,
        height=256 * 6,
    )
    add = mj.worldbody.add_light
    add(
        name="scenery/sun",
        type=_LIGHT.mjLIGHT_DIRECTIONAL,
        dir=[0.30, 0.35, -0.89],
        diffuse=[0.42, 0.41, 0.38],
        specular=[0.1, 0.1, 0.1],
        castshadow=False,
    )
    # A directional light's shadow map speckles whatever it meets at a slant; a spot light's does not.
    add(
        name="scenery/lamp",
        type=_LIGHT.mjLIGHT_SPOT,
        mode=_TRACK,
        pos=[-1.6, -1.8, 5.0],
        dir=[0.29, 0.33, -0.9],
        cutoff=75.0,
        exponent=0.0,
        diffuse=[0.42, 0.41, 0.38],
        specular=[0.1, 0.1, 0.1],
        castshadow=True,
    )
    mj.stat.extent = 1.0  # lengths below are in units of it; MuJoCo's own guess grows with the terrain
    visual = mj.visual
    visual.headlight.ambient = [0.34, 0.35, 0.37]
    visual.headlight.diffuse = [0.20, 0.20, 0.20]
    visual.headlight.specular = [0.0, 0.0, 0.0]
    visual.rgba.haze = [*_HORIZON, 1.0]
    visual.map.zfar, visual.map.znear = 50.0, 0.02
    visual.map.shadowscale = 0.3
    visual.quality.shadowsize = SHADOW_TEXELS
    # Without a GPU, four samples per pixel cost as much as everything else together (125 against 80 ms of one core for
    # 640 x 480), and a film's compression hides what they gain.
    visual.quality.offsamples = 0
    visual.global_.offwidth, visual.global_.offheight = MAX_PIXELS
