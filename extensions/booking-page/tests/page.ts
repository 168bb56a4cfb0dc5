/// <reference types="@shopify/ui-extensions/customer-account.page.render" />
import {createNavigationHistoryEntry, getExtension} from '@shopify/ui-extensions-tester';
import {afterEach, beforeEach, vi} from 'vitest';

import {api, clear} from '../../shared/testing';

/** The full page as Shopify's tester gives it: fresh before each test of the file that imports this. */
export const extension = getExtension('customer-account.page.render');
export const toast = vi.fn().mockResolvedValue({hide() {}});
export const navigate = vi.fn();

/** Open the page at a path; what the API answers there. */
export function at(path: string, routes: Parameters<typeof api>[0]) {
  extension.navigation.currentEntry = createNavigationHistoryEntry({url: `https://shop.test/account/pages/x${path}`});
  const server = api(routes);
  extension.fetch = server.fetch as typeof fetch;
  return server;
}

beforeEach(() => {
  extension.setUp();
  extension.shopify.settings.value = {heading: undefined, note: undefined, hide_calendar: undefined};
  extension.shopify.localization.extensionLanguage.value = {isoCode: 'de'};
  extension.shopify.toast.show = toast;
  extension.navigation.navigate = navigate;
  vi.useFakeTimers({now: new Date('2027-03-01T12:00:00Z'), toFake: ['Date']});
});
afterEach(() => {
  clear();
  extension.tearDown();
  vi.useRealTimers();
  vi.clearAllMocks();
});
