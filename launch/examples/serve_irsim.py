"""Drives a robot of the simulator ir-sim (PyPI) with `performer-mpc serve`."""
import json, subprocess, sys
import irsim, numpy as np
program = sys.argv[1] if len(sys.argv) > 1 else "performer-mpc"
server = subprocess.Popen([program, "serve", "--policy", "regular", "--robot", "round"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
env, command = irsim.make("serve_irsim.yaml", display=False), [0.0, 0.0]
for step in range(600):
    x, y, yaw = env.robot.state[:3, 0]
    lidar = env.get_lidar_scan()
    scan = {key: lidar[key] for key in ("angle_min", "angle_increment", "range_min", "range_max")}
    scan["ranges"] = list(map(float, lidar["ranges"]))
    tick = {"t": step * 0.05, "scan": scan, "lidar_pose": [0, 0, 0], "odom": [x, y, yaw],
            "velocity": command, "goal": [7.0, 3.0, None]}
    print(json.dumps(tick), file=server.stdin, flush=True)
    answer = json.loads(server.stdout.readline())
    command = [answer["v"], answer["omega"]]
    env.step(np.array(command))
    if (arrived := np.hypot(x - 7.0, y - 3.0) < 0.3) or env.robot.collision: break
sys.exit(0 if arrived and not env.robot.collision else f"did not arrive: {x:.2f}, {y:.2f}")
