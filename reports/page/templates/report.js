"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const clauses = [...document.querySelectorAll(".clause")];
  const cells = new Map([...document.querySelectorAll(".cells a")].map((cell) => [decodeURIComponent(cell.hash.slice(1)), cell]));
  const search = document.getElementById("search");
  const reset = document.getElementById("reset");
  const order = document.getElementById("order");
  const chips = [...document.querySelectorAll(".chip")];
  const groups = document.querySelectorAll(".cause, .causes, .topic, .target");
  const texts = new Map();
  const text = (clause) => {
    if (!texts.has(clause)) texts.set(clause, clause.textContent.toLowerCase());
    return texts.get(clause);
  };

  const chosen = () => {
    const found = new Map();
    for (const chip of chips) {
      if (chip.getAttribute("aria-pressed") !== "true") continue;
      const { filter, value } = chip.dataset;
      found.set(filter, (found.get(filter) ?? new Set()).add(value));
    }
    return [...found];
  };

  const show = () => {
    const facets = chosen();
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const clause of clauses) {
      const values = clause.dataset.f.split("|");
      const fits = facets.every(([number, allowed]) => allowed.has(values[number]))
        && wanted.every((word) => text(clause).includes(word));
      clause.hidden = !fits;
      cells.get(clause.id)?.classList.toggle("faded", !fits);
      shown += fits;
    }
    const narrowed = facets.length > 0 || wanted.length > 0;
    for (const group of groups) group.hidden = narrowed && !group.querySelector(".clause:not([hidden])");
    document.getElementById("shown").textContent = narrowed ? `${shown} of ${clauses.length}` : "";
    document.getElementById("none").hidden = shown > 0 || !narrowed;
    reset.disabled = !narrowed;
  };

  const clear = () => {
    search.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    show();
  };

  // The chips stand in the order in which their values weigh; a value without a chip weighs least.
  const arrange = () => {
    const weights = chips.filter((chip) => chip.dataset.filter === order.value).map((chip) => chip.dataset.value);
    const weight = (clause) => (weights.indexOf(clause.dataset.f.split("|")[order.value]) + weights.length + 1) % (weights.length + 1);
    for (const topic of document.querySelectorAll(".topic")) {
      const held = clauses.filter((clause) => clause.parentElement === topic);
      topic.append(...(order.value ? held.sort((one, other) => weight(one) - weight(other)) : held));
    }
  };

  // A link to a clause opens it, even when a filter hides it.
  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id) return;
    const found = document.getElementById(id) ?? clauses.find((clause) => clause.id.startsWith(`${id}@`));
    if (!found) return;
    if (search && found.closest("[hidden]")) clear();
    for (let around = found; around; around = around.parentElement?.closest("details")) {
      if (around.tagName === "DETAILS") around.open = true;
    }
    found.scrollIntoView({ behavior: "auto", block: "start" });
    found.querySelector("summary")?.focus({ preventScroll: true });
  };

  // Whatever is unfolded gets buttons to copy it by; hundreds of clauses that nobody opens do without.
  const equip = (details) => {
    for (const source of details.querySelectorAll("pre:not(.code pre)")) {
      const code = document.createElement("div");
      code.className = "code";
      source.replaceWith(code);
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "copy";
      code.append(button, source);
    }
  };

  document.addEventListener("toggle", (event) => { if (event.target.open) equip(event.target); }, true);
  for (const details of document.querySelectorAll("details[open]")) equip(details);
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
    // The browser does not report a second click on the link it already stands on.
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) follow();
  });
  // On paper nobody can open anything: what is wrong is printed with all of its evidence.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll(".causes details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; });
  addEventListener("hashchange", follow);
  follow();
  if (!search) return;

  search.addEventListener("input", show);
  reset.addEventListener("click", clear);
  order.addEventListener("change", arrange);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      show();
    });
  }
  const turn = (open) => () => {
    for (const clause of clauses) if (!clause.hidden) clause.open = open;
    for (const cause of document.querySelectorAll(".cause")) cause.open = open;
  };
  document.getElementById("expand").addEventListener("click", turn(true));
  document.getElementById("collapse").addEventListener("click", turn(false));
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      clear();
    }
  });
  show();
})();
