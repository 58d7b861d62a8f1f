#!/bin/sh
# Builds llama.cpp's programs for this machine and puts them, with their libraries, into one folder.
#
#   build.sh REPOSITORY TAG cpu|cuda|vulkan INTO
#
# `orchestrator engine install llama-server --build --backend …` runs it; by hand it works the same.
# Ends with 69 where tools are missing; the last line then names the packages. JOBS bounds the compilers at a time.
set -eu

repository=$1 tag=$2 backend=$3 into=$4
jobs=${JOBS:-$(nproc)}

missing=
need() { # program, Debian's package for it
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need git git
need cmake cmake
command -v c++ >/dev/null 2>&1 || command -v clang++ >/dev/null 2>&1 || missing="$missing g++"
command -v ninja >/dev/null 2>&1 || command -v make >/dev/null 2>&1 || missing="$missing ninja-build"
case $backend in
  cpu) options= ;;
  cuda)
    options=-DGGML_CUDA=ON
    # NVIDIA's own packages put the compiler where PATH does not look.
    if [ -x /usr/local/cuda/bin/nvcc ]; then PATH=/usr/local/cuda/bin:$PATH; fi
    need nvcc nvidia-cuda-toolkit
    ;;
  vulkan)
    options=-DGGML_VULKAN=ON
    need glslc glslc
    [ -f /usr/include/vulkan/vulkan.h ] || missing="$missing libvulkan-dev spirv-headers"
    ;;
  *) echo "backend $backend is not one of cpu, cuda, vulkan"; exit 64 ;;
esac
if [ -n "$missing" ]; then
  echo "tools are missing that the build needs: sudo apt install$missing"
  exit 69
fi
# Arm's kernels, chosen at run time by what the processor has.
case $(uname -m) in aarch64|arm64) options="$options -DGGML_CPU_KLEIDIAI=ON" ;; esac
if command -v ninja >/dev/null 2>&1; then options="$options -G Ninja"; fi

work=$into.work
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$into"

echo "fetching $repository at $tag"
git -c advice.detachedHead=false clone --quiet --depth 1 --branch "$tag" "$repository" "$work/source"

# The user interface would need npm or a download of its own; everything else is for this very processor.
# shellcheck disable=SC2086 # the options are words
cmake -S "$work/source" -B "$work/build" $options \
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON -DGGML_NATIVE=ON \
  -DCMAKE_INSTALL_RPATH='$ORIGIN' -DCMAKE_BUILD_WITH_INSTALL_RPATH=ON \
  -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TOOLS=ON -DLLAMA_BUILD_SERVER=ON \
  -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF
cmake --build "$work/build" --config Release -j "$jobs" --target llama-server llama-quantize llama-bench
# Says what an expert will take of each device; sources of before the end of 2025 have none.
cmake --build "$work/build" --config Release -j "$jobs" --target llama-fit-params || true

for file in "$work"/build/bin/llama-server "$work"/build/bin/llama-quantize "$work"/build/bin/llama-bench "$work"/build/bin/llama-fit-params "$work"/build/bin/*.so*; do
  if [ -e "$file" ]; then cp -P "$file" "$into/"; fi
done
echo "built $tag for $backend"
