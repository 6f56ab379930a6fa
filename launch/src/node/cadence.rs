//! When to tick: at a steady rate, but when a scan is due about then, as it comes.

/// Share of a period by which a tick may wait for a scan, or come early for one.
const SHIFT: f64 = 0.3;
/// Weight of the latest interval between scans in their mean.
const BLEND: f64 = 0.1;

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
        if let Some(last_s) = self.scan_s {
            let interval_s = (now_s - last_s).clamp(0.0, 10.0 * self.period_s);
            let mean_s = self.interval_s.get_or_insert(interval_s);
            *mean_s += BLEND * (interval_s - *mean_s);
        }
        self.scan_s = Some(now_s);
        self.waits = true;
    }

    /// When to tick next.
    pub fn due_s(&self, now_s: f64) -> f64 {
        let Some(tick_s) = self.tick_s else {
            return now_s;
        };
        let nominal_s = tick_s + self.period_s;
        let shift_s = SHIFT * self.period_s;
        let expected_s = self
            .scan_s
            .zip(self.interval_s)
            .map(|(at, every)| at + every);
        if let Some(scan_s) = self.scan_s
            && self.waits
            && scan_s >= nominal_s - shift_s
            && expected_s.is_none_or(|expected_s| expected_s > nominal_s)
        {
            return scan_s;
        }
        match expected_s {
            Some(expected_s) if (expected_s - nominal_s).abs() <= shift_s => nominal_s + shift_s,
            _ => nominal_s,
        }
    }

    /// A tick begins.
    pub fn tick(&mut self, now_s: f64) {
        // ticks without scans keep the rate, however late one of them begins
        let steady_s = self.tick_s.map(|last_s| last_s + self.period_s);
        self.tick_s = match steady_s {
            Some(steady_s)
                if !self.waits && (0.0..0.5 * self.period_s).contains(&(now_s - steady_s)) =>
            {
                Some(steady_s)
            }
            _ => Some(now_s),
        };
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
        let scans: Vec<f64> = (0..200).map(|k| 0.02 + 0.1 * f64::from(k)).collect();
        let (_, ages) = simulate(&scans, 19.0);
        assert!(ages[5..].iter().all(|age| *age < 1e-9), "{ages:?}");
    }

    #[test]
    fn without_scans_it_ticks_on() {
        let (ticks, _) = simulate(&[], 10.0);
        assert!((199..=202).contains(&ticks.len()), "{}", ticks.len());
    }
}
