// The s-* elements an extension draws with: layout, words, buttons. Shopify's own look different; names and behaviour are theirs.
'use strict';

const esc = (text) => String(text ?? '').replace(/[&<>"]/g, (c) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'})[c]);
const SPACES = {none: '0', 'small-500': '.1rem', 'small-400': '.2rem', 'small-300': '.3rem', 'small-200': '.5rem', 'small-100': '.65rem', small: '.75rem',
  base: '1rem', large: '1.5rem', 'large-100': '1.5rem', 'large-200': '2rem'};
const space = (size, fallback = '0') => SPACES[size] ?? fallback;
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host([hidden]) { display: none !important }
* { box-sizing: border-box }
button, a.button { font: inherit; font-weight: 600; min-block-size: 44px; padding: .45rem 1rem; border-radius: .6rem; border: 1px solid var(--edge); background: var(--paper);
  color: var(--ink); cursor: pointer; text-decoration: none; display: inline-flex; align-items: center; justify-content: center; gap: .5rem }
.button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
.button.critical { color: var(--bad); border-color: var(--bad) } .button.primary.critical { background: var(--bad); color: var(--on-bad) }
button[aria-pressed=true] { background: var(--accent); border-color: var(--accent); color: var(--on-accent) }
:disabled { opacity: .6; cursor: default }
a { color: var(--accent) }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
label, legend { display: block; font-weight: 600; padding: 0 } fieldset { border: 0; margin: 0; padding: 0 }
input:not([type=checkbox], [type=radio]), select, textarea { font: inherit; inline-size: 100%; min-block-size: 44px; padding: .4rem .6rem; margin-block-start: .25rem; border: 1px solid var(--edge);
  border-radius: .6rem; background: var(--paper); color: var(--ink) }
.wrong { color: var(--bad); margin: .25rem 0 0 } [aria-invalid=true] { border-color: var(--bad) !important }
`);

/** Define an element: `props` are reflected properties, `html` its shadow tree, `ready` binds it, `events` the on* it takes. */
function define(tag, spec) {
  const names = [...(spec.props ?? []), 'id'];
  class Element extends HTMLElement {
    static observedAttributes = names.map((name) => name.toLowerCase());
    constructor() {
      super();
      this.attachShadow({mode: 'open', delegatesFocus: true}).adoptedStyleSheets = [sheet];
      this.held = {};
      this.handlers = {};
    }
    connectedCallback() { this.draw(); }
    attributeChangedCallback(name, _, value) {
      const prop = names.find((one) => one.toLowerCase() === name);
      if (this.held[prop] === undefined || typeof this.held[prop] === 'string') this.take(prop, value);
    }
    take(prop, value) {
      if (this.held[prop] === value) return;
      this.held[prop] = value;
      this.draw();
    }
    draw() {
      if (!this.isConnected) return;
      this.shadowRoot.innerHTML = `<style>:host{display:${spec.display ?? 'block'}}</style>${spec.html(this.held, this)}`;
      spec.ready?.(this, this.shadowRoot);
    }
    tell(type) { this.dispatchEvent(new Event(type, {bubbles: true})); }
  }
  for (const name of names) {
    Object.defineProperty(Element.prototype, name, {configurable: true, enumerable: true,
      get() { return this.held[name]; },
      set(value) { this.take(name, value); if (name === 'id') this.setAttribute('id', value); }});
  }
  for (const event of spec.events ?? []) { // makes Preact use the lower-case name of the event
    Object.defineProperty(Element.prototype, `on${event}`, {configurable: true,
      get() { return this.handlers[event] ?? null; },
      set(handler) {
        if (this.handlers[event]) this.removeEventListener(event, this.handlers[event]);
        this.handlers[event] = handler;
        if (handler) this.addEventListener(event, handler);
      }});
  }
  Object.assign(Element.prototype, spec.methods);
  customElements.define(tag, Element);
}

const slots = '<slot></slot>';

define('s-page', {props: ['heading', 'subheading', 'inlineSize'], html: (p) => `<style>
  header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:space-between;align-items:start;margin-block-end:1.25rem}
  h1{font-size:1.55rem;line-height:1.25;margin:0}p{margin:.25rem 0 0;color:var(--soft)}nav{margin-block-end:.75rem}</style>
  <nav><slot name="breadcrumb-actions"></slot></nav>
  <header><div><h1>${esc(p.heading)}</h1>${p.subheading ? `<p>${esc(p.subheading)}</p>` : ''}</div>
  <div><slot name="secondary-actions"></slot><slot name="primary-action"></slot></div></header>${slots}`});

define('s-section', {props: ['heading', 'padding', 'accessibilityLabel'], html: (p) => `<style>
  section{background:var(--paper);border:1px solid var(--line);border-radius:.9rem;padding:1.1rem}h2{font-size:1.15rem;margin:0 0 .8rem}</style>
  <section ${p.heading ? 'aria-labelledby="h"' : ''}>${p.heading ? `<h2 id="h">${esc(p.heading)}</h2>` : ''}${slots}</section>`});

define('s-stack', {props: ['direction', 'gap', 'alignItems', 'justifyContent', 'padding'], html: (p) => `<style>div{display:flex;flex-flow:${p.direction === 'inline' ? 'row wrap' : 'column'};
  gap:${space(p.gap)};align-items:${p.alignItems ?? (p.direction === 'inline' ? 'center' : 'stretch')};justify-content:${p.justifyContent ?? 'start'};padding:${space(p.padding)}}</style><div>${slots}</div>`});

define('s-grid', {props: ['gridTemplateColumns', 'gap'], html: (p) => `<style>div{display:grid;grid-template-columns:${esc(p.gridTemplateColumns ?? '1fr')};gap:${space(p.gap)}}</style><div>${slots}</div>`});

define('s-box', {props: ['padding', 'background', 'border', 'borderRadius'], html: (p) => `<style>div{padding:${space(p.padding)};border-radius:.5rem;min-block-size:2rem;
  background:${p.background === 'subdued' ? 'var(--mark)' : 'none'};border:1px solid ${p.border === 'base' ? 'var(--accent)' : 'transparent'}}</style><div>${slots}</div>`});

define('s-divider', {html: () => '<style>hr{border:0;border-block-start:1px solid var(--line);margin:0}</style><hr>'});

define('s-text', {display: 'inline', props: ['tone', 'color', 'type', 'accessibilityVisibility'], html: (p) => {
  const hidden = p.accessibilityVisibility === 'exclusive' ? 'position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%)' : '';
  return `<style>span{color:${p.tone === 'critical' ? 'var(--bad)' : p.color === 'subdued' ? 'var(--soft)' : 'inherit'};font-weight:${p.type === 'strong' ? 650 : 'inherit'};${hidden}}</style><span>${slots}</span>`;
}});

define('s-paragraph', {html: () => `<style>p{margin:0}</style><p>${slots}</p>`});
define('s-unordered-list', {html: () => `<style>ul{margin:0;padding-inline-start:1.2rem}</style><ul>${slots}</ul>`});
define('s-list-item', {display: 'list-item', html: () => slots});

define('s-badge', {display: 'inline-block', props: ['tone', 'color'], html: (p) => `<style>span{font-size:.85rem;padding:.15rem .55rem;border-radius:1rem;
  background:${p.tone === 'critical' ? 'var(--bad-ground)' : 'var(--good-ground)'};color:${p.tone === 'critical' ? 'var(--bad)' : 'var(--good)'}}</style><span>${slots}</span>`});

define('s-banner', {props: ['heading', 'tone'], html: (p) => `<style>div{border-radius:.7rem;padding:.85rem 1rem;background:${p.tone === 'critical' ? 'var(--bad-ground)' : 'var(--mark)'};
  border:1px solid ${p.tone === 'critical' ? 'var(--bad)' : 'var(--line)'}}strong{display:block;margin-block-end:.2rem}</style>
  <div role="${p.tone === 'critical' || p.tone === 'warning' ? 'alert' : 'status'}">${p.heading ? `<strong>${esc(p.heading)}</strong>` : ''}${slots}</div>`});

define('s-skeleton-paragraph', {props: ['content'], html: (p) => `<p role="status">${esc(p.content)} …</p>`});
define('s-spinner', {props: ['accessibilityLabel'], html: (p) => `<span role="status">${esc(p.accessibilityLabel)} …</span>`});

function act(element) {
  if (element.href) toPage(element.href);
}

define('s-button', {display: 'inline-block', props: ['variant', 'tone', 'type', 'disabled', 'loading', 'href', 'target', 'accessibilityLabel'], events: ['click'],
  html: (p) => {
    const look = `class="button ${esc(p.variant)} ${esc(p.tone)}" ${p.accessibilityLabel ? `aria-label="${esc(p.accessibilityLabel)}"` : ''}`;
    return p.href ? `<a ${look} href="${esc(p.href)}">${slots}</a>` : `<button type="button" ${look} ${p.disabled || p.loading ? 'disabled' : ''} ${p.loading ? 'aria-busy="true"' : ''}>${slots}</button>`;
  },
  ready: link});

define('s-link', {display: 'inline', props: ['href', 'target', 'tone', 'accessibilityLabel'], events: ['click'],
  html: (p) => `<a href="${esc(p.href)}" ${p.accessibilityLabel ? `aria-label="${esc(p.accessibilityLabel)}"` : ''} ${p.target ? `target="${esc(p.target)}"` : ''}>${slots}</a>`,
  ready: link});

/** Links go where the host sends them; https addresses stay the browser's own affair. */
function link(element, root) {
  root.querySelector('a')?.addEventListener('click', (event) => {
    if (/^https?:/.test(element.href)) return;
    event.preventDefault();
    queueMicrotask(() => act(element));
  });
}

define('s-press-button', {display: 'inline-block', props: ['pressed', 'disabled', 'loading', 'accessibilityLabel'], events: ['click'],
  html: (p) => `<button type="button" class="button" aria-pressed="${Boolean(p.pressed)}" ${p.disabled ? 'disabled' : ''}>${slots}</button>`});

define('s-customer-account-action', {props: ['heading'], html: (p) => `<style>h2{margin:0 0 1rem;font-size:1.25rem}footer{margin-block-start:1.25rem}</style>
  <h2>${esc(p.heading)}</h2>${slots}<footer><slot name="secondary-actions"></slot><slot name="primary-action"></slot></footer>`});
