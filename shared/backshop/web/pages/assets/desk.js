// The desk works without this; with it a scan keeps the focus, menus close, and a form is sent once.

const close = (except) => {
  for (const each of document.querySelectorAll("details.drop[open]")) if (each !== except) each.open = false;
};
document.addEventListener("click", (event) => close(event.target.closest("details.drop")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.drop[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});

// A double click sends a form once; coming back by the browser's own history makes it ready again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.method === "post" && !form.matches("[data-scan]")) form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Many rows, one action.
for (const form of document.querySelectorAll("form[data-rows]")) {
  const count = form.querySelector("[data-count]");
  const boxes = [...document.querySelectorAll(`input[type=checkbox][form="${form.id}"]`)];
  const all = document.querySelector(`[data-all="${form.id}"]`);
  const say = () => { count.textContent = boxes.filter((each) => each.checked).length; };
  for (const each of boxes) each.addEventListener("change", say);
  all?.addEventListener("change", () => { for (const each of boxes) each.checked = all.checked; say(); });
  say();
}

// Money is given back by the button alone, which says how much: Enter in a field sends nothing.
for (const form of document.querySelectorAll("form[data-careful]")) {
  const button = form.querySelector("button.danger");
  const plain = button.textContent;
  const say = () => {
    const items = [...form.querySelectorAll("input[type=number]")].reduce((sum, each) => sum + Number(each.value || 0), 0);
    const amount = form.querySelector("[name=amount]").value.trim();
    const what = items ? `${items} ${items === 1 ? "item" : "items"}` : amount && `${form.dataset.careful} ${amount}`;
    button.textContent = what ? `${plain} ${what}` : plain;
  };
  form.addEventListener("input", say);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });
  say();
}

// A dropped or chosen file is read into the field that is sent.
const area = document.querySelector("textarea[data-file]");
const chosen = document.querySelector("input[data-reads]");
if (area && chosen) {
  const read = async (file) => { if (file) area.value = await file.text(); };
  chosen.closest("[hidden]")?.removeAttribute("hidden");
  chosen.addEventListener("change", () => read(chosen.files[0]));
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", (event) => { event.preventDefault(); read(event.dataTransfer.files[0]); });
}

// Scanning: each code is sent, its fate comes on top of the list, and the field keeps the focus. What
// was refused stops the scanner until somebody presses the button: its Enter goes to the field.
const scan = document.querySelector("form[data-scan]");
if (scan) {
  const field = scan.querySelector("input[name=codes]");
  const label = scan.querySelector("input[name=tracking_number]");
  const empty = () => { field.value = label.value = ""; };
  const fates = document.querySelector("#fates");
  const stop = document.querySelector("#stop");
  const seen = new Set();
  // Where to is in the address, so that a reload, or a sign-in in between, does not change it.
  const here = () => `${location.pathname}?stage=${scan.stage.value}`;
  let isSignedOut = false;
  scan.stage.addEventListener("change", () => history.replaceState(null, "", here()));
  const halt = (text) => {
    stop.querySelector("[data-why]").textContent = text;
    stop.hidden = false;
    empty();
    field.focus();
  };
  stop.querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    if (isSignedOut) { location.assign(here()); return; }
    stop.hidden = true;
    field.focus();
  });
  stop.querySelector("button").addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  field.addEventListener("blur", () => setTimeout(() => {
    if (document.activeElement.matches("body, #content")) field.focus();
  }));
  scan.addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = field.value.trim();
    if (!stop.hidden || !code) { empty(); field.focus(); return; }
    // What is sent has a label of its courier: it is scanned right after the code.
    const wants = scan.stage.value === "DISPATCHED" && !label.value.trim() && !/[\s,;]/.test(code);
    if (wants && document.activeElement === field) { label.focus(); return; }
    const which = `${scan.stage.value} ${code}`;
    if (seen.has(which)) { halt(`${code} was scanned already.`); return; }
    const body = new URLSearchParams(new FormData(scan));
    // The number is that of this code alone.
    empty();
    field.focus();
    scan.elements.key.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    let answer;
    try {
      answer = await fetch(scan.action, { method: "POST", body });
    } catch {
      halt(`${code} was not sent: there is no connection. Scan it again.`);
      return;
    }
    isSignedOut = answer.status === 401;
    if (isSignedOut) { halt(`${code} was not moved: your session has ended. Press the button, sign in, and scan it again.`); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = page.querySelector("#fates");
    const wrong = page.querySelector("#stop:not([hidden]) [data-why], .summary li");
    if (said) for (const each of [...said.children].reverse()) fates.prepend(document.adoptNode(each));
    if (wrong) halt(wrong.textContent.trim());
    else if (answer.ok && said) seen.add(which);
    else halt(`${code} was not moved. Open this page anew, then scan it again.`);
    field.focus();
  });
  field.focus();
}
