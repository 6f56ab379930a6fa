//! Opens the page of a drive in a real browser and watches it play.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use launch::view::record_of_html;

const PROGRAM: &str = env!("CARGO_BIN_EXE_performer-mpc");

/// A browser on a slow machine may take this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Notes what a person would see, and tells the test.
const PROBE: &str = r#"<script>
const seen = [], note = () => { const d = document.body.dataset; seen.push([Number(d.time), d.playing]); };
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
(async () => {
  await wait(500); note();
  await wait(1500); note();
  document.getElementById("play").click(); await wait(200); note();
  await wait(1000); note();
  const scrub = document.getElementById("scrub");
  scrub.value = scrub.max; scrub.dispatchEvent(new Event("input")); await wait(200); note();
  document.getElementById("play").click(); await wait(1000); note();
  document.getElementById("play").click();
  const canvas = document.getElementById("view"), pen = canvas.getContext("2d");
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set(); for (let k = 0; k < pixels.length; k += 4) colours.add(pixels[k] << 16 | pixels[k + 1] << 8 | pixels[k + 2]);
  // frames in an odd order, so that some are reached forward, some backward and some by their key
  const final = film.frames.length - 1;
  const sums = [3, final, final - 1, 0, final >> 1, 1].map((k) => { let sum = 0; for (const code of cellsOf(k)) sum = (Math.imul(sum, 31) + code) >>> 0; return sum; });
  const boxes = document.querySelectorAll('#legend input'), before = canvas.toDataURL();
  document.getElementById("show-stands").click(); const without = canvas.toDataURL();
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "s" })); const back = canvas.toDataURL();
  const switches = { boxes: boxes.length, without: without !== before, back: back === before };
  const found = JSON.stringify({ seen, sums, switches, faults: window.faults, colours: colours.size });
  new Image().src = "http://127.0.0.1:PORT/?" + encodeURIComponent(found);
})();
</script></body>"#;
const CATCH: &str = r#"<head><script>
window.faults = []; window.addEventListener("error", (event) => window.faults.push(String(event.message)));
for (const kind of ["error", "warn"]) { const say = console[kind]; console[kind] = (...words) => { window.faults.push(words.join(" ")); say(...words); }; }
window.addEventListener("securitypolicyviolation", (event) => window.faults.push("blocked " + event.blockedURI));
</script>"#;

fn browser() -> Option<String> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    if found.is_none() {
        assert!(std::env::var("CI").is_err(), "no browser: install chromium");
        println!("skipped: no browser; install chromium");
    }
    found.map(str::to_owned)
}

/// What the page says, once it does.
fn heard(listener: &TcpListener, mut browser: Child) -> serde_json::Value {
    listener.set_nonblocking(true).unwrap();
    let begun = Instant::now();
    let request = loop {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).unwrap();
            let mut line = String::new();
            BufReader::new(stream).read_line(&mut line).unwrap();
            break line;
        }
        let is_late = begun.elapsed() > PATIENCE;
        if is_late || browser.try_wait().unwrap().is_some() {
            browser.kill().ok();
            panic!("the page said nothing in {:?}", begun.elapsed());
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    browser.kill().ok();
    browser.wait().unwrap();
    let (_, query) = request.split_once('?').unwrap();
    let query = query.split(' ').next().unwrap();
    let text = percent_decoded(query);
    serde_json::from_str(&text).unwrap()
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_page_of_a_drive_plays_pauses_and_scrubs() {
    let Some(browser) = browser() else { return };
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path();
    let drive = Command::new(PROGRAM)
        .args(["drive", "doorway", "--seed", "8", "--out"])
        .arg(out)
        .output()
        .unwrap();
    assert!(drive.status.success(), "{drive:?}");
    let page = std::fs::read_to_string(out.join("drive.html")).unwrap();
    for address in ["http://", "https://", "src=\"//"] {
        assert!(!page.contains(address), "the page names another host");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let probed = page
        .replacen("<head>", CATCH, 1)
        .replacen(
            "img-src data:",
            &format!("img-src data: http://127.0.0.1:{port}"),
            1,
        )
        .replacen("</body>", &PROBE.replace("PORT", &port), 1);
    let path = out.join("probed.html");
    std::fs::write(&path, probed).unwrap();
    let shown = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--window-size=1000,700",
            "--remote-debugging-port=0",
        ])
        .arg(format!("--user-data-dir={}", out.join("profile").display()))
        .arg(format!("file://{}", path.display()))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let found = heard(&listener, shown);
    assert_eq!(found["faults"], serde_json::json!([]));
    assert!(found["colours"].as_u64().unwrap() > 20, "an empty picture");
    let film = record_of_html(&page).unwrap().unwrap().film;
    let last = film.frames.len() - 1;
    assert!(last > 16, "no frame of a second key");
    let sums = [3, last, last - 1, 0, last / 2, 1].map(|index| {
        let (_, layers) = film.layers(index).unwrap();
        let add = |sum: u32, code: &u8| sum.wrapping_mul(31).wrapping_add(u32::from(*code));
        layers.cells.iter().fold(0, add)
    });
    assert_eq!(found["sums"], serde_json::json!(sums), "other maps");
    let switches = serde_json::json!({ "boxes": 8, "without": true, "back": true });
    assert_eq!(found["switches"], switches);
    let seen: Vec<(f64, String)> = serde_json::from_value(found["seen"].clone()).unwrap();
    let [
        (early, _),
        (later, playing),
        (paused, is),
        (still, _),
        (end, _),
        (again, on),
    ] = seen.as_slice()
    else {
        panic!("six notes expected: {seen:?}")
    };
    assert!(later > early, "it does not play: {seen:?}");
    assert_eq!((playing.as_str(), is.as_str()), ("true", "false"));
    assert_eq!(paused, still, "it does not pause");
    assert!(end > still, "it does not scrub: {seen:?}");
    assert!(again < end && on == "true", "it does not start again");
}
