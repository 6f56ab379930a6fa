//! A training run that is killed again and again ends with the same weights.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{PROGRAM, Random, kill, run};

const STEPS: &str = "24";

fn demonstrate(drives: &Path) {
    run(Command::new(PROGRAM)
        .args(["demonstrate", "doorway", "--episodes", "3", "--seed", "2"])
        .args(["--set", "training.sample_period_s=1", "--out"])
        .arg(drives));
}

fn train(drives: &Path, out: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("train").arg(drives).arg("--out").arg(out);
    command.args(["--preset", "nano", "--seed", "4", "--steps", STEPS]);
    for setting in [
        "batch=4",
        "test_every=6",
        "test_samples=4",
        "optimiser.warm_up=2",
        "sample_period_s=1",
    ] {
        command.arg("--set").arg(format!("training.{setting}"));
    }
    command.args(["--resume", "--checkpoint-every", "0"]);
    command.stdin(Stdio::null());
    command
}

pub fn survives_kills(kills: u32) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let drives = path("drives");
    demonstrate(&drives);
    let begun = std::time::Instant::now();
    run(&mut train(&drives, &path("whole")));
    let longest_ms = begun.elapsed().as_millis() as u64;
    let checkpoint = |run: &str| std::fs::read(path(run).join("checkpoint.safetensors")).unwrap();
    let mut random = Random(23);
    let mut runs = 0;
    for number in 0..kills {
        // begun anew before it is done
        let name = format!("run_{runs}");
        let mut command = train(&drives, &path(&name));
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        random.wait(longest_ms / 2);
        kill(&mut child);
        if number % 5 == 4 || number + 1 == kills {
            run(&mut train(&drives, &path(&name)));
            assert!(
                checkpoint(&name) == checkpoint("whole"),
                "kill {number}: other weights"
            );
            let left = std::fs::read_dir(path(&name)).unwrap();
            let mut names = left.map(|entry| entry.unwrap().file_name());
            assert!(names.all(|name| !name.to_string_lossy().starts_with('.')));
            runs += 1;
        }
    }
    println!("train: {kills} kills in {runs} runs, the same weights");
}
