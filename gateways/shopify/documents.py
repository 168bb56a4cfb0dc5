"""Every GraphQL document sent to Shopify, valid on the Admin API 2026-10 without deprecated fields (a test checks each).

The names here are the operations' names. Money is asked for in the shop's currency; times are ISO 8601 in UTC.
"""

from __future__ import annotations

API_VERSION = "2026-10"
LINES, REFUNDS, REFUNDED_LINES, CREDITS = 50, 20, 20, 50

_CUSTOMER = """
fragment CustomerFields on Customer {
  id firstName lastName locale state verifiedEmail updatedAt
  defaultEmailAddress { emailAddress marketingState marketingUpdatedAt } defaultPhoneNumber { phoneNumber smsMarketingConsent { state updatedAt } }
  ours: metafield(namespace: "$app", key: "customer") { value }
}"""
_MONEY = "{ shopMoney { amount currencyCode } }"

SHOP = """
query Shop {
  shop { id name myshopifyDomain email currencyCode ianaTimezone primaryDomain { url host } customerAccountsV2 { customerAccountsVersion } }
  currentAppInstallation { id accessScopes { handle } }
  shopLocales { locale primary }
}"""

CUSTOMER_BY_ID = "query CustomerById($id: ID!) { customer(id: $id) { ...CustomerFields } }" + _CUSTOMER

CUSTOMER_BY_IDENTIFIER = """
query CustomerByIdentifier($identifier: CustomerIdentifierInput!) {
  customerByIdentifier(identifier: $identifier) { ...CustomerFields }
}
""" + _CUSTOMER

CUSTOMERS_PAGE = """
query CustomersPage($first: Int!, $after: String, $query: String) {
  customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) { nodes { ...CustomerFields } pageInfo { hasNextPage endCursor } }
}""" + _CUSTOMER

CUSTOMER_CREATE = """
mutation CustomerCreate($input: CustomerInput!) {
  customerCreate(input: $input) { customer { ...CustomerFields } userErrors { field message } }
}""" + _CUSTOMER

CUSTOMER_UPDATE = """
mutation CustomerUpdate($input: CustomerInput!) {
  customerUpdate(input: $input) { customer { ...CustomerFields } userErrors { field message } }
}""" + _CUSTOMER

EMAIL_CONSENT = """
mutation EmailConsent($input: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $input) { customer { ...CustomerFields } userErrors { field message } }
}""" + _CUSTOMER

SMS_CONSENT = """
mutation SmsConsent($input: CustomerSmsMarketingConsentUpdateInput!) {
  customerSmsMarketingConsentUpdate(input: $input) { customer { ...CustomerFields } userErrors { field message } }
}""" + _CUSTOMER

METAFIELDS_SET = """
mutation MetafieldsSet($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) { metafields { key } userErrors { field message code } }
}"""

METAFIELDS_DELETE = """
mutation MetafieldsDelete($metafields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $metafields) { deletedMetafields { key } userErrors { field message } }
}"""

METAFIELD_DEFINITION_CREATE = """
mutation MetafieldDefinitionCreate($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) { createdDefinition { id } userErrors { field message code } }
}"""

ORDER_WITH_BOOKINGS = f"""
query OrderWithBookings($id: ID!, $after: String) {{
  order(id: $id) {{
    id name createdAt updatedAt processedAt cancelledAt test email phone customerLocale displayFinancialStatus currencyCode taxesIncluded edited
    customer {{ id firstName lastName verifiedEmail defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }} }}
    lineItems(first: {LINES}, after: $after) {{
      nodes {{
        id title quantity currentQuantity refundableQuantity variant {{ id }} customAttributes {{ key value }}
        discountedUnitPriceAfterAllDiscountsSet {_MONEY} taxLines {{ priceSet {_MONEY} }}
      }}
      pageInfo {{ hasNextPage endCursor }}
    }}
    refunds(first: {REFUNDS}) {{
      id createdAt note totalRefundedSet {_MONEY}
      refundLineItems(first: {REFUNDED_LINES}) {{ nodes {{ lineItem {{ id }} quantity subtotalSet {_MONEY} totalTaxSet {_MONEY} }} }}
      transactions(first: {REFUNDED_LINES}) {{ nodes {{ status amountSet {_MONEY} }} }}
    }}
  }}
}}"""

