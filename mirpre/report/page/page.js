// The page: one locus beside the table, and what goes on between them.
const make = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties || {});
  made.append(...children);
  return made;
};

function legendOf(locus, mode, model) {
  const ramp = (stops) => {
    const one = make("span", { className: "ramp" });
    one.style.background = `linear-gradient(90deg, ${stops.map(css).join(",")})`;
    return one;
  };
  const box = (colour, text) => {
    const spot = make("span", { className: "box" });
    spot.style.background = colour;
    return make("span", {}, spot, text);
  };
  const theme = themeNow();
  const found = [];
  if (mode === "importance") {
    found.push(make("span", {}, "speaks against", ramp(RAMPS.importance), "for a precursor"), `up to ${locus.most} in log-odds${model ? `, by ${model}` : ""}`);
  } else if (mode === "pairing") found.push(make("span", {}, "unpaired", ramp(RAMPS.pairing), "paired, in ViennaRNA's ensemble"));
  else if (mode === "reads") found.push(make("span", {}, "0", ramp(RAMPS.reads), `${Math.max(...locus.reads).toLocaleString("en")} reads (log scale)`));
  else if (mode === "bases") for (const [base, colour] of Object.entries(BASES)) found.push(box(colour, base));
  if (locus.arms) {
    for (const [arm, ink] of [["5p", INKS[theme].five], ["3p", INKS[theme].three]]) {
      const span = locus.arms[arm];
      if (!span) continue;
      const sure = isNumber(span[3]) ? `, ${Math.round(100 * span[3])} % sure` : "";
      found.push(box(ink, `${arm} mature, ${span[0] + 1}-${span[1]} (${span[2]}${sure})`));
    }
  }
  return found;
}

