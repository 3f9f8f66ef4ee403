// The table: which rows there are, in which order, and one page of them.
const PAGE = 25;

const isNumber = (value) => typeof value === "number";
const digits = (n) => (value) => (isNumber(value) ? value.toFixed(n) : "");
const plainNumber = (value) => (isNumber(value) ? value.toLocaleString("en") : "");

function placeOf(locus) {
  if (!locus.at) return "";
  const [contig, start, end, strand] = locus.at;
  return `${contig}:${(start + 1).toLocaleString("en")}-${end.toLocaleString("en")}${strand === "." ? "" : ` (${strand})`}`;
}

// Columns that some locus has a value for; key, heading, how it is shown, what it means.
const COLUMNS = [
  { key: "id", head: "Name", cls: "name", value: (l) => l.label || l.id, help: "First word of the FASTA header" },
  { key: "call", head: "Call", value: (l) => l.call, help: "pre-miRNA where the probability reaches the threshold" },
  { key: "post", head: "Posterior", cls: "number", value: (l) => l.post, show: digits(3), help: "Probability of a precursor by all evidence" },
  { key: "tier", head: "Tier", value: (l) => l.tier, help: "How much speaks for a precursor" },
  { key: "known", head: "Known", value: (l) => l.known, help: "The known microRNA that it is or resembles" },
  { key: "p", head: "Probability", cls: "number", value: (l) => l.p, show: digits(3), help: "Of being a precursor" },
  { key: "family", head: "Family", value: (l) => l.family, help: "Family of microRNAs" },
  { key: "score", head: "Score", cls: "number", value: (l) => l.score, show: digits(3), help: "The model's own probability, for one precursor to one other hairpin" },
  { key: "q", head: "q-value", cls: "number", low: true, value: (l) => l.q, show: (v) => (isNumber(v) ? v.toPrecision(2) : ""), help: "Estimated share of false ones among loci at least as good" },
  { key: "odds", head: "Log-odds", cls: "number", value: (l) => l.odds, show: digits(2), help: "By the search networks" },
  { key: "len", head: "Length", cls: "number", value: (l) => l.len, show: plainNumber, help: "nt" },
  { key: "mfe", head: "MFE", cls: "number", low: true, value: (l) => l.mfe, show: digits(1), help: "Minimum free energy, kcal/mol" },
  { key: "copies", head: "Copies", cls: "number", value: (l) => l.copies, show: plainNumber, help: "Places of the genome with such a hairpin" },
  { key: "place", head: "Place", value: placeOf, help: "1-based, as genome browsers count" },
];

const belief = (locus) => (locus.post === undefined ? locus.p : locus.post);
const FACETS = ["call", "tier"];

class Table {
  constructor(loci, onOpen, onChange) {
    this.loci = loci;
    this.onOpen = onOpen;
    this.onChange = onChange;
    this.columns = COLUMNS.filter((c) => loci.some((l) => c.value(l) !== undefined && c.value(l) !== ""));
    this.sorted = { key: null, down: false };
    this.query = "";
    this.chosen = {};
    this.page = 0;
    this.open = -1;
    this.selected = new Set();
    this.texts = [];
    this.body = document.querySelector("#table tbody");
    this.rows = loci.map((_, i) => i);
    this.makeHead();
    this.makeFilters();
    this.body.addEventListener("click", (event) => this.clicked(event));
    this.body.addEventListener("keydown", (event) => this.pressed(event));
    document.querySelector("#pager").addEventListener("click", (event) => {
      const go = event.target.closest("button");
      if (go) this.show(Number(go.dataset.page));
    });
  }

  makeHead() {
    const row = document.createElement("tr");
    const all = document.createElement("th");
    all.className = "pick";
    const box = Object.assign(document.createElement("input"), { type: "checkbox", id: "all", title: "Select all that are shown by search and filters" });
    box.setAttribute("aria-label", box.title);
    box.addEventListener("change", () => {
      for (const i of this.rows) box.checked ? this.selected.add(i) : this.selected.delete(i);
      this.show(this.page);
    });
    all.append(box);
    row.append(all);
    for (const column of this.columns) {
      const cell = document.createElement("th");
      cell.className = column.cls || "";
      cell.dataset.key = column.key;
      const button = Object.assign(document.createElement("button"), { type: "button", title: column.help });
      const arrow = Object.assign(document.createElement("span"), { className: "arrow", textContent: " ↕" });
      button.append(column.head, arrow);
      button.addEventListener("click", () => this.sort(column));
      cell.append(button);
      row.append(cell);
    }
    document.querySelector("#table thead").replaceChildren(row);
  }

