"""Drives a robot of the simulator ir-sim (PyPI) with `performer-mpc serve`."""
import json, subprocess, sys
import irsim, numpy as np

program = sys.argv[1] if len(sys.argv) > 1 else "performer-mpc"
server = subprocess.Popen([program, "serve", "--policy", "regular", "--robot", "round"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
env = irsim.make("serve_irsim.yaml", display=False)
command = [0.0, 0.0]
for step in range(600):
    x, y, yaw = env.robot.state[:3, 0]
    scan = env.get_lidar_scan()
    tick = {"t": step * 0.05, "odom": [x, y, yaw], "velocity": command, "goal": [7.0, 3.0, None],
            "lidar_pose": [0, 0, 0], "scan": {
                "angle_min": scan["angle_min"], "angle_increment": scan["angle_increment"],
                "range_min": scan["range_min"], "range_max": scan["range_max"],
                "ranges": list(map(float, scan["ranges"]))}}
    print(json.dumps(tick), file=server.stdin, flush=True)
    answer = json.loads(server.stdout.readline())
    command = [answer["v"], answer["omega"]]
    env.step(np.array(command))
    if np.hypot(x - 7.0, y - 3.0) < 0.3 or env.robot.collision:
        break
print(f"{step * 0.05:.1f} s, at ({x:.2f}, {y:.2f}),", "collided" if env.robot.collision else "no contact")
sys.exit(int(env.robot.collision or np.hypot(x - 7.0, y - 3.0) >= 0.3))
