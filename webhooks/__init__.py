"""What outside services tell us: verified on the raw body, stored, answered at once, acted on later. One file per service."""
