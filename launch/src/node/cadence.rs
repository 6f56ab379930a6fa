//! When to tick: at a steady rate, in step with the scans where a whole number of ticks goes into
//! the time between them, or of scans into a tick.
//!
//! ```text
//! scans      |         |         |      every T = n τ, τ within a tenth of the period
//! ticks      |    |    |    |    |      every τ; where a scan is due, as it comes
//! ```

/// Share of a period by which a tick may come early, or wait for a scan.
const SHIFT: f64 = 0.3;
/// Share of a period by which ticks in step with scans may differ from it.
const STRETCH: f64 = 0.1;
/// Weight of the latest interval between scans in their mean.
const BLEND: f64 = 0.1;
/// Scans that are more periods apart than this have no rhythm.
const SELDOM: f64 = 20.5;

/// The times of ticks. Times are seconds of any steady clock.
#[derive(Debug, Clone)]
pub struct Cadence {
    period_s: f64,
    tick_s: Option<f64>,
    scan_s: Option<f64>,
    /// Mean time between scans.
    interval_s: Option<f64>,
    /// A scan came that no tick has used.
    waits: bool,
}

/// How ticks fall on scans.
struct Rhythm {
    scan_s: f64,
    /// Time between ticks, s.
    step_s: f64,
    /// Time between scans or ticks, whichever is shorter, s.
    unit_s: f64,
    /// Time between scans or ticks, whichever is longer, in units.
    units: f64,
}

impl Cadence {
    /// Ticks about once a period.
    pub fn new(period_s: f64) -> Self {
        Self {
            period_s,
            tick_s: None,
            scan_s: None,
            interval_s: None,
            waits: false,
        }
    }

    /// A scan came.
    pub fn scan(&mut self, now_s: f64) {
        let interval_s = self.scan_s.map(|last_s| now_s - last_s);
        self.interval_s = match (interval_s, self.interval_s) {
            (Some(new_s), _) if !(0.0..SELDOM * self.period_s).contains(&new_s) => None,
            (Some(new_s), Some(mean_s)) => Some(mean_s + BLEND * (new_s - mean_s)),
            (new_s, mean_s) => new_s.or(mean_s),
        };
        self.scan_s = Some(now_s);
        self.waits = true;
    }

    /// When to tick next.
    pub fn due_s(&self, now_s: f64) -> f64 {
        let Some(tick_s) = self.tick_s else {
            return now_s;
        };
        let Some(Rhythm {
            scan_s,
            step_s,
            unit_s,
            units,
        }) = self.rhythm()
        else {
            return tick_s + self.period_s;
        };
        let nominal_s = tick_s + step_s;
        let shift_s = SHIFT * self.period_s;
        if self.waits && scan_s >= nominal_s - shift_s.min(0.5 * unit_s) {
            return scan_s;
        }
        // the tick nearest to the steady rate among those in step with the last scan
        let ahead = ((nominal_s - scan_s) / unit_s).round().max(1.0);
        let due_s = scan_s + ahead * unit_s;
        let is_scan_due = if unit_s < step_s {
            ahead <= 2.0 * units
        } else {
            ahead == units
        };
        let wait_s = if is_scan_due { shift_s } else { 0.0 };
        (due_s + wait_s).clamp(nominal_s - shift_s, nominal_s + shift_s)
    }

    fn rhythm(&self) -> Option<Rhythm> {
        let (scan_s, interval_s) = self.scan_s.zip(self.interval_s)?;
        let is_seldom = interval_s > self.period_s;
        let units = if is_seldom {
            (interval_s / self.period_s).round()
        } else {
            (self.period_s / interval_s).round()
        };
        let (step_s, unit_s) = if is_seldom {
            (interval_s / units, interval_s / units)
        } else {
            (interval_s * units, interval_s)
        };
        let is_near = (step_s / self.period_s - 1.0).abs() <= STRETCH;
        is_near.then_some(Rhythm {
            scan_s,
            step_s,
            unit_s,
            units,
        })
    }

    /// A tick begins.
    pub fn tick(&mut self, now_s: f64) {
        // the rate is kept, however late a tick begins
        let due_s = self.due_s(now_s);
        let is_near = (0.0..0.5 * self.period_s).contains(&(now_s - due_s));
        self.tick_s = Some(if is_near { due_s } else { now_s });
        self.waits = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks over some seconds with scans at these times, and the age of the scan at each tick that
    /// uses a new one.
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

    #[test]
    fn scans_at_the_rate_are_used_as_they_come() {
        let jitter = |k: usize| 0.003 * ((k * 7) % 5) as f64 / 5.0;
        let scans: Vec<f64> = (0..400)
            .map(|k| 0.013 + 0.05 * k as f64 + jitter(k))
            .collect();
        let (ticks, ages) = simulate(&scans, 19.0);
        assert!(ages[5..].iter().all(|age| *age < 1e-9), "{ages:?}");
        assert!((ticks.len() as f64 / 19.0 - 20.0).abs() < 0.5);
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
            assert!(longest < 0.0651, "{interval_s}: {longest}");
        }
    }

    #[test]
    fn ticks_come_into_step_with_scans_of_any_phase() {
        for (interval_s, phase) in [
            (0.1, 0.2),
            (0.1, 0.7),
            (0.05, 0.5),
            (0.025, 0.3),
            (0.142, 0.9),
        ] {
            let scans: Vec<f64> = (0..800)
                .map(|k| interval_s * (phase + f64::from(k)))
                .collect();
            let (_, ages) = simulate(&scans, 19.0);
            let late = ages[10..].iter().filter(|age| **age > 1e-9).count();
            assert_eq!(late, 0, "{interval_s}, {phase}: {ages:?}");
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
    }

    #[test]
    fn without_scans_it_ticks_on() {
        let (ticks, _) = simulate(&[], 10.0);
        assert!((199..=202).contains(&ticks.len()), "{}", ticks.len());
    }
}
