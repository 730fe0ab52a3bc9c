"""LiDAR: geometry, motion distortion, noise, dropouts and dust as stated."""

from __future__ import annotations

import dataclasses
import math

import mujoco
import numpy as np
import pytest

from rudel.core.errors import BadInput
from rudel.core.readings import Scan
from rudel.sim.senses import rays, surfaces
from rudel.sim.senses.clock import ClockError
from rudel.sim.senses.lidar import Lidar, LidarSpec
from rudel.sim.senses.mount import Mount
from rudel.sim.senses.sweep import SolidState, Spinning
from tests.sim.senses.scenes import compiled, in_room, room, spans, wall

CENTRE = Mount("lidar", np.zeros(3))
AHEAD = Spinning(lines=40, columns=250, lowest_rad=-0.02, highest_rad=0.02)


def scans(
    mj: mujoco.MjSpec,
    spec: LidarSpec,
    seconds: float = 0.1,
    *,
    seed: int = 0,
    clock: ClockError | None = None,
    mount: Mount = CENTRE,
    dt: float = 0.02,
    velocity: tuple[float, ...] = (0, 0, 0),
    turning: float = 0.0,
) -> list[Scan]:
    model, data = compiled(mj)
    caster = rays.make(model, data)
    lidar = Lidar(spec, mount, caster, surfaces.albedo(model), np.random.default_rng(seed), clock)
    found = [taken.reading for span in spans(data, seconds, velocity, turning, dt) for taken in lidar.advance(span)]
    return [scan for scan in found if isinstance(scan, Scan)]


