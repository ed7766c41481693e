"""Each service manager with real services under it, as the contract test wants them."""
