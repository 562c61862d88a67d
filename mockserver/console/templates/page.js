// Follows the journal. The page is made anew by the mock, so that nothing is escaped, masked or laid out here.
(() => {
  const bar = document.getElementById("live"), button = bar.querySelector("button"), told = bar.querySelector("p");
  let source = null, waiting = false, busy = false;
  const renew = async () => {
    if (busy) { waiting = true; return; }
    busy = true;
    try {
      const reply = await fetch(location.pathname, {headers: {Accept: "text/html"}, cache: "no-store"});
      if (!reply.ok) throw new Error(String(reply.status));
      const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const other = fresh.getElementById(part.id);
        if (!source || !other || other.innerHTML === part.innerHTML) continue;
        const held = part.contains(document.activeElement) ? document.activeElement : null;
        const mark = held && (held.getAttribute("href") || held.getAttribute("aria-labelledby"));
        part.innerHTML = other.innerHTML;
        if (mark) [...part.querySelectorAll("a, [tabindex]")].find(
          (one) => one.getAttribute("href") === mark || one.getAttribute("aria-labelledby") === mark)?.focus({preventScroll: true});
      }
      if (source) told.textContent = "Following the journal.";
    } catch { told.textContent = "The mock does not answer; trying again."; }
    setTimeout(() => { busy = false; if (waiting) { waiting = false; renew(); } }, 300);
  };
  const follow = () => {
    source = new EventSource("journal/live");
    source.addEventListener("open", renew);
    source.addEventListener("request", renew);
    source.addEventListener("error", () => { told.textContent = "The mock does not answer; trying again."; });
    button.textContent = "Pause";
  };
  button.addEventListener("click", () => {
    if (!source) { follow(); return; }
    source.close(); source = null;
    button.textContent = "Follow"; told.textContent = "Paused: the page stays as it is.";
  });
  bar.hidden = false;
  follow();
})();
