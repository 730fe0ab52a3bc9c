"""`rudel world tour`: a film that flies past the things of a world, and a sheet with a picture of each."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from rudel.cli import _options, _output

if TYPE_CHECKING:
    from rudel.cli._tour import View
    from rudel.sim.video import Image
    from rudel.worlds.place import World

HELP = "fly through a world on film, past the things to inspect"
FPS = 15.0
SIZE = (640, 480)
STILL = (320, 240)
_COLUMNS, _STRIP_PX = 5, 34
_MOST_STILLS = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the action."""
    add = parser.add_argument
    add("world", metavar="NAME|DIR", help="a built-in place (see rudel world list) or the folder of a world")
    add("--difficulty", type=_options.difficulty, default=0.5, help="of a built-in place, 0 to 1 (default: 0.5)")
    add("--seed", type=_options.whole(0, "--seed"), default=0, help="of a built-in place (default: 0)")
    add("--out", metavar="DIR", type=Path, default=Path("runs/world"), help="folder of the film (default: runs/world)")
    add("--seconds", type=_options.duration_s, default=20.0, help="length of the film (default: 20)")
    add("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Film the world and say what is in it."""
    import numpy as np

    from rudel import worlds
    from rudel.cli import _tour
    from rudel.sim.video import Mp4

    world = worlds.open_place(args.world, args.difficulty, np.random.default_rng(args.seed))
    film, sheet = args.out / f"{world.name}_tour.mp4", args.out / f"{world.name}_sheet.png"
    with Painter(world) as painter, Mp4(film, FPS) as mp4:
        for view in _tour.views(world, args.seconds, FPS):
            mp4.add(painter.captioned(view))
        _write_sheet(sheet, painter)
    things = [
        {"id": t.id, "kind": t.kind, "position": t.position, "fault": t.fault, "truth": dict(t.truth)}
        for t in world.things
    ]
    if args.json:
        _output.print_json({"world": world.name, "film": film, "sheet": sheet, "things": things})
    else:
        faults = sum(t.fault is not None for t in world.things)
        print(f"{world.title or world.name}: {len(things)} things, {faults} with a fault\n{film}\n{sheet}")
    return 0


class Painter:
    """Draws a world without a robot; a context manager, because it holds graphics memory."""

    def __init__(self, world: World) -> None:
        import mujoco

        from rudel.sim import graphics, scenery

        graphics.choose()
        spec = mujoco.MjSpec()
        scenery.add_to(spec)
        world.add_to(spec)
        self.world, self._model = world, spec.compile()
        self._data = mujoco.MjData(self._model)
        mujoco.mj_forward(self._model, self._data)
        self._renderer = mujoco.Renderer(self._model, SIZE[1], SIZE[0])
        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        self._camera, self._option = mujoco.MjvCamera(), mujoco.MjvOption()

    def __enter__(self) -> Painter:
        return self

    def __exit__(self, *error: object) -> None:
        self._renderer.close()

    def picture(self, view: View) -> Image:
        """(480, 640, 3) RGB."""
        import numpy as np

        way = view.target - view.eye
        distance = float(np.linalg.norm(way))
        self._camera.lookat[:] = view.target
        self._camera.distance = distance
        self._camera.azimuth = math.degrees(math.atan2(way[1], way[0]))
        self._camera.elevation = math.degrees(math.asin(way[2] / distance))
        self._model.vis.global_.fovy = view.fovy_deg
        self._renderer.update_scene(self._data, self._camera, self._option)
        return self._renderer.render().copy()

    def captioned(self, view: View) -> Image:
        """The picture with what it shows written below."""
        image = self.picture(view)
        caption(image, view, 0.55, 2)
        return image


def caption(image: Image, view: View, scale: float, weight: int) -> None:
    """Write what a view shows along the lower edge of a picture, its fault in red."""
    import cv2

    from rudel.cli import _tour

    if view.thing is None:
        return
    height = round(_STRIP_PX * scale / 0.4)
    strip = image[-height:]
    strip[:] = strip // 3
    for k, line in enumerate(_tour.words(view.thing)):
        at = 8, image.shape[0] - height + round((0.42 + 0.42 * k) * height)
        cv2.putText(image, line, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), weight, cv2.LINE_AA)
    if view.thing.fault:
        text = view.thing.fault.replace("_", " ").upper()
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, weight)
        at = image.shape[1] - width - 8, image.shape[0] - height + round(0.42 * height)
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 90, 70), weight, cv2.LINE_AA)


def _write_sheet(path: Path, painter: Painter) -> None:
    """One small picture of the whole and one of each thing, in rows."""
    import cv2
    import numpy as np

    from rudel.cli import _tour

    world = painter.world
    chosen = [t for t in world.things if t.viewpoint is not None][:_MOST_STILLS]
    views = [_tour.overview(world), *(_tour.still(world, thing) for thing in chosen)]
    small: list[Image] = []
    for view in views:
        image = np.asarray(cv2.resize(painter.picture(view), STILL, interpolation=cv2.INTER_AREA), np.uint8)
        caption(image, view, 0.4, 1)
        small.append(image)
    columns = min(_COLUMNS, len(small))
    small += [np.zeros_like(small[0])] * (-len(small) % columns)
    rows = [np.hstack(small[k : k + columns]) for k in range(0, len(small), columns)]
    path.parent.mkdir(parents=True, exist_ok=True)
    ok, data = cv2.imencode(".png", np.vstack(rows)[:, :, ::-1])
    if not ok:
        raise OSError(f"{path}: the picture could not be encoded")
    path.write_bytes(data.tobytes())
