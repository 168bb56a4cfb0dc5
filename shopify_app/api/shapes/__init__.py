"""What the merchant API reads and writes. Requests are checked by these models, answers are made by them, the document shows them."""
