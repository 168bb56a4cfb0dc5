// The page around the extensions: gives them tokens, carries their addresses, shows their toasts. Talks to them by messages only.
'use strict';

const main = document.querySelector('main');
const state = JSON.parse(main.dataset.state);
const frames = [...document.querySelectorAll('iframe')];
const dialog = document.querySelector('dialog');
const toast = document.querySelector('.toast');
let toastTimer;

const address = (values) => `?${new URLSearchParams({
  store: state.store, customer: state.customer ?? '', language: state.language, page: state.page,
  ...(state.page === 'order' ? {order: state.order} : {}), ...values})}`;
const entry = () => ({url: `${location.origin}/account/pages/booking-page${state.path}`, key: state.path});

async function token() {
  const response = await fetch('/shopify/session-token', {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({store: state.store, customer: state.signedIn ? state.customer : null})});
  return (await response.json()).token;
}

function open(path) {
  if (state.page !== 'bookings') {
    location.assign(address({page: 'bookings', path}));
    return;
  }
  state.path = path;
  for (const frame of frames) frame.contentWindow.postMessage({kind: 'entry', entry: entry()}, '*');
  scrollTo({top: 0});
}

function navigate(url, replace) {
  if (url.startsWith('/') || url.startsWith('extension:booking-page')) {
    const path = url.replace('extension:booking-page', '') || '/';
    if (state.page === 'bookings') history[replace ? 'replaceState' : 'pushState'](path, '', address({path}));
    open(path);
  } else if (url.startsWith('shopify:customer-account/')) {
    location.assign(address({page: url.endsWith('/profile') ? 'profile' : 'orders'}));
  } else {
    location.assign(url);
  }
}

const answers = {
  start: () => ({entry: entry(), customer: state.customer, signedIn: state.signedIn, order: state.order}),
  token,
  navigate: ({url, replace}) => navigate(url, replace),
  height: ({height}, frame) => void (frame.style.blockSize = `${Math.ceil(height)}px`),
  toast({message}) {
    clearTimeout(toastTimer);
    toast.textContent = message;
    toast.hidden = false;
    toastTimer = setTimeout(() => { toast.hidden = true; }, 6000);
  },
  menu: () => dialog.showModal(),
  close: () => dialog?.close(),
  login: () => location.assign(address({signed_in: '1'})),
};

addEventListener('message', async (event) => {
  const frame = frames.find((one) => one.contentWindow === event.source);
  if (!frame || !(event.data.kind in answers)) return;
  const value = await answers[event.data.kind](event.data, frame);
  if (event.data.id) event.source.postMessage({kind: 'answer', id: event.data.id, value}, '*');
});

addEventListener('popstate', () => open(new URLSearchParams(location.search).get('path') ?? '/'));

// Only now: a frame that loads before this page listens asks for its start in vain.
for (const frame of frames) frame.src = frame.dataset.src;
