// What an extension finds in its frame: `shopify` and `navigation`, answered by the page around it.
'use strict';

const facts = JSON.parse(document.getElementById('facts').textContent);
const waiting = new Map();
let asked = 0;
const ask = (kind, values = {}) => new Promise((resolve) => {
  waiting.set(++asked, resolve);
  parent.postMessage({kind, id: asked, ...values}, '*');
});
const tell = (kind, values = {}) => parent.postMessage({kind, ...values}, '*');

// A signal of Preact where the extension has brought one, else the smallest thing that fits.
let makeSignal = (value) => ({value, current: value, subscribe: () => () => {}, destroy() {}});
const signal = (value) => makeSignal(value);

function translate(key, values = {}) {
  let found = key.split('.').reduce((node, part) => node?.[part], facts.texts);
  if (found && typeof found === 'object') found = found[new Intl.PluralRules(facts.language).select(values.count)] ?? found.other;
  if (found == null) {
    (window.missingTexts ||= []).push(key);
    return key;
  }
  return found.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => String(values[name] ?? ''));
}

const listeners = new Set();
const page = {
  currentEntry: {url: '', key: '', getState: () => undefined},
  navigate: (url, options = {}) => tell('navigate', {url, replace: options.history === 'replace'}),
  updateCurrentEntry() {},
  addEventListener: (_, listener) => listeners.add(listener),
  removeEventListener: (_, listener) => listeners.delete(listener),
};
Object.defineProperty(window, 'navigation', {value: page, configurable: true}); // Chromium has one of its own

function arrive(entry) {
  const from = page.currentEntry;
  page.currentEntry = {...entry, getState: () => undefined};
  for (const listener of listeners) listener({navigationType: 'push', from});
}

addEventListener('message', ({data}) => {
  if (data.kind === 'entry') arrive(data.entry);
  if (data.kind === 'answer') {
    waiting.get(data.id)?.(data.value);
    waiting.delete(data.id);
  }
});

window.extensionTargets = {};
window.startHost = async () => {
  const start = await ask('start');
  page.currentEntry = {...start.entry, getState: () => undefined};
  const format = (kind) => (value, options = {}) => new kind(facts.language, options).format(value);
  Object.assign(window.shopify, {
    extension: {apiVersion: '2026-07', target: facts.target, capabilities: signal(['network_access']), rendered: signal(true), scriptUrl: ''},
    authenticatedAccount: {customer: signal(start.signedIn && start.customer ? {id: start.customer} : undefined), purchasingCompany: signal(undefined)},
    authenticationState: signal(start.signedIn ? 'fully_authenticated' : 'pre_authenticated'),
    localization: {language: signal({isoCode: facts.language}), extensionLanguage: signal({isoCode: facts.language}), country: signal({isoCode: 'US'})},
    i18n: {translate, formatDate: format(Intl.DateTimeFormat), formatNumber: format(Intl.NumberFormat),
      formatCurrency: (value, options = {}) => new Intl.NumberFormat(facts.language, {style: 'currency', currency: 'USD', ...options}).format(value)},
    sessionToken: {get: () => ask('token')},
    settings: signal({}),
    storage: {read: async () => null, write: async () => {}, delete: async () => {}},
    toast: {show: async (message) => { tell('toast', {message}); return {hide() {}}; }},
    order: signal({id: start.order, name: ''}),
    orderId: start.order,
    attributes: signal([]),
    requireLogin: async () => tell('login'),
    close: () => tell('close'),
  });
};

window.shopify = {
  extend: (target, run) => { window.extensionTargets[target] = run; },
  setSignals: (Signal) => { makeSignal = (value) => new Signal(value); },
};
window.toPage = page.navigate;

new ResizeObserver(() => tell('height', {height: document.documentElement.getBoundingClientRect().height})).observe(document.documentElement);
