// What is handed on: text files of the chosen loci, and the clipboard.
function csvField(value) {
  if (value === undefined || value === null) return "";
  let text = String(value);
  // A spreadsheet would run text that begins so as a formula.
  if (!isNumber(value) && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\n\r]/.test(text) || text !== text.trim() ? `"${text.replace(/"/g, '""')}"` : text;
}

function asCsv(loci) {
  const own = [
    ["id", (l) => l.id], ["contig", (l) => l.at && l.at[0]], ["start", (l) => l.at && l.at[1] + 1], ["end", (l) => l.at && l.at[2]],
    ["strand", (l) => l.at && l.at[3]], ["length", (l) => l.len], ["mfe", (l) => l.mfe], ["posterior", (l) => l.post], ["probability", (l) => l.p], ["score", (l) => l.score],
    ["call", (l) => l.call], ["tier", (l) => l.tier], ["q_value", (l) => l.q], ["log_odds", (l) => l.odds], ["family", (l) => l.family],
    ["known", (l) => l.known], ["copies", (l) => l.copies], ["outside_pairs", (l) => l.outside], ["flags", (l) => (l.flags || []).join(" ") || undefined],
    ["sequence", (l) => l.seq], ["structure", (l) => l.str],
  ];
  const others = [...new Set(loci.flatMap((l) => Object.keys(l.more || {})))];
  const columns = own.filter(([, value]) => loci.some((l) => value(l) !== undefined)).concat(others.map((key) => [key, (l) => (l.more || {})[key]]));
  const lines = [columns.map(([name]) => csvField(name)), ...loci.map((l) => columns.map(([, value]) => csvField(value(l))))];
  return lines.map((fields) => fields.join(",") + "\r\n").join("");
}

function asBed(loci) {
  const placed = loci.filter((l) => l.at);
  placed.sort((a, b) => (a.at[0] < b.at[0] ? -1 : a.at[0] > b.at[0] ? 1 : a.at[1] - b.at[1] || a.at[2] - b.at[2]));
  return placed.map((l) => {
    const [contig, start, end, strand] = l.at;
    return [contig, start, end, (l.label || l.id).replace(/\s+/g, "_"), isNumber(belief(l)) ? Math.round(1000 * belief(l)) : 0, strand].join("\t") + "\n";
  }).join("");
}

const asFasta = (loci) => loci.filter((l) => l.seq).map((l) => `>${l.header || l.id}\n${l.seq}\n`).join("");

const FILES = {
  csv: { make: asCsv, type: "text/csv", has: () => true },
  bed: { make: asBed, type: "text/plain", has: (l) => l.at },
  fasta: { make: asFasta, type: "text/plain", has: (l) => l.seq },
};

function save(name, type, content) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

async function copy(text, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages from a file or a frame may have no clipboard of their own.
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = before), 1200);
}

const fileName = (text) => text.replace(/[^A-Za-z0-9_.+-]+/g, "_").slice(0, 80) || "hairpin";
