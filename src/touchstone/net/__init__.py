"""The only outbound HTTP: timeouts, byte caps, redirect and private-address guard."""
