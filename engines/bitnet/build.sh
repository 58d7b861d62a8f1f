#!/bin/sh
# Builds bitnet.cpp's llama-server for this machine and puts it, with its libraries, into one folder.
#
#   build.sh REPOSITORY COMMIT cpu INTO
#
# `orchestrator engine install bitnet --build` runs it; by hand it works the same. Ends with 69 where tools are missing; the last
# line then names the packages. JOBS bounds the compilers at a time.
set -eu

repository=$1 commit=$2 backend=$3 into=$4

missing=
need() { # program, Debian's package for it
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need git git
need cmake cmake
need python3 python3
command -v ninja >/dev/null 2>&1 || command -v make >/dev/null 2>&1 || missing="$missing ninja-build"
# The kernels need clang 18 or newer.
suffix=none
for each in -22 -21 -20 -19 -18 ''; do
  if command -v "clang$each" >/dev/null 2>&1 && command -v "clang++$each" >/dev/null 2>&1; then
    major=$("clang$each" --version | sed -n 's/.*clang version \([0-9]*\).*/\1/p' | head -n 1)
    if [ "${major:-0}" -ge 18 ]; then suffix=$each && break; fi
  fi
done
[ "$suffix" != none ] || missing="$missing clang-18"
if [ -n "$missing" ]; then
  echo "tools are missing that the build needs: sudo apt install$missing"
  exit 69
fi
if [ "$backend" != cpu ]; then echo "bitnet.cpp's server computes on the CPU alone, not with $backend"; exit 64; fi

jobs=${JOBS:-$(nproc)}
generator=
if command -v ninja >/dev/null 2>&1; then generator='-G Ninja'; fi
case $(uname -m) in
  x86_64)
    if [ -r /proc/cpuinfo ] && ! grep -qw avx2 /proc/cpuinfo; then
      echo "this processor has no AVX2, without which bitnet.cpp writes garbage"
      exit 64
    fi
    lookup='codegen_tl2.py --model bitnet_b1_58-3B --BM 160,320,320 --BK 96,96,96 --bm 32,32,32'
    ;;
  aarch64|arm64) lookup='codegen_tl1.py --model bitnet_b1_58-3B --BM 160,320,320 --BK 64,128,64 --bm 32,64,32' ;;
  *) echo "bitnet.cpp has kernels for x86-64 and Arm alone, not for $(uname -m)"; exit 64 ;;
esac

work=$into.work
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$into"

# A commit cannot be named to a shallow clone, so the history comes too, without its files.
echo "fetching $repository at $commit"
git clone --quiet --filter=blob:none --no-checkout "$repository" "$work/source"
git -C "$work/source" -c advice.detachedHead=false checkout --quiet "$commit"
echo "fetching its llama.cpp"
git -C "$work/source" submodule --quiet update --init --recursive --depth 1

# The sources include a header of lookup tables whether these are used or not; i2_s does not use them.
echo "generating the header of kernels"
# shellcheck disable=SC2086 # the options are words
(cd "$work/source" && python3 utils/$lookup)

# shellcheck disable=SC2086 # the options are words
cmake -S "$work/source" -B "$work/build" $generator \
  -DCMAKE_C_COMPILER="clang$suffix" -DCMAKE_CXX_COMPILER="clang++$suffix" \
  -DBITNET_ARM_TL1=OFF -DBITNET_X86_TL2=OFF \
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=ON \
  -DCMAKE_INSTALL_RPATH='$ORIGIN' -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON \
  -DLLAMA_BUILD_SERVER=ON -DLLAMA_BUILD_COMMON=ON -DLLAMA_BUILD_EXAMPLES=ON -DLLAMA_BUILD_TESTS=OFF -DLLAMA_CURL=OFF
cmake --build "$work/build" --config Release -j "$jobs" --target llama-server llama-quantize

for file in "$work"/build/bin/llama-server "$work"/build/bin/llama-quantize; do
  if [ -e "$file" ]; then cp -P "$file" "$into/"; fi
done
find "$work/build" -name '*.so*' ! -type d -exec cp -P {} "$into/" \;
echo "built $commit"
