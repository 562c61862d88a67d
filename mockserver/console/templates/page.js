// Follows the journal. The page is made anew by the mock, so that nothing is escaped, masked or laid out here.
(() => {
  const bar = document.getElementById("live"), button = bar.querySelector("button"), told = bar.querySelector("p");
  let source = null, waiting = false, busy = false;
  const renew = async (asked) => {
    if (busy) { waiting = true; return; }
    busy = true;
    try {
      const reply = await fetch(location.pathname, {headers: {Accept: "text/html"}, cache: "no-store"});
      if (!reply.ok) throw new Error(String(reply.status));
      const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const other = fresh.getElementById(part.id);
        if ((!source && asked !== true) || !other || other.innerHTML === part.innerHTML) continue;
        const held = part.contains(document.activeElement) ? document.activeElement : null;
        const sign = (one) => one.getAttribute("href") || one.getAttribute("aria-labelledby") || one.dataset.path + one.dataset.body;
        const mark = held && sign(held);
        part.innerHTML = other.innerHTML;
        if (mark) [...part.querySelectorAll("a, button, [tabindex]")].find((one) => sign(one) === mark)?.focus({preventScroll: true});
      }
      if (source && told.textContent.startsWith("The mock does not answer")) told.textContent = "Following the journal.";
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
  // What is done to the mock shows when the page is made anew; a refusal is told where the state of the page is.
  document.addEventListener("click", async (event) => {
    const asked = event.target.closest("button.act");
    if (!asked) return;
    const {method, path, body} = asked.dataset;
    const told_of = {method, headers: body ? {"Content-Type": "application/json"} : {}, body: body || undefined};
    try {
      const reply = await fetch(path, told_of);
      told.textContent = reply.ok ? `Done: ${asked.textContent}.` : (await reply.json()).detail;
      if (reply.ok) renew(true);
    } catch { told.textContent = "The mock does not answer."; }
  });
  // A page that is no secure context has no clipboard: there the text is selected, and copied as in old times.
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text.textContent);
    getSelection().selectAllChildren(text);
    if (!document.execCommand("copy")) throw new Error("not copied");
  };
  for (const text of document.querySelectorAll("pre[aria-label]")) {
    const copier = document.createElement("button");
    copier.type = "button";
    copier.className = "copy";
    copier.textContent = "Copy";
    copier.setAttribute("aria-label", `Copy: ${text.getAttribute("aria-label")}`);
    copier.addEventListener("click", async () => {
      try { await copy(text); copier.textContent = "Copied"; } catch { copier.textContent = "Selected"; getSelection().selectAllChildren(text); }
      told.textContent = `${copier.textContent}: ${text.getAttribute("aria-label")}.`;
    });
    text.before(copier);
  }
  document.body.classList.add("js");
  bar.hidden = false;
  follow();
})();
