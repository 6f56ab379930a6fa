// The map over time. Frames are run-length coded; frames other than keyframes are differences.
const KIND = 3, UNKNOWN = 0, FREE = 1, STANDS = 2, DROP = 3, NEAR = 4, CAME = 8, WENT = 16;
const film = record.film;
let current = { index: -1, cells: null };
function unpack(frame) {
  const runs = atob(frame.runs), cells = new Uint8Array(frame.size[0] * frame.size[1]);
  for (let at = 0, k = 0; k < runs.length;) {
    const byte = runs.charCodeAt(k++);
    let more = 0, unit = 1, digit;
    do { digit = runs.charCodeAt(k++); more += (digit & 127) * unit; unit *= 128; } while (digit & 128);
    cells.fill(byte, at, at + more + 1); at += more + 1;
  }
  return cells;
}
function cellsOf(index) {
  if (current.index === index) return current.cells;
  let key = index;
  while (!film.frames[key].key) key--;
  if (current.index < key || current.index > index) current = { index: key, cells: unpack(film.frames[key]) };
  while (current.index < index) {
    const before = film.frames[current.index], frame = film.frames[current.index + 1], cells = unpack(frame);
    if (!frame.key) {
      const [width, height] = frame.size, right = frame.corner[0] - before.corner[0], up = frame.corner[1] - before.corner[1];
      const from = Math.max(0, -right), to = Math.min(width, before.size[0] - right);
      for (let row = Math.max(0, -up); row < Math.min(height, before.size[1] - up); row++) {
        const other = (row + up) * before.size[0] + right;
        for (let column = from; column < to; column++) cells[row * width + column] ^= current.cells[other + column];
      }
    }
    current = { index: current.index + 1, cells };
  }
  return current.cells;
}
// the last frame at or before a time; before the first frame, the first
function frameAt(t) {
  let low = 0, high = film.frames.length - 1;
  while (low < high) { const middle = (low + high + 1) >> 1; if (film.frames[middle].t <= t + 1e-6) low = middle; else high = middle - 1; }
  return high < 0 ? -1 : low;
}
