"""HOW it is asked for and handed over: the messages of OpenID4VCI, OpenID4VP and of the authorities."""
