"use strict";
// Hairpins as SVG, from the coordinates that ViennaRNA's layout gave.
const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 8.6;
// Okabe and Ito's colours, which colour-blind people tell apart.
const INKS = {
  light: { ink: "#1b2430", soft: "#5b6775", ground: "#ffffff", plain: "#eef1f4", back: "#9aa5b1", five: "#0072b2", three: "#d55e00" },
  dark: { ink: "#e6ebf1", soft: "#a7b1bd", ground: "#12171d", plain: "#2a343f", back: "#6b7783", five: "#56b4e9", three: "#e69f00" },
};
const BASES = { A: "#e69f00", C: "#0072b2", G: "#009e73", U: "#cc79a7" };
const RAMPS = {
  importance: [[213, 94, 0], [255, 255, 255], [0, 114, 178]],
  pairing: [[253, 231, 150], [86, 180, 160], [0, 68, 104]],
  reads: [[240, 244, 248], [86, 180, 233], [0, 60, 110]],
};

function unpack(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Kind(bytes.buffer);
}

function pairsOf(structure) {
  const partner = new Int32Array(structure.length).fill(-1);
  const open = [];
  for (let i = 0; i < structure.length; i++) {
    if (structure[i] === "(") open.push(i);
    else if (structure[i] === ")") {
      const j = open.pop();
      partner[i] = j;
      partner[j] = i;
    }
  }
  return partner;
}

// The middle of the loop that an unpaired position lies in; of the whole where it lies outside.
function loopMiddle(i, partner, x, y) {
  const length = partner.length;
  const members = [];
  let first = i;
  while (first >= 0 && !(partner[first] > first)) {
    members.push(first);
    first = partner[first] >= 0 ? partner[first] : first;
    members.push(first--);
  }
  let last = i;
  while (last < length && !(partner[last] >= 0 && partner[last] < last)) {
    members.push(last);
    last = partner[last] >= 0 ? partner[last] : last;
    members.push(last++);
  }
  if (first >= 0) members.push(first, partner[first]);
  const some = first >= 0 ? members : Array.from(partner.keys());
  return { x: some.reduce((sum, m) => sum + x(m), 0) / some.length, y: some.reduce((sum, m) => sum + y(m), 0) / some.length };
}

// A place for the mark of a position: away from what it pairs with, and on no other nucleotide.
function freeSpot(i, away, length, x, y) {
  let best = null;
  for (const far of [21, 30]) {
    for (const turn of [0, 0.6, -0.6, 1.2, -1.2]) {
      const spot = { x: x(i) + far * Math.cos(away + turn), y: y(i) + far * Math.sin(away + turn), room: Infinity };
      for (let j = 0; j < length; j++) spot.room = Math.min(spot.room, Math.hypot(spot.x - x(j), spot.y - y(j)));
      if (spot.room > 16) return spot;
      if (!best || spot.room > best.room) best = spot;
    }
  }
  return best;
}

function onRamp(stops, share) {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const low = Math.min(Math.floor(at), stops.length - 2);
  return stops[low].map((from, k) => Math.round(from + (stops[low + 1][k] - from) * (at - low)));
}

const css = (rgb) => `rgb(${rgb.join(",")})`;
const isDark = (rgb) => 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] < 140;
const fromHex = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));

function element(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const child of children) made.append(child);
  return made;
}

// The ways in which a locus can be coloured, the best first.
function modesOf(locus) {
  const modes = [];
  if (locus.arms) modes.push(["arms", "mature arms"]);
  if (locus.importance) modes.push(["importance", "importance"]);
  if (locus.pairing) modes.push(["pairing", "pairing probability"]);
  if (locus.reads) modes.push(["reads", "reads"]);
  if (locus.seq) modes.push(["bases", "bases"]);
  return modes.length ? modes : [["plain", "plain"]];
}

// The colour of each nucleotide as red, green and blue.
function coloursOf(locus, mode, inks) {
  const length = locus.str.length;
  const plain = fromHex(inks.plain);
  const all = Array.from({ length }, () => plain);
  if (mode === "arms") {
    for (const [arm, ink] of [["5p", inks.five], ["3p", inks.three]]) {
      const span = (locus.arms || {})[arm];
      if (span) all.fill(fromHex(ink), span[0], span[1]);
    }
    return all;
  }
  if (mode === "importance") return Array.from(unpack(locus.importance, Int8Array), (v) => onRamp(RAMPS.importance, 0.5 + v / 254));
  if (mode === "pairing") return Array.from(unpack(locus.pairing, Uint8Array), (v) => onRamp(RAMPS.pairing, v / 255));
  if (mode === "reads") {
    const most = Math.log1p(Math.max(1, ...locus.reads));
    return Array.from(locus.reads, (n) => onRamp(RAMPS.reads, Math.log1p(n) / most));
  }
  if (mode === "bases") return Array.from(locus.seq, (base) => (BASES[base] ? fromHex(BASES[base]) : plain));
  return all;
}

