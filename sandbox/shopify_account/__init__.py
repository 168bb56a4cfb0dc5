"""The sandbox's customer account: a page in which the built extensions run, and the session tokens Shopify would give them.

As at Shopify the code runs in a frame without an origin and gets everything from its host by messages. What it is not: Shopify's
look, a worker that knows no document, or real placement.
"""
