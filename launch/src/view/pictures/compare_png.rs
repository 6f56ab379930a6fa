//! Paths of several policies for the same start and goal in one picture.

use perception::Footprint;
use plotters::prelude::*;
use sim::{Outcome, Situation};

use super::chart::{
    Area, BLUE_START, Chart, Extent, FONT, GREEN_OK, GREEN_OTHER, GREY_LATE, PictureError, RED_BAD,
    draw_shapes, plain_chart, rasterise, round,
};
use super::walks::draw_walks;
use crate::view::shapes::Shapes;

/// Width of the drawing, pixels.
const WIDTH: u32 = 1000;
/// Height of the title, pixels.
const HEADER: u32 = 56;
/// Height of a line of the legend, pixels.
const LINE: u32 = 30;

/// Path of one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// `regular` is drawn red, `performer` green and with another model light green, `explicit`
    /// blue, other policies grey.
    pub driver: String,
    /// Display label.
    pub label: String,
    /// End of the drive.
    pub outcome: Outcome,
    /// Duration on the trial's clock, s.
    pub time_s: f64,
    /// Path, x and y, m.
    pub path: Vec<[f64; 2]>,
    /// Trajectories of movers, x and y, m.
    pub walks: Vec<Vec<[f64; 2]>>,
}

/// The common situation.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Outlines of the world.
    pub world: Shapes,
    /// x, y of the start.
    pub start: [f64; 2],
    /// x, y and radius of the goal.
    pub goal: [f64; 3],
    /// Radius of the robot, m.
    pub robot_radius_m: f64,
}

impl Place {
    /// The situation of a trial for a robot with this footprint.
    pub fn of(situation: &Situation, footprint: &Footprint) -> Self {
        let goal = situation.goal;
        Self {
            world: Shapes::from(&situation.world),
            start: [situation.start.x, situation.start.y],
            goal: [goal.position.x, goal.position.y, goal.tolerance_m],
            robot_radius_m: footprint.inscribed_radius_m(),
        }
    }
}

fn colour(driver: &str) -> RGBColor {
    match driver {
        "regular" => RED_BAD,
        "performer" => GREEN_OK,
        "performer, own model" => GREEN_OTHER,
        "explicit" => BLUE_START,
        _ => GREY_LATE,
    }
}

fn ending(way: &Way) -> String {
    match way.outcome {
        Outcome::Reached => format!("reached the goal after {:.1} s", way.time_s),
        Outcome::Collided => format!("touched something after {:.1} s", way.time_s),
        Outcome::Stuck => "got stuck".to_owned(),
        Outcome::TimedOut => "ran out of time".to_owned(),
    }
}

/// The picture as PNG; paths are drawn in order, the last on top.
pub fn compare_png(title: &str, place: &Place, ways: &[Way]) -> Result<Vec<u8>, PictureError> {
    let mut extent = Extent::EMPTY;
    for way in ways {
        for point in way.path.iter().chain(way.walks.iter().flatten()) {
            extent.include(*point, 0.8);
        }
    }
    extent.include([place.goal[0], place.goal[1]], place.goal[2] + 0.3);
    extent.include_near(&place.world, 3.0);
    let ratio = (extent.height() / extent.width()).clamp(0.4, 1.4);
    let header = HEADER + LINE * (ways.len() as u32 + 1);
    let size = (WIDTH, header + (f64::from(WIDTH) * ratio) as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let (top, body) = root.split_vertically(header);
        legend(&top, title, ways)?;
        let body = body.margin(4, 10, 10, 10);
        let mut chart = plain_chart(&body, extent)?;
        draw_shapes(&mut chart, &place.world, 1.0)?;
        ends(&mut chart, place)?;
        for way in ways {
            draw(&mut chart, place, way)?;
        }
        root.present()?;
    }
    rasterise(&svg)
}

fn legend(area: &Area<'_>, title: &str, ways: &[Way]) -> Result<(), PictureError> {
    area.draw(&Text::new(title, (16, 14), (FONT, 26).into_font()))?;
    let word = |text: String, x: i32, y: i32| Text::new(text, (x, y - 9), (FONT, 18).into_font());
    for (index, way) in ways.iter().enumerate() {
        let y = (HEADER + LINE * index as u32) as i32 + 12;
        let style = colour(&way.driver).stroke_width(5);
        area.draw(&PathElement::new(vec![(18, y), (58, y)], style))?;
        area.draw(&word(format!("{}: {}", way.label, ending(way)), 70, y))?;
    }
    let y = (HEADER + LINE * ways.len() as u32) as i32 + 12;
    area.draw(&Circle::new((38, y), 7, BLUE_START.filled()))?;
    area.draw(&word("start".to_owned(), 70, y))?;
    area.draw(&Circle::new((148, y), 7, GREEN_OK.filled()))?;
    area.draw(&word("goal".to_owned(), 164, y))?;
    if ways.iter().any(|way| way.outcome != Outcome::Reached) {
        area.draw(&Cross::new((238, y), 7, BLACK.stroke_width(3)))?;
        area.draw(&word("where a drive failed".to_owned(), 254, y))?;
    }
    if ways.iter().any(|way| !way.walks.is_empty()) {
        for x in [470, 479, 488] {
            area.draw(&PathElement::new(
                vec![(x, y), (x + 5, y)],
                BLACK.stroke_width(2),
            ))?;
        }
        area.draw(&Circle::new((502, y), 5, BLACK.filled()))?;
        area.draw(&word(
            "who moved, in the colour of each drive".to_owned(),
            514,
            y,
        ))?;
    }
    Ok(())
}

fn ends(chart: &mut Chart<'_, '_>, place: &Place) -> Result<(), PictureError> {
    let [x, y, tolerance] = place.goal;
    let ring = round(x, y, tolerance);
    chart.draw_series([Polygon::new(ring, GREEN_OK.mix(0.18).filled())])?;
    chart.draw_series([Circle::new((x, y), 6, GREEN_OK.filled())])?;
    let [x, y] = place.start;
    let robot = round(x, y, place.robot_radius_m);
    let closed: Vec<_> = robot.iter().chain(robot.first()).copied().collect();
    chart.draw_series([PathElement::new(closed, BLUE_START.stroke_width(2))])?;
    chart.draw_series([Circle::new((x, y), 6, BLUE_START.filled())])?;
    Ok(())
}

fn draw(chart: &mut Chart<'_, '_>, place: &Place, way: &Way) -> Result<(), PictureError> {
    let ink = colour(&way.driver);
    let width = if ink == GREY_LATE { 3 } else { 5 };
    let points: Vec<(f64, f64)> = way.path.iter().map(|p| (p[0], p[1])).collect();
    let Some(&last) = points.last() else {
        return Ok(());
    };
    draw_walks(chart, &way.walks, ink, 4)?;
    chart.draw_series([PathElement::new(points, ink.stroke_width(width))])?;
    let robot = round(last.0, last.1, place.robot_radius_m);
    let closed: Vec<_> = robot.iter().chain(robot.first()).copied().collect();
    chart.draw_series([PathElement::new(closed, ink.stroke_width(2))])?;
    if way.outcome != Outcome::Reached {
        chart.draw_series([Cross::new(last, 11, ink.stroke_width(5))])?;
    }
    Ok(())
}
