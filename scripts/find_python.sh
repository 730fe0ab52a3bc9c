#!/usr/bin/env bash
# Prints a Python (3.11 or newer, able to make virtual environments), or says what to install and exits 2.
# PYTHON=/path/to/python in the environment chooses one.
set -euo pipefail

check='import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))'
for name in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
    # Running it is the test: a version manager's shim is on the PATH even when the version behind it is not selected.
    if path=$(command -v "$name") && "$path" -c "$check" 2>/dev/null; then
        echo "$path"
        exit 0
    fi
done

{
    echo "rudel needs Python 3.11 or newer with its venv module; tried: ${PYTHON:-python3.11 python3.12 python3.13 python3}"
    echo "Debian, Ubuntu: apt-get install python3 python3-venv. Otherwise: make PYTHON=/path/to/python3.11 ..."
} >&2
exit 2
