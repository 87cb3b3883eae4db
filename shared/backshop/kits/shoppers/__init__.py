"""What a shopper who proved a phone says of themselves."""
