import '@shopify/ui-extensions';

declare module './src/Page.tsx' {
  const shopify: import('@shopify/ui-extensions/customer-account.page.render').Api;
  const globalThis: {shopify: typeof shopify};
}
