// The card form: Stripe's fields in our page. The number never reaches us; when Stripe has it, the form tells our server to look.
const form = document.querySelector("[data-pay]");
const problem = form.querySelector("[data-problem]");
const button = form.querySelector("button");
const label = button.textContent;
const dark = matchMedia("(prefers-color-scheme: dark)").matches;

function wait(working) {
  button.disabled = working;
  button.textContent = working ? button.dataset.working : label;
}

function tell(text) {
  problem.textContent = "";
  // A fresh text node each time, so that the same sentence is announced again.
  requestAnimationFrame(() => { problem.textContent = text; });
}

if (!window.Stripe) {
  form.querySelector("[data-element]").replaceChildren();
  tell(form.dataset.missing);
} else {
  const stripe = window.Stripe(form.dataset.key, { stripeAccount: form.dataset.account, locale: document.documentElement.lang });
  const elements = stripe.elements({ clientSecret: form.dataset.client, appearance: { theme: dark ? "night" : "stripe" } });
  const element = elements.create("payment");
  element.on("ready", () => wait(false));
  element.mount(form.querySelector("[data-element]"));
  const confirm = form.dataset.pay === "setup" ? stripe.confirmSetup : stripe.confirmPayment;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    tell("");
    wait(true);
    const checked = await elements.submit();
    const answer = checked.error ? checked : await confirm({
      elements, clientSecret: form.dataset.client, redirect: "if_required", confirmParams: { return_url: form.dataset.return } });
    if (answer.error) {
      tell(answer.error.message);
      wait(false);
    } else {
      form.submit();
    }
  });
}
