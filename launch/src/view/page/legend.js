// Legend of the layers, each with a check box and a key.
const $ = (id) => document.getElementById(id);
const ticks = record.ticks, last = ticks.length - 1;
const has = { drop: false, came: false, went: false, near: false };
for (let code = 0; code < 32; code++) {
  if (!(film.codes >>> code & 1)) continue;
  has.drop ||= (code & KIND) === DROP; has.near ||= (code & NEAR) > 0; has.came ||= (code & CAME) > 0; has.went ||= (code & WENT) > 0;
}
const some = (name) => ticks.some((tick) => tick[name] && tick[name].length);
const world = record.world.solids.length > 0, floor = record.world.floor || [];
const GROUPS = [
  ["What the robot knows", [
    ["stands", "something stands", "#26366b", "S", film.frames.length],
    ["drop", "no floor", "#c4262e", "D", has.drop],
    ["came", "just came", "#f59a00", "C", has.came],
    ["went", "just went", "#19b5c9", "W", has.went],
    ["near", "too near to something", "#cfc3f0", "N", has.near],
    ["free", "free", "#ffffff", "F", film.frames.length],
    ["unknown", "not seen", "#b9c0cd", "U", film.frames.length]]],
  ["What is there", [
    ["world", "true world", "#8b92a3", "T", world],
    ["movers", "who moves, last 3 s", "#c2259a", "M", record.movers.length]]],
  ["What the robot does", [
    ["scan", "LiDAR", "#e0362c", "L", some("scan"), "dot"],
    ["route", "route", "#9a5fd0", "R", some("route"), "line"],
    ["plan", "plan", "#12904a", "P", some("plan"), "line"],
    ["path", "path driven", "#2450a8", "H", true, "line"]]]];
const shown = {}, colours = {}, boxes = {};
function swatch(style, colour) {
  const key = document.createElement("i");
  if (style === "line") { key.className = "line"; key.style.borderColor = colour; } else if (style === "dot") { key.style.background = colour; key.style.width = key.style.height = ".5em"; key.style.margin = "0 .35em"; } else key.style.background = colour;
  return key;
}
for (const [heading, entries] of GROUPS) {
  const present = entries.filter((entry) => entry[4]);
  for (const [name, , colour] of entries) { shown[name] = false; colours[name] = colour; }
  if (!present.length) continue;
  const group = document.createElement("section"), title = document.createElement("h2");
  title.textContent = heading;
  group.append(title); $("legend").append(group);
  for (const [name, text, colour, letter, , style] of present) {
    const label = document.createElement("label"), box = document.createElement("input"), key = document.createElement("kbd");
    box.type = "checkbox"; box.id = "show-" + name; box.checked = shown[name] = true; boxes[letter] = box;
    box.addEventListener("change", () => { shown[name] = box.checked; draw(); });
    key.textContent = letter;
    label.append(box, swatch(style, colour), text, key);
    group.append(label);
    if (name === "world") worldNotes(group);
  }
}
// style of the ground truth, if the record has any
function worldNotes(group) {
  const solids = record.world.solids;
  const notes = [
    ["linear-gradient(90deg, rgba(107,114,128,.14), rgba(107,114,128,.6))", "low to high", true, "solid"],
    ["rgba(107,114,128,.12)", "hangs above the floor", solids.some(hangs), "dashed"],
    ["rgba(60,190,220,.45)", "glass", solids.some((solid) => solid.is_glass), "solid"],
    ["repeating-linear-gradient(45deg, rgba(196,38,46,.8) 0 1.5px, transparent 1.5px 4px)", "hole, steps down", floor.some(sunk), "solid"],
    ["rgba(60,120,200,.35)", "ramp, raised floor", floor.some((patch) => !sunk(patch)), "solid"]];
  for (const [background, text, present, border] of notes) {
    if (!present) continue;
    const note = document.createElement("span"), key = swatch("", "transparent");
    key.style.background = background; key.style.borderStyle = border; key.style.borderColor = "#6b7280";
    note.append(key, text); group.append(note);
  }
}
function hangs(solid) { return solid.heights_m[0] > 0.05 && !solid.is_glass; }
function sunk(patch) { return patch.heights_m[1] < 0; }
