//! Outward offset of a polygon.

use super::check::crossing;
use super::{Polygon, VERTICES_MAX};
use crate::geometry::{Point2, Vector2};

impl Polygon {
    /// The polygon with every edge offset outward by `by_m`, with sharp corners. Every point within
    /// `by_m` of the polygon is inside. A notch that the offset would close is filled: the result
    /// is then the offset of the convex hull.
    #[must_use]
    pub fn grown(&self, by_m: f64) -> Self {
        let grown = self.shifted(by_m);
        let keeps_edges =
            self.edges()
                .zip(grown.edges())
                .all(|((from, to), (grown_from, grown_to))| {
                    (to - from).dot(&(grown_to - grown_from)) > 0.0
                });
        if keeps_edges && crossing(grown.vertices()).is_none() {
            grown
        } else {
            self.convex_hull().shifted(by_m)
        }
    }

    /// Moves every vertex to the intersection of its offset edges; a negative distance offsets
    /// inward. An offset larger than the edges may make the outline cross itself.
    #[must_use]
    pub fn shifted(&self, by_m: f64) -> Self {
        let vertices = self.vertices();
        let mut moved = *self;
        for (index, &vertex) in vertices.iter().enumerate() {
            let before = vertices[(index + self.count - 1) % self.count];
            let after = vertices[(index + 1) % self.count];
            let (one, other) = (outward(before, vertex), outward(vertex, after));
            // q · one = by and q · other = by, with q along the sum of the normals
            moved.vertices[index] = vertex + (one + other) * (by_m / (1.0 + one.dot(&other)));
        }
        moved
    }

    /// The convex hull (Andrew 1979).
    fn convex_hull(&self) -> Self {
        let mut sorted = self.vertices().to_vec();
        sorted.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        let chain = |points: &mut dyn Iterator<Item = &Point2>| {
            let mut hull: Vec<Point2> = Vec::with_capacity(VERTICES_MAX);
            for &point in points {
                while let [.., before, last] = hull.as_slice()
                    && (last - before).perp(&(point - last)) <= 0.0
                {
                    hull.pop();
                }
                hull.push(point);
            }
            hull.pop();
            hull
        };
        let mut hull = chain(&mut sorted.iter());
        hull.extend(chain(&mut sorted.iter().rev()));
        Self::counter_clockwise(&hull)
    }
}

/// Unit normal of an edge that points outward.
fn outward(from: Point2, to: Point2) -> Vector2 {
    let along = (to - from).normalize();
    Vector2::new(along.y, -along.x)
}
