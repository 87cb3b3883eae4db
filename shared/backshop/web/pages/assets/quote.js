// Tells the shop that its customer, and not a mail scanner, has seen the quote.
const path = document.querySelector("script[data-seen]").dataset.seen;
if (document.visibilityState === "visible") fetch(path, { method: "POST" }).catch(() => {});
