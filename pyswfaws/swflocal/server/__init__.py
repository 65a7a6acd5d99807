"""SWF Local for clients that speak its wire protocol, over HTTP or inside this process."""
