//! A recording through a robot's own map, for the page of `map --robot`.

use perception::{CloudPoint, PointCloud};
use recordings::cdr;
use recordings::definitions::POINT_CLOUD2;
use recordings::messages::PointCloud2Message;

use super::drive::{BEGIN_S, Drive, Ended, Place, SCANS};
use super::messages;

type Spoil = fn(&mut PointCloud2Message);

#[test]
fn a_cloud_that_cannot_be_used_costs_that_cloud() {
    let spoils: [Spoil; 3] = [
        |cloud| cloud.data.truncate(7),
        |cloud| cloud.fields.clear(),
        |cloud| cloud.header.frame_id = "nowhere".to_owned(),
    ];
    for (index, spoil) in spoils.into_iter().enumerate() {
        let place = Place::new();
        let drive = Drive::new();
        let mut rows = drive.rows();
        for step in 0..10 {
            let at_s = BEGIN_S + 1.0 + 0.1 * f64::from(step);
            let point = CloudPoint {
                position: [1.5, 0.1, 0.2],
                time_s: 0.0,
            };
            let cloud = PointCloud {
                points: vec![point; 20],
                rings: Vec::new(),
            };
            let mut message = PointCloud2Message::new(messages::header(at_s, "laser"), &cloud);
            if step == 4 {
                spoil(&mut message);
            }
            let at = perception::Stamp::from_secs(at_s);
            rows.push(("/points".to_owned(), at, cdr::encode(&message).unwrap()));
        }
        let path = place.put(
            "bag.mcap",
            &drive.recorded_with(&[("/points", POINT_CLOUD2)], rows),
        );
        let page = place.path("page.html");
        let ended = Ended::map(
            &path,
            &["--html", page.to_str().unwrap(), "--robot", "mobile_base"],
        );
        assert_eq!(ended.good()["scans"], SCANS, "{ended:?}");
        let said = &ended.said;
        let is_told = said.contains("1 message") && said.contains("/points");
        assert!(is_told, "flaw {index}: {said}");
        assert!(page.is_file());
    }
}