function themeNow() {
  const set = document.documentElement.dataset.theme;
  if (set) return set;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function strandOf(locus) {
  const length = (locus.str || locus.seq).length;
  let ruler = "";
  for (let i = 10; i <= length; i += 10) ruler += String(i).padStart(10);
  const block = make("div", { className: "strand", tabIndex: 0 });
  block.setAttribute("aria-label", "Sequence and structure");
  block.append(make("span", { className: "ruler", textContent: ruler + "\n" }));
  if (locus.seq) {
    const marks = Object.entries(locus.arms || {}).map(([arm, span]) => [span[0], span[1], arm === "5p" ? "five" : "three"]).sort((a, b) => a[0] - b[0]);
    let at = 0;
    for (const [start, end, cls] of marks) {
      block.append(locus.seq.slice(at, Math.max(at, start)), make("span", { className: cls, textContent: locus.seq.slice(Math.max(at, start), end) }));
      at = Math.max(at, end);
    }
    block.append(locus.seq.slice(at) + "\n");
  }
  if (locus.str) block.append(locus.str);
  return block;
}

// Depth as bars, where reads begin as darker bars within, the opposite strand below the line.
function readsOf(locus, isLog, choose) {
  const [left, top, line, bottom] = [66, 12, 112, locus.opposite ? 150 : 130];
  const length = locus.reads.length;
  const step = (796 - left) / length;
  const most = Math.max(1, ...locus.reads, ...(locus.opposite || []));
  const high = (count) => (line - top) * (isLog ? Math.log1p(count) / Math.log1p(most) : count / most);
  const picture = element("svg", { viewBox: `0 0 800 ${bottom + 16}`, role: "img", "aria-label": `Reads along the hairpin, up to ${most}` });
  for (const [arm, cls] of [["5p", "five"], ["3p", "three"]]) {
    const span = (locus.arms || {})[arm];
    if (!span) continue;
    picture.append(
      element("rect", { class: `band ${cls}`, x: left + step * span[0], y: top, width: step * (span[1] - span[0]), height: line - top }),
      element("text", { x: left + (step * (span[0] + span[1])) / 2, y: top - 2, "text-anchor": "middle" }, arm),
    );
  }
  const bar = (cls, i, y, height) => element("rect", { class: cls, x: (left + step * i + 0.05 * step).toFixed(2), y: y.toFixed(2), width: (0.9 * step).toFixed(2), height: height.toFixed(2) });
  for (let i = 0; i < length; i++) {
    const [depth, starts, opposite] = [locus.reads, locus.starts, locus.opposite].map((counts) => (counts ? counts[i] : 0));
    const said = [`${i + 1}: ${depth.toLocaleString("en")} reads`];
    if (starts) said.push(`${starts.toLocaleString("en")} begin here`);
    if (opposite) said.push(`${opposite.toLocaleString("en")} of the opposite strand`);
    const column = element("g", {}, element("title", {}, said.join(", ")));
    column.append(bar("depth", i, line - high(depth), high(depth)));
    if (starts) column.append(bar("starts", i, line - high(starts), high(starts)));
    if (opposite) column.append(bar("opposite", i, line, Math.min(high(opposite), 36)));
    picture.append(column);
  }
  picture.append(
    element("line", { x1: left, x2: 796, y1: line, y2: line }),
    element("text", { x: left - 6, y: line + 4, "text-anchor": "end" }, "0"),
    element("text", { x: left - 6, y: top + 10, "text-anchor": "end" }, most.toLocaleString("en")),
  );
  for (let i = 10; i <= length; i += length > 150 ? 20 : 10) picture.append(element("text", { x: left + step * (i - 0.5), y: bottom + 12, "text-anchor": "middle" }, String(i)));
  const words = ["depth", ...(locus.starts ? ["where reads begin"] : []), ...(locus.opposite ? ["opposite strand"] : [])];
  const legend = words.map((text, k) => make("span", {}, make("i", { className: `key ${["depth", locus.starts ? "starts" : "opposite", "opposite"][k]}` }), text));
  if (choose) {
    // Of a rare star among many mature reads a linear scale shows nothing.
    const box = make("input", { type: "checkbox", checked: isLog });
    box.addEventListener("change", () => choose(box.checked));
    legend.push(make("label", {}, box, " log scale"));
  } else if (isLog) legend.push(make("span", {}, "log scale"));
  return make("div", { className: "reads" }, make("div", { className: "head" }, "Reads along the hairpin, 5′ to 3′", ...legend), picture);
}

function factsOf(locus) {
  const facts = [
    ["Posterior", locus.post, digits(6)], ["Probability", locus.p, digits(6)], ["Score", locus.score, digits(6)], ["q-value", locus.q, String], ["Log-odds (search)", locus.odds, digits(2)],
    ["MFE", locus.mfe, (v) => `${v.toFixed(2)} kcal/mol`], ["Length", locus.len, (v) => `${v.toLocaleString("en")} nt`],
    ["MFE per nt", isNumber(locus.mfe) && locus.len ? locus.mfe / locus.len : undefined, digits(3)],
    ["Copies in the genome", locus.copies, plainNumber], ["Pairs outside", locus.outside, String], ["Family", locus.family, String], ["Known as", locus.known, String],
  ];
  const listOf = (rows) => make("dl", { className: "facts" }, ...rows.filter(([, value]) => value !== undefined).map(([name, value, show]) => make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: show(value) }))));
  const more = Object.entries(locus.more || {}).map(([name, value]) => [name, value, String]);
  if (!more.length) return [listOf(facts)];
  return [listOf(facts), make("details", {}, make("summary", { textContent: "All that the input says" }), listOf(more))];
}

function linksOf(locus, assembly) {
  if (!locus.at || !assembly) return [];
  const place = `${locus.at[0]}:${locus.at[1] + 1}-${locus.at[2]}`;
  const q = encodeURIComponent;
  return [
    ["UCSC", `https://genome.ucsc.edu/cgi-bin/hgTracks?db=${q(assembly)}&position=${q(place)}`],
    ["IGV-Web", `https://igv.org/app/?genome=${q(assembly)}&locus=${q(place)}`],
    ["IGV (running here)", `http://localhost:60151/goto?locus=${q(place)}`],
  ].map(([text, href]) => make("a", { textContent: text, href, target: "_blank", rel: "noopener noreferrer" }));
}

