//! The robot's map as text.

use controller::Goal;
use perception::{Cell, Footprint, Point2, Snapshot};

/// Width and height of the text, characters: about 7 m by 5 m.
const COLUMNS: usize = 71;
const ROWS: usize = 25;
/// Extent of a character across and along the heading, m: characters are twice as high as wide.
const LETTER_M: [f64; 2] = [0.1, 0.2];
/// Samples per character across and along, so that thin walls are found.
const LOOKUPS: [usize; 2] = [2, 4];

/// The map seen from above with the heading up: `#` occupied, `.` free, blank unknown, `o` the
/// robot with its front `^`, `G` the goal or, beyond the edge, its direction.
pub fn top_view(snapshot: &Snapshot, goal: &Goal, footprint: &Footprint) -> Vec<String> {
    let odom_from_base = snapshot.odom_from_base;
    let mut letters: Vec<Vec<char>> = (0..ROWS)
        .map(|row| {
            (0..COLUMNS)
                .map(|column| letter(snapshot, footprint, column, row))
                .collect()
        })
        .collect();
    let goal_in_base = odom_from_base.inverse() * goal.position;
    for (row, line) in letters.iter_mut().enumerate() {
        for (column, letter) in line.iter_mut().enumerate() {
            let place = place_of(column as f64, row as f64);
            if (place - goal_in_base).norm() <= goal.tolerance_m && *letter != 'o' {
                *letter = 'G';
            }
        }
    }
    let (column, row) = letter_of(goal_in_base);
    letters[row][column] = 'G';
    letters[ROWS / 2][COLUMNS / 2] = '^';
    letters
        .into_iter()
        .map(|line| line.into_iter().collect())
        .collect()
}

/// Centre of a character, base frame: up is ahead.
fn place_of(column: f64, row: f64) -> Point2 {
    Point2::new(
        ((ROWS / 2) as f64 - row) * LETTER_M[1],
        ((COLUMNS / 2) as f64 - column) * LETTER_M[0],
    )
}

/// Column and row of a place, or of the point at which the line to it leaves the picture.
fn letter_of(place: Point2) -> (usize, usize) {
    let (half_columns, half_rows) = ((COLUMNS / 2) as f64, (ROWS / 2) as f64);
    let (right, down) = (-place.y / LETTER_M[0], -place.x / LETTER_M[1]);
    let beyond = (right.abs() / half_columns)
        .max(down.abs() / half_rows)
        .max(1.0);
    (
        (half_columns + right / beyond).round() as usize,
        (half_rows + down / beyond).round() as usize,
    )
}

fn letter(snapshot: &Snapshot, footprint: &Footprint, column: usize, row: usize) -> char {
    if footprint.signed_distance_m(place_of(column as f64, row as f64)) <= 0.0 {
        return 'o';
    }
    let mut is_free = false;
    for across in 0..LOOKUPS[0] {
        for along in 0..LOOKUPS[1] {
            let offset = |index: usize, count: usize| (index as f64 + 0.5) / count as f64 - 0.5;
            let place = place_of(
                column as f64 + offset(across, LOOKUPS[0]),
                row as f64 + offset(along, LOOKUPS[1]),
            );
            match snapshot.grid.at(snapshot.odom_from_base * place) {
                Cell::Occupied => return '#',
                Cell::Free => is_free = true,
                Cell::Unknown => {}
            }
        }
    }
    if is_free { '.' } else { ' ' }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perception::{GridFrame, LogOdds, OccupancyGrid, Pose2};
    use std::f64::consts::FRAC_PI_2;

    /// A wall at y = 2 in an observed area, and a robot that faces it.
    fn before_a_wall() -> Snapshot {
        let frame = GridFrame {
            origin: Point2::new(-3.0, -3.0),
            resolution_m: 0.05,
            width: 120,
            height: 120,
        };
        let mut grid = OccupancyGrid::unknown(frame, LogOdds::default());
        for column in 0..120 {
            for row in 0..100 {
                grid.clear(frame.index(column, row));
            }
            grid.mark(frame.index(column, 100));
        }
        Snapshot {
            odom_from_base: Pose2::new(0.0, 0.0, FRAC_PI_2),
            grid,
            ..Snapshot::default()
        }
    }

    #[test]
    fn the_wall_is_ahead_and_the_goal_to_the_right() {
        let goal = Goal {
            position: Point2::new(1.5, 0.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: Goal::YAW_TOLERANCE_RAD,
        };
        let footprint = Footprint::Disc { radius_m: 0.3 };
        let lines = top_view(&before_a_wall(), &goal, &footprint);
        assert_eq!(lines.len(), ROWS);
        assert!(lines.iter().all(|line| line.chars().count() == COLUMNS));
        // 2 m ahead is ten lines up
        let middle = ROWS / 2;
        assert!(lines[middle - 10].contains("########"), "{lines:#?}");
        assert!(lines[middle - 11].trim().is_empty());
        assert!(lines[middle - 9].contains("......"));
        let row: Vec<char> = lines[middle].chars().collect();
        assert_eq!(row[COLUMNS / 2], '^');
        assert_eq!(row[COLUMNS / 2 + 1], 'o');
        // 1.5 m to the right is fifteen characters on
        assert_eq!(row[COLUMNS / 2 + 15], 'G');
        assert_eq!(row[COLUMNS / 2 - 15], '.');
    }

    #[test]
    fn a_far_goal_is_a_direction() {
        let goal = Goal {
            position: Point2::new(0.0, -40.0),
            yaw: None,
            tolerance_m: 0.3,
            yaw_tolerance_rad: Goal::YAW_TOLERANCE_RAD,
        };
        let footprint = Footprint::Rectangle {
            length_m: 0.5,
            width_m: 0.4,
        };
        let lines = top_view(&before_a_wall(), &goal, &footprint);
        // the goal is behind: in the last line, below the robot
        let last: Vec<char> = lines[ROWS - 1].chars().collect();
        assert_eq!(last[COLUMNS / 2], 'G');
    }
}
