// A stand-in for App Bridge: the frame asks the admin around it for session tokens, adds them to its own fetch calls, picks products,
// hands over its navigation, comes back from a page that only asks for a token, and offers to save what was changed in a form.
(() => {
  const waiting = new Map();
  let number = 0;
  const tell = (told) => window.parent.postMessage({kind: "opencals-sandbox", ...told}, "*");
  const watched = () => document.querySelector("form[data-save-bar]");
  const presses = {save: () => watched()?.requestSubmit(), discard: () => watched()?.reset()};
  window.addEventListener("message", (event) => {
    const told = event.data || {};
    if (event.source !== window.parent || told.kind !== "opencals-sandbox") return;
    if (told.go) return void location.assign(told.go);
    if (told.press) return presses[told.press]();
    waiting.get(told.number)?.(told.answer);
    waiting.delete(told.number);
  });
  const ask = (wanted) => new Promise((resolve) => {
    waiting.set(++number, resolve);
    tell({number, wanted});
  });
  const idToken = () => ask("token");
  const plain = window.fetch.bind(window);
  window.fetch = async (resource, options = {}) => {
    const url = new URL(resource, location.href);
    if (url.origin !== location.origin) return plain(resource, options);
    const send = async () => {
      const headers = new Headers(options.headers || {});
      headers.set("Authorization", `Bearer ${await idToken()}`);
      return plain(resource, {...options, headers});
    };
    const answer = await send();
    return answer.headers.get("X-Shopify-Retry-Invalid-Session-Request") ? send() : answer;
  };
  window.shopify = {idToken, resourcePicker: () => ask("variants"), toast: {show: (text) => console.info(text)}, app: {extensions: () => ask("extensions")}};

  const reload = new URL(location.href).searchParams.get("shopify-reload");
  if (reload) {
    idToken().then((token) => {
      const back = new URL(reload, location.href);
      back.searchParams.set("id_token", token);
      location.replace(back);
    });
    return;
  }
  // Listened to from the first moment: what is typed while the page still loads counts as well.
  tell({show: "unsaved", unsaved: false});
  for (const name of ["input", "submit", "reset"]) {
    document.addEventListener(name, (event) => { if (watched()?.contains(event.target)) tell({show: "unsaved", unsaved: name === "input"}); });
  }
  document.addEventListener("DOMContentLoaded", () => {
    const links = [...document.querySelectorAll("s-app-nav s-link")].map((link) => ({href: link.getAttribute("href"), text: link.textContent.trim()}));
    tell({show: "nav", items: links, here: location.pathname});
  });
})();
