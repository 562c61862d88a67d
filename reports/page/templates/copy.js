"use strict";
// Copies the code that a button stands beside; pages put this before their own script. A script on a page leaves out what
// all of them share, and gets it when it is copied.
const copy = async (button) => {
  const source = button.closest(".code").querySelector("pre");
  const shared = "library" in source.dataset ? document.getElementById("library").textContent : "";
  const text = shared ? source.textContent.replace(/^# Here stand .*$/m, () => shared) : source.textContent;
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages read from a disk have no clipboard of their own in every browser.
    const field = document.createElement("textarea");
    field.value = text;
    source.after(field);
    field.select();
    done = document.execCommand("copy");
    field.remove();
    if (!done) getSelection().selectAllChildren(source);
  }
  button.textContent = done ? "copied" : "selected";
  setTimeout(() => { button.textContent = "copy"; }, 1500);
};
