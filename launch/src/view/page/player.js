// Playback: time, scrubbing, keys, and panning of the view.
let at = 0, playing = true, before = null, clock = 0;
$("title").textContent = document.title = record.title;
if (record.outcome) {
  const ending = document.createElement("b");
  ending.textContent = record.outcome;
  $("outcome").style.background = record.is_success === null ? "#4a5368" : record.is_success ? "#12904a" : "#c8372d";
  $("outcome").append(ending, record.details);
}
function draw() {
  const tick = ticks[at];
  drawScene(at);
  const hundredths = (value) => (Math.round(100 * value) / 100 + 0).toFixed(2).padStart(5); // no "-0.00"
  $("read").textContent = `${hundredths(tick.t)} s   ${hundredths(tick.velocity[0])} m/s   ${hundredths(tick.velocity[1])} rad/s   ${tick.status}`;
  $("scrub").value = at;
  $("outcome").hidden = at < last || !record.outcome;
  document.body.dataset.time = tick.t; document.body.dataset.playing = playing;
}
function go(k) { at = Math.max(0, Math.min(last, k)); clock = ticks[at].t; draw(); }
function play(on) { playing = on; before = null; if (on && at === last) go(0); $("play").textContent = on ? "Pause" : "Play"; draw(); }
function frame(now) {
  if (playing) {
    if (before !== null) clock += Math.min(now - before, 250) / 1000 * Number($("speed").value);
    before = now;
    let k = at; while (k < last && ticks[k + 1].t <= clock) k++;
    if (k !== at) { at = k; draw(); }
    if (at === last) play(false);
  }
  requestAnimationFrame(frame);
}
// the tick about a second later or earlier
function aSecond(way) {
  let k = at + way;
  while (k > 0 && k < last && Math.abs(ticks[k].t - ticks[at].t) < 1 - 1e-6) k += way;
  return k;
}
$("scrub").max = last;
$("scrub").addEventListener("input", (event) => { const wanted = Number(event.target.value); play(false); go(wanted); });
$("play").addEventListener("click", () => play(!playing));
window.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === $("speed")) return;
  const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key], box = boxes[event.key.toUpperCase()];
  if (event.key === " ") { if (event.target.type === "checkbox") return; event.preventDefault(); play(!playing); }
  else if (way) { event.preventDefault(); play(false); go(event.shiftKey ? aSecond(way) : at + way); }
  else if (event.key === "Home" || event.key === "End") { event.preventDefault(); play(false); go(event.key === "Home" ? 0 : last); }
  else if (box) box.click();
});
$("play").addEventListener("keyup", (event) => { if (event.key === " ") event.preventDefault(); });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const factor = Math.min(40, Math.max(1, zoom * Math.exp(-0.0015 * event.deltaY))) / zoom;
  const x = (event.offsetX * pixel - canvas.width / 2) / scale, y = (canvas.height / 2 - event.offsetY * pixel) / scale;
  centre = [centre[0] + x * (1 - 1 / factor), centre[1] + y * (1 - 1 / factor)];
  zoom *= factor; draw();
}, { passive: false });
canvas.addEventListener("pointermove", (event) => {
  if (!event.buttons) return;
  centre = [centre[0] - event.movementX * pixel / scale, centre[1] + event.movementY * pixel / scale]; draw();
});
canvas.addEventListener("dblclick", () => { zoom = 1; centre = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2]; draw(); });
window.addEventListener("resize", fit);
// a URL that ends in #12.5 opens the page at 12.5 s
function linked() { const t = parseFloat(location.hash.slice(1)); if (t >= 0) { let k = 0; while (k < last && ticks[k + 1].t <= t + 1e-6) k++; play(false); go(k); return true; } return false; }
window.addEventListener("hashchange", linked);
fit();
if (!linked()) play(true);
requestAnimationFrame(frame);
