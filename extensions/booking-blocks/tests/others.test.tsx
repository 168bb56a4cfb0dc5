/// <reference types="@shopify/ui-extensions/customer-account.order.action.render" />
import {getExtension} from '@shopify/ui-extensions-tester';
import {fireEvent, waitFor} from '@testing-library/preact';
import {afterEach, expect, test, vi} from 'vitest';

import {api, booking, clear, element, problem, shown} from '../../shared/testing';

const index = getExtension('customer-account.order-index.block.render');
const menu = getExtension('customer-account.order.action.menu-item.render');
const dialog = getExtension('customer-account.order.action.render');
const profile = getExtension('customer-account.profile.block.render');

const one = {'GET /bookings': {body: {items: [booking({can_cancel: false})], next: null}}};
const none = {'GET /bookings': {body: {items: [], next: null}}};
const settings = {heading: undefined, show_when_empty: undefined};

afterEach(() => {
  clear();
  for (const extension of [index, menu, dialog, profile]) if ((globalThis as {shopify?: unknown}).shopify) extension.tearDown();
});

test('beside the orders: the next bookings, a placeholder in the editor', async () => {
  index.setUp();
  index.shopify.extension = {...index.shopify.extension, editor: undefined};
  index.shopify.settings.value = settings;
  index.fetch = api(one).fetch as typeof fetch;
  await index.render();
  await waitFor(() => expect(shown()).toContain('Massage'));
  clear();
  index.tearDown();
  index.setUp();
  index.shopify.settings.value = settings;
  index.shopify.extension = {...index.shopify.extension, editor: {type: 'checkout'}};
  const server = api(one);
  index.fetch = server.fetch as typeof fetch;
  await index.render();
  expect(shown()).toContain('block.editor');
  expect(server.sent).toEqual([]);
});

test('an order’s menu has a line where there is something to change only', async () => {
  const over = {'GET /bookings': {body: {items: [booking({can_cancel: false, can_reschedule: false})], next: null}}};
  for (const [routes, lines] of [[one, 1], [none, 0], [over, 0], [{'GET /bookings': problem(401, 'unauthorized', 'Sign in.')}, 0]] as const) {
    menu.setUp();
    menu.shopify.orderId = 'gid://shopify/Order/7';
    const server = api(routes);
    menu.fetch = server.fetch as typeof fetch;
    await menu.render();
    expect(server.sent[0].query.get('order')).toBe('gid://shopify/Order/7');
    expect(document.querySelectorAll('s-button')).toHaveLength(lines);
    clear();
    menu.tearDown();
  }
});

test('the dialog leads to what is allowed, and closes', async () => {
  dialog.setUp();
  dialog.shopify.close = vi.fn();
  dialog.fetch = api(one).fetch as typeof fetch;
  await dialog.render();
  await waitFor(() => element('s-link', 'action.move'));
  expect(element('s-link', 'action.move').getAttribute('href')).toBe('extension:booking-page/bookings/abc123/reschedule');
  expect(document.body.innerHTML).not.toContain('action.cancel');
  fireEvent.click(element('s-button', 'action.close'));
  expect(dialog.shopify.close).toHaveBeenCalled();
});

test('the profile leads to bookings and messages', async () => {
  profile.setUp();
  await profile.render();
  expect([...document.querySelectorAll('s-link')].map((a) => a.getAttribute('href'))).toEqual(['extension:booking-page/', 'extension:booking-page/profile']);
});
