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
  const fates = document.querySelector("#fates");
  const stop = document.querySelector("#stop");
  const seen = new Set();
  const halt = (text) => {
    stop.querySelector("[data-why]").textContent = text;
    stop.hidden = false;
    field.value = "";
    field.focus();
  };
  stop.querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    stop.hidden = true;
    field.focus();
  });
  stop.querySelector("button").addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  field.addEventListener("blur", () => setTimeout(() => {
    if (document.activeElement === document.body) field.focus();
  }));
  scan.addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = field.value.trim();
    if (!stop.hidden || !code) { field.value = ""; return; }
    const which = `${scan.stage.value} ${code}`;
    if (seen.has(which)) { halt(`${code} was scanned already.`); return; }
    const body = new URLSearchParams(new FormData(scan));
    field.value = "";
    scan.elements.key.value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    let answer;
    try {
      answer = await fetch(scan.action, { method: "POST", body });
    } catch {
      halt(`${code} was not sent: there is no connection. Scan it again.`);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = page.querySelector("#fates");
    const wrong = page.querySelector("#stop:not([hidden]) [data-why], .summary li");
    if (said) for (const each of [...said.children].reverse()) fates.prepend(document.adoptNode(each));
    if (wrong) halt(wrong.textContent.trim());
    else if (answer.ok && said) seen.add(which);
    else halt(`${code}: sign in again, then scan it once more.`);
    field.focus();
  });
  field.focus();
}
