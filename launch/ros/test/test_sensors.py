"""Clouds and depth images of both encodings mark the map where a planar scanner sees nothing."""

import math
import time
import unittest

import numpy
from geometry_msgs.msg import PolygonStamped, Quaternion
from nav2_msgs.msg import Costmap
from nav2_msgs.srv import ClearEntireCostmap
from nav_msgs.msg import OccupancyGrid, Odometry
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image, LaserScan, PointCloud2, PointField
from tf2_msgs.msg import TFMessage

from case import NodeCase
from peer import LATCHED
from processes import eventually

WIDTH, HEIGHT, FOCAL = 160, 120, 120.0
# z ahead and x to the right in the image's frame, x ahead and y to the left in the robot's, looking this way
LEFT = Quaternion(x=-math.sqrt(0.5), y=0.0, z=0.0, w=math.sqrt(0.5))
RIGHT = Quaternion(x=0.0, y=math.sqrt(0.5), z=-math.sqrt(0.5), w=0.0)


class Sensors(NodeCase):
    robot = False
    parameters = {"autostart": True, "depth_cameras": ["left", "right"], "controller.mapper.volume.enabled": True}

    def setUp(self):
        super().setUp()
        self.out = {
            topic: self.peer.create_publisher(kind, topic, qos_profile_sensor_data)
            for topic, kind in [("points", PointCloud2), ("left/image_raw", Image), ("right/image_raw", Image),
                                ("left/camera_info", CameraInfo), ("right/camera_info", CameraInfo)]}
        links = [self.peer.transform("base_link", frame, 0.0, 0.0, 0.0) for frame in ["laser", "left", "right"]]
        for link in links[1:]:
            link.transform.translation.z = 0.3
        links[1].transform.rotation, links[2].transform.rotation = LEFT, RIGHT
        self.peer.fixed_out.publish(TFMessage(transforms=links))
        self.maps = []
        self.peer.create_subscription(OccupancyGrid, "local_costmap/costmap", self.maps.append, LATCHED)

    def stamped(self, message, frame):
        message.header.frame_id = frame
        message.header.stamp = self.peer.get_clock().now().to_msg()
        return message

    def publish(self):
        """A round of all sensors: walls 2 m ahead, 1.5 m to the left and to the right."""
        odometry = self.stamped(Odometry(child_frame_id="base_link"), "odom")
        self.peer.odom_out.publish(odometry)
        behind = LaserScan(angle_min=math.pi - 0.5, angle_max=math.pi + 0.5, angle_increment=0.01, range_min=0.1,
                           range_max=10.0, ranges=[4.0] * 101)
        self.peer.scan_out.publish(self.stamped(behind, "laser"))
        y, z = numpy.meshgrid(numpy.arange(-0.5, 0.5, 0.03), numpy.arange(0.1, 0.5, 0.03))
        points = numpy.stack([numpy.full(y.size, 2.0), y.ravel(), z.ravel()], axis=1).astype(numpy.float32)
        fields = [PointField(name=name, offset=4 * place, datatype=PointField.FLOAT32, count=1)
                  for place, name in enumerate("xyz")]
        self.out["points"].publish(self.stamped(PointCloud2(
            height=1, width=len(points), point_step=12, row_step=12 * len(points), fields=fields, is_dense=True,
            data=points.tobytes()), "base_link"))
        for name, encoding, depth in [("left", "16UC1", numpy.uint16(1500)), ("right", "32FC1", numpy.float32(1.5))]:
            pixels = numpy.zeros((HEIGHT, WIDTH), depth.dtype)
            pixels[:, 60:100] = depth
            info = CameraInfo(width=WIDTH, height=HEIGHT, distortion_model="plumb_bob", d=[0.0] * 5)
            info.k = [FOCAL, 0.0, WIDTH / 2, 0.0, FOCAL, HEIGHT / 2, 0.0, 0.0, 1.0]
            self.out[f"{name}/camera_info"].publish(self.stamped(info, name))
            self.out[f"{name}/image_raw"].publish(self.stamped(Image(
                width=WIDTH, height=HEIGHT, encoding=encoding, step=WIDTH * pixels.itemsize,
                data=pixels.tobytes()), name))
        time.sleep(0.05)

    def is_marked(self, x, y):
        """True when something stands within 0.15 m of a place on the latest map."""
        if not self.maps:
            return False
        info = self.maps[-1].info
        cells = numpy.array(self.maps[-1].data, dtype=numpy.int8).reshape(info.height, info.width)
        rows, columns = numpy.nonzero(cells == 100)
        places = info.resolution * (numpy.stack([columns, rows]) + 0.5)
        away = numpy.hypot(places[0] + info.origin.position.x - x, places[1] + info.origin.position.y - y)
        return bool((away < 0.15).any())

    def test_clouds_and_images_mark_the_map(self):
        def all_are_marked():
            self.publish()
            return all(self.is_marked(*place) for place in [(2.0, 0.0), (0.0, 1.5), (0.0, -1.5)])

        eventually(all_are_marked, what="walls on the map")
        self.assertFalse(self.is_marked(1.0, 0.0))
        for name in ["malformed", "size", "value", "rotation"]:
            self.assertEqual(self.peer.counted(name), "0", name)

    def test_nav2s_behaviours_find_what_they_need(self):
        raw, outlines = [], []
        self.peer.create_subscription(Costmap, "local_costmap/costmap_raw", raw.append, LATCHED)
        self.peer.create_subscription(PolygonStamped, "local_costmap/published_footprint", outlines.append, 10)

        def are_there():
            self.publish()
            return raw and outlines and 254 in raw[-1].data

        eventually(are_there, what="costs and an outline")
        self.assertEqual(len(raw[-1].data), raw[-1].metadata.size_x * raw[-1].metadata.size_y)
        self.assertEqual({round(math.hypot(p.x, p.y), 3) for p in outlines[-1].polygon.points}, {0.3})
        clear = "local_costmap/clear_entirely_local_costmap"
        self.assertIsNotNone(self.peer.call(ClearEntireCostmap, clear, ClearEntireCostmap.Request()))


if __name__ == "__main__":
    unittest.main()
