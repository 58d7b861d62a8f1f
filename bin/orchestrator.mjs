#!/bin/sh
":" //; # A shell script and a module in one. sh reads this line and the next four, finds the bundled Node, and becomes it:
":" //; self=$(readlink -f "$0"); dir=${self%/*}; arch=none; case $(uname -m) in x86_64) arch=x64;; aarch64) arch=arm64;; esac
":" //; while [ -n "$dir" ]; do node=$dir/node_modules/node-linux-$arch/bin/node; [ -x "$node" ] && exec "$node" "$self" "$@"; dir=${dir%/*}; done
":" //; command -v node >/dev/null || { echo "orchestrator: no Node.js on PATH and none bundled; run npm install in the package." >&2; exit 127; }
":" //; exec node "$self" "$@"

import { launch } from './launch.mjs';

await launch();
