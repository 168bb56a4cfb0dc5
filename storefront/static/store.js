// Comfort on top of pages that work without it: focus on what just happened, the visitor's own clock, the slot picker in a dialog.
// On a slow line people tab and type before this script is there: where they are by then, they stay.
const heading = document.querySelector("[data-focus]"), at = document.activeElement;
if (heading && (!at || at === document.body || at.autofocus)) heading.focus();

// R13: a second line with the time where the visitor is, when that differs from the time at the place.
function tellYourTime(line) {
  const at = new Date(line.dataset.yourTime);
  const language = document.documentElement.lang;
  const shape = { weekday: "short", month: "short", day: "numeric", year: "numeric", hour: "numeric", minute: "2-digit" };
  const there = at.toLocaleString(language, { ...shape, timeZone: line.dataset.zone });
  if (at.toLocaleString(language, shape) === there) return;
  line.textContent = line.dataset.text.replace("{when}", () => at.toLocaleString(language, { ...shape, timeZoneName: "short" }));
  line.hidden = false;
}
document.querySelectorAll("[data-your-time]").forEach(tellYourTime);

const opener = document.querySelector("a[data-dialog]");
let asked = 0;
if (opener && window.HTMLDialogElement) {
  opener.setAttribute("aria-haspopup", "dialog");
  opener.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (document.querySelector("dialog")) return;
    const dialog = document.createElement("dialog");
    document.body.append(dialog);
    dialog.addEventListener("close", () => { dialog.remove(); opener.focus(); });
    dialog.addEventListener("click", (inside) => follow(inside, dialog));
    dialog.addEventListener("submit", (sent) => send(sent, dialog));
    show(dialog, opener.href);
  });
}

// Fetch a page and show its main part in the dialog; anything unexpected becomes an ordinary visit to the page. What is not the latest
// any more, or comes after the dialog is closed, is not shown.
async function show(dialog, url) {
  const mine = ++asked;
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    const text = await answer.text();
    if (mine !== asked || !dialog.isConnected) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    const main = page.querySelector("main");
    if (answer.redirected || !main) throw new Error("not a picker page");
    const close = document.createElement("button");
    close.className = "button quiet close";
    close.type = "button";
    close.textContent = "✕";
    close.setAttribute("aria-label", opener.dataset.dialog);
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(close, ...main.childNodes);
    dialog.querySelectorAll("[data-your-time]").forEach(tellYourTime);
    const title = dialog.querySelector("h1");
    title.id = "dialog-title";
    title.tabIndex = -1;
    dialog.setAttribute("aria-labelledby", "dialog-title");
    const part = new URL(url, location.href).hash;
    const target = dialog.querySelector("[data-focus]") || (part && dialog.querySelector(part)) || title;
    if (!dialog.open) dialog.showModal();
    target.focus();  // in one go with what appears: no key that is pressed on it goes elsewhere
  } catch {
    if (mine !== asked || !dialog.isConnected) return;
    if (!dialog.open) dialog.remove();
    location.assign(url);
  }
}

function follow(event, dialog) {
  const link = event.target.closest("a[href]");
  if (!link || event.metaKey || event.ctrlKey) return;
  if (link.closest(".row") || link.hasAttribute("data-swap")) {
    event.preventDefault();
    show(dialog, link.href);
  }
}

function send(event, dialog) {
  const form = event.target;
  if (form.method !== "get") return;
  event.preventDefault();
  const url = new URL(form.action);
  url.search = new URLSearchParams(new FormData(form)).toString();
  show(dialog, url.href);
}
