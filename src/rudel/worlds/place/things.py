"""What is in a world besides surfaces: materials, things to inspect, sources of heat and gas, lights, named places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rudel.core.errors import BadInput
from rudel.worlds.place import _values as v
from rudel.worlds.place._values import Plain, Quat, Rgba, Vec2, Vec3
from rudel.worlds.place.shapes import ABSOLUTE_ZERO_C, UPRIGHT, Shape

LIGHT_KINDS = ("point", "spot", "directional")


@dataclass(frozen=True)
class Material:
    """How a surface looks and grips.

    Attributes:
        rgba: colour; multiplied with the texture where there is one.
        texture: name in ``World.textures`` or "".
        texture_m: edge of one repetition of the texture on boxes and the ground [m]; meshes use their uv.
        friction: sliding friction coefficient; 0 leaves it to whatever touches the surface (see Terrain.friction).
        emissivity: of thermal radiation, 0 to 1; 0.9 fits most paints, concrete and rock, 0.1 to 0.3 bare metal.
        reflectance: share of mirrored light, 0 to 1 (boxes and planes only; each such plane costs a second picture).
        specular: strength of highlights, 0 to 1.
        glow: share of the colour that shines by itself, 0 to 1 (displays, lamps).
    """

    rgba: Rgba = (0.55, 0.52, 0.46, 1.0)
    texture: str = ""
    texture_m: float = 1.0
    friction: float = 0.0
    emissivity: float = 0.9
    reflectance: float = 0.0
    specular: float = 0.2
    glow: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rgba", v.rgba(self.rgba, "rgba of a material"))
        if self.texture:
            v.name(self.texture, "texture of a material")
        object.__setattr__(self, "texture_m", v.positive(self.texture_m, "texture_m of a material"))
        object.__setattr__(self, "friction", v.number(self.friction, "friction of a material", 0.0, 10.0))
        for key in ("emissivity", "reflectance", "specular", "glow"):
            object.__setattr__(self, key, v.number(getattr(self, key), f"{key} of a material", 0.0, 1.0))


@dataclass(frozen=True)
class Viewpoint:
    """Where a robot stands to see something.

    Attributes:
        xy: of the base [m].
        yaw_rad: heading of the base.
        look_at: the point in the world that belongs in the middle of the picture [m].
        camera: which of the robot's cameras, or "" for the nearest.
    """

    xy: Vec2
    yaw_rad: float
    look_at: Vec3
    camera: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "xy", v.vec2(self.xy, "xy of a viewpoint"))
        object.__setattr__(self, "yaw_rad", v.number(self.yaw_rad, "yaw_rad of a viewpoint"))
        object.__setattr__(self, "look_at", v.vec3(self.look_at, "look_at of a viewpoint"))
        if self.camera:
            v.name(self.camera, "camera of a viewpoint")


@dataclass(frozen=True)
class Thing:
    """Something worth inspecting, or in the way.

    Attributes:
        id: unique in the world.
        kind: a word such as dial_gauge, digital_display, valve, nameplate, qr, apriltag, cable_joint, leak, puddle,
            cover, obstacle, door, dummy.
        position, quat: world_T_thing; x points out of its face, towards who looks at it; z is up.
        parts: shapes in the frame of the thing.
        truth: what an inspection should find: {"value": 3.2, "low": 0.0, "high": 10.0, "unit": "bar"}.
        fault: None, or the kind of the fault that was planted.
        viewpoint: from where a robot can see it.
    """

    id: str
    kind: str
    position: Vec3
    quat: Quat = UPRIGHT
    parts: tuple[Shape, ...] = ()
    truth: Mapping[str, Plain] = field(default_factory=dict)
    fault: str | None = None
    viewpoint: Viewpoint | None = None

    def __post_init__(self) -> None:
        v.name(self.id, "id of a thing")
        v.name(self.kind, f"kind of thing {self.id!r}")
        object.__setattr__(self, "position", v.vec3(self.position, f"position of thing {self.id!r}"))
        object.__setattr__(self, "quat", v.quat(self.quat, f"quat of thing {self.id!r}"))
        object.__setattr__(self, "parts", tuple(self.parts))
        object.__setattr__(self, "truth", v.plain_mapping(self.truth, f"truth of thing {self.id!r}"))
        if self.fault is not None:
            v.name(self.fault, f"fault of thing {self.id!r}")


@dataclass(frozen=True)
class Heat:
    """A warm place: ``temperature_c`` at the middle, falling to the surroundings' at ``radius_m``.

    Attributes:
        thing: id of the thing that is warm, or "".
    """

    position: Vec3
    temperature_c: float
    radius_m: float
    thing: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "position", v.vec3(self.position, "position of a heat source"))
        low = ABSOLUTE_ZERO_C
        object.__setattr__(self, "temperature_c", v.number(self.temperature_c, "temperature_c of heat", low, 5000.0))
        object.__setattr__(self, "radius_m", v.positive(self.radius_m, "radius_m of heat"))
        if self.thing:
            v.name(self.thing, "thing of a heat source")


@dataclass(frozen=True)
class Gas:
    """A leak: ``rate_gps`` grams per second of the gas ``kind`` (CH4, CO, CO2, H2S, ...)."""

    position: Vec3
    rate_gps: float
    kind: str
    thing: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "position", v.vec3(self.position, "position of a gas source"))
        object.__setattr__(self, "rate_gps", v.positive(self.rate_gps, "rate_gps of a gas source"))
        v.name(self.kind, "kind of a gas source")
        if self.thing:
            v.name(self.thing, "thing of a gas source")


@dataclass(frozen=True)
class Light:
    """A lamp.

    Attributes:
        kind: one of LIGHT_KINDS.
        direction: where a spot or the sun shines to; of no meaning for a point.
        rgb: brightness of each colour, 0 to 1.
        cutoff_rad: half opening angle of a spot.
        range_m: distance within which it is of use.
    """

    position: Vec3
    kind: str = "point"
    direction: Vec3 = (0.0, 0.0, -1.0)
    rgb: Vec3 = (0.5, 0.5, 0.5)
    cutoff_rad: float = 0.8
    range_m: float = 10.0
    casts_shadow: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "position", v.vec3(self.position, "position of a light"))
        v.one_of(self.kind, LIGHT_KINDS, "kind of a light")
        object.__setattr__(self, "direction", v.vec3(self.direction, "direction of a light"))
        if not any(self.direction):
            raise BadInput("direction of a light is (0, 0, 0)")
        r, g, b = v.numbers(self.rgb, 3, "rgb of a light", 0.0, 1.0)
        object.__setattr__(self, "rgb", (r, g, b))
        object.__setattr__(self, "cutoff_rad", v.number(self.cutoff_rad, "cutoff_rad of a light", 0.01, 3.1416))
        object.__setattr__(self, "range_m", v.positive(self.range_m, "range_m of a light"))


@dataclass(frozen=True)
class Waypoint:
    """A named place to stand: position on the ground [m], heading [rad]; ``z`` [m] picks the storey, None: the lowest.

    Attributes:
        kind: a word such as point, charge, entrance, start.
    """

    name: str
    xy: Vec2
    yaw_rad: float = 0.0
    z: float | None = None
    kind: str = "point"

    def __post_init__(self) -> None:
        v.name(self.name, "name of a waypoint")
        object.__setattr__(self, "xy", v.vec2(self.xy, f"xy of waypoint {self.name!r}"))
        object.__setattr__(self, "yaw_rad", v.number(self.yaw_rad, f"yaw_rad of waypoint {self.name!r}"))
        if self.z is not None:
            object.__setattr__(self, "z", v.number(self.z, f"z of waypoint {self.name!r}"))
        v.name(self.kind, f"kind of waypoint {self.name!r}")
