// Comfort on top of screens that work without it.
// On a slow line people tab and type before this script is there: where they are by then, they stay.
const first = document.querySelector("[data-focus]"), at = document.activeElement;
if (first && (!at || at === document.body || at.autofocus)) first.focus();

// Of tabs that scroll, the one that is open stands in the middle.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const all = tab.parentElement, by = tab.getBoundingClientRect(), of = all.getBoundingClientRect();
  all.scrollBy(by.left + by.width / 2 - of.left - of.width / 2, 0);
}

// Whether a form says something else than when it was sent: on a slow line people type before this script is there.
const touched = (form) => [...form.elements].some((field) => {
  if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  return field.checked !== field.defaultChecked || field.value !== (field.defaultValue ?? field.value);
});

// A form that changes what customers see warns before it is left unsaved.
for (const form of document.querySelectorAll("form[data-keep]")) {
  let changed = form.hasAttribute("data-unsaved") || touched(form);
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}
