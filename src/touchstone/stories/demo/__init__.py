"""The demo newsroom: its texts as files, their form, and the pictures that are drawn for them."""
