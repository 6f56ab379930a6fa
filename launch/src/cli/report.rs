//! A report for people.

use crate::evaluation::Report;

/// Prints what trials added up to.
pub(super) fn print(report: &Report, to_stderr: bool) {
    let percent = |share: f64| 100.0 * share;
    let mut text = format!(
        "{} · {} · {} episodes from seed {}\n",
        report.scenario, report.policy, report.episodes, report.seed
    );
    text += &format!(
        "  reached {:.1} %   collided {:.1} %   stuck {:.1} %   out of time {:.1} %\n",
        percent(report.success_rate),
        percent(report.collision_rate),
        percent(report.stuck_rate),
        percent(report.timeout_rate),
    );
    if let Some(score) = report.score {
        text += &format!("  score {score:.4}\n");
    }
    if let (Some(time), Some(length)) = (report.time_s_mean, report.path_length_m_mean) {
        text += &format!("  of those that reached: {time:.1} s and {length:.1} m in the mean\n");
    }
    text += &format!(
        "  smallest gap {:.2} m in the mean   tick {:.2} ms median, {:.2} ms 99th percentile",
        report.clearance_m_min_mean, report.tick_ms_p50, report.tick_ms_p99
    );
    if to_stderr {
        eprintln!("{text}");
    } else {
        println!("{text}");
    }
}
