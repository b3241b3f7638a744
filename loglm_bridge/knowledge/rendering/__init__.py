"""Examples as log events: slots filled with drawn values, fields written in the product's own shape."""
