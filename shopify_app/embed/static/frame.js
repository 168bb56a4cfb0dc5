// Inside the Shopify admin there are no cookies: every document a link or form asks for brings a fresh session token along.
// It listens before there is anything to click. The names here stay inside: other scripts share the page.
{
  const base = document.currentScript.dataset.base;
  const ours = (url) => url.origin === location.origin && (url.pathname === "/app" || url.pathname === base || url.pathname.startsWith(`${base}/`));
  const samePage = (url) => url.hash && url.pathname === location.pathname && url.search === location.search;

  // The token this document came with has done its work: it stays in no address bar, history or Referer.
  const here = new URL(location.href);
  if (here.searchParams.has("id_token")) {
    here.searchParams.delete("id_token");
    history.replaceState(history.state, "", here);
  }

  const go = async (url) => {
    url.searchParams.set("id_token", await window.shopify.idToken());
    location.assign(url);
  };

  const keep = (form, name, value) => {
    const field = document.createElement("input");
    Object.assign(field, {type: "hidden", name, value});
    form.append(field);
    return field;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    if (!ours(url)) {
      // The customers' pages and everything else stand outside the frame.
      if (url.protocol.startsWith("http")) Object.assign(link, {target: "_blank", rel: "noopener"});
      return;
    }
    if (samePage(url)) return;
    event.preventDefault();
    go(url);
  });

  let sending = false;
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    const asked = (name) => button?.getAttribute(`form${name}`) ?? form.getAttribute(name);
    const url = new URL(asked("action") || location.href, location.href);
    if (event.defaultPrevented || !ours(url)) return;
    event.preventDefault();
    // What is shown in a part of the page leaves the page as it is; everything else is sent once.
    const aside = Boolean(asked("target"));
    if (sending && !aside) return;
    sending = !aside;
    try {
      if ((asked("method") || "get").toLowerCase() === "get") {
        const fields = new FormData(form);
        if (button?.name) fields.append(button.name, button.value);
        url.search = new URLSearchParams(fields);
        await go(url);
        return;
      }
      const before = form.getAttribute("action");
      const added = [keep(form, "id_token", await window.shopify.idToken())];
      if (button?.name) added.push(keep(form, button.name, button.value));
      form.setAttribute("action", url);
      HTMLFormElement.prototype.submit.call(form);
      // The fields have gone along; the page may stay, for a download or a part of it.
      added.forEach((field) => field.remove());
      if (before === null) form.removeAttribute("action"); else form.setAttribute("action", before);
    } finally {
      setTimeout(() => { sending = false; }, 1500);
    }
  });
}
