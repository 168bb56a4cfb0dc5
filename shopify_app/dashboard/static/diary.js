// Comfort for the diary; every screen works without it.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  });
}

// What is shown stays up to date: the page is asked for again and answers 304 until something has changed. While someone types,
// drags, or has something open in it, it stays as it is.
const live = document.getElementById("live");
if (live) {
  let seen = null, wait = 15000;
  const busy = () => document.hidden || live.contains(document.activeElement) || live.querySelector(".dragging, details[open]");
  const ask = async () => {
    setTimeout(ask, wait);
    if (busy()) return;
    try {
      const answer = await fetch(live.dataset.live, { headers: seen ? { "If-None-Match": seen } : {}, cache: "no-store", redirect: "error" });
      wait = 15000;
      if (answer.status !== 200) return;
      const first = seen === null, text = await answer.text();
      seen = answer.headers.get("ETag");
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("live");
      if (!fresh || busy() || (first && fresh.textContent === live.textContent)) return;
      const parts = () => [...live.querySelectorAll(".plan, .table")], at = parts().map((part) => [part.scrollLeft, part.scrollTop]);
      live.replaceChildren(...fresh.childNodes);
      parts().forEach((part, n) => at[n] && part.scrollTo(...at[n]));
      live.dispatchEvent(new Event("renewed"));
    } catch { wait = Math.min(wait * 2, 300000); }
  };
  setTimeout(ask, 3000);
}
