"""What JSON APIs of this product are made of: shapes, a table of operations, problem details, one OpenAPI document. No routes."""
