//! Trajectories of movers, thin and dashed, with a dot at the end.

use plotters::prelude::*;

use super::chart::{Area, Chart, FONT, PictureError};

pub(super) const MOVER: RGBColor = RGBColor(194, 37, 154);
/// Minimum spacing of drawn points, m.
const STEP_M: f64 = 0.05;

/// Trajectory of each mover, from the positions of all at every tick: x and y, m.
pub fn walks_of(ticks: &[Vec<[f64; 2]>]) -> Vec<Vec<[f64; 2]>> {
    let count = ticks.iter().map(Vec::len).max().unwrap_or(0);
    let way = |mover: usize| {
        let places = ticks.iter().filter_map(|tick| tick.get(mover).copied());
        places.collect()
    };
    (0..count).map(way).collect()
}

/// Draws trajectories in one colour; the dots have this radius, pixels.
pub(super) fn draw_walks(
    chart: &mut Chart<'_, '_>,
    walks: &[Vec<[f64; 2]>],
    colour: RGBColor,
    dot: i32,
) -> Result<(), PictureError> {
    for walk in walks {
        let mut way: Vec<(f64, f64)> = Vec::new();
        for &[x, y] in walk {
            let is_near = |&(a, b): &(f64, f64)| f64::hypot(x - a, y - b) < STEP_M;
            if !way.last().is_some_and(is_near) {
                way.push((x, y));
            }
        }
        if way.len() > 1 {
            let style = colour.mix(0.8).stroke_width(if dot > 3 { 2 } else { 1 });
            chart.draw_series(DashedLineSeries::new(way, dot, dot, style))?;
        }
        if let Some(&[x, y]) = walk.last() {
            chart.draw_series([Circle::new((x, y), dot, colour.filled())])?;
        }
    }
    Ok(())
}

/// Legend entry with a dash and a dot.
pub(super) fn walk_key(area: &Area<'_>, text: &str, x: i32, y: i32) -> Result<(), PictureError> {
    for dash in 0..3 {
        let from = x + 9 * dash;
        let ends = [(from, y), (from + 5, y)];
        area.draw(&PathElement::new(ends, MOVER.stroke_width(2)))?;
    }
    area.draw(&Circle::new((x + 32, y), 5, MOVER.filled()))?;
    let font = (FONT, 17).into_font();
    area.draw(&Text::new(text.to_owned(), (x + 44, y - 9), font))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_told_apart() {
        let ticks = [vec![[0.0, 1.0], [5.0, 5.0]], vec![[0.5, 1.0], [5.0, 6.0]]];
        let ways = walks_of(&ticks);
        assert_eq!(ways[0], [[0.0, 1.0], [0.5, 1.0]]);
        assert_eq!(ways[1], [[5.0, 5.0], [5.0, 6.0]]);
        assert!(walks_of(&[]).is_empty());
    }
}
