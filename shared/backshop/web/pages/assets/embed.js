// <script src="https://…/try-on/embed.js" data-sku="TINT-30" async></script>, in a product page:
// a button that opens the try-on in a frame. The choice comes back as the event `backshop:choice`
// ({detail: {sku}}) of the document. No cookie, nothing stored.
(() => {
  const script = document.currentScript;
  const home = new URL(script.src);
  const store = home.searchParams.get("store_id");
  const address = new URL("/try-on/frame", home);
  address.searchParams.set("skus", script.dataset.sku ?? script.dataset.skus ?? "");
  if (store) address.searchParams.set("store_id", store);

  const button = document.createElement("button");
  button.type = "button";
  button.className = "backshop-try-on";
  button.textContent = script.dataset.label ?? "Try it on";
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", button.textContent);
  Object.assign(dialog.style, { border: "0", padding: "0", borderRadius: "8px", inlineSize: "min(40rem, 100vw - 16px)", blockSize: "min(60rem, 100vh - 32px)", maxInlineSize: "none", maxBlockSize: "none" });
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.setAttribute("aria-label", "Close");
  Object.assign(close.style, { position: "absolute", insetBlockStart: "8px", insetInlineEnd: "8px", inlineSize: "44px", blockSize: "44px", border: "0", borderRadius: "22px", background: "rgb(0 0 0 / .6)", color: "#fff", fontSize: "24px", cursor: "pointer" });
  close.addEventListener("click", () => dialog.close());
  dialog.append(close);

  let frame = null;
  button.addEventListener("click", () => {
    frame = document.createElement("iframe");
    frame.title = button.textContent;
    frame.allow = `camera ${home.origin}`;
    frame.src = address;
    Object.assign(frame.style, { border: "0", inlineSize: "100%", blockSize: "100%" });
    frame.addEventListener("load", () => frame.contentWindow.postMessage({ source: "backshop-shop", type: "hello" }, home.origin));
    dialog.prepend(frame);
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    frame?.remove();
    frame = null;
    button.focus();
  });
  addEventListener("message", (event) => {
    if (event.origin !== home.origin || event.source !== frame?.contentWindow) return;
    if (event.data?.source !== "backshop-try-on" || event.data.type !== "choice") return;
    dialog.close();
    document.dispatchEvent(new CustomEvent("backshop:choice", { detail: { sku: event.data.sku } }));
  });
  script.after(button, dialog);
})();
