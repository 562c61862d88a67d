"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const clauses = [...document.querySelectorAll(".clause")];
  const cells = new Map([...document.querySelectorAll(".cell")].map((cell) => [decodeURIComponent(cell.hash.slice(1)), cell]));
  const search = document.getElementById("search");
  const reset = document.getElementById("reset");
  const chips = [...document.querySelectorAll(".chip")];
  const texts = new Map();
  const text = (clause) => {
    if (!texts.has(clause)) texts.set(clause, clause.textContent.toLowerCase());
    return texts.get(clause);
  };

  const chosen = () => {
    const groups = new Map();
    for (const chip of chips) {
      if (chip.getAttribute("aria-pressed") !== "true") continue;
      const { filter, value } = chip.dataset;
      groups.set(filter, (groups.get(filter) ?? new Set()).add(value));
    }
    return groups;
  };

  const show = () => {
    const groups = chosen();
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const clause of clauses) {
      const fits = [...groups].every(([name, values]) => values.has(clause.dataset[name]))
        && wanted.every((word) => text(clause).includes(word));
      clause.hidden = !fits;
      cells.get(clause.id)?.classList.toggle("faded", !fits);
      shown += fits;
    }
    const narrowed = groups.size > 0 || wanted.length > 0;
    for (const section of document.querySelectorAll(".topic")) section.hidden = narrowed && !section.querySelector(".clause:not([hidden])");
    for (const section of document.querySelectorAll(".target")) section.hidden = narrowed && !section.querySelector(".clause:not([hidden])");
    document.getElementById("shown").textContent = narrowed ? `${shown} of ${clauses.length}` : "";
    document.getElementById("none").hidden = shown > 0 || !narrowed;
    reset.disabled = !narrowed;
  };

  const clear = () => {
    search.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    show();
  };

  // A link to a clause opens it, even when a filter hides it.
  const follow = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id) return;
    const found = document.getElementById(id) ?? clauses.find((clause) => clause.id.startsWith(`${id}@`));
    if (!found) return;
    if (found.closest("[hidden]")) clear();
    for (let around = found; around; around = around.parentElement?.closest("details")) {
      if (around.tagName === "DETAILS") around.open = true;
    }
    found.scrollIntoView({ behavior: "auto", block: "start" });
    found.querySelector("summary")?.focus({ preventScroll: true });
  };

  document.querySelector(".filters").open = matchMedia("(min-width: 44rem)").matches;
  search.addEventListener("input", show);
  reset.addEventListener("click", clear);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      show();
    });
  }
  const turn = (open) => () => { for (const clause of clauses) if (!clause.hidden) clause.open = open; };
  document.getElementById("expand").addEventListener("click", turn(true));
  document.getElementById("collapse").addEventListener("click", turn(false));
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
    // The browser does not report a second click on the link it already stands on.
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) follow();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      clear();
    }
  });
  addEventListener("hashchange", follow);
  show();
  follow();
})();
