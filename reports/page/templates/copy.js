"use strict";
// Copies the code that a button stands beside; pages put this before their own script.
const copy = async (button) => {
  const source = button.closest(".code").querySelector("pre");
  let done = true;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // Pages read from a disk have no clipboard of their own in every browser.
    getSelection().selectAllChildren(source);
    done = document.execCommand("copy");
  }
  button.textContent = done ? "copied" : "selected";
  setTimeout(() => { button.textContent = "copy"; }, 1500);
};
