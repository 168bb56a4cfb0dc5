// Screens that set the shop up. Everything here also works without this script, by buttons.

// The preview follows the typing: the form is sent as its Preview button would send it, and only the preview is taken from the answer.
const live = document.querySelector("form[data-live]");
if (live) {
  let waiting = 0, asked = 0;
  const refresh = async () => {
    const mine = ++asked, facts = new FormData(live);
    facts.set("do", "preview");
    let answer;
    try { answer = await fetch(live.action, { method: "POST", body: new URLSearchParams(facts), redirect: "error" }); } catch { return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"), fresh = page.getElementById("preview");
    if (mine === asked && fresh) document.getElementById("preview").replaceChildren(...fresh.childNodes);
  };
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(refresh, 350); };
  live.addEventListener("input", soon);
  live.addEventListener("change", soon);
}
