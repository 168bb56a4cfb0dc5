"""Bookings from a CSV file: columns are mapped, rows are checked one by one, good rows are written in whole batches."""
