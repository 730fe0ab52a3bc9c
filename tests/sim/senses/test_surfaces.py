"""What surfaces reflect and radiate is what their colours, pictures and materials say."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from rudel.sim.senses import surfaces
from rudel.worlds.place import Box, Material, Thing, Waypoint, World
from tests.sim.senses.scenes import compiled


@pytest.fixture
def world() -> World:
    half_white = np.zeros((2, 2, 3), np.uint8)
    half_white[0] = 255
    return World(
        "surfaces",
        Waypoint("start", (0.0, 0.0)),
        (-5, 5, -5, 5),
        shapes=(
            Box((0, 0, 0), (1, 1, 1), rgba=(0.3, 0.3, 0.3, 1.0), name="grey"),
            Box((3, 0, 0), (1, 1, 1), material="metal", temperature_c=55.0),
            Box((0, 3, 0), (1, 1, 1), material="picture", name="picture"),
        ),
        things=(Thing("T-1", "valve", (0, 0, 3), parts=(Box((0, 0, 0), (0.1, 0.1, 0.1), temperature_c=-4.0),)),),
        materials={"metal": Material((0.8, 0.8, 0.8, 1.0), emissivity=0.2), "picture": Material((1, 1, 1, 1), "half")},
        textures={"half": half_white},
        air_c=11.0,
    )


def test_albedo_emissivity_and_temperature(world: World) -> None:
    mj = mujoco.MjSpec()
    world.add_to(mj)
    model, _ = compiled(mj)
    albedo, emissivity = surfaces.albedo(model), surfaces.emissivity(model, world.materials)
    celsius = surfaces.temperature(model, world)

    def of(values: np.ndarray, name: str) -> float:
        return float(values[model.geom(name).id])

    assert of(albedo, "world/grey") == pytest.approx(0.3, abs=1e-3)
    assert of(albedo, "world/#1") == pytest.approx(0.8, abs=1e-3)
    assert of(albedo, "world/picture") == pytest.approx(0.5, abs=0.01)
    assert of(emissivity, "world/#1") == pytest.approx(0.2)
    assert of(emissivity, "world/grey") == pytest.approx(0.9)
    assert of(celsius, "world/#1") == 55.0
    assert of(celsius, "thing/T-1/0") == -4.0
    assert of(celsius, "world/grey") == 11.0
