"use strict";
(() => {
  const BAND = 20; // the strips that name stages and topics
  const PAPER = 680; // the width of a printed page
  const SHEET = 900; // and its height, less what stands above a map
  const SUBJECT = 112; // the strip that names what faults are about
  const NAMED = 12; // from this size of a cell on, every row and column has its name beside it
  const root = document.documentElement;
  root.classList.add("js");
  const at = (id) => document.getElementById(id);
  const make = (tag, settings = {}, ...inside) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(settings)) made.setAttribute(name, value);
    made.append(...inside);
    return made;
  };
  const code = (text) => make("code", {}, text);
  const quiet = (text) => make("span", { class: "quiet" }, text);
  const vocabulary = JSON.parse(at("vocabulary").textContent);
  const kinds = vocabulary.kinds.map(([letter, name, words, meaning]) => ({ letter, name, words, meaning }));
  const lettersOf = (...names) => new Set(kinds.filter(({ name }) => names.includes(name)).map(({ letter }) => letter));
  const BROKEN = lettersOf("broken", "undeclared");
  const UNREACHED = lettersOf("unreached");
  const TELLING = lettersOf("broken", "undeclared", "unbroken");
  const REASONED = lettersOf("unclear", "skipped"); // instead of an observation they have a reason why there is none
  const kindOf = new Map(kinds.map((kind) => [kind.letter, kind]));
  const part = (text) => encodeURIComponent(text).replaceAll("%3A", ":").replaceAll("%40", "@");
  const address = (...parts) => `#${parts.map(part).join("/")}`;
  const spread = (groups) => groups.flatMap(([name, number]) => Array(number).fill(name));
  const theme = () => {
    const style = getComputedStyle(root);
    const colour = (name) => style.getPropertyValue(name).trim();
    return {
      ...Object.fromEntries(["paper", "panel", "line", "ink", "quiet"].map((name) => [name, colour(`--${name}`)])),
      font: getComputedStyle(document.body).fontFamily,
      mono: colour("--mono"),
      kinds: new Map(kinds.map((kind) => [kind.letter, colour(`--k-${kind.name}`)])),
    };
  };
  let colours = theme();

  // A sheet: what is packed, which rows and columns are shown, and where the cursor stands (places in the packed data).
  const open = (section) => {
    const number = section.dataset.number;
    const packed = JSON.parse(at(`picture-${number}`).textContent);
    return {
      ...packed,
      number,
      section,
      stageOf: spread(packed.stages),
      operationOf: spread(packed.operations),
      subjectOf: spread(packed.subjects),
      topicOf: spread(packed.topics),
      canvas: section.querySelector("canvas"),
      scroller: section.querySelector(".map"),
      field: section.querySelector(".field"),
      where: section.querySelector(".where"),
      none: section.querySelector(".none"),
      bitmap: document.createElement("canvas"),
      rows: packed.faults.map((_, row) => row),
      columns: packed.clauses.map((_, column) => column),
      size: 0, cell: 1, left: BAND, top: BAND, cursor: null, hover: null, found: null, due: 0, printing: false,
    };
  };
  const sheets = [...document.querySelectorAll(".sheet")].map(open);
  const drawn = sheets.filter((sheet) => sheet.canvas);

  // -- The map

  const paint = (sheet) => {
    const { bitmap, rows, columns } = sheet;
    bitmap.width = Math.max(1, columns.length);
    bitmap.height = Math.max(1, rows.length);
    const context = bitmap.getContext("2d");
    const image = context.createImageData(bitmap.width, bitmap.height);
    const pixels = new Uint32Array(image.data.buffer);
    const shades = new Map([...colours.kinds].map(([letter, hex]) => {
      const [red, green, blue] = [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
      return [letter.charCodeAt(0), new Uint32Array(new Uint8ClampedArray([red, green, blue, 255]).buffer)[0]];
    }));
    let place = 0;
    for (const row of rows) {
      const letters = sheet.cells[row];
      for (const column of columns) pixels[place++] = shades.get(letters.charCodeAt(column));
    }
    context.putImageData(image, 0, 0);
  };

  const groups = (shown, nameOf) => {
    const found = [];
    shown.forEach((place, index) => {
      const last = found.at(-1);
      if (last?.name === nameOf[place]) last.count += 1;
      else found.push({ name: nameOf[place], start: index, count: 1 });
    });
    return found;
  };

  const layout = (sheet) => {
    const { canvas, scroller, field, rows, columns } = sheet;
    const empty = !rows.length || !columns.length;
    scroller.hidden = empty;
    sheet.none.hidden = !empty;
    if (empty) return;
    sheet.operationGroups = groups(rows, sheet.operationOf);
    // Groups of two operations that are about the same are two groups.
    sheet.subjectGroups = sheet.operationGroups.flatMap(({ start, count }) =>
      groups(rows.slice(start, start + count), sheet.subjectOf).map((group) => ({ ...group, start: start + group.start })));
    sheet.topicGroups = groups(columns, sheet.topicOf);
    const room = sheet.printing ? PAPER : scroller.parentElement.clientWidth - 20;
    const names = Math.min(380, Math.floor(room * 0.35));
    const fitting = Math.floor((room - BAND - SUBJECT) / columns.length);
    const roomy = Math.floor((room - BAND - SUBJECT - names) / columns.length); // with the names beside the rows
    const usual = roomy > NAMED ? Math.min(16, roomy) : Math.max(3, Math.min(NAMED - 2, fitting));
    sheet.cell = sheet.printing ? Math.max(1, Math.min(8, fitting, Math.floor(SHEET / rows.length))) : sheet.size || usual;
    const named = sheet.cell >= NAMED;
    const context = canvas.getContext("2d");
    context.font = `600 12px ${colours.font}`;
    const widest = Math.max(...sheet.topicGroups.map(({ name, count }) => {
      const width = context.measureText(name.replaceAll("_", " ")).width + 8;
      return width > count * sheet.cell ? width : BAND;
    }));
    sheet.strip = Math.ceil(Math.min(110, widest));
    sheet.left = BAND + SUBJECT + (named ? names : 0);
    sheet.top = sheet.strip + (named ? 190 : 0);
    const [width, height] = [sheet.left + columns.length * sheet.cell, sheet.top + rows.length * sheet.cell];
    field.style.width = `${width}px`;
    field.style.height = `${height}px`;
    const seen = [sheet.printing ? width : Math.min(width, scroller.clientWidth), sheet.printing ? height : Math.min(height, scroller.clientHeight)];
    const ratio = devicePixelRatio || 1;
    canvas.style.width = `${seen[0]}px`;
    canvas.style.height = `${seen[1]}px`;
    canvas.width = Math.round(seen[0] * ratio);
    canvas.height = Math.round(seen[1] * ratio);
    sheet.ratio = ratio;
    draw(sheet);
  };

  // No kind is told by its colour alone where there is room for a sign.
  const sign = (context, letter, x, y, cell) => {
    const third = Math.max(2, Math.round(cell / 3));
    const inner = Math.floor((cell - third) / 2);
    const { name } = kindOf.get(letter);
    if (name === "unbroken") {
      context.fillStyle = colours.paper;
      context.fillRect(x + 2, y + 2, cell - 5, cell - 5);
    } else if (name === "undeclared") {
      context.fillStyle = colours.paper;
      context.fillRect(x + inner, y + inner, third, third);
    } else if (name === "unclear") {
      context.fillStyle = colours.ink;
      context.fillRect(x + 2, y + Math.floor(cell / 2) - 1, cell - 5, 1);
    }
  };

  const clipped = (context, text, room) => {
    if (context.measureText(text).width <= room) return text;
    let end = text.length;
    while (end && context.measureText(`${text.slice(0, end)}…`).width > room) end -= 1;
    return end ? `${text.slice(0, end)}…` : "";
  };

  const upright = (context, text, x, y) => {
    context.save();
    context.translate(x, y);
    context.rotate(-Math.PI / 2);
    context.fillText(text, 0, 0);
    context.restore();
  };

  const draw = (sheet) => {
    if (sheet.scroller.hidden) return;
    const { canvas, scroller, rows, columns, cell, left, top } = sheet;
    const context = canvas.getContext("2d");
    const [width, height] = [canvas.width / sheet.ratio, canvas.height / sheet.ratio];
    const [dx, dy] = sheet.printing ? [0, 0] : [Math.round(scroller.scrollLeft), Math.round(scroller.scrollTop)];
    const [firstColumn, firstRow] = [Math.floor(dx / cell), Math.floor(dy / cell)];
    const lastColumn = Math.min(columns.length, Math.ceil((dx + width - left) / cell));
    const lastRow = Math.min(rows.length, Math.ceil((dy + height - top) / cell));
    const x = (column) => left + column * cell - dx;
    const y = (row) => top + row * cell - dy;
    context.setTransform(sheet.ratio, 0, 0, sheet.ratio, 0, 0);
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, width, height);
    context.textBaseline = "middle";

    context.save();
    context.beginPath();
    context.rect(left, top, width - left, height - top);
    context.clip();
    context.imageSmoothingEnabled = false;
    const [across, down] = [lastColumn - firstColumn, lastRow - firstRow];
    context.drawImage(sheet.bitmap, firstColumn, firstRow, across, down, x(firstColumn), y(firstRow), across * cell, down * cell);
    if (cell >= 6) {
      context.fillStyle = colours.paper;
      for (let column = firstColumn; column < lastColumn; column += 1) context.fillRect(x(column + 1) - 1, top, 1, height);
      for (let row = firstRow; row < lastRow; row += 1) context.fillRect(left, y(row + 1) - 1, width, 1);
      for (let row = firstRow; row < lastRow; row += 1) {
        const letters = sheet.cells[rows[row]];
        for (let column = firstColumn; column < lastColumn; column += 1) sign(context, letters[columns[column]], x(column), y(row), cell);
      }
    }
    context.fillStyle = colours.quiet;
    for (const group of sheet.topicGroups) if (group.start) context.fillRect(Math.round(x(group.start)) - 1, top, 1, height);
    for (const group of sheet.operationGroups) if (group.start) context.fillRect(0, Math.round(y(group.start)) - 1, width, 1);
    const cross = (place, strong) => {
      const [row, column] = [rows.indexOf(place?.row), columns.indexOf(place?.column)];
      if (row < 0 || column < 0) return;
      context.strokeStyle = colours.ink;
      context.globalAlpha = strong ? 0.9 : 0.55;
      context.strokeRect(left - 1, y(row) - 0.5, width + 2, cell);
      context.strokeRect(x(column) - 0.5, top - 1, cell, height + 2);
      context.globalAlpha = 1;
      context.lineWidth = 2;
      context.strokeRect(x(column) - 2, y(row) - 2, cell + 3, cell + 3);
      context.lineWidth = 1;
    };
    if (sheet.hover) cross(sheet.hover, false);
    if (!sheet.printing) cross(sheet.cursor, !sheet.hover);
    context.restore();

    context.fillStyle = colours.ink;
    context.font = `600 12px ${colours.font}`;
    context.textAlign = "center";
    for (const { name, start, count } of sheet.operationGroups) {
      const [from, to] = [Math.max(top, y(start)), Math.min(height, y(start + count))];
      if (to - from > 12) upright(context, clipped(context, name, to - from - 2), BAND / 2, (from + to) / 2);
    }
    context.textAlign = "left";
    context.font = `11px ${colours.font}`;
    let free = top; // what lies above has a name already
    for (const { name, start, count } of sheet.subjectGroups) {
      const [from, to] = [Math.max(top, y(start)), Math.min(height, y(start + count))];
      if (to <= from) continue;
      if (start) context.fillRect(BAND, Math.round(y(start)) - 1, 5, 1);
      const middle = Math.max((from + to) / 2, free + 6);
      if (middle > to + 3) continue; // a small group among named ones is named when it is pointed at
      context.fillText(clipped(context, name.replaceAll("_", " "), SUBJECT - 10), BAND + 6, middle);
      free = middle + 6;
    }
    context.font = `600 12px ${colours.font}`;
    for (const { name, start, count } of sheet.topicGroups) {
      const [from, to] = [Math.max(left, x(start)), Math.min(width, x(start + count))];
      const text = name.replaceAll("_", " ");
      if (context.measureText(text).width + 8 <= to - from) context.fillText(text, from + 3, sheet.strip - BAND / 2);
      else if (to - from >= 8) upright(context, clipped(context, text, sheet.strip - 6), from + Math.min(8, (to - from) / 2), sheet.strip - 4);
    }
    if (cell < NAMED) return;
    context.font = `11px ${colours.mono}`;
    for (let row = firstRow; row < lastRow; row += 1) {
      if (y(row) < top - 1) continue;
      context.fillText(clipped(context, sheet.faults[rows[row]][0], left - BAND - SUBJECT - 6), BAND + SUBJECT, y(row) + cell / 2);
    }
    for (let column = firstColumn; column < lastColumn; column += 1) {
      if (x(column) < left - 1) continue;
      upright(context, clipped(context, sheet.clauses[columns[column]][0], top - sheet.strip - 8), x(column) + cell / 2, top - 4);
    }
  };

  const redraw = (sheet) => {
    sheet.due ||= requestAnimationFrame(() => {
      sheet.due = 0;
      draw(sheet);
    });
  };

  const kindAt = (sheet, { row, column }) => kindOf.get(sheet.cells[row][column]);
  const swatch = (kind) => make("i", { class: `swatch k-${kind.name}`, "aria-hidden": "true" });

  const tell = (sheet) => {
    const place = sheet.hover ?? sheet.cursor;
    if (!place) {
      sheet.where.replaceChildren(quiet("Point at a cell to read what it is."));
      return;
    }
    const kind = kindAt(sheet, place);
    const [fault, wrong] = sheet.faults[place.row];
    const [clause, says] = sheet.clauses[place.column];
    sheet.where.replaceChildren(
      swatch(kind), " ", make("b", {}, kind.words), " · ", code(fault), " × ", code(clause), make("br"),
      quiet(`${sheet.operationOf[place.row]}, ${sheet.subjectOf[place.row].replaceAll("_", " ")}: `), quiet(wrong), make("br"), quiet(says),
    );
  };

  const put = (sheet, place) => {
    sheet.cursor = place;
    tell(sheet);
    redraw(sheet);
  };

  // -- Moving about

  const under = (sheet, event) => {
    const column = Math.floor((event.offsetX - sheet.left + sheet.scroller.scrollLeft) / sheet.cell);
    const row = Math.floor((event.offsetY - sheet.top + sheet.scroller.scrollTop) / sheet.cell);
    const inside = event.offsetX >= sheet.left && event.offsetY >= sheet.top && column < sheet.columns.length && row < sheet.rows.length;
    return inside ? { row: sheet.rows[row], column: sheet.columns[column] } : null;
  };

  const reveal = (sheet) => {
    const { scroller, canvas, cell, left, top } = sheet;
    const [x, y] = [sheet.columns.indexOf(sheet.cursor.column) * cell, sheet.rows.indexOf(sheet.cursor.row) * cell];
    const [across, down] = [canvas.clientWidth - left - 2 * cell, canvas.clientHeight - top - 2 * cell];
    scroller.scrollLeft = Math.max(x - across, Math.min(scroller.scrollLeft, x - cell));
    scroller.scrollTop = Math.max(y - down, Math.min(scroller.scrollTop, y - cell));
  };

  const broken = (sheet, from, step) => {
    const wide = sheet.columns.length;
    for (let place = from + step; place >= 0 && place < wide * sheet.rows.length; place += step) {
      const [row, column] = [Math.floor(place / wide), place % wide];
      if (BROKEN.has(sheet.cells[sheet.rows[row]][sheet.columns[column]])) return [row, column];
    }
    return null;
  };

  const moved = (sheet, key, whole) => {
    const [lastRow, lastColumn] = [sheet.rows.length - 1, sheet.columns.length - 1];
    const row = sheet.rows.indexOf(sheet.cursor?.row);
    const column = sheet.columns.indexOf(sheet.cursor?.column);
    const page = Math.max(1, Math.floor((sheet.canvas.clientHeight - sheet.top) / sheet.cell) - 1);
    const here = row * sheet.columns.length + column;
    if (row < 0 || column < 0) return key === "n" ? broken(sheet, -1, 1) : [0, 0];
    switch (key) {
      case "ArrowUp": return [Math.max(0, row - 1), column];
      case "ArrowDown": return [Math.min(lastRow, row + 1), column];
      case "ArrowLeft": return [row, Math.max(0, column - 1)];
      case "ArrowRight": return [row, Math.min(lastColumn, column + 1)];
      case "PageUp": return [Math.max(0, row - page), column];
      case "PageDown": return [Math.min(lastRow, row + page), column];
      case "Home": return [whole ? 0 : row, 0];
      case "End": return [whole ? lastRow : row, lastColumn];
      case "n": return broken(sheet, here, 1);
      default: return broken(sheet, here, -1);
    }
  };

  const resize = (step) => {
    for (const sheet of drawn) {
      sheet.size = step ? Math.max(2, Math.min(24, sheet.cell + step * (sheet.cell < 8 ? 1 : 2))) : 0;
      layout(sheet);
      layout(sheet); // The bars of the scroller came or went.
      if (sheet.cursor) reveal(sheet);
    }
  };

  const KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End", "n", "p"];
  const press = (sheet, event) => {
    if (event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      if (sheet.cursor) go(sheet, sheet.cursor, true);
    } else if (event.key === "+" || event.key === "-") {
      if (event.ctrlKey) return;
      resize(event.key === "+" ? 1 : -1);
    } else if (KEYS.includes(event.key)) {
      const place = moved(sheet, event.key, event.ctrlKey);
      sheet.hover = null;
      if (place) put(sheet, { row: sheet.rows[place[0]], column: sheet.columns[place[1]] });
      if (place) reveal(sheet);
    } else {
      return;
    }
    event.preventDefault();
  };

  // -- The evidence

  const panel = at("evidence");
  const heading = at("evidence-title");
  const body = at("evidence-body");
  let shown = null; // the sheet whose cell, fault or clause is open
  let turn = 0;

  const unpack = (sheet) => {
    sheet.found ??= (async () => {
      const bytes = Uint8Array.from(atob(at(`found-${sheet.number}`).textContent), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return JSON.parse(await new Response(stream).text());
    })();
    return sheet.found;
  };

  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const plain = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text));
  const copyable = (label, text) => {
    const button = make("button", { type: "button", class: "copy", "aria-label": `Copy: ${label}` }, "copy");
    const head = make("div", { class: "code-head" }, make("span", {}, label), button);
    return make("div", { class: "code" }, head, make("pre", { tabindex: "0" }, text));
  };
  const facts = (pairs) => make("dl", { class: "facts" }, ...pairs.filter(([, value]) => value).map(([name, ...value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, ...value))));
  const callout = (text) => make("p", { class: "callout" }, text);
  const link = (sheet, fault, clause, text) => make("a", { href: address(sheet.dialect, fault, clause) }, code(text));

  const byHand = (sheet, fault, clause, attempts) => {
    const lines = [];
    if (fault) lines.push(copyable("the mock that has the fault", `watchword mock ${plain(sheet.dialect)} --port 8080 --fault ${quoted(fault)}`));
    if (clause) {
      const repeat = attempts > 1 ? ` --repeat ${attempts}` : "";
      const only = quoted(`[${sheet.dialect}:${clause}]`);
      lines.push(copyable("the check, in another terminal", `watchword test --url "$URL" --dialect ${plain(sheet.dialect)} -k ${only}${repeat}`));
      lines.push(quiet("The mock prints its url, to be put into URL, and its accounts, each of which goes into a WATCHWORD_ variable such as WATCHWORD_USERNAME; a resource_url goes into WATCHWORD_RESOURCE_URL. What only shows as time passes needs a target file that names the mock's control_url."));
    }
    return [make("h3", { class: "small" }, "Repeat it by hand"), ...lines];
  };

  const exchange = (data, number) => {
    const [step, purpose, method, outcome, request, reply, curl] = data.exchanges[number].map((place) => data.texts[place]);
    const summary = make("summary", {},
      make("span", { class: `step step-${step}` }, vocabulary.steps[step] ?? step),
      make("span", { class: "purpose" }, purpose),
      make("span", { class: "line" }, code(method), " → ", code(outcome)));
    const details = make("details", { class: "exchange" }, summary, make("div", { class: "pair" }, copyable("request", request), copyable("reply", reply)));
    if (curl) details.append(copyable("repeat it in a shell", curl));
    return details;
  };

  const recorded = (data, record, wrong) => {
    const [source, operation, check, expected, observed, reason, note] = record.slice(0, 7).map((place) => data.texts[place]);
    const [differences, exchanges] = record.slice(7);
    const parts = [];
    if (reason) parts.push(callout(reason));
    if (expected || observed) {
      parts.push(make("div", { class: "pair compare" },
        make("div", {}, make("h3", { class: "small" }, "Expected"), make("p", {}, expected || "–")),
        make("div", { class: wrong ? "odd" : "" }, make("h3", { class: "small" }, "Observed"), make("p", {}, observed || "nothing"))));
    }
    if (differences.length) parts.push(make("ul", { class: "differences", "aria-label": "Differences" }, ...differences.map((place) => make("li", {}, data.texts[place]))));
    parts.push(facts([["Source", source], ["Operation", operation && code(operation)], ["Check", check && code(check)], ["Note", note]]));
    if (exchanges.length) parts.push(make("h3", { class: "small" }, `${exchanges.length} exchange${exchanges.length === 1 ? "" : "s"}`));
    for (const number of exchanges) parts.push(exchange(data, number));
    return parts;
  };

  const cellParts = (sheet, data, row, column) => {
    const [fault, wrong] = sheet.faults[row];
    const [clause, says, level, basis] = sheet.clauses[column];
    const kind = kindAt(sheet, { row, column });
    const line = data.cells[row];
    let found = null;
    for (let place = 0; place < line.length; place += 2) if (line[place] === column) found = data.found[line[place + 1]];
    const [verdict, observed, attempts, times, record] = found ?? [];
    const [name, glyph, words, meaning, broken] = vocabulary.verdicts[verdict] ?? [];
    body.className = name ? `v-${name}` : "";
    const parts = [make("p", {}, swatch(kind), " ", make("b", {}, sheet.declared || kind.name !== "broken" ? kind.words : "broken"), ". ", kind.meaning)];
    if (name) parts.push(make("p", {}, make("span", { class: `sign v-${name}` }, make("span", { "aria-hidden": "true" }, glyph), ` ${words}`), ` ${meaning}`));
    parts.push(facts([
      ["Fault", wrong, " ", make("a", { href: address(sheet.dialect, fault) }, "all that it does")],
      ["Stage", sheet.stageOf[row]],
      ["Clause", says, " ", make("a", { href: address(sheet.dialect, "", clause) }, "all that breaks it")],
      ["Topic", sheet.topicOf[column].replaceAll("_", " ")],
      ["Level", `${level} (${vocabulary.levels[level] ?? ""})`],
      ["Basis", `${basis} (${vocabulary.bases[basis] ?? ""})`],
      ["Attempts", attempts > 1 && `broken in ${times} of ${attempts} attempts`],
    ]));
    if (record !== undefined) parts.push(...recorded(data, data.records[record], broken));
    else if (found) parts.push(make("h3", { class: "small" }, REASONED.has(kind.letter) ? "Why" : "Observed"), callout(data.texts[observed] || "nothing"));
    else if (kind.name === "unbroken") parts.push(callout("The fault changes nothing of what the check sends and gets, so it was not made again."));
    return [...parts, ...byHand(sheet, fault, clause, attempts)];
  };

  // A whole row or column: its cells by kind, each a link, and nothing of those that were not reached.
  const lined = (sheet, places, nameAt) => kinds.filter((kind) => kind.name !== "unreached").flatMap((kind) => {
    const fitting = places.filter((place) => kindAt(sheet, place) === kind);
    if (!fitting.length) return [];
    const items = fitting.map((place) => {
      const [name, says] = nameAt(place);
      return make("li", {}, link(sheet, sheet.faults[place.row][0], sheet.clauses[place.column][0], name), make("small", {}, says));
    });
    const details = make("details", { class: "rows" }, make("summary", {}, swatch(kind), ` ${kind.words} `, quiet(String(fitting.length))), make("ul", { class: "findings" }, ...items));
    details.open = TELLING.has(kind.letter);
    return [details];
  });

  const faultParts = (sheet, row) => {
    const [fault, wrong] = sheet.faults[row];
    const survived = sheet.survived.includes(row);
    body.className = survived ? "v-fail" : "v-pass";
    const places = sheet.clauses.map((_, column) => ({ row, column }));
    const lines = lined(sheet, places, ({ column }) => sheet.clauses[column]);
    return [
      callout(survived ? "Survived: the suites did not notice it." : "Killed: the suites noticed it."),
      facts([["Fault", wrong], ["Stage", sheet.stageOf[row]]]),
      ...(lines.length ? lines : [make("p", {}, "No clause's check comes near it.")]),
      ...byHand(sheet, fault, ""),
    ];
  };

  const clauseParts = (sheet, column) => {
    const [clause, says, level, basis] = sheet.clauses[column];
    body.className = "";
    const places = sheet.faults.map((_, row) => ({ row, column }));
    const lines = lined(sheet, places, ({ row }) => sheet.faults[row]);
    return [
      facts([["Clause", says], ["Topic", sheet.topicOf[column].replaceAll("_", " ")], ["Level", level], ["Basis", basis]]),
      ...(lines.length ? lines : [make("p", {}, "No fault changes anything of what its check sends and gets.")]),
      ...byHand(sheet, "", clause, 1),
    ];
  };

  const close = () => {
    if (panel.contains(document.activeElement)) shown?.canvas?.focus({ preventScroll: true });
    panel.hidden = true;
    turn += 1;
  };

  const present = async (sheet, title, parts, focus) => {
    const mine = ++turn;
    shown = sheet;
    heading.replaceChildren(...title);
    body.replaceChildren(quiet("Unpacking the evidence …"));
    panel.hidden = false;
    panel.scrollTop = 0;
    if (focus) heading.focus({ preventScroll: true });
    let made;
    try {
      made = await parts();
    } catch (trouble) {
      made = [callout(`The evidence cannot be unpacked: ${trouble.message}`)];
    }
    if (mine === turn) body.replaceChildren(...made);
  };

  const bring = (sheet) => {
    reveal(sheet);
    const box = sheet.canvas.getBoundingClientRect();
    const y = box.top + sheet.top + sheet.rows.indexOf(sheet.cursor.row) * sheet.cell - sheet.scroller.scrollTop;
    const x = box.left + sheet.left + sheet.columns.indexOf(sheet.cursor.column) * sheet.cell - sheet.scroller.scrollLeft;
    if (y < 80 || y > innerHeight - 40) sheet.section.scrollIntoView({ block: "start" });
    panel.classList.toggle("left", x > innerWidth / 2); // where it hides anything but the cell
  };

  // What the address names: `dialect/fault/clause`, or `dialect/fault`, or `dialect//clause`.
  const follow = (focus = true) => {
    let parts;
    try {
      parts = location.hash.slice(1).split("/").map(decodeURIComponent);
    } catch {
      parts = [];
    }
    const [dialect, fault = "", clause = ""] = parts;
    if (parts.length < 2) return close();
    const sheet = sheets.find((one) => one.dialect === dialect);
    const row = sheet?.faults.findIndex(([name]) => name === fault) ?? -1;
    const column = sheet?.clauses.findIndex(([name]) => name === clause) ?? -1;
    if (!sheet || (fault && row < 0) || (clause && column < 0) || (!fault && !clause)) {
      return present(sheet, ["Not on this map"], () => [make("p", {}, "There is no such fault or clause here: "), code(parts.join(" / "))], focus);
    }
    if (sheet.canvas) {
      if ((fault && !sheet.rows.includes(row)) || (clause && !sheet.columns.includes(column))) clear();
      const first = fault ? Math.max(0, [...sheet.cells[row]].findIndex((letter) => TELLING.has(letter))) : 0;
      put(sheet, { row: fault ? row : Math.max(0, sheet.cells.findIndex((letters) => TELLING.has(letters[column]))), column: clause ? column : first });
      bring(sheet);
    }
    if (fault && clause) return present(sheet, [code(fault), " × ", code(clause)], async () => cellParts(sheet, await unpack(sheet), row, column), focus);
    return present(sheet, [code(fault || clause)], () => (fault ? faultParts(sheet, row) : clauseParts(sheet, column)), focus);
  };

  let pointed = false; // the pointer opened the cell, so the arrow keys go on from there
  const go = (sheet, place, focus) => {
    const hash = address(sheet.dialect, sheet.faults[place.row][0], sheet.clauses[place.column][0]);
    pointed = !focus;
    if (decodeURIComponent(location.hash) === decodeURIComponent(hash)) follow(focus);
    else location.hash = hash;
  };

  const leave = () => {
    close();
    if (location.hash.includes("/")) history.pushState(null, "", location.pathname + location.search);
  };

  // -- Filters

  const [byFault, byClause, reset] = ["faults", "clauses", "reset"].map(at);
  const chips = [...document.querySelectorAll(".chip")];
  const pressed = (name) => new Set(chips.filter((chip) => name in chip.dataset && chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset[name]));
  const fits = (text, wanted) => wanted.every((word) => text.toLowerCase().includes(word));
  const split = (box) => box.value.toLowerCase().split(/\s+/).filter(Boolean);

  const filter = () => {
    const [stages, operations, only] = [pressed("stage"), pressed("operation"), pressed("only")];
    const [faults, clauses] = [split(byFault), split(byClause)];
    const all = pressed("all").size > 0;
    const total = { rows: 0, faults: 0, columns: 0, clauses: 0 };
    for (const sheet of drawn) {
      sheet.columns = sheet.clauses.flatMap(([name, says], column) => (fits(`${name} ${says} ${sheet.topicOf[column]}`, clauses) ? [column] : []));
      const [survived, misdeclared] = [new Set(sheet.survived), new Set(sheet.misdeclared)];
      sheet.rows = sheet.faults.flatMap(([name, says], row) => {
        const wanted = (!stages.size || stages.has(sheet.stageOf[row])) && (!operations.size || operations.has(sheet.operationOf[row])) && fits(`${name} ${says}`, faults)
          && (!only.size || (only.has("survived") && survived.has(row)) || (only.has("misdeclared") && misdeclared.has(row))
            || (only.has("breaking") && sheet.columns.some((column) => BROKEN.has(sheet.cells[row][column]))));
        return wanted ? [row] : [];
      });
      if (!all) {
        // What nothing was found out about says nothing: neither a clause that no fault shown comes near, nor such a fault.
        const reached = ({ row, column }) => !UNREACHED.has(sheet.cells[row][column]);
        sheet.rows = sheet.rows.filter((row) => survived.has(row) || sheet.columns.some((column) => reached({ row, column })));
        sheet.columns = sheet.columns.filter((column) => sheet.rows.some((row) => reached({ row, column })));
      }
      total.rows += sheet.rows.length;
      total.faults += sheet.faults.length;
      total.columns += sheet.columns.length;
      total.clauses += sheet.clauses.length;
      if (sheet.cursor && !(sheet.rows.includes(sheet.cursor.row) && sheet.columns.includes(sheet.cursor.column))) sheet.cursor = null;
      sheet.hover = null;
      paint(sheet);
      layout(sheet);
      layout(sheet);
      tell(sheet);
    }
    const narrowed = stages.size + operations.size + only.size + faults.length + clauses.length > 0;
    const hidden = total.rows < total.faults || total.columns < total.clauses;
    at("shown").textContent = hidden ? `${total.rows} of ${total.faults} faults, ${total.columns} of ${total.clauses} clauses` : "";
    reset.disabled = !narrowed && !hidden;
  };

  const clear = () => {
    byFault.value = "";
    byClause.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", String("all" in chip.dataset));
    filter();
  };

  // -- What the reader does

  for (const sheet of drawn) {
    const point = (place) => {
      if (place?.row === sheet.hover?.row && place?.column === sheet.hover?.column) return;
      sheet.hover = place;
      tell(sheet);
      redraw(sheet);
    };
    sheet.canvas.addEventListener("pointermove", (event) => point(under(sheet, event)));
    sheet.canvas.addEventListener("pointerleave", () => point(null));
    sheet.canvas.addEventListener("click", (event) => {
      const place = under(sheet, event);
      if (place) go(sheet, place, false);
    });
    sheet.canvas.addEventListener("keydown", (event) => press(sheet, event));
    sheet.canvas.addEventListener("focus", () => { if (!sheet.cursor && sheet.canvas.matches(":focus-visible")) put(sheet, { row: sheet.rows[0], column: sheet.columns[0] }); });
    sheet.scroller.addEventListener("scroll", () => redraw(sheet));
  }
  const again = () => {
    colours = theme();
    for (const sheet of drawn) {
      paint(sheet);
      layout(sheet);
    }
  };
  const print = (printing) => () => {
    for (const sheet of drawn) sheet.printing = printing;
    again();
  };
  addEventListener("resize", again);
  addEventListener("beforeprint", print(true));
  addEventListener("afterprint", print(false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  for (const box of [byFault, byClause]) box.addEventListener("input", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  reset.addEventListener("click", clear);
  at("smaller").addEventListener("click", () => resize(-1));
  at("larger").addEventListener("click", () => resize(1));
  at("fit").addEventListener("click", () => resize(0));
  at("close").addEventListener("click", leave);
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
    // The browser does not report a second click on the link it already stands on.
    const again = event.target.closest('a[href^="#"]');
    if (again && again.hash === location.hash) follow();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea");
    if (event.key === "Escape" && typing) clear();
    else if (event.key === "Escape" && !panel.hidden) leave();
    else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      byFault.focus();
    }
  });
  addEventListener("hashchange", () => {
    follow(!pointed);
    pointed = false;
  });
  filter();
  follow();
})();
