"""Lite3: what it looks like, in a few primitives. No mass, no contact.

Sizes follow the bounding boxes of the meshes in URDF_model fea2482: torso 0.548 x 0.217 x 0.126, hip 0.092 x 0.068 x
0.079, thigh 0.088 x 0.117 x 0.260, shank 0.048 x 0.033 x 0.250 m. Shapes are for the front left leg; the other legs
mirror them.
"""

from __future__ import annotations

import math

from rudel.robots._quadruped import Shape

_WHITE = (0.88, 0.89, 0.90, 1.0)
_DARK = (0.13, 0.14, 0.16, 1.0)
_GREY = (0.42, 0.44, 0.47, 1.0)
_GLASS = (0.03, 0.05, 0.09, 1.0)
_LIGHT = (0.25, 0.75, 1.0, 1.0)
_ACROSS = (math.pi / 2, 0.0, 0.0)  # a cylinder along y
_ALONG = (0.0, math.pi / 2, 0.0)  # a cylinder along x


def torso() -> tuple[Shape, ...]:
    """White shell over a dark tray, with a head, a camera and a light bar in front."""
    return (
        Shape("box", (0.190, 0.100, 0.026), (0.0, 0.0, 0.040), rgba=_WHITE),
        Shape("capsule", (0.030, 0.170), (0.0, 0.078, 0.036), _ALONG, _WHITE),
        Shape("capsule", (0.030, 0.170), (0.0, -0.078, 0.036), _ALONG, _WHITE),
        Shape("box", (0.205, 0.070, 0.040), (0.0, 0.0, -0.012), rgba=_DARK),
        Shape("box", (0.038, 0.066, 0.046), (0.228, 0.0, 0.018), rgba=_DARK),
        Shape("box", (0.030, 0.066, 0.040), (-0.236, 0.0, 0.016), rgba=_DARK),
        Shape("box", (0.030, 0.068, 0.012), (0.236, 0.0, 0.060), rgba=_WHITE),
        Shape("cylinder", (0.016, 0.006), (0.270, 0.0, 0.030), _ALONG, _GLASS),
        Shape("box", (0.003, 0.048, 0.004), (0.267, 0.0, 0.004), rgba=_LIGHT),
    )


def hip() -> tuple[Shape, ...]:
    """Motor of the hip x axis, with the bracket that carries the thigh."""
    return (
        Shape("cylinder", (0.039, 0.040), (-0.008, -0.012, 0.0), _ALONG, _GREY),
        Shape("cylinder", (0.034, 0.030), (0.0, 0.030, 0.0), _ACROSS, _DARK),
    )


def thigh() -> tuple[Shape, ...]:
    """Two motors on the hip y axis (the inner one drives the knee), a white cover, the knee."""
    return (
        Shape("cylinder", (0.043, 0.034), (0.0, -0.036, 0.0), _ACROSS, _GREY),
        Shape("cylinder", (0.043, 0.014), (0.0, 0.012, 0.0), _ACROSS, _DARK),
        Shape("box", (0.021, 0.018, 0.085), (-0.006, 0.002, -0.095), (0.0, 0.06, 0.0), _WHITE),
        Shape("cylinder", (0.022, 0.020), (0.0, 0.0, -0.200), _ACROSS, _DARK),
    )


def shank() -> tuple[Shape, ...]:
    """A dark rod with the slight bow of the real one."""
    return (
        Shape("capsule", (0.014, 0.046), (0.008, 0.0, -0.050), (0.0, -0.15, 0.0), _DARK),
        Shape("capsule", (0.011, 0.052), (0.008, 0.0, -0.148), (0.0, 0.15, 0.0), _DARK),
    )
