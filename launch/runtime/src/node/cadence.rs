//! Tick times: a constant rate, just after the scans if the scan period is a multiple of the tick
//! period or vice versa.
//!
//! ```text
//! scans      |         |         |      every T = n τ, τ within a tenth of the period
//! ticks      |    |    |    |    |      every τ
//! ```
//!
//! Ticks are a lattice whose phase follows the scans, little at a time: `e` is the delay of a scan
//! after its tick, negative if it is early.
//!
//! ```text
//! e > 0     next tick later by e, at most s         the tick that missed the scan waited s for it
//! e < 0     next tick earlier by g |e|, at most s   the tick waits for its time
//! ```
//!
//! The lattice therefore follows most scans at a distance of their jitter, as in a jitter buffer,
//! and one late scan moves it by at most `s`. Far from the scans, as at the start, it moves in
//! larger steps.

/// Maximum wait for a scan and maximum step of the lattice, s: share of a period.
const STEP: f64 = 0.03;
/// Gain of the correction for early scans, g.
const GAIN: f64 = 0.05;
/// Step of the lattice far from the scans, share of a period.
const LEAP: f64 = 0.3;
/// Number of consecutive scans off by more than this share of the tick or scan period that count as
/// far.
const FAR_SCANS: u32 = 4;
const FAR: f64 = 0.15;
/// Maximum relative deviation of a synchronised tick period.
const STRETCH: f64 = 0.1;
/// Weight of the latest scan interval in the mean.
const BLEND: f64 = 0.03;
/// Maximum scan interval for synchronisation, periods.
const SELDOM: f64 = 20.5;

/// Scheduler of ticks. Times are seconds of any steady clock.
#[derive(Debug, Clone)]
pub struct Cadence {
    period_s: f64,
    /// Lattice time of the last tick.
    tick_s: Option<f64>,
    scan_s: Option<f64>,
    /// Mean scan interval.
    interval_s: Option<f64>,
    /// Shift of the next tick.
    shift_s: f64,
    /// Number of consecutive scans far from their ticks.
    far: u32,
}

/// Ratio of ticks to scans.
#[derive(Debug, Clone, Copy)]
struct Rhythm {
    /// Tick period, s.
    step_s: f64,
    /// Scan or tick period, whichever is shorter, s.
    unit_s: f64,
}

impl Cadence {
    /// A scheduler with this nominal period.
    pub fn new(period_s: f64) -> Self {
        Self {
            period_s,
            tick_s: None,
            scan_s: None,
            interval_s: None,
            shift_s: 0.0,
            far: 0,
        }
    }

    /// Registers a scan.
    pub fn scan(&mut self, now_s: f64) {
        let interval_s = self.scan_s.map(|last_s| now_s - last_s);
        self.interval_s = match (interval_s, self.interval_s) {
            (Some(new_s), _) if !(0.0..SELDOM * self.period_s).contains(&new_s) => None,
            (Some(new_s), Some(mean_s)) => Some(mean_s + BLEND * (new_s - mean_s)),
            (new_s, mean_s) => new_s.or(mean_s),
        };
        self.scan_s = Some(now_s);
        if let Some((tick_s, rhythm)) = self.tick_s.zip(self.rhythm()) {
            self.follow(now_s - tick_s, rhythm);
        }
    }

    /// Shifts the lattice for a scan at this time after the last tick.
    fn follow(&mut self, since_s: f64, rhythm: Rhythm) {
        let late_s = since_s - (since_s / rhythm.unit_s).round() * rhythm.unit_s;
        let is_far = late_s.abs() > FAR * rhythm.unit_s;
        self.far = if is_far { self.far + 1 } else { 0 };
        let step_s = STEP * self.period_s;
        self.shift_s = if self.far >= FAR_SCANS {
            let leap_s = LEAP * self.period_s;
            late_s.clamp(-leap_s, leap_s)
        } else if late_s > 0.0 {
            late_s.min(step_s)
        } else {
            (GAIN * late_s).max(-step_s)
        };
    }

    /// Time of the next tick.
    pub fn due_s(&self, now_s: f64) -> f64 {
        let Some(place_s) = self.place_s() else {
            return now_s;
        };
        let (Some(rhythm), Some(scan_s), Some(interval_s)) =
            (self.rhythm(), self.scan_s, self.interval_s)
        else {
            return place_s;
        };
        let is_scan_due = place_s - scan_s > interval_s - 0.5 * rhythm.unit_s;
        if is_scan_due {
            place_s + STEP * self.period_s
        } else {
            place_s.max(scan_s)
        }
    }

    /// The next lattice time.
    fn place_s(&self) -> Option<f64> {
        let step_s = self.rhythm().map_or(self.period_s, |rhythm| rhythm.step_s);
        Some(self.tick_s? + step_s + self.shift_s)
    }

    fn rhythm(&self) -> Option<Rhythm> {
        let interval_s = self.interval_s?;
        let is_seldom = interval_s > self.period_s;
        let (step_s, unit_s) = if is_seldom {
            let step_s = interval_s / (interval_s / self.period_s).round();
            (step_s, step_s)
        } else {
            let scans = (self.period_s / interval_s).round();
            (interval_s * scans, interval_s)
        };
        let is_near = (step_s / self.period_s - 1.0).abs() <= STRETCH;
        is_near.then_some(Rhythm { step_s, unit_s })
    }

