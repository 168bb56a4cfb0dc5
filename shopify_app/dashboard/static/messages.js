// The editor of messages. Everything here also works without this script: placeholders by typing, the mail by its button.

// A click on a placeholder puts it where the cursor was; parts of the message get a paragraph of their own.
const words = document.querySelector("form[data-words]");
let last = words.elements.body;
const takes = (field, kinds) => kinds.some((kind) => field.dataset.takes.split(" ").includes(kind));
words.addEventListener("focusin", (event) => { if (event.target.matches("[data-takes]")) last = event.target; });

const insert = (code) => {
  const kinds = code.dataset.kind.split(" "), field = takes(last, kinds) ? last : words.elements.body;
  const before = field.value.slice(0, field.selectionStart), after = field.value.slice(field.selectionEnd);
  let text = code.dataset.insert;
  if (kinds.includes("element") && takes(field, ["element"])) {
    const gap = (side, near) => (!side.trim() ? "" : "\n".repeat(2 - Math.min(2, near.length)));
    text = gap(before, before.match(/\n*$/)[0]) + text + gap(after, after.match(/^\n*/)[0]);
  }
  field.focus();
  field.setRangeText(text, before.length, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
for (const code of document.querySelectorAll("code[data-insert]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "insert";
  code.replaceWith(button);
  button.append(code);
  button.addEventListener("click", () => insert(code));
}

// The cursor goes to the place that is wrong, once.
for (const field of words.querySelectorAll("[aria-invalid][data-line]")) {
  field.addEventListener("focus", () => {
    const lines = field.value.split("\n").slice(0, field.dataset.line - 1), at = lines.join("\n").length + (lines.length ? 1 : 0) + Number(field.dataset.column) - 1;
    field.setSelectionRange(at, at + 1);
  }, { once: true });
}

// The mail is shown in its frame by itself, and again with each fresh preview.
const preview = document.getElementById("preview");
const show = () => {
  const form = preview.querySelector("form[data-frame]");
  if (!form) return;
  form.hidden = true;
  form.requestSubmit();
};
new MutationObserver(show).observe(preview, { childList: true });
show();
