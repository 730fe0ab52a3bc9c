#!/usr/bin/env bash
# Makes sure that MuJoCo can draw off screen (films, camera images). Where nothing works yet and packages can be installed
# (Debian or Ubuntu, as root or with a sudo that asks nothing) it installs Mesa's EGL. Never fails.
#
# Without a GPU, EGL and OSMesa both draw in software and about equally fast. A 640x480 frame with 64 capsules, MuJoCo
# 4.0.0, two shared cores:
#   4x multisampling, 4096-pixel shadow maps, reflecting floor   EGL 247 ms, OSMesa 295 ms
#   no multisampling, 1024-pixel shadow maps, reflecting floor   EGL  98 ms, OSMesa 105 ms
#   no multisampling, no shadows, no reflection                  EGL  27 ms, OSMesa  26 ms
# EGL it is, because it also uses a GPU where there is one.
#
# usage: setup_graphics.sh PYTHON   (of the environment that rudel is installed in)
set -uo pipefail

python=${1:?usage: setup_graphics.sh PYTHON}
packages=$("$python" -c 'from rudel.sim import graphics; print(graphics.PACKAGES)') || exit 0

report() {
    env -u MUJOCO_GL "$python" -c \
        'from rudel.sim import graphics; print(f"graphics: MUJOCO_GL={graphics.choose()} draws off screen")' 2>/dev/null
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() {
    command -v apt-get >/dev/null || return 1
    as_root true 2>/dev/null || return 1
    echo "graphics: nothing draws off screen yet; installing $packages"
    as_root apt-get update -qq </dev/null >/dev/null &&
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $packages </dev/null >/dev/null
}

if ! report; then
    install_packages
    report || echo "graphics: no off-screen drawing, so no films and no camera images; everything else works." \
        "On Debian or Ubuntu: apt-get install $packages" >&2
fi
exit 0
