"""X30: what it looks like, in a few primitives around the axes of URDF_model fea2482. No mass, no contact.

Shapes are for the front left leg; the others mirror them.
"""

from __future__ import annotations

import math

from rudel.robots._quadruped import Shape

_DARK = (0.15, 0.16, 0.18, 1.0)
_BLUE = (0.13, 0.28, 0.47, 1.0)
_GREY = (0.38, 0.40, 0.43, 1.0)
_GLASS = (0.03, 0.05, 0.09, 1.0)
_LIGHT = (1.0, 0.85, 0.55, 1.0)
_ACROSS = (math.pi / 2, 0.0, 0.0)  # a cylinder along y
_ALONG = (0.0, math.pi / 2, 0.0)  # a cylinder along x


def torso() -> tuple[Shape, ...]:
    """A long box with a flat deck and rails, lidar domes and a camera at both ends (it walks either way)."""
    ends = tuple(
        shape.mirrored(x=hind)
        for hind in (False, True)
        for shape in (
            Shape("box", (0.075, 0.120, 0.075), (0.395, 0.0, 0.010), rgba=_BLUE),
            Shape("box", (0.025, 0.085, 0.050), (0.478, 0.0, 0.010), rgba=_DARK),
            Shape("cylinder", (0.022, 0.008), (0.503, 0.0, 0.020), _ALONG, _GLASS),
            Shape("box", (0.004, 0.016, 0.010), (0.503, 0.062, 0.020), rgba=_LIGHT),
            Shape("box", (0.004, 0.016, 0.010), (0.503, -0.062, 0.020), rgba=_LIGHT),
        )
    )
    return (
        Shape("box", (0.330, 0.125, 0.085), rgba=_DARK),
        Shape("box", (0.300, 0.150, 0.020), (0.0, 0.0, 0.085), rgba=_BLUE),
        Shape("capsule", (0.013, 0.270), (0.0, 0.130, 0.112), _ALONG, _GREY),
        Shape("capsule", (0.013, 0.270), (0.0, -0.130, 0.112), _ALONG, _GREY),
        Shape("cylinder", (0.045, 0.025), (0.400, 0.0, 0.105), rgba=_GLASS),
        *ends,
    )


def hip() -> tuple[Shape, ...]:
    """Motor of the hip x axis, with the bracket that carries the thigh."""
    return (
        Shape("cylinder", (0.062, 0.055), (-0.004, -0.005, 0.0), _ALONG, _GREY),
        Shape("cylinder", (0.055, 0.030), (0.0, 0.045, 0.0), _ACROSS, _DARK),
    )


def thigh() -> tuple[Shape, ...]:
    """Two motors on the hip y axis (the inner one drives the knee), a cover, the knee."""
    return (
        Shape("cylinder", (0.066, 0.034), (0.0, -0.032, 0.0), _ACROSS, _GREY),
        Shape("cylinder", (0.066, 0.020), (0.0, 0.022, 0.0), _ACROSS, _BLUE),
        Shape("box", (0.036, 0.026, 0.125), (-0.010, 0.004, -0.150), (0.0, 0.06, 0.0), _DARK),
        Shape("cylinder", (0.036, 0.032), (0.0, 0.0, -0.300), _ACROSS, _GREY),
    )


def shank() -> tuple[Shape, ...]:
    """A rod with the slight bow of the real one."""
    return (
        Shape("capsule", (0.022, 0.070), (0.014, 0.0, -0.075), (0.0, -0.17, 0.0), _DARK),
        Shape("capsule", (0.018, 0.078), (0.013, 0.0, -0.220), (0.0, 0.15, 0.0), _DARK),
    )
