"""Check a request's rows in plain Python: no data frame is built where one row is asked about."""
