"""E-mails about quotes, put where outbox_worker takes them from (its `quote_mail`)."""

from backshop.quote_link import put_mails as put

__all__ = ["put"]