def test_a_scan_has_every_ray_once_and_lies_on_the_walls() -> None:
    spec = LidarSpec().ideal()
    (scan,) = scans(room(), spec)
    assert scan.points.shape == (28_800, 3)
    distance = np.linalg.norm(scan.points, axis=1)
    np.testing.assert_allclose(distance, in_room(scan.points / distance[:, None]), atol=1e-4)
    elevation = np.degrees(np.arcsin(scan.points[:, 2] / distance))
    np.testing.assert_allclose(elevation, -15 + 2.0 * scan.ring, atol=1e-3)
    assert (np.diff(scan.offsets_s) >= 0).all()
    np.testing.assert_allclose(scan.offsets_s, np.arange(28_800) // 16 / 18_000, atol=1e-6)


@pytest.mark.parametrize("mount", [CENTRE, Mount("lidar", np.array([0.3, 0.1, 0.2]), np.array([0.8, 0.0, 0.6, 0.0]))])
def test_points_are_in_the_sensors_own_frame(mount: Mount) -> None:
    from rudel.core import frames

    (scan,) = scans(room(), LidarSpec().ideal(), mount=mount)
    world = frames.rotate(mount.quat, scan.points) + mount.position
    np.testing.assert_allclose(np.abs(world).max(axis=1), 4.0, atol=1e-4)


def test_a_still_robots_scan_is_not_distorted_however_time_is_cut() -> None:
    one, other = (scans(room(), LidarSpec().ideal(), dt=dt)[0] for dt in (0.02, 0.005))
    np.testing.assert_allclose(one.points, other.points, atol=1e-5)


@pytest.mark.parametrize("speed", [-2.0, 0.7, 3.0])
def test_constant_velocity_shifts_points_by_way_at_their_own_time(speed: float) -> None:
    spec = LidarSpec(max_m=20.0).ideal()
    still, moved = (scans(wall(6.0), spec, velocity=(v, 0, 0))[0] for v in (0.0, speed))
    assert len(moved.points) > 8000
    np.testing.assert_allclose(still.points[:, 0], 6.0, atol=1e-4)
    np.testing.assert_allclose(moved.points[:, 0], 6.0 - speed * moved.offsets_s, atol=2e-4)


def test_turning_is_undone_by_each_points_own_heading() -> None:
    rate = 1.5
    (scan,) = scans(room(), LidarSpec().ideal(), turning=rate)
    yaw = rate * scan.offsets_s
    x = np.cos(yaw) * scan.points[:, 0] - np.sin(yaw) * scan.points[:, 1]
    y = np.sin(yaw) * scan.points[:, 0] + np.cos(yaw) * scan.points[:, 1]
    np.testing.assert_allclose(np.maximum(np.abs(x), np.abs(y)), 4.0, atol=2e-3)


def test_range_noise_spreads_as_stated() -> None:
    spec = dataclasses.replace(LidarSpec().ideal(), noise_m=0.02)
    (scan,) = scans(room(), spec)
    distance = np.linalg.norm(scan.points, axis=1)
    error = distance - in_room(scan.points / distance[:, None])
    assert error.std() == pytest.approx(0.02, rel=5 / math.sqrt(2 * len(error)))
    assert abs(error.mean()) < 5 * 0.02 / math.sqrt(len(error))


@pytest.mark.parametrize(("albedo", "metres"), [(0.1, 50.0), (0.1, 25.0), (0.8, 80.0), (0.03, 10.0)])
def test_dark_and_distant_walls_drop_out_as_stated(albedo: float, metres: float) -> None:
    grey = (albedo, albedo, albedo, 1.0)
    spec = LidarSpec(AHEAD, noise_m=0.0, dropout=0.0, dark_range_m=50.0)
    found, shot = 0, 0
    for scan in scans(wall(metres, grey), spec, seconds=0.5):
        azimuth = np.arctan2(scan.points[:, 1], scan.points[:, 0])
        found += int((np.abs(azimuth) < 0.2).sum())
        columns = np.arange(250) * (2 * math.pi / 250) - math.pi
        shot += 40 * int((np.abs(columns) < 0.2).sum())
    signal = albedo / 0.1 * (50.0 / metres) ** 2  # cosine and slant are within 2 % of 1
    wanted = 1 - 2**-signal
    assert shot > 2500
    assert found / shot == pytest.approx(wanted, abs=0.03 * signal * 2**-signal + 5 * math.sqrt(0.25 / shot))


def test_dust_returns_early_at_the_stated_rate() -> None:
    spec = dataclasses.replace(LidarSpec().ideal(), dust_per_m=0.05, min_m=0.0)
    (scan,) = scans(room(), spec)
    distance = np.linalg.norm(scan.points, axis=1)
    far = in_room(scan.points / distance[:, None])
    early = (distance < far - 1e-3).mean()
    assert early == pytest.approx(float((1 - np.exp(-0.05 * far)).mean()), abs=0.01)


def test_lost_rays_and_range_limits() -> None:
    lossy = dataclasses.replace(LidarSpec().ideal(), dropout=0.25)
    assert len(scans(room(), lossy)[0].points) == pytest.approx(0.75 * 28_800, abs=5 * math.sqrt(28_800 * 0.19))
    near = dataclasses.replace(LidarSpec().ideal(), min_m=4.5, max_m=5.0)
    distance = np.linalg.norm(scans(room(), near)[0].points, axis=1)
    assert distance.min() >= 4.5
    assert distance.max() <= 5.0


def test_intensity_is_albedo_times_cosine() -> None:
    (scan,) = scans(wall(5.0, (0.4, 0.4, 0.4, 1)), LidarSpec(AHEAD).ideal())
    cosine = scan.points[:, 0] / np.linalg.norm(scan.points, axis=1)
    np.testing.assert_allclose(scan.intensity, 0.4 * cosine, atol=1e-4)


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, same, other = (scans(room(), LidarSpec(dust_per_m=0.01), seed=seed)[0] for seed in (1, 1, 2))
    for name in ("points", "offsets_s", "ring", "intensity"):
        assert getattr(one, name).tobytes() == getattr(same, name).tobytes()
    assert one.points.tobytes() != other.points.tobytes()


def test_its_own_clock_paces_and_stamps() -> None:
    clock = ClockError(offset_s=7.0, drift_ppm=50_000)
    found = scans(room(), LidarSpec(Spinning(columns=180)), seconds=2.0, clock=clock)
    assert len(found) == 21  # 2 s of ours are 2.1 s of its own
    np.testing.assert_allclose([scan.time_s for scan in found], 7 + 0.1 * np.arange(21), atol=1e-6)


def test_a_sweep_that_was_not_watched_whole_is_left_out() -> None:
    model, data = compiled(room())
    lidar = Lidar(LidarSpec(), CENTRE, rays.make(model, data), surfaces.albedo(model), np.random.default_rng(0))
    found = [(span.end_s, taken) for span in spans(data, 0.4)[3:] for taken in lidar.advance(span)]
    assert [round(taken.true_s, 6) for _, taken in found] == [0.2, 0.3, 0.4]


def test_the_solid_state_pattern_fills_its_window_and_never_repeats() -> None:
    sweep = SolidState()
    seen = sweep.directions(0, 10 * sweep.columns).reshape(-1, 3)
    np.testing.assert_allclose(np.linalg.norm(seen, axis=1), 1, atol=1e-5)
    azimuth, elevation = np.degrees(np.arctan2(seen[:, 1], seen[:, 0])), np.degrees(np.arcsin(seen[:, 2]))
    assert np.abs(azimuth).max() == pytest.approx(60, abs=0.5)
    assert np.abs(elevation).max() == pytest.approx(12.5, abs=0.1)
    counts, _, _ = np.histogram2d(azimuth, elevation, bins=(60, 25))
    assert counts.min() > 0.3 * counts.mean()
    first, second = sweep.directions(0, 500), sweep.directions(sweep.columns, 500)
    assert np.abs(first - second).max() > 0.1


@pytest.mark.parametrize("changes", [{"rate_hz": 0.0}, {"noise_m": -1.0}, {"min_m": 200.0}, {"dropout": math.nan}])
def test_impossible_lidars_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(BadInput, match=next(iter(changes))):
        dataclasses.replace(LidarSpec(), **changes)
