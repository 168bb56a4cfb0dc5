/// <reference types="@shopify/ui-extensions/customer-account.order-status.block.render" />
import {getExtension} from '@shopify/ui-extensions-tester';
import {fireEvent, waitFor} from '@testing-library/preact';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';

import {api, booking, clear, element, shown} from '../../shared/testing';

const extension = getExtension('customer-account.order-status.block.render');

beforeEach(() => {
  extension.setUp();
  extension.shopify.extension = {...extension.shopify.extension, editor: undefined};
  extension.shopify.settings.value = {heading: undefined, show_when_empty: undefined};
});
afterEach(() => {
  clear();
  extension.tearDown();
});

test('whoever came by a mail’s link is asked to sign in, and nothing is fetched', async () => {
  extension.shopify.authenticationState.value = 'pre_authenticated';
  extension.shopify.requireLogin = vi.fn().mockResolvedValue(undefined);
  const server = api({});
  extension.fetch = server.fetch as typeof fetch;
  await extension.render();
  expect(shown()).toContain('block.signIn');
  fireEvent.click(element('s-button'));
  expect(extension.shopify.requireLogin).toHaveBeenCalled();
  expect(server.sent).toEqual([]);
});

test('the bookings of the order, each with a link into the page', async () => {
  const items = ['one', 'two'].map((ref) => booking({ref, service_name: `Service ${ref}`}));
  const server = api({'GET /bookings': {body: {items, next: null}}});
  extension.fetch = server.fetch as typeof fetch;
  await extension.render();
  await waitFor(() => expect(shown()).toContain('Service two'));
  expect(server.sent.map((s) => s.query.toString())).toEqual(['order=gid%3A%2F%2Fshopify%2FOrder%2F1']);
  expect([...document.querySelectorAll('s-link')].map((a) => a.getAttribute('href'))).toEqual([
    'extension:booking-page/bookings/one', 'extension:booking-page/bookings/two', 'extension:booking-page/']);
});

test('an order without bookings shows the next ones', async () => {
  const next = ['a', 'b', 'c', 'd'].map((ref) => booking({ref, service_name: `Service ${ref}`}));
  extension.fetch = api({'GET /bookings': (sent) => ({body: {items: sent.query.has('order') ? [] : next, next: null}})}).fetch as typeof fetch;
  await extension.render();
  await waitFor(() => expect(shown()).toContain('Service c'));
  expect(shown()).not.toContain('Service d');
});

test('nothing to show is no block, unless the merchant wants it', async () => {
  extension.fetch = api({'GET /bookings': {body: {items: [], next: null}}}).fetch as typeof fetch;
  await extension.render();
  await waitFor(() => expect(document.querySelector('s-section')).toBeNull());
  clear();
  extension.tearDown();
  extension.setUp();
  extension.shopify.extension = {...extension.shopify.extension, editor: undefined};
  extension.shopify.settings.value = {heading: 'Soon', show_when_empty: true};
  extension.fetch = api({'GET /bookings': {body: {items: [], next: null}}}).fetch as typeof fetch;
  await extension.render();
  await waitFor(() => expect(shown()).toContain('block.empty'));
  expect(element('s-section').getAttribute('heading')).toBe('Soon');
});
