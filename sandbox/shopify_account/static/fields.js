// The s-* elements people type and choose in.
'use strict';

const known = (p) => `${p.required ? 'required' : ''} ${p.disabled ? 'disabled' : ''} ${p.error ? 'aria-invalid="true" aria-describedby="e"' : ''}`;
const wrong = (p) => (p.error ? `<p class="wrong" id="e">${esc(p.error)}</p>` : '');
const FIELD = ['label', 'name', 'value', 'error', 'required', 'disabled', 'placeholder', 'autocomplete'];

/** Keep what is typed in `value` without drawing anew, then tell. */
function typed(element, input) {
  for (const type of ['input', 'change']) {
    input.addEventListener(type, (event) => {
      event.stopPropagation();
      element.held.value = input.value;
      element.tell(type);
    });
  }
}

for (const [tag, type] of [['s-text-field', 'text'], ['s-phone-field', 'tel'], ['s-email-field', 'email'], ['s-number-field', 'number']]) {
  define(tag, {props: [...FIELD, 'maxLength', 'min', 'max'], events: ['input', 'change', 'blur', 'focus'],
    html: (p) => `<label>${esc(p.label)}<input type="${type}" ${known(p)} value="${esc(p.value)}"></label>${wrong(p)}`,
    ready: (element, root) => typed(element, root.querySelector('input'))});
}

define('s-text-area', {props: [...FIELD, 'rows', 'maxLength'], events: ['input', 'change', 'blur', 'focus'],
  html: (p) => `<label>${esc(p.label)}<textarea rows="${esc(p.rows ?? 3)}" ${p.maxLength ? `maxlength="${esc(p.maxLength)}"` : ''} ${known(p)}>${esc(p.value)}</textarea></label>${wrong(p)}`,
  ready: (element, root) => typed(element, root.querySelector('textarea'))});

/** Children may come after their parent has been drawn: draw again then. */
function followChildren(element) {
  if (element.watcher) return;
  element.watcher = new MutationObserver(() => element.draw());
  element.watcher.observe(element, {childList: true, subtree: true, characterData: true, attributes: true});
}

define('s-option', {display: 'none', props: ['value', 'disabled', 'selected'], html: () => slots});
define('s-select', {props: FIELD, events: ['change'],
  html: (p, element) => `<label>${esc(p.label)}<select ${known(p)}>${[...element.querySelectorAll('s-option')].map((option) =>
    `<option value="${esc(option.value)}" ${String(option.value) === String(p.value) ? 'selected' : ''}>${esc(option.textContent)}</option>`).join('')}</select></label>${wrong(p)}`,
  ready(element, root) {
    followChildren(element);
    typed(element, root.querySelector('select'));
  }});

define('s-choice', {display: 'none', props: ['value', 'selected', 'disabled', 'error'], html: () => slots});
define('s-choice-list', {props: ['label', 'name', 'values', 'multiple', 'variant', 'error', 'disabled'], events: ['change'],
  html: (p, element) => `<style>div{display:flex;flex-wrap:wrap;gap:.5rem;margin-block-start:.5rem}
    .one{position:relative;font-weight:400;border:1px solid var(--edge);border-radius:.6rem;min-block-size:44px;padding:.5rem .9rem;display:flex;align-items:center;cursor:pointer}
    .one:has(:checked){background:var(--accent);color:var(--on-accent)}.one:has(:focus-visible){outline:3px solid var(--accent);outline-offset:2px}
    input{position:absolute;inset:0;opacity:0;margin:0;inline-size:100%;block-size:100%;cursor:pointer}</style>
    <fieldset><legend>${esc(p.label)}</legend><div>${[...element.querySelectorAll('s-choice')].map((choice) => `<label class="one"><input
    type="${p.multiple ? 'checkbox' : 'radio'}" name="c" value="${esc(choice.value)}" ${(p.values ?? []).includes(choice.value) ? 'checked' : ''}>${esc(choice.textContent)}</label>`).join('')}</div></fieldset>${wrong(p)}`,
  ready(element, root) {
    followChildren(element);
    for (const input of root.querySelectorAll('input')) {
      input.addEventListener('change', (event) => {
        event.stopPropagation();
        element.held.values = [...root.querySelectorAll('input:checked')].map((one) => one.value);
        element.tell('change');
      });
    }
  }});

for (const tag of ['s-checkbox', 's-switch']) {
  define(tag, {props: ['label', 'name', 'value', 'checked', 'disabled', 'error'], events: ['change'],
    html: (p) => `<style>label.tick{display:flex;gap:.6rem;align-items:center;font-weight:400;min-block-size:44px}input{inline-size:1.2rem;block-size:1.2rem}</style>
      <label class="tick"><input type="checkbox" ${p.checked ? 'checked' : ''} ${known(p)}>${esc(p.label)}</label>${wrong(p)}`,
    ready(element, root) {
      root.querySelector('input').addEventListener('change', (event) => {
        event.stopPropagation();
        element.held.checked = event.target.checked;
        element.tell('change');
      });
    }});
}

const pad = (n) => String(n).padStart(2, '0');
const inLanguage = (options) => new Intl.DateTimeFormat(JSON.parse(document.getElementById('facts').textContent).language, {...options, timeZone: 'UTC'});

define('s-date-picker', {props: ['value', 'view', 'allow', 'disallow', 'name', 'type', 'disabled'], events: ['change', 'input', 'viewchange'],
  html(p) {
    const view = p.view || new Date().toISOString().slice(0, 7);
    const [year, month] = view.split('-').map(Number);
    const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
    const before = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
    const allowed = new Set((p.allow ?? '').split(',').filter(Boolean));
    const cells = Array.from({length: before}, () => '<td></td>');
    for (let day = 1; day <= count; day++) {
      const date = `${view}-${pad(day)}`;
      const name = inLanguage({dateStyle: 'full'}).format(new Date(`${date}T12:00:00Z`));
      cells.push(`<td><button type="button" data-date="${date}" aria-label="${esc(name)}" aria-pressed="${p.value === date}" ${p.allow && !allowed.has(date) ? 'disabled' : ''}>${day}</button></td>`);
    }
    const rows = Array.from({length: Math.ceil(cells.length / 7)}, (_, n) => `<tr>${cells.slice(n * 7, n * 7 + 7).join('')}</tr>`).join('');
    const title = inLanguage({month: 'long', year: 'numeric'}).format(new Date(Date.UTC(year, month - 1, 15)));
    return `<style>table{inline-size:100%;table-layout:fixed;border-collapse:separate;border-spacing:.2rem}td button{inline-size:100%;padding:.3rem 0;border-color:transparent}
      td :disabled{font-weight:400}div{display:flex;justify-content:space-between;align-items:center}caption{font-weight:650}</style>
      <div><button type="button" data-step="-1" aria-label="‹">‹</button><strong>${esc(title)}</strong><button type="button" data-step="1" aria-label="›">›</button></div><table><tbody>${rows}</tbody></table>`;
  },
  ready(element, root) {
    for (const button of root.querySelectorAll('[data-date]')) {
      button.addEventListener('click', () => {
        element.value = button.dataset.date;
        element.tell('input');
        element.tell('change');
      });
    }
    for (const button of root.querySelectorAll('[data-step]')) {
      button.addEventListener('click', () => {
        const [year, month] = (element.held.view || new Date().toISOString()).split('-').map(Number);
        const count = year * 12 + month - 1 + Number(button.dataset.step);
        element.view = `${Math.floor(count / 12)}-${pad((count % 12) + 1)}`;
        element.tell('viewchange');
      });
    }
  }});
