// Comfort on top of screens that work without it.
const first = document.querySelector("[data-focus]");
if (first) first.focus();

// A form that changes what customers see warns before it is left unsaved.
for (const form of document.querySelectorAll("form[data-keep]")) {
  let changed = form.hasAttribute("data-unsaved");
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
