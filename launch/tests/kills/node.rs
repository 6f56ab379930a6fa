//! Recordings and incident files of a node that is killed, or whose disk is full.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use recordings::BagReader as _;
use runtime::recording::open_recording;
use serde_json::Value;

use super::{PROGRAM, Random, kill, robot, run};

/// What the node says once a second.
#[derive(Debug, Default)]
struct Told {
    flushed: usize,
    lost: usize,
    speed_mps: f64,
    recorder: String,
}

impl Told {
    fn of(line: &str) -> Self {
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap();
        Self {
            flushed: word().parse().unwrap(),
            lost: word().parse().unwrap(),
            speed_mps: word().parse().unwrap(),
            recorder: word().to_owned(),
        }
    }
}

fn node(directory: &Path, seconds: u32) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .arg(robot::ROLE)
        .arg(directory)
        .arg(seconds.to_string());
    command
}

fn files(directory: &Path, begin: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with(begin)
    });
    paths.sort();
    paths
}

/// Messages in a recording, all of which can be read.
fn count(path: &Path) -> usize {
    let mut bag = open_recording(path, |_| true).unwrap();
    let mut count = 0;
    while bag.next_message().unwrap().is_some() {
        count += 1;
    }
    count
}

fn replay(path: &Path) -> Value {
    let output = run(Command::new(PROGRAM)
        .arg("replay")
        .arg(path)
        .args(["--json", "-"]));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Waits until the node has flushed something, and for a random time more; then kills it. Gives
/// what it had flushed for certain.
fn kill_at_random(child: &mut Child, random: &mut Random) -> usize {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, told) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            sender.send(Told::of(&line).flushed).unwrap();
        }
    });
    let mut flushed = 0;
    while flushed == 0 {
        flushed = told.recv().unwrap();
    }
    random.wait(1500);
    kill(child);
    reader.join().unwrap();
    told.try_iter().last().unwrap_or(flushed)
}

/// Whatever the moment, all that was flushed is read, and replays to the same commands.
pub fn survives_kills(kills: u32) {
    let directory = tempfile::tempdir().unwrap();
    let mut random = Random(21);
    let (mut incidents, mut messages) = (0, 0);
    for number in 0..kills {
        let mut child = node(directory.path(), 1000)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let flushed = kill_at_random(&mut child, &mut random);
        let left = files(directory.path(), "performer_mpc_");
        let [recording] = left.as_slice() else {
            panic!("kill {number}: {left:?}");
        };
        assert!(recording.to_string_lossy().ends_with(".mcap.active"));
        let read = count(recording);
        assert!(
            read >= flushed,
            "kill {number}: {read} of {flushed} messages"
        );
        let found = replay(recording);
        assert_eq!(found["commands_different"], 0, "kill {number}: {found}");
        assert!(
            found["notes"][0]
                .as_str()
                .unwrap()
                .contains("messages up to")
        );
        messages += read;
        if number % 10 == 9 {
            let kept = directory.path().join(format!("kept_{number}.mcap"));
            std::fs::rename(recording, kept).unwrap();
        } else {
            std::fs::remove_file(recording).unwrap();
        }
        let saved = files(directory.path(), "incident_");
        assert!(saved.len() <= 4, "kill {number}: {saved:?}");
        for incident in saved {
            let found = replay(&incident);
            assert_eq!(found["incidents"][0]["cause"], "requested", "{found}");
            incidents += 1;
        }
    }
    println!("node: {kills} kills, {messages} messages and {incidents} incidents read back");
}

/// A disk that takes no more costs what is not recorded, and is said once; the robot drives on.
pub fn survives_a_full_disk() {
    let directory = tempfile::tempdir().unwrap();
    let node = node(directory.path(), 20);
    // a limit on the size of files stands for a full disk
    let output = run(Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$@\"", "sh"])
        .arg(node.get_program())
        .args(node.get_args()));
    let said = String::from_utf8(output.stdout).unwrap();
    let told: Vec<Told> = said.lines().map(Told::of).collect();
    let full = told.iter().position(|told| told.lost > 0).expect(&said);
    assert!(
        told[full..].iter().any(|told| told.speed_mps > 0.1),
        "{said}"
    );
    let last = told.last().unwrap();
    assert!(last.lost > told[full].lost, "{said}");
    assert!(last.recorder.contains("the recording ends: "), "{said}");
    assert!(last.recorder.contains("File too large"), "{said}");
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(log.matches("the recording ends: ").count(), 1, "{log}");
    let [recording] = files(directory.path(), "performer_mpc_")
        .try_into()
        .unwrap();
    assert!(count(&recording) >= last.flushed);
    assert_eq!(replay(&recording)["commands_different"], 0);
    println!(
        "full disk: {} messages lost, {} kept",
        last.lost, last.flushed
    );
}
