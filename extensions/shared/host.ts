import type {StandardApi} from '@shopify/ui-extensions/customer-account';

/** What Shopify gives every target. */
export function host(): StandardApi {
  return (globalThis as unknown as {shopify: StandardApi}).shopify;
}

/** A text of this extension's locale files. */
export function t(key: string, values?: Record<string, string | number>): string {
  return host().i18n.translate(key, values) as string;
}

/** The merchant's setting, or undefined until it has been saved once. */
export function setting<T extends string | number | boolean>(key: string): T | undefined {
  return host().settings.value[key] as T | undefined;
}