  makeFilters() {
    const place = document.querySelector("#filters");
    for (const facet of FACETS) {
      const values = [...new Set(this.loci.map((l) => l[facet]).filter(Boolean))].sort();
      if (values.length < 2) continue;
      const choice = Object.assign(document.createElement("select"), { id: `filter-${facet}` });
      choice.append(new Option("all", ""));
      for (const value of values) choice.append(new Option(value, value));
      choice.addEventListener("change", () => {
        this.chosen[facet] = choice.value;
        this.filter();
      });
      const label = document.createElement("label");
      label.append(facet[0].toUpperCase() + facet.slice(1) + " ", choice);
      place.append(label);
    }
    const least = Object.assign(document.createElement("input"), { type: "number", id: "least", min: 0, max: 1, step: 0.05 });
    if (this.loci.some((l) => isNumber(belief(l)))) {
      least.style.width = "76px";
      least.addEventListener("input", () => this.filter());
      const label = document.createElement("label");
      label.append("Probability at least ", least);
      place.append(label);
    }
    this.least = least;
    const search = document.querySelector("#search");
    let waiting;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        this.query = search.value.trim().toLowerCase();
        this.filter();
      }, 60);
    });
  }

  text(i) {
    if (this.texts[i] === undefined) {
      const l = this.loci[i];
      const dna = l.seq ? l.seq.replace(/U/g, "T") : "";
      this.texts[i] = [l.header, l.id, l.label, placeOf(l).replace(/,/g, ""), l.family, l.known, l.tier, l.seq, dna, ...(l.flags || [])].join("\n").toLowerCase();
    }
    return this.texts[i];
  }

  filter() {
    const words = this.query.split(/\s+/).filter(Boolean).map((word) => word.replace(/(\d),(?=\d)/g, "$1"));
    const least = this.least.value === "" ? null : Number(this.least.value);
    this.rows = [];
    for (let i = 0; i < this.loci.length; i++) {
      const l = this.loci[i];
      if (FACETS.some((facet) => this.chosen[facet] && l[facet] !== this.chosen[facet])) continue;
      if (least !== null && !(belief(l) >= least)) continue;
      if (words.length && !words.every((word) => this.text(i).includes(word))) continue;
      this.rows.push(i);
    }
    this.order();
    this.show(0);
  }

  sort(column) {
    const again = this.sorted.key === column.key;
    // Numbers start with the best, text with A.
    this.sorted = { key: column.key, down: again ? !this.sorted.down : column.cls === "number" && !column.low };
    for (const cell of document.querySelectorAll("#table th")) cell.removeAttribute("aria-sort");
    const head = document.querySelector(`#table th[data-key="${column.key}"]`);
    head.setAttribute("aria-sort", this.sorted.down ? "descending" : "ascending");
    for (const arrow of document.querySelectorAll("#table .arrow")) arrow.textContent = " ↕";
    head.querySelector(".arrow").textContent = this.sorted.down ? " ↓" : " ↑";
    this.order();
    this.show(0);
  }

  order() {
    const column = this.columns.find((c) => c.key === this.sorted.key);
    if (!column) return;
    const way = this.sorted.down ? -1 : 1;
    const key = column.key === "place" ? (l) => l.at : column.value;
    const compareText = new Intl.Collator("en", { numeric: true }).compare;
    const compare = (a, b) => {
      if (column.key === "place") return compareText(a[0], b[0]) || a[1] - b[1];
      return isNumber(a) && isNumber(b) ? a - b : compareText(a, b);
    };
    const keys = new Map(this.rows.map((i) => [i, key(this.loci[i])]));
    this.rows.sort((i, j) => {
      const a = keys.get(i);
      const b = keys.get(j);
      // What has no value stands last either way.
      if (a === undefined || b === undefined) return (a === undefined) - (b === undefined) || i - j;
      return way * compare(a, b) || i - j;
    });
  }

  show(page) {
    const pages = Math.max(1, Math.ceil(this.rows.length / PAGE));
    this.page = Math.min(Math.max(page, 0), pages - 1);
    const part = this.rows.slice(this.page * PAGE, (this.page + 1) * PAGE);
    const focus = part.includes(this.open) ? this.open : part[0];
    this.body.replaceChildren(...part.map((i) => this.row(i, i === focus)));
    const pager = document.querySelector("#pager");
    const make = (text, to, off) => Object.assign(document.createElement("button"), { type: "button", textContent: text, disabled: off });
    const buttons = [["First", 0, this.page === 0], ["Previous", this.page - 1, this.page === 0], ["Next", this.page + 1, this.page === pages - 1], ["Last", pages - 1, this.page === pages - 1]];
    pager.replaceChildren(...buttons.map(([text, to, off]) => {
      const button = make(text, to, off);
      button.dataset.page = to;
      return button;
    }), `page ${(this.page + 1).toLocaleString("en")} of ${pages.toLocaleString("en")}`);
    pager.hidden = pages === 1;
    document.querySelector("#all").checked = this.rows.length > 0 && this.rows.every((i) => this.selected.has(i));
    this.onChange();
  }

  row(i, focus) {
    const locus = this.loci[i];
    const row = document.createElement("tr");
    row.dataset.row = i;
    row.tabIndex = focus ? 0 : -1;
    row.setAttribute("aria-selected", String(i === this.open));
    const pick = document.createElement("td");
    pick.className = "pick";
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: this.selected.has(i), tabIndex: -1 });
    box.setAttribute("aria-label", `Select ${locus.id}`);
    pick.append(box);
    row.append(pick);
    for (const column of this.columns) {
      const cell = document.createElement("td");
      cell.className = column.cls || "";
      const value = column.value(locus);
      const text = column.show ? column.show(value) : value === undefined ? "" : String(value);
      if (column.key === "call" && value) {
        cell.append(Object.assign(document.createElement("span"), { className: `chip ${value === "other" ? "no" : "yes"}`, textContent: text }));
      } else if ((column.key === "p" || column.key === "post") && isNumber(value)) {
        const meter = Object.assign(document.createElement("span"), { className: "meter" });
        meter.append(document.createElement("i"));
        meter.firstChild.style.width = `${100 * value}%`;
        cell.append(meter, text);
      } else cell.textContent = text;
      if (column.key === "id") cell.title = text;
      row.append(cell);
    }
    return row;
  }

  clicked(event) {
    const row = event.target.closest("tr");
    if (!row) return;
    if (event.target.closest(".pick")) this.select(Number(row.dataset.row), event.target);
    else this.go(Number(row.dataset.row), true);
  }

  select(i, target) {
    const box = this.body.querySelector(`tr[data-row="${i}"] input`);
    if (target !== box) box.checked = !box.checked;
    box.checked ? this.selected.add(i) : this.selected.delete(i);
    document.querySelector("#all").checked = this.rows.every((row) => this.selected.has(row));
    this.onChange();
  }

  pressed(event) {
    const row = event.target.closest("tr");
    if (!row) return;
    const here = this.rows.indexOf(Number(row.dataset.row));
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE, Home: -here, End: this.rows.length - 1 - here };
    if (event.key in steps) {
      const next = Math.min(Math.max(here + steps[event.key], 0), this.rows.length - 1);
      this.go(this.rows[next], true);
    } else if (event.key === "Enter") this.go(Number(row.dataset.row), true);
    else if (event.key === " ") this.select(Number(row.dataset.row), null);
    else return;
    event.preventDefault();
  }

  // Open a locus, turning to its page of the table.
  go(i, focus) {
    const at = this.rows.indexOf(i);
    const page = Math.floor(at / PAGE);
    this.open = i;
    if (at >= 0 && page !== this.page) this.show(page);
    for (const row of this.body.children) {
      const here = Number(row.dataset.row) === i;
      row.setAttribute("aria-selected", String(here));
      row.tabIndex = here ? 0 : -1;
      if (here && focus) row.focus({ preventScroll: false });
    }
    this.onOpen(i);
  }
}
