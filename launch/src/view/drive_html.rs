//! A drive as one HTML file that asks nothing of anybody else.

use super::record::DriveRecord;

const PAGE: &str = include_str!("drive.html");
const PLACE: &str = "/*RECORD*/null";

/// The page with the record in it.
pub fn drive_html(record: &DriveRecord) -> Result<String, serde_json::Error> {
    // JSON has `<` inside strings alone; no name may end the script or open a comment in it
    let json = serde_json::to_string(record)?.replace('<', "\\u003c");
    Ok(PAGE.replacen(PLACE, &json, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Shapes, TickRecord};

    fn named(scenario: &str) -> DriveRecord {
        DriveRecord {
            scenario: scenario.to_owned(),
            policy: "regular".to_owned(),
            robot: "round".to_owned(),
            seed: 7,
            outcome: "reached the goal".to_owned(),
            is_success: true,
            time_s: 0.05,
            path_length_m: 0.0,
            clearance_m_min: 1.0,
            world: Shapes::default(),
            footprint: vec![[0.3, 0.0], [-0.2, 0.2], [-0.2, -0.2]],
            start: [0.0; 3],
            goal: [0.0, 0.0, 0.3],
            contact: None,
            ticks: vec![TickRecord {
                t: 0.0,
                pose: [0.0; 3],
                velocity: [0.0; 2],
                command: [0.0; 2],
                plan: Vec::new(),
                route: Vec::new(),
                scan: Vec::new(),
                status: "Solved".to_owned(),
            }],
            grids: Vec::new(),
        }
    }

    #[test]
    fn no_name_breaks_out_of_the_script() {
        let plain = drive_html(&named("doorway")).unwrap();
        for name in [
            "</script><script>alert(1)</script>",
            "<!--<script>",
            PLACE,
            "$&",
        ] {
            let record = named(name);
            let page = drive_html(&record).unwrap();
            assert_eq!(page.matches('<').count(), plain.matches('<').count());
            let (_, rest) = page.split_once("const record = ").unwrap();
            let (json, _) = rest.split_once(";\n").unwrap();
            let read: DriveRecord = serde_json::from_str(json).unwrap();
            assert_eq!(read, record, "the page holds another drive");
        }
    }
}
