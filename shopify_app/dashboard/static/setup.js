// Screens that set the shop up. Everything here also works without this script, by buttons.

// The preview follows the typing: the form is sent as its Preview button would send it, and only the preview is taken from the answer.
const live = document.querySelector("form[data-preview]");
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
  if (touched(live)) soon();
}

// Work that is going on elsewhere: the part of the page that tells of it is fetched anew until it says it is over.
const progress = document.getElementById("progress");
if (progress && progress.hasAttribute("data-refresh")) {
  const look = async () => {
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href, { redirect: "error" })).text(), "text/html");
      const fresh = page.getElementById("progress");
      if (fresh) {
        progress.replaceChildren(...fresh.childNodes);
        if (!fresh.hasAttribute("data-refresh")) return;
      }
    } catch { /* the next look may succeed */ }
    setTimeout(look, 2000);
  };
  setTimeout(look, 1500);
}
