//! Bounding volume hierarchy: limits the intersection tests of a bundle to nearby boxes.

use perception::Point3;

use super::bundle::RayBundle;

/// Stack size: more than twice the maximum depth for 2³² boxes.
const STACK: usize = 80;

/// Bounding box of a subtree.
#[derive(Debug, Clone)]
struct Node {
    low: Point3,
    high: Point3,
    /// Index of the second child; the first follows its parent. 0 for a leaf.
    second: u32,
    /// Item of a leaf.
    item: u32,
}

/// Boxes of items, split along the longer axis of their centres down to single items.
#[derive(Debug, Clone, Default)]
pub(super) struct Hierarchy {
    nodes: Vec<Node>,
}

impl Hierarchy {
    /// Builds the hierarchy from boxes, each as lowest and highest corner.
    pub fn new(boxes: &[(Point3, Point3)]) -> Self {
        let mut items: Vec<u32> = (0..boxes.len() as u32).collect();
        let mut hierarchy = Self::default();
        if !items.is_empty() {
            hierarchy.grow(boxes, &mut items);
        }
        hierarchy
    }

    fn grow(&mut self, boxes: &[(Point3, Point3)], items: &mut [u32]) {
        let around = |items: &[u32]| {
            items
                .iter()
                .map(|item| boxes[*item as usize])
                .reduce(|(low, high), (a, b)| (low.inf(&a), high.sup(&b)))
                .unwrap_or((Point3::origin(), Point3::origin()))
        };
        let (low, high) = around(items);
        let place = self.nodes.len();
        self.nodes.push(Node {
            low,
            high,
            second: 0,
            item: items[0],
        });
        if items.len() == 1 {
            return;
        }
        let axis = (high - low).imax();
        let middle = |item: &u32| boxes[*item as usize].0[axis] + boxes[*item as usize].1[axis];
        items.sort_by(|a, b| middle(a).total_cmp(&middle(b)).then(a.cmp(b)));
        let (first, second) = items.split_at_mut(items.len() / 2);
        self.grow(boxes, first);
        self.nodes[place].second = self.nodes.len() as u32;
        self.grow(boxes, second);
    }

    /// Visits the items that a ray of the bundle may still hit, nearer boxes first.
    pub fn for_each_met(&self, rays: &mut RayBundle, mut give: impl FnMut(&mut RayBundle, usize)) {
        let mut stack = [(0_u32, 0.0_f64); STACK];
        let mut depth = 0;
        let nearness = |rays: &RayBundle, place: u32| {
            let Node { low, high, .. } = &self.nodes[place as usize];
            rays.distance_squared(low, high)
                .filter(|_| rays.may_meet(low, high))
        };
        if self.nodes.is_empty() {
            return;
        }
        if let Some(squared) = nearness(rays, 0) {
            stack[0] = (0, squared);
            depth = 1;
        }
        while depth > 0 {
            depth -= 1;
            let (place, squared) = stack[depth];
            if !rays.reaches(squared) {
                continue;
            }
            let node = &self.nodes[place as usize];
            if node.second == 0 {
                give(rays, node.item as usize);
                continue;
            }
            let first = nearness(rays, place + 1).map(|squared| (place + 1, squared));
            let second = nearness(rays, node.second).map(|squared| (node.second, squared));
            let nearer_last = match (first, second) {
                (Some(one), Some(two)) if one.1 < two.1 => [second, first],
                _ => [first, second],
            };
            for child in nearer_last.into_iter().flatten() {
                stack[depth] = child;
                depth += 1;
            }
        }
    }
}
