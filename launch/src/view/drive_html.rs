//! A drive or a map over time as one self-contained HTML file.

use super::record::DriveRecord;

const PAGE: &str = include_str!("page/drive.html");
const PLACE: &str = "/*RECORD*/null";
/// Parts of the script with their placeholders.
const SCRIPTS: [(&str, &str); 4] = [
    ("/*FILM*/", include_str!("page/film.js")),
    ("/*LEGEND*/", include_str!("page/legend.js")),
    ("/*SCENE*/", include_str!("page/scene.js")),
    ("/*PLAYER*/", include_str!("page/player.js")),
];

/// The page with the record in it.
pub fn drive_html(record: &DriveRecord) -> Result<String, serde_json::Error> {
    // `<` occurs only inside strings of JSON; escaped, no name can end the script or open a comment
    let json = serde_json::to_string(record)?.replace('<', "\\u003c");
    let mut page = PAGE.to_owned();
    for (place, script) in SCRIPTS {
        page = page.replacen(place, script.trim_end(), 1);
    }
    Ok(page.replacen(PLACE, &json, 1))
}

/// The record in a page.
pub fn record_of_html(page: &str) -> Option<Result<DriveRecord, serde_json::Error>> {
    let (_, rest) = page.split_once("const record = ")?;
    let (json, _) = rest.split_once(";\n")?;
    Some(serde_json::from_str(json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Film, Shapes, TickRecord};

    fn named(title: &str) -> DriveRecord {
        DriveRecord {
            title: title.to_owned(),
            outcome: "reached the goal".to_owned(),
            details: String::new(),
            is_success: Some(true),
            world: Shapes::default(),
            is_fused: false,
            movers: Vec::new(),
            footprint: vec![[0.3, 0.0], [-0.2, 0.2], [-0.2, -0.2]],
            start: [0.0; 3],
            goal: Some([0.0, 0.0, 0.3]),
            contact: None,
            ticks: vec![TickRecord::default()],
            film: Film::default(),
        }
    }

    #[test]
    fn no_name_breaks_out_of_the_script() {
        let plain = drive_html(&named("doorway")).unwrap();
        for name in [
            "</script><script>alert(1)</script>",
            "<!--<script>",
            PLACE,
            "/*FILM*/",
            "$&",
        ] {
            let record = named(name);
            let page = drive_html(&record).unwrap();
            assert_eq!(page.matches('<').count(), plain.matches('<').count());
            let read = record_of_html(&page).unwrap().unwrap();
            assert_eq!(read, record, "the page holds another drive");
        }
    }
}
