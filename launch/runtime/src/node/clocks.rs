//! Clocks of the stamps of scans and odometry in a recording.

use perception::Stamp;
use recordings::cdr;
use recordings::messages::Header;

use super::mailbox::{RawInput, Source};

/// First and last stamp of scans and of odometry.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clocks {
    scans: Option<(Stamp, Stamp)>,
    odometry: Option<(Stamp, Stamp)>,
}

impl Clocks {
    /// Registers the stamp of a message.
    pub(super) fn hear(&mut self, raw: &RawInput) {
        let span = match raw.source {
            Source::Scan => &mut self.scans,
            Source::Odometry => &mut self.odometry,
            _ => return,
        };
        // both types begin with a header
        if let Ok(header) = cdr::decode::<Header>("", 0, &raw.bytes) {
            let stamp = Stamp::from(header.stamp);
            let (first, last) = span.unwrap_or((stamp, stamp));
            *span = Some((first.min(stamp), last.max(stamp)));
        }
    }

    /// A note for the user on clocks whose times do not overlap.
    pub fn note(&self) -> Option<String> {
        let (scans, odometry) = (self.scans?, self.odometry?);
        let is_one_clock = scans.0 <= odometry.1 && odometry.0 <= scans.1;
        (!is_one_clock).then(|| {
            let [scans, odometry] = [scans, odometry]
                .map(|(from, to)| format!("from {:.3} s to {:.3} s", from.as_secs(), to.as_secs()));
            format!(
                "; scans are stamped {scans}, odometry is stamped {odometry}: expected stamps of one clock"
            )
        })
    }
}