class Detail {
  constructor(data) {
    this.data = data;
    this.mode = null;
    this.isLog = false;
    this.place = document.querySelector("#detail");
  }

  show(i) {
    this.locus = this.data.loci[i];
    this.place.replaceChildren(...this.parts(this.locus, true));
    this.place.scrollTop = 0;
    this.draw();
  }

  parts(locus, live) {
    const parts = [make("h3", { textContent: locus.label || locus.id })];
    const full = [locus.header, placeOf(locus)].filter((text) => text && text !== locus.id).join(" · ");
    if (full) parts.push(make("p", { className: "full", textContent: full }));
    const chips = make("div", { className: "chips" });
    if (locus.call) chips.append(make("span", { className: `chip ${locus.call === "other" ? "no" : "yes"}`, textContent: locus.call }));
    if (locus.tier) chips.append(make("span", { className: "chip", textContent: locus.tier }));
    if (locus.known) chips.append(make("span", { className: "chip", textContent: locus.known }));
    for (const flag of locus.flags || []) chips.append(make("span", { className: "chip no", textContent: flag }));
    if (chips.children.length) parts.push(chips);
    parts.push(this.picture(locus, live));
    if (locus.seq || locus.str) parts.push(strandOf(locus));
    if (live) parts.push(this.tools(locus));
    if (locus.evidence) {
      const list = make("ul", { className: "evidence" });
      for (const [name, passed, detail] of locus.evidence) {
        list.append(make("li", { className: passed ? "passed" : passed === false ? "failed" : "unknown" }, name, make("span", { textContent: detail ? `: ${detail}` : "" }), make("span", { textContent: passed === false ? " (failed)" : "" })));
      }
      parts.push(list);
    }
    if (locus.reads) parts.push(this.profile(locus, live));
    parts.push(...factsOf(locus));
    return parts;
  }

  profile(locus, live) {
    const made = readsOf(locus, this.isLog, live && ((isLog) => {
      this.isLog = isLog;
      const other = this.profile(locus, live);
      made.replaceWith(other);
      other.querySelector("input").focus();
    }));
    return made;
  }

  picture(locus, live) {
    const box = make("div", { className: "drawing" });
    if (!locus.xy) {
      const why = locus.str ? "It is not among the best loci, which have drawings." : locus.seq ? "It was not folded." : "The input has no sequence or structure of it.";
      box.append(make("p", { className: "hint", textContent: `No drawing. ${why}` }));
      return box;
    }
    const modes = modesOf(locus);
    const mode = modes.some(([name]) => name === this.mode) ? this.mode : modes[0][0];
    if (live) {
      const choice = make("fieldset", { className: "modes" }, make("legend", { textContent: "Colours" }));
      for (const [name, text] of modes) {
        const input = make("input", { type: "radio", name: "mode", value: name, checked: name === mode });
        input.addEventListener("change", () => {
          this.mode = name;
          this.draw();
        });
        choice.append(make("label", {}, input, ` ${text}`));
      }
      box.append(choice);
    }
    box.append(make("div", { className: "canvas" }), make("div", { className: "legend" }));
    this.fill(box, locus, mode);
    return box;
  }

  fill(box, locus, mode) {
    box.querySelector(".canvas").replaceChildren(drawHairpin(locus, mode, themeNow()));
    box.querySelector(".legend").replaceChildren(...legendOf(locus, mode, this.data.explainedBy));
  }

  modeNow() {
    const modes = modesOf(this.locus).map(([name]) => name);
    return modes.includes(this.mode) ? this.mode : modes[0];
  }

