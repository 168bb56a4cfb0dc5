// The embed's home: connects the shop with the session token App Bridge adds to fetch, then shows and changes what the merchant API has.
const at = (id) => document.getElementById(id);
const API = "/api/merchant/v1";
let again = 0;

async function call(method, path, body) {
  const token = await window.shopify.idToken();
  const answer = await fetch(path, {
    method, headers: {Authorization: `Bearer ${token}`, ...(body ? {"Content-Type": "application/json"} : {})},
    body: body ? JSON.stringify(body) : undefined});
  if (!answer.ok) throw Object.assign(new Error(String(answer.status)), {body: await answer.json().catch(() => ({}))});
  return answer.status === 204 ? null : answer.json();
}

function show(home) {
  const {connection, problem} = home;
  showReady(connection);
  at("connection").textContent = at("connection").dataset[connection.state] || connection.state;
  const brought = home.first_import;
  at("import").textContent = brought.state === "done" ? at("import").dataset.done
    : brought.read ? at("import").dataset.busy.replace("{n}", brought.read) : at("import").dataset.none;
  at("waiting").textContent = String(home.waiting);
  at("succeeded").textContent = connection.succeeded_at
    ? new Intl.DateTimeFormat(document.documentElement.lang, {dateStyle: "medium", timeStyle: "short"}).format(new Date(connection.succeeded_at))
    : at("succeeded").dataset.never;
  at("problem").hidden = !problem;
  at("problem").textContent = problem ? at("problem").dataset.text.replace("{detail}", problem) : "";
  at("portal").href = home.portal;
  const chosen = document.querySelector(`input[name=on_cancel][value=${home.on_cancel}]`);
  if (chosen && !at("choice").dataset.changed) chosen.checked = true;  // what waits to be saved stays as it was chosen
  const list = at("tasks");
  list.replaceChildren(...home.tasks.map((task) => {
    const item = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = task.sentence;
    const done = document.createElement("button");
    done.type = "button";
    done.textContent = list.dataset.done;
    done.setAttribute("aria-label", `${list.dataset.done}: ${task.sentence}`);
    done.addEventListener("click", async () => { done.disabled = true; await call("POST", `${API}/shopify/tasks/${task.id}/done`, {}); load(); });
    item.append(text, done);
    return item;
  }));
  at("no-tasks").hidden = home.tasks.length > 0;
  at("state").hidden = true;
  at("failed").hidden = true;
  at("home").hidden = false;
  clearTimeout(again);
  // The first customers come over within seconds: show it happening.
  if (brought.state !== "done" || home.waiting) again = setTimeout(() => load().catch(() => {}), 4000);
}

// The merchant places extensions by hand, and only new customer accounts run them: the admin itself is asked what is there.
async function showReady(connection) {
  let extensions = [];
  try { extensions = await window.shopify.app.extensions(); } catch { /* an older admin does not tell: then it counts as open */ }
  const targets = extensions.flatMap((extension) => (extension.activations || []).map((activation) => activation.target));
  const done = {
    accounts: connection.accounts === "new", page: targets.includes("customer-account.page.render"),
    blocks: targets.some((target) => target !== "customer-account.page.render" && target.startsWith("customer-account."))};
  for (const [name, ready] of Object.entries(done)) {
    const line = at(`check-${name}`);
    line.classList.toggle("ready", ready);
    line.querySelector(".mark").textContent = ready ? at("checks").dataset.done : at("checks").dataset.open;
    const link = line.querySelector("a");
    link.href = `https://admin.shopify.com/store/${connection.shop.split(".")[0]}/${link.dataset.to}`;
    link.hidden = line.querySelector(".why").hidden = ready;
  }
  at("all-ready").hidden = !Object.values(done).every(Boolean);
}

async function load() { show(await call("GET", `${API}/shopify`)); }

const numberOf = (gid) => gid.slice(gid.lastIndexOf("/") + 1);
let services = [];

async function everything(path) {
  const found = [];
  for (let cursor = ""; cursor !== null;) {
    const page = await call("GET", `${API}${path}?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    found.push(...page.items);
    cursor = page.next;
  }
  return found;
}

async function loadProducts() {
  services = await everything("/services");
  at("service").replaceChildren(...services.map((service) => new Option(service.name, service.id)));
  const {items} = await call("GET", `${API}/shopify/variants`);
  const names = new Map(services.map((service) => [service.id, service.name]));
  at("no-products").hidden = items.length > 0;
  at("products").replaceChildren(...items.map((entry) => {
    const item = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = `${entry.title || numberOf(entry.variant)} → ${names.get(entry.service) || ""}`;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = at("products").dataset.remove;
    remove.setAttribute("aria-label", `${remove.textContent}: ${text.textContent}`);
    remove.addEventListener("click", async () => { remove.disabled = true; await map(entry.variant, entry.product, null, ""); });
    item.append(text, remove);
    return item;
  }));
}

async function map(variant, product, service, title) {
  await call("PUT", `${API}/shopify/variants/${numberOf(variant)}`, {product, service, title});
  await loadProducts();
}

async function start() {
  at("state").hidden = false;
  at("failed").hidden = true;
  try {
    const {role, dashboard} = await call("POST", "/app/session", {});
    const asked = new URL(location.href).searchParams, next = asked.get("next");
    // The screens are a person's: those who have no business here, or came for one of them, go on there.
    if (next !== null || role === "staff") return goOn(dashboard + (next && /^[/?]/.test(next) ? next : ""));
    if (!document.querySelector("s-app-nav s-link:not([rel=home])")) return goOn(`/app?shop=${encodeURIComponent(asked.get("shop"))}`);
    // What is shown can be used at once: the page appears with its services.
    const [home] = await Promise.all([call("GET", `${API}/shopify`), loadProducts()]);
    show(home);
  } catch (problem) {
    const why = at("stopped").dataset[problem.body?.kind];
    at("state").hidden = true;
    at("stopped").textContent = why || "";
    at("stopped").hidden = !why;
    at("failed").hidden = Boolean(why);
  }
}

async function goOn(path) {
  const url = new URL(path, location.origin);
  url.searchParams.set("id_token", await window.shopify.idToken());
  location.replace(url);
}

at("retry").addEventListener("click", start);
at("check-again").addEventListener("click", async () => {
  at("check-again").disabled = true;
  try { show(await call("POST", `${API}/shopify/sync`, {})); } finally { at("check-again").disabled = false; }
  setTimeout(() => load().catch(() => {}), 2500);
});
at("sync").addEventListener("click", async () => {
  at("sync").disabled = true;
  try { show(await call("POST", `${API}/shopify/sync`, {})); } finally { at("sync").disabled = false; }
});
at("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("added").textContent = "";
  const chosen = await window.shopify.resourcePicker({type: "variant", multiple: true});
  try {
    for (const variant of chosen || []) await map(variant.id, variant.product.id, at("service").value, (variant.displayName || variant.title || "").slice(0, 200));
  } catch { at("added").textContent = at("added").dataset.failed; }
});
at("choice").addEventListener("change", () => { at("choice").dataset.changed = "true"; });
at("choice").addEventListener("submit", async (event) => {
  event.preventDefault();
  const saved = at("saved");
  saved.textContent = "";
  try {
    const home = await call("PATCH", `${API}/shopify`, {on_cancel: new FormData(event.target).get("on_cancel")});
    delete at("choice").dataset.changed;
    show(home);
    saved.textContent = saved.dataset.saved;
  } catch { saved.textContent = saved.dataset.failed; }
});
start();