    /// Registers the start of a tick.
    pub fn tick(&mut self, now_s: f64) {
        // a late tick does not change the rate
        let place_s = self.place_s().filter(|place_s| {
            let late_s = now_s - place_s;
            (0.0..0.5 * self.period_s).contains(&late_s)
        });
        self.tick_s = Some(place_s.unwrap_or(now_s));
        self.shift_s = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tick times for scans at these times, and the age of the scan at each tick that uses a new
    /// one.
    fn simulate(scans: &[f64], until_s: f64) -> (Vec<f64>, Vec<f64>) {
        let mut cadence = Cadence::new(0.05);
        let (mut ticks, mut ages) = (Vec::new(), Vec::new());
        let mut scans = scans.iter().copied().peekable();
        let (mut now_s, mut newest) = (0.0, None);
        while now_s < until_s {
            let due_s = cadence.due_s(now_s);
            match scans.peek() {
                Some(&at_s) if at_s <= due_s => {
                    scans.next();
                    now_s = at_s;
                    newest = Some(at_s);
                    cadence.scan(now_s);
                }
                _ => {
                    now_s = due_s.max(now_s);
                    cadence.tick(now_s);
                    ticks.push(now_s);
                    ages.extend(newest.take().map(|at_s| now_s - at_s));
                }
            }
        }
        (ticks, ages)
    }

    /// Maximum deviation of the tick interval after synchronisation.
    fn jitter_s(ticks: &[f64]) -> f64 {
        let settled = &ticks[100..];
        let off = |t: &[f64]| (t[1] - t[0] - 0.05).abs();
        settled.windows(2).map(off).fold(0.0, f64::max)
    }

    /// Quasi-random numbers in [0, 1) (Weyl's sequence).
    fn scatter(k: usize) -> f64 {
        (k as f64 * 0.754_877_666).fract()
    }

    #[test]
    fn scans_of_a_steady_rhythm_are_used_as_they_come() {
        for (interval_s, phase) in [
            (0.1, 0.2),
            (0.1, 0.7),
            (0.05, 0.5),
            (0.05, 0.9),
            (0.025, 0.3),
            (0.142, 0.9),
        ] {
            let scans: Vec<f64> = (0..800)
                .map(|k| interval_s * (phase + f64::from(k)))
                .collect();
            let (_, ages) = simulate(&scans, 19.0);
            let oldest_s = ages[ages.len() / 2..].iter().copied().fold(0.0, f64::max);
            assert!(oldest_s < 1e-3, "{interval_s}, {phase}: {oldest_s}");
        }
    }

    #[test]
    fn ticks_lie_behind_scans_that_scatter() {
        let scans: Vec<f64> = (0..400)
            .map(|k| 0.013 + 0.05 * k as f64 + 0.004 * scatter(k))
            .collect();
        let (ticks, ages) = simulate(&scans, 19.0);
        let (oldest_s, used) = (ages[100..].iter().copied().fold(0.0, f64::max), ages.len());
        assert!(oldest_s < 0.004 + 2.0 * STEP * 0.05, "{oldest_s}");
        assert!(ticks.len() - used < 4, "{used} of {}", ticks.len());
        assert!(jitter_s(&ticks) < 2e-3, "{}", jitter_s(&ticks));
    }

    #[test]
    fn scans_that_come_late_do_not_move_ticks() {
        let late_s = |k: usize| if k % 13 == 5 { 0.02 * scatter(k) } else { 0.0 };
        let scans: Vec<f64> = (0..400)
            .map(|k| 0.013 + 0.05 * k as f64 + 0.001 * scatter(k + 1) + late_s(k))
            .collect();
        let (ticks, _) = simulate(&scans, 19.0);
        assert!(jitter_s(&ticks) <= 3.1e-3, "{}", jitter_s(&ticks));
    }

    #[test]
    fn slower_and_faster_scans_keep_the_rate() {
        for interval_s in [0.1, 0.142, 0.025, 0.0123, 1.0] {
            let scans: Vec<f64> = (0..4000)
                .map(|k| 0.02 + interval_s * f64::from(k))
                .collect();
            let (ticks, _) = simulate(&scans, 20.0);
            let rate = ticks.len() as f64 / 20.0;
            assert!((rate - 20.0).abs() < 2.1, "{interval_s}: {rate}");
            let longest = ticks.windows(2).map(|t| t[1] - t[0]).fold(0.0, f64::max);
            assert!(longest < 0.0671, "{interval_s}: {longest}");
        }
    }

    #[test]
    fn missing_scans_do_not_change_the_rate() {
        let scans: Vec<f64> = (0..400)
            .filter(|k| k % 7 > 1)
            .map(|k| 0.02 + 0.05 * f64::from(k))
            .collect();
        let (ticks, _) = simulate(&scans, 19.0);
        assert!(
            (ticks.len() as f64 / 19.0 - 20.0).abs() < 2.1,
            "{}",
            ticks.len()
        );
        assert!(jitter_s(&ticks) < 2e-3, "{}", jitter_s(&ticks));
    }

    #[test]
    fn without_scans_it_ticks_on() {
        let (ticks, _) = simulate(&[], 10.0);
        assert!((199..=202).contains(&ticks.len()), "{}", ticks.len());
    }
}
