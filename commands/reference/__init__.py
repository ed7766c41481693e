"""The reference of a page's boxes and fields, from what the code says of them."""
