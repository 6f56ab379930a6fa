//! Clocks of the stamps of scans and odometry in a recording.

use perception::Stamp;
use recordings::cdr;
use recordings::messages::Header;

use super::mailbox::{RawInput, Source};

/// Stamps of scans and of odometry.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clocks {
    scans: Option<Span>,
    odometry: Option<Span>,
}

/// Stamps of a kind of message.
#[derive(Debug, Clone, Copy)]
struct Span {
    count: usize,
    /// The stamp that was read first.
    first: Stamp,
    earliest: Stamp,
    latest: Stamp,
}

impl Span {
    fn widen(span: &mut Option<Self>, stamp: Stamp) {
        let span = span.get_or_insert(Self {
            count: 0,
            first: stamp,
            earliest: stamp,
            latest: stamp,
        });
        span.count += 1;
        span.earliest = span.earliest.min(stamp);
        span.latest = span.latest.max(stamp);
    }

    /// Describes the stamps of several messages of which none is later than the first.
    fn stuck(&self, what: &str) -> Option<String> {
        let Self { count, first, .. } = *self;
        let is_stuck = count > 1 && self.latest == first;
        let first_s = (1e3 * first.as_secs()).round() / 1e3;
        is_stuck.then(|| {
            if self.earliest == first {
                format!("{count} {what} all stamped {first_s} s")
            } else {
                format!("{count} {what}, none stamped later than the first at {first_s} s")
            }
        })
    }
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
            Span::widen(span, Stamp::from(header.stamp));
        }
    }

    /// Registers the stamp of a scan of a log.
    pub(super) fn hear_scan(&mut self, stamp: Stamp) {
        Span::widen(&mut self.scans, stamp);
    }

    /// Describes stamps that do not advance, with which a drive cannot be replayed.
    pub fn stuck(&self) -> Option<String> {
        let scans = self.scans.and_then(|span| span.stuck("scans"));
        scans.or_else(|| self.odometry?.stuck("messages of odometry"))
    }

    /// A note for the user on clocks without a common time range.
    pub fn note(&self) -> Option<String> {
        let (scans, odometry) = (self.scans?, self.odometry?);
        let is_one_clock = scans.earliest <= odometry.latest && odometry.earliest <= scans.latest;
        (!is_one_clock).then(|| {
            let [scans, odometry] = [scans, odometry].map(|span| {
                let (from, to) = (span.earliest.as_secs(), span.latest.as_secs());
                format!("from {from:.3} s to {to:.3} s")
            });
            format!(
                "; scans are stamped {scans}, odometry is stamped {odometry}: expected stamps of one clock"
            )
        })
    }
}
