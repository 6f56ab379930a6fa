// Draws one tick: map, ground truth, movers, the robot and its path.
const NEUTRAL = "#eceef2", TRAIL_S = 3;
for (let k = 0; k <= last; k++) {
  // rows without scan or route keep the previous one; rows without a plan have an empty one
  for (const name of ["scan", "route"]) if (!ticks[k][name] || !ticks[k][name].length) ticks[k][name] = k ? ticks[k - 1][name] : [];
  ticks[k].plan = ticks[k].plan || []; ticks[k].movers = ticks[k].movers || []; ticks[k].status = ticks[k].status || "";
}
// bounds of the view: path, goal, movers, and the world or otherwise the map around them
let low = [Infinity, Infinity], high = [-Infinity, -Infinity];
const include = (x, y, r) => { low = [Math.min(low[0], x - r), Math.min(low[1], y - r)]; high = [Math.max(high[0], x + r), Math.max(high[1], y + r)]; };
for (const tick of ticks) { include(tick.pose[0], tick.pose[1], 1); for (const [x, y] of tick.movers) include(x, y, 0.4); }
if (record.goal) include(record.goal[0], record.goal[1], record.goal[2] + 0.5);
const near = [[...low], [...high]];
const close = ([x, y]) => x > near[0][0] - 3 && x < near[1][0] + 3 && y > near[0][1] - 3 && y < near[1][1] + 3;
for (const { outline } of record.world.solids) {
  if (outline.round) { if (close(outline.round)) include(...outline.round); }
  else if (outline.corners.some(close)) for (const [x, y] of outline.corners) include(x, y, 0.2);
}
if (!world && film.frames.length) {
  const { pose: [x, y, yaw], corner, size } = film.frames[film.frames.length - 1], [sin, cos] = [Math.sin(yaw), Math.cos(yaw)];
  for (const u of [corner[0], corner[0] + size[0]]) for (const v of [corner[1], corner[1] + size[1]]) {
    const [a, b] = [u * film.resolution_m, v * film.resolution_m];
    include(x + cos * a - sin * b, y + sin * a + cos * b, 0.2);
  }
}
const canvas = $("view"), pen = canvas.getContext("2d"), board = document.createElement("canvas");
let fitted = 1, zoom = 1, centre = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2], scale = 1, pixel = 1, painted = "";
function fit() {
  pixel = window.devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * pixel; canvas.height = canvas.clientHeight * pixel;
  fitted = 0.96 * Math.min(canvas.width / (high[0] - low[0]), canvas.height / (high[1] - low[1]));
  draw();
}
const toWorld = () => pen.setTransform(scale, 0, 0, -scale, canvas.width / 2 - scale * centre[0], canvas.height / 2 + scale * centre[1]);
const onScreen = (x, y) => [scale * (x - centre[0]) + canvas.width / 2, canvas.height / 2 - scale * (y - centre[1])];
function trace(points, closed) {
  pen.beginPath(); points.forEach(([x, y], k) => k ? pen.lineTo(x, y) : pen.moveTo(x, y));
  if (closed) pen.closePath();
}
function line(points, colour, width, dash) {
  if (points.length < 2) return;
  trace(points);
  pen.strokeStyle = colour; pen.lineWidth = width / scale; pen.lineJoin = pen.lineCap = "round";
  pen.setLineDash((dash || []).map((d) => d / scale)); pen.stroke(); pen.setLineDash([]);
}
function disc(x, y, r, fill, stroke, width) {
  pen.beginPath(); pen.arc(x, y, r, 0, 7);
  if (fill) { pen.fillStyle = fill; pen.fill(); }
  if (stroke) { pen.strokeStyle = stroke; pen.lineWidth = width / scale; pen.stroke(); }
}
function rgb(hex) { return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)); }
// colour of every cell code for the visible layers; unknown cells are the background
function palette() {
  const table = new Uint8ClampedArray(4 * 32);
  const background = rgb(shown.unknown ? colours.unknown : NEUTRAL);
  for (let code = 0; code < 32; code++) {
    let colour = null;
    const kind = code & KIND;
    if (kind === FREE) colour = rgb(shown.free ? colours.free : NEUTRAL);
    if (kind === STANDS) colour = rgb(shown.stands ? colours.stands : NEUTRAL);
    if (kind === DROP) colour = rgb(shown.drop ? colours.drop : NEUTRAL);
    if (code & NEAR && shown.near && kind < STANDS) { const under = colour || background, tint = rgb(colours.near); const share = kind === FREE ? 0.7 : 0.2; colour = under.map((value, k) => (1 - share) * value + share * tint[k]); }
    if (code & WENT && shown.went) colour = rgb(colours.went);
    if (code & CAME && shown.came) colour = rgb(colours.came);
    if (colour) table.set([...colour, 255], 4 * code);
  }
  return table;
}
function drawMap(t) {
  const index = frameAt(t);
  if (index < 0) return;
  const frame = film.frames[index], [width, height] = frame.size;
  const wanted = index + JSON.stringify(shown);
  if (wanted !== painted) {
    painted = wanted;
    board.width = width; board.height = height;
    const cells = cellsOf(index), table = palette(), image = board.getContext("2d").createImageData(width, height), out = image.data;
    for (let k = 0; k < cells.length; k++) { const code = 4 * (cells[k] & 31); out[4 * k] = table[code]; out[4 * k + 1] = table[code + 1]; out[4 * k + 2] = table[code + 2]; out[4 * k + 3] = table[code + 3]; }
    board.getContext("2d").putImageData(image, 0, 0);
  }
  pen.save(); pen.imageSmoothingEnabled = scale * film.resolution_m < 1;
  pen.translate(frame.pose[0], frame.pose[1]); pen.rotate(frame.pose[2]); pen.scale(film.resolution_m, film.resolution_m);
  pen.drawImage(board, frame.corner[0], frame.corner[1]); pen.restore();
}
function hatch(colour) {
  pen.save(); pen.clip(); pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.beginPath();
  for (let x = -canvas.height; x < canvas.width; x += 7 * pixel) { pen.moveTo(x, canvas.height); pen.lineTo(x + canvas.height, 0); }
  pen.strokeStyle = colour; pen.lineWidth = 1.4 * pixel; pen.stroke(); pen.restore();
}
function outlineOf(outline) { if (outline.round) { pen.beginPath(); pen.arc(outline.round[0], outline.round[1], outline.round[2], 0, 7); } else trace(outline.corners, true); }
function drawWorld() {
  for (const patch of floor) {
    trace(patch.corners, true);
    if (sunk(patch)) hatch("rgba(196,38,46,.8)"); else { pen.fillStyle = `rgba(60,120,200,${0.18 + Math.min(0.3, patch.heights_m[1])})`; pen.fill(); }
    trace(patch.corners, true); pen.strokeStyle = sunk(patch) ? "#c4262e" : "#3c78c8"; pen.lineWidth = 1.2 * pixel / scale; pen.stroke();
  }
  for (const solid of record.world.solids) {
    outlineOf(solid.outline);
    const tall = Math.min(1, Math.max(0, solid.heights_m[1]) / 2);
    pen.fillStyle = solid.is_glass ? "rgba(60,190,220,.45)" : hangs(solid) ? "rgba(107,114,128,.12)" : `rgba(107,114,128,${0.14 + 0.46 * tall})`;
    pen.fill();
    pen.strokeStyle = solid.is_glass ? "#1f9fbd" : "#5d6475"; pen.lineWidth = 1.3 * pixel / scale;
    pen.setLineDash(hangs(solid) ? [4 * pixel / scale, 3 * pixel / scale] : []); pen.stroke(); pen.setLineDash([]);
  }
}
function drawMovers(tick, at) {
  record.movers.forEach((mover, number) => {
    let from = at;
    while (from > 0 && ticks[from - 1].t >= tick.t - TRAIL_S) from--;
    line(ticks.slice(from, at + 1).map((t) => t.movers[number]), "rgba(194,37,154,.75)", 2.5 * pixel, [2 * pixel, 5 * pixel]);
    const [x, y, yaw] = tick.movers[number];
    pen.save(); pen.translate(x, y); pen.rotate(yaw);
    outlineOf(mover.outline); pen.fillStyle = "rgba(194,37,154,.45)"; pen.fill();
    pen.strokeStyle = colours.movers; pen.lineWidth = 2 * pixel / scale; pen.stroke(); pen.restore();
  });
}
function robot(pose, fill, stroke) {
  const reach = Math.max(...record.footprint.map(([x, y]) => Math.hypot(x, y))), grown = Math.max(1, 9 * pixel / (scale * reach));
  pen.save(); pen.translate(pose[0], pose[1]); pen.rotate(pose[2]); pen.scale(grown, grown);
  trace(record.footprint, true);
  if (fill) { pen.fillStyle = fill; pen.fill(); }
  pen.strokeStyle = stroke; pen.lineWidth = 2 * pixel / (scale * grown); pen.stroke();
  line([[0, 0], [Math.max(...record.footprint.map(([x]) => x)), 0]], stroke, 3 * pixel / grown); pen.restore();
}
function word(text, x, y, colour) {
  const [px, py] = onScreen(x, y);
  pen.strokeStyle = "#fff"; pen.lineWidth = 4 * pixel; pen.strokeText(text, px + 8 * pixel, py - 8 * pixel);
  pen.fillStyle = colour; pen.fillText(text, px + 8 * pixel, py - 8 * pixel);
}
function drawScene(at) {
  const tick = ticks[at];
  scale = fitted * zoom;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = shown.unknown ? colours.unknown : NEUTRAL; pen.fillRect(0, 0, canvas.width, canvas.height);
  toWorld();
  drawMap(tick.t);
  if (shown.world) drawWorld();
  if (record.goal) {
    disc(record.goal[0], record.goal[1], record.goal[2], "rgba(18,144,74,.16)", "#12904a", 2 * pixel);
    disc(record.goal[0], record.goal[1], 4 * pixel / scale, "#12904a");
  }
  robot(record.start, null, "rgba(36,80,168,.45)");
  if (shown.route) line(tick.route, colours.route, 3 * pixel, [8 * pixel, 6 * pixel]);
  if (shown.path) line(ticks.slice(0, at + 1).map((t) => t.pose), colours.path, 3 * pixel);
  if (shown.scan) { pen.fillStyle = colours.scan; const d = 3 * pixel / scale; for (const [x, y] of tick.scan) pen.fillRect(x - d / 2, y - d / 2, d, d); }
  if (shown.movers) drawMovers(tick, at);
  if (shown.plan) line(tick.plan, colours.plan, 4 * pixel);
  robot(tick.pose, "rgba(255,180,60,.85)", "#8a4b00");
  if (record.contact && at === last) {
    const [x, y] = record.contact, d = 12 * pixel / scale;
    line([[x - d, y - d], [x + d, y + d]], "#c8372d", 5 * pixel); line([[x - d, y + d], [x + d, y - d]], "#c8372d", 5 * pixel);
  }
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.font = `600 ${14 * pixel}px system-ui, "DejaVu Sans", sans-serif`;
  word("start", record.start[0], record.start[1], "#2450a8");
  if (record.goal) word("goal", record.goal[0], record.goal[1], "#12904a");
  let bar = 1;
  while (bar * scale < 40 * pixel) bar *= bar === 2 || bar === 20 ? 2.5 : 2;
  const left = 16 * pixel, bottom = canvas.height - 16 * pixel, length = bar * scale;
  pen.fillStyle = "rgba(255,255,255,.8)"; pen.fillRect(left - 6 * pixel, bottom - 24 * pixel, length + 12 * pixel, 32 * pixel);
  pen.fillStyle = "#1c2333"; pen.fillRect(left, bottom, length, 3 * pixel); pen.fillText(`${bar} m`, left, bottom - 6 * pixel);
}
