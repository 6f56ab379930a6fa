//! Metrics of a training run: a CSV table and events for TensorBoard.

use std::path::Path;

use tensorboard_rs::summary_writer::SummaryWriter;
use training::{StepReport, TestReport};

/// One row: a step, and the test after it if there was one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The step, from 1.
    pub step: u64,
    /// Mean loss of the batch.
    pub loss: f64,
    /// Norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Samples with a gradient through the plan.
    pub through_plan: u64,
    /// Samples whose solve did not converge.
    pub unsolved: u64,
    /// Samples whose adjoint was refused.
    pub refused: u64,
    /// Samples per second since the last row.
    pub samples_per_s: f64,
    /// Share of the time spent in the network; the rest is the MPC and its adjoint.
    pub network_share: f64,
    /// Mean Hausdorff distance between plans and the expert's, m, in the training set.
    pub train_hausdorff_m: Option<f64>,
    /// The same in the test set.
    pub test_hausdorff_m: Option<f64>,
    /// Mean loss in the test set.
    pub test_loss: Option<f64>,
    /// Share of the learner's drives before this step that reached the goal.
    pub drive_success: Option<f64>,
}

const HEADER: &str = "step,loss,gradient_norm,learning_rate,through_plan,unsolved,refused,\
                      samples_per_s,network_share,train_hausdorff_m,test_hausdorff_m,test_loss,drive_success";

impl Row {
    /// The row of a step.
    pub fn new(
        step: &StepReport,
        test: Option<&TestReport>,
        samples_per_s: f64,
        drive_success: Option<f64>,
    ) -> Self {
        let tally = &step.tally;
        Self {
            step: step.step,
            loss: tally.loss_mean(),
            gradient_norm: step.gradient_norm,
            learning_rate: step.learning_rate,
            through_plan: tally.through_plan as u64,
            unsolved: tally.unsolved as u64,
            refused: tally.refused as u64,
            samples_per_s,
            network_share: tally.network_s / (tally.network_s + tally.mpc_s).max(1e-9),
            train_hausdorff_m: test.map(|test| test.train.hausdorff_mean_m()),
            test_hausdorff_m: test.map(|test| test.test.hausdorff_mean_m()),
            test_loss: test.map(|test| test.test.loss_mean()),
            drive_success,
        }
    }

    fn line(&self) -> String {
        let maybe = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        format!(
            "{},{},{},{},{},{},{},{},{},{},{},{},{}",
            self.step,
            self.loss,
            self.gradient_norm,
            self.learning_rate,
            self.through_plan,
            self.unsolved,
            self.refused,
            self.samples_per_s,
            self.network_share,
            maybe(self.train_hausdorff_m),
            maybe(self.test_hausdorff_m),
            maybe(self.test_loss),
            maybe(self.drive_success),
        )
    }

    fn parse(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split(',').collect();
        let [
            step,
            loss,
            norm,
            rate,
            through,
            unsolved,
            refused,
            speed,
            share,
            train,
            test,
            test_loss,
            drives,
        ] = cells[..]
        else {
            return None;
        };
        let maybe = |cell: &str| match cell {
            "" => Some(None),
            cell => cell.parse().ok().map(Some),
        };
        Some(Self {
            step: step.parse().ok()?,
            loss: loss.parse().ok()?,
            gradient_norm: norm.parse().ok()?,
            learning_rate: rate.parse().ok()?,
            through_plan: through.parse().ok()?,
            unsolved: unsolved.parse().ok()?,
            refused: refused.parse().ok()?,
            samples_per_s: speed.parse().ok()?,
            network_share: share.parse().ok()?,
            train_hausdorff_m: maybe(train)?,
            test_hausdorff_m: maybe(test)?,
            test_loss: maybe(test_loss)?,
            drive_success: maybe(drives)?,
        })
    }
}

/// All rows of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    /// In order of their steps.
    pub rows: Vec<Row>,
}

/// A table that is not one of a training run.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is no row of metrics: expected {HEADER}")]
pub struct MetricsError {
    line: usize,
}

impl Metrics {
    /// The table as CSV.
    pub fn to_csv(&self) -> String {
        let mut csv = format!("{HEADER}\n");
        for row in &self.rows {
            csv += &row.line();
            csv.push('\n');
        }
        csv
    }

    /// Reads a table up to a step; later steps will be repeated.
    pub fn from_csv(csv: &str, last_step: u64) -> Result<Self, MetricsError> {
        let mut lines = csv.lines().enumerate();
        if lines.next().is_none_or(|(_, header)| header != HEADER) {
            return Err(MetricsError { line: 1 });
        }
        let rows = lines
            .map(|(index, line)| Row::parse(line).ok_or(MetricsError { line: index + 1 }))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            rows: rows
                .into_iter()
                .filter(|row| row.step <= last_step)
                .collect(),
        })
    }
}

/// Writer of event files for TensorBoard.
pub struct Events {
    writer: SummaryWriter,
}

impl Events {
    /// A new event file in an existing directory.
    pub fn new(directory: &Path) -> Self {
        Self {
            writer: SummaryWriter::new(directory),
        }
    }

    /// Adds a row.
    pub fn add(&mut self, row: &Row) {
        let step = row.step as usize;
        let figures = [
            ("loss/batch", Some(row.loss)),
            ("loss/test", row.test_loss),
            ("hausdorff_m/train", row.train_hausdorff_m),
            ("hausdorff_m/test", row.test_hausdorff_m),
            ("optimiser/gradient_norm", Some(row.gradient_norm)),
            ("optimiser/learning_rate", Some(row.learning_rate)),
            ("solves/unsolved", Some(row.unsolved as f64)),
            ("solves/refused", Some(row.refused as f64)),
            ("speed/samples_per_s", Some(row.samples_per_s)),
            ("drives/success", row.drive_success),
        ];
        for (tag, value) in figures {
            if let Some(value) = value {
                self.writer.add_scalar(tag, value as f32, step);
            }
        }
    }

    /// Flushes to the operating system.
    pub fn flush(&mut self) {
        self.writer.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, test: Option<f64>) -> Row {
        Row {
            step,
            loss: 0.1 + step as f64,
            gradient_norm: 1.0 / 3.0,
            learning_rate: 1e-4,
            through_plan: 31,
            unsolved: 1,
            refused: 0,
            samples_per_s: 80.5,
            network_share: 0.75,
            train_hausdorff_m: test,
            test_hausdorff_m: test,
            test_loss: test,
            drive_success: test,
        }
    }

    #[test]
    fn a_table_reads_back_up_to_the_step_asked_for() {
        let all = Metrics {
            rows: vec![row(1, None), row(2, Some(0.125)), row(3, None)],
        };
        let csv = all.to_csv();
        assert_eq!(Metrics::from_csv(&csv, 3).unwrap(), all);
        assert_eq!(Metrics::from_csv(&csv, 2).unwrap().rows, all.rows[..2]);
    }

    #[test]
    fn a_damaged_table_is_refused_by_line() {
        let csv = Metrics {
            rows: vec![row(1, None)],
        }
        .to_csv()
            + "2,what\n";
        let error = Metrics::from_csv(&csv, 9).unwrap_err().to_string();
        assert!(error.starts_with("line 3 is no row of metrics"), "{error}");
        assert!(Metrics::from_csv("a,b\n", 9).is_err());
    }
}
