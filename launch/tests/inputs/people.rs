//! Recordings of people in which no drive is possible.

use launch::read_driveable;
use sim::ReplaySettings;

use super::drive::Place;

#[test]
fn a_recording_without_a_drive_is_left_out_of_its_directory_and_refused_by_name() {
    let place = Place::new();
    let standing = "t,id,x,y\n0,1,0,0\n1,1,0,0.01\n";
    let file = place.put("people/standing.csv", standing.as_bytes());
    let settings = ReplaySettings::default();
    let mut notes = Vec::new();
    let refused = read_driveable(&settings, &[file], None, &mut notes).unwrap_err();
    assert!(refused.to_string().contains("standing.csv: "), "{refused}");
    assert!(notes.is_empty());
    let directory = [place.path("people")];
    let refused = read_driveable(&settings, &directory, None, &mut notes).unwrap_err();
    assert!(refused.to_string().contains("no recording admits a drive"));
    assert!(notes[0].contains("standing is left out"), "{notes:?}");
}
