//! A drive as one HTML file that asks nothing of anybody else.

use super::record::DriveRecord;

const PAGE: &str = include_str!("drive.html");
const PLACE: &str = "/*RECORD*/null";

/// The page with the record in it.
pub fn drive_html(record: &DriveRecord) -> Result<String, serde_json::Error> {
    // `</script>` in a name must not end the script
    let json = serde_json::to_string(record)?.replace("</", "<\\/");
    Ok(PAGE.replace(PLACE, &json))
}