  draw() {
    const box = this.place.querySelector(".drawing");
    if (this.locus && this.locus.xy) this.fill(box, this.locus, this.modeNow());
  }

  tools(locus) {
    const tools = make("div", { className: "tools" });
    const add = (text, act) => {
      const button = make("button", { type: "button", textContent: text });
      button.addEventListener("click", () => act(button));
      tools.append(button);
    };
    if (locus.seq) add("Copy sequence", (button) => copy(locus.seq, button));
    if (locus.str) add("Copy dot-bracket", (button) => copy(locus.str, button));
    if (locus.seq) add("Copy FASTA", (button) => copy(asFasta([locus]), button));
    if (locus.at) add("Copy place", (button) => copy(`${locus.at[0]}:${locus.at[1] + 1}-${locus.at[2]}`, button));
    if (locus.xy) {
      // On paper and in slides the ground is white.
      add("Save SVG", () => save(`${fileName(locus.id)}.svg`, "image/svg+xml", drawHairpin(locus, this.modeNow(), "light").outerHTML));
    }
    tools.append(...linksOf(locus, this.data.assembly));
    return tools;
  }
}

// The place in the address, so that a link leads to a locus; frames without an address do without.
function remember(i) {
  try {
    history.replaceState(null, "", `#locus-${i + 1}`);
  } catch {
    // Nothing to do.
  }
}

function start() {
  const data = JSON.parse(document.querySelector("#data").textContent);
  const theme = document.querySelector("#theme");
  const detail = new Detail(data);
  const label = () => (theme.textContent = themeNow() === "dark" ? "Light" : "Dark");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = themeNow() === "dark" ? "light" : "dark";
    label();
    detail.draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    label();
    detail.draw();
  });
  label();
  if (!data.loci.length) return;
  document.querySelector("#loci").hidden = false;
  const chosen = () => (table.selected.size ? [...table.selected].sort((a, b) => a - b) : table.rows).map((i) => data.loci[i]);
  const table = new Table(data.loci, (i) => {
    detail.show(i);
    remember(i);
  }, () => {
    const all = data.loci.length.toLocaleString("en");
    const some = table.rows.length.toLocaleString("en");
    document.querySelector("#status").textContent = table.rows.length === data.loci.length ? `${all} loci` : `${some} of ${all} loci`;
    const loci = chosen();
    document.querySelector("#scope").textContent = `${loci.length.toLocaleString("en")} ${table.selected.size ? "selected" : "shown"}:`;
    for (const button of document.querySelectorAll("[data-download]")) button.disabled = !loci.some(FILES[button.dataset.download].has);
  });
  for (const button of document.querySelectorAll("[data-download]")) {
    const kind = button.dataset.download;
    button.addEventListener("click", () => save(`${fileName(data.title)}.${kind === "fasta" ? "fa" : kind}`, FILES[kind].type, FILES[kind].make(chosen())));
  }
  // On paper the selected loci come with their drawings.
  addEventListener("beforeprint", () => {
    const cards = [...table.selected].sort((a, b) => a - b).map((i) => make("article", { className: "locus" }, ...detail.parts(data.loci[i], false)));
    document.querySelector("#cards").replaceChildren(...cards);
    detail.place.hidden = cards.length > 0;
  });
  addEventListener("afterprint", () => {
    document.querySelector("#cards").replaceChildren();
    detail.place.hidden = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) {
      event.preventDefault();
      document.querySelector("#search").focus();
    }
  });
  const follow = () => {
    const named = /^#locus-(\d+)$/.exec(location.hash);
    const i = named ? Number(named[1]) - 1 : 0;
    if (i >= 0 && i < data.loci.length) table.go(i, false);
    if (named) document.querySelector("#loci").scrollIntoView();
  };
  table.show(0);
  follow();
  addEventListener("hashchange", follow);
}

start();
performance.mark("ready");