ORDERS_PAGE = """
query OrdersPage($first: Int!, $after: String, $query: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) { nodes { id updatedAt } pageInfo { hasNextPage endCursor } }
}"""

SUGGESTED_REFUND = f"""
query SuggestedRefund($id: ID!, $lines: [RefundLineItemInput!]) {{
  order(id: $id) {{
    id suggestedRefund(refundLineItems: $lines, refundShipping: false, suggestFullRefund: false) {{
      amountSet {_MONEY} maximumRefundableSet {_MONEY}
      suggestedTransactions {{ amountSet {_MONEY} maximumRefundableSet {_MONEY} gateway kind parentTransaction {{ id }} }}
    }}
  }}
}}"""

REFUND_CREATE = f"""
mutation RefundCreate($input: RefundInput!, $key: String!) {{
  refundCreate(input: $input) @idempotent(key: $key) {{
    refund {{ id createdAt note totalRefundedSet {_MONEY} transactions(first: {REFUNDED_LINES}) {{ nodes {{ status amountSet {_MONEY} }} }} }}
    userErrors {{ field message }}
  }}
}}"""

STORE_CREDITS = f"""
query StoreCredits($id: ID!) {{
  customer(id: $id) {{ storeCreditAccounts(first: 4) {{ nodes {{ id
    transactions(first: {CREDITS}, reverse: true, query: "type:credit") {{
      nodes {{ ... on StoreCreditAccountCreditTransaction {{ id createdAt expiresAt amount {{ amount currencyCode }} }} }} pageInfo {{ hasNextPage }}
    }}
  }} }} }}
}}"""

STORE_CREDIT = """
mutation StoreCredit($id: ID!, $credit: StoreCreditAccountCreditInput!) {
  storeCreditAccountCredit(id: $id, creditInput: $credit) { storeCreditAccountTransaction { id } userErrors { field message code } }
}"""

CREDIT_LEFT = """
query CreditLeft($ids: [ID!]!) {
  nodes(ids: $ids) { ... on StoreCreditAccountCreditTransaction { id remainingAmount { amount currencyCode } } }
}"""

ORDER_CANCEL = """
mutation OrderCancel($id: ID!, $refundMethod: OrderCancelRefundMethodInput!, $note: String) {
  orderCancel(orderId: $id, reason: CUSTOMER, restock: false, refundMethod: $refundMethod, notifyCustomer: false, staffNote: $note) {
    job { id done } orderCancelUserErrors { field message code }
  }
}"""

ORDER_NOTE = "query OrderNote($id: ID!) { order(id: $id) { id note tags cancelledAt } }"

ORDER_UPDATE = """
mutation OrderUpdate($input: OrderInput!) { orderUpdate(input: $input) { order { id } userErrors { field message } } }"""

TAGS_ADD = "mutation TagsAdd($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { field message } } }"

BULK_RUN = """
mutation BulkRun($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) { bulkOperation { id status } userErrors { field message code } }
}"""

BULK_POLL = "query BulkPoll($id: ID!) { bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount fileSize url } }"

BULK_RUNNING = """
query BulkRunning { bulkOperations(first: 5, query: "status:running operation_type:query") { nodes { id status query } } }"""

BULK_CUSTOMERS = """
{ customers { edges { node {
  id firstName lastName locale state verifiedEmail updatedAt
  defaultEmailAddress { emailAddress marketingState marketingUpdatedAt } defaultPhoneNumber { phoneNumber smsMarketingConsent { state updatedAt } }
} } } }"""

ALL = {name: value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str) and "{" in value and name[0] != "_"}
"""Name -> document, for the test that validates them."""
