// A stand-in for Stripe.js: Payment Element, confirmSetup, confirmPayment, challenge dialog. Talks to the sandbox it was loaded from.
(() => {
  const BASE = new URL(document.currentScript.src).origin;
  const FIELDS = [
    ["number", "Card number", "cc-number", "1234 1234 1234 1234"], ["exp_month", "Expiry month", "cc-exp-month", "MM"],
    ["exp_year", "Expiry year", "cc-exp-year", "YY"], ["cvc", "Security code", "cc-csc", "CVC"],
  ];

  window.Stripe = (key, options = {}) => {
    const call = async (path, fields) => {
      const headers = { Authorization: `Bearer ${key}` };
      if (options.stripeAccount) headers["Stripe-Account"] = options.stripeAccount;
      const query = new URLSearchParams(fields);
      try {
        const answer = fields.method === "GET"
          ? await fetch(`${BASE}${path}?client_secret=${encodeURIComponent(fields.client_secret)}`, { headers })
          : await fetch(BASE + path, { method: "POST", headers, body: query });
        return await answer.json();
      } catch {
        return { error: { type: "api_connection_error", message: "We could not reach the card service. Please try again." } };
      }
    };

    const confirm = async (kind, { elements, clientSecret, confirmParams = {}, redirect = "always" }) => {
      const checked = await elements.submit();
      if (checked.error) return checked;
      const secret = clientSecret || elements.options.clientSecret;
      const id = secret.split("_secret_")[0];
      const typed = elements.element.values();
      let intent = await call(`/v1/${kind}_intents/${id}/confirm`, {
        client_secret: secret, "payment_method_data[type]": "card", "payment_method_data[card][number]": typed.number,
        "payment_method_data[card][exp_month]": typed.exp_month, "payment_method_data[card][exp_year]": typed.exp_year,
        "payment_method_data[card][cvc]": typed.cvc,
      });
      if (intent.status === "requires_action") intent = await call(`/v1/challenges/${id}`, { client_secret: secret, outcome: await challenge() });
      const error = intent.error || intent.last_setup_error || intent.last_payment_error;
      if (error) return { error };
      if (redirect !== "if_required") {
        const to = new URL(confirmParams.return_url);
        to.searchParams.set(`${kind}_intent`, id);
        to.searchParams.set("redirect_status", intent.status);
        location.assign(to);
        return new Promise(() => {});
      }
      return { [`${kind}Intent`]: intent };
    };

    return {
      elements: (given) => {
        const group = { options: given, element: null };
        group.create = () => (group.element = element());
        group.submit = async () => (group.element && group.element.complete() ? {} : {
          error: { type: "validation_error", message: "Your card details are incomplete." } });
        return group;
      },
      confirmSetup: (given) => confirm("setup", given),
      confirmPayment: (given) => confirm("payment", given),
      retrieveSetupIntent: async (secret) => ({ setupIntent: await call(`/v1/setup_intents/${secret.split("_secret_")[0]}`, { method: "GET", client_secret: secret }) }),
      retrievePaymentIntent: async (secret) => ({ paymentIntent: await call(`/v1/payment_intents/${secret.split("_secret_")[0]}`, { method: "GET", client_secret: secret }) }),
    };
  };

  // Inputs have no name: a form around them never sends what is typed.
  function element() {
    const heard = {}, inputs = {};
    const made = {
      on(event, listener) { (heard[event] ||= []).push(listener); return made; },
      mount(target) {
        const host = typeof target === "string" ? document.querySelector(target) : target;
        host.replaceChildren();
        for (const [name, label, fill, hint] of FIELDS) {
          const line = document.createElement("label"), input = document.createElement("input");
          input.autocomplete = fill;
          input.inputMode = "numeric";
          input.placeholder = hint;
          line.append(label, input);
          host.append(line);
          inputs[name] = input;
          input.addEventListener("input", () => (heard.change || []).forEach((f) => f({ complete: made.complete(), empty: false })));
        }
        queueMicrotask(() => (heard.ready || []).forEach((f) => f({ elementType: "payment" })));
      },
      complete: () => Object.values(inputs).every((input) => input.value.trim() !== ""),
      values: () => Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value])),
      focus() { inputs.number.focus(); },
      unmount() {}, destroy() {}, update() {},
    };
    return made;
  }

  // What the bank shows during 3-D Secure.
  function challenge() {
    return new Promise((done) => {
      const dialog = document.createElement("dialog"), title = document.createElement("h2");
      title.textContent = "Your bank asks: is this you?";
      dialog.setAttribute("aria-label", title.textContent);
      dialog.append(title);
      for (const [text, outcome] of [["Complete authentication", "complete"], ["Fail authentication", "fail"]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = text;
        button.addEventListener("click", () => { dialog.close(); dialog.remove(); done(outcome); });
        dialog.append(button);
      }
      dialog.addEventListener("cancel", () => { dialog.remove(); done("fail"); });
      document.body.append(dialog);
      dialog.showModal();
    });
  }
})();