function drawHairpin(locus, mode, theme) {
  const inks = INKS[theme];
  const flat = unpack(locus.xy, Int16Array);
  const length = locus.str.length;
  const x = (i) => flat[2 * i] / locus.k;
  const y = (i) => flat[2 * i + 1] / locus.k;
  let width = 0;
  let height = 0;
  for (let i = 0; i < length; i++) {
    width = Math.max(width, x(i));
    height = Math.max(height, y(i));
  }
  const edge = 34;
  const picture = element("svg", {
    xmlns: SVG,
    viewBox: `${-edge} ${-edge} ${width + 2 * edge} ${height + 2 * edge}`,
    width: Math.round(width + 2 * edge),
    height: Math.round(height + 2 * edge),
    role: "img",
    "font-family": "system-ui, 'DejaVu Sans', Arial, sans-serif",
  });
  picture.append(element("title", {}, `Secondary structure of ${locus.id}`));
  const path = (from, to) => {
    const points = [];
    for (let i = from; i < to; i++) points.push(`${x(i).toFixed(1)},${y(i).toFixed(1)}`);
    return points.join(" ");
  };
  // Arms lie below everything as broad bands, so that they show in each colouring.
  for (const [arm, ink] of [["5p", inks.five], ["3p", inks.three]]) {
    const span = (locus.arms || {})[arm];
    if (!span) continue;
    picture.append(element("polyline", {
      points: path(span[0], span[1]), fill: "none", stroke: ink, "stroke-width": 27, "stroke-opacity": 0.3,
      "stroke-linecap": "round", "stroke-linejoin": "round", class: `arm arm-${arm}`,
    }));
  }
  picture.append(element("polyline", { points: path(0, length), fill: "none", stroke: inks.back, "stroke-width": 1.6 }));
  const partner = pairsOf(locus.str);
  for (let i = 0; i < length; i++) {
    if (partner[i] > i) {
      const j = partner[i];
      picture.append(element("line", { x1: x(i), y1: y(i), x2: x(j), y2: y(j), stroke: inks.back, "stroke-width": 2.6 }));
    }
  }
  const colours = coloursOf(locus, mode, inks);
  for (let i = 0; i < length; i++) {
    const base = locus.seq ? locus.seq[i] : "";
    const spot = element("g", { class: "base" });
    spot.append(
      element("title", {}, `${base}${i + 1}${partner[i] < 0 ? ", unpaired" : `, pairs with ${(locus.seq || "")[partner[i]] || ""}${partner[i] + 1}`}`),
      element("circle", { cx: x(i).toFixed(1), cy: y(i).toFixed(1), r: RADIUS, fill: css(colours[i]), stroke: inks.back, "stroke-width": 0.8 }),
    );
    if (base) {
      spot.append(element("text", {
        x: x(i).toFixed(1), y: (y(i) + 4).toFixed(1), "text-anchor": "middle", "font-size": 11.5, "font-weight": 600,
        fill: isDark(colours[i]) ? "#ffffff" : "#10161d",
      }, base));
    }
    picture.append(spot);
    const ends = { 0: "5′", [length - 1]: "3′" };
    const mark = ends[i] || ((i + 1) % 10 === 0 && length - i > 4 ? String(i + 1) : "");
    if (mark) {
      const other = partner[i] < 0 ? loopMiddle(i, partner, x, y) : { x: x(partner[i]), y: y(partner[i]) };
      const away = ends[i] ? Math.PI : Math.atan2(y(i) - other.y, x(i) - other.x);
      const spot = freeSpot(i, away, length, x, y);
      picture.append(element("text", {
        x: spot.x.toFixed(1), y: (spot.y + 4).toFixed(1), "text-anchor": "middle",
        "font-size": ends[i] ? 14 : 11, "font-weight": ends[i] ? 700 : 400, fill: ends[i] ? inks.ink : inks.soft,
      }, mark));
    }
  }
  return picture;
}
