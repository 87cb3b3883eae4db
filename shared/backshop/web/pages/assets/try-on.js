// Consent, picture, result. Token and capability stay in memory: what is left is gone.
const $ = (id) => document.getElementById(id);
const root = $("try-on");
const framed = "framed" in root.dataset;
const origins = root.dataset.origins.split(" ").filter(Boolean);
const sections = ["consent", "picture", "working", "result", "erased"];
const radios = [...document.querySelectorAll("input[name=sku]")];
let token = root.dataset.token;
let session = null; // {id, capability}
let stream = null;
let own = null; // the shopper's own picture, as an address of this page

function show(name) {
  for (const each of sections) $(each).hidden = each !== name;
  const heading = $(name).querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
  if (name !== "picture") stopCamera();
  tellSize();
}

// ---- the frame: messages between this page and the store's own pages, and nobody else
let parentOrigin = null;
function tell(message) {
  if (framed && parentOrigin) parent.postMessage({ source: "backshop-try-on", ...message }, parentOrigin);
}
function tellSize() {
  tell({ type: "size", height: document.documentElement.scrollHeight });
}
addEventListener("message", (event) => {
  if (event.source !== parent || !origins.includes(event.origin)) return;
  if (event.data?.source === "backshop-shop" && event.data.type === "hello") {
    parentOrigin = event.origin;
    tellSize();
  }
});

// ---- consent
$("go").addEventListener("click", () => {
  const agreed = $("agree").checked;
  $("consent-error").hidden = agreed;
  if (!agreed) return $("consent-error").focus();
  askPicture();
});

// ---- picture
const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

function askPicture(problem = "") {
  show("picture");
  $("picture-error").hidden = !problem;
  $("picture-error").textContent = problem;
  if (problem) $("picture-error").focus?.();
  $("use-camera").hidden = true;
  if (hasCamera()) startCamera();
  else offerFiles();
}

function offerFiles() {
  $("camera-box").hidden = $("camera-actions").hidden = true;
  $("camera-file").hidden = hasCamera();
  $("files").hidden = false;
}

async function startCamera() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 1280 } },
    });
  } catch {
    // None there, refused, or taken by another app: a file does as well.
    return offerFiles();
  }
  $("video").srcObject = stream;
  await $("video").play().catch(() => {});
  $("camera-box").hidden = $("camera-actions").hidden = false;
  watchLight();
}

function stopCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
}
addEventListener("pagehide", stopCamera);

function watchLight() {
  if (!stream) return;
  const canvas = new OffscreenCanvas(24, 32);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage($("video"), 0, 0, 24, 32);
  const pixels = pen.getImageData(6, 6, 12, 20).data;
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 4) sum += pixels[at] * 0.3 + pixels[at + 1] * 0.6 + pixels[at + 2] * 0.1;
  const light = sum / (pixels.length / 4);
  const said = light < 50 ? "It is too dark. Turn towards a window." : light > 225 ? "It is too bright. Turn away from the light." : "Your face in the oval, light from the front.";
  if ($("light").textContent !== said) $("light").textContent = said;
  setTimeout(watchLight, 1000);
}

$("shoot").addEventListener("click", () => {
  const video = $("video");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob((blob) => send(blob), "image/jpeg", 0.92);
});
for (const id of ["camera", "file"]) {
  $(id).addEventListener("change", (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) send(file);
  });
}
$("use-camera").addEventListener("click", startCamera);

// ---- working
const kinds = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"];
const words = { created: "Your picture is being sent.", in_progress: "The products are being drawn." };

async function call(path, options = {}) {
  const answer = await fetch(path, options);
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? "That did not work. Try again in a minute.");
}

async function send(picture) {
  show("working");
  const begun = Date.now();
  const say = setInterval(() => {
    const at = new Date(begun).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    $("since").textContent = Date.now() - begun > 10_000 ? `It takes longer than usual; it began at ${at}.` : "";
  }, 1000);
  try {
    const type = kinds.includes(picture.type) ? picture.type : "image/jpeg";
    const made = await call("/try-on/sessions", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ skus: radios.map((each) => each.value), consent: true, consent_version: root.dataset.version, content_type: type }),
    });
    session = { id: made.session_id, capability: made.capability };
    const form = new FormData();
    for (const [name, value] of Object.entries(made.upload.fields)) form.append(name, value);
    form.append("file", picture);
    const stored = await fetch(made.upload.url, { method: "POST", body: form });
    if (!stored.ok) throw new Error("The picture did not arrive. Choose one of at most 25 MB.");
    URL.revokeObjectURL(own);
    own = URL.createObjectURL(picture);
    present(await finished());
  } catch (wrong) {
    askPicture(wrong instanceof TypeError ? "The connection was lost. Try again." : wrong.message);
  } finally {
    clearInterval(say);
    $("since").textContent = "";
  }
}

async function finished() {
  for (let wait = 500; ; wait = Math.min(wait * 1.3, 4000)) {
    const found = await call(`/try-on/sessions/${session.id}`, { headers: { authorization: `Bearer ${session.capability}` } });
    if (found.status === "complete") return found;
    if (found.status === "failed") throw new Error(found.reason ?? found.results.find((each) => each.reason)?.reason ?? "The picture could not be used. Take another one.");
    $("stage").textContent = words[found.status];
    await new Promise((done) => setTimeout(done, wait));
  }
}

// ---- result
let results = new Map();

function present(found) {
  results = new Map(found.results.map((each) => [each.sku, each]));
  for (const radio of radios) {
    const result = results.get(radio.value);
    radio.disabled = result?.status !== "complete";
    radio.closest("label").title = radio.disabled ? result?.reason ?? "" : "";
  }
  const first = radios.find((each) => each.checked && !each.disabled) ?? radios.find((each) => !each.disabled);
  if (!first) return askPicture("None of the products could be drawn. Take another picture.");
  first.checked = true;
  $("before").src = own;
  const notes = [...found.notes, ...(found.reading?.warnings ?? [])];
  $("notes").hidden = !notes.length;
  $("notes").textContent = notes.join(" ");
  show("result");
  choose();
}

function chosen() {
  return radios.find((each) => each.checked);
}

function choose() {
  const radio = chosen();
  $("after").src = results.get(radio.value).url;
  $("after").alt = `Your picture with ${radio.dataset.title}`;
  $("cart").hidden = framed || !radio.dataset.cart;
  if (radio.dataset.cart) $("cart").href = radio.dataset.cart;
  $("choose").hidden = !framed;
}
for (const radio of radios) radio.addEventListener("change", choose);
$("after").addEventListener("load", tellSize);
$("at").addEventListener("input", () => $("compare").style.setProperty("--at", `${$("at").value}%`));
$("choose").addEventListener("click", () => tell({ type: "choice", sku: chosen().value }));
$("another").addEventListener("click", () => askPicture());
$("anew").addEventListener("click", () => location.reload());

$("erase").addEventListener("click", async () => {
  $("erase").disabled = true;
  try {
    await call(`/try-on/sessions/${session.id}`, { method: "DELETE", headers: { authorization: `Bearer ${session.capability}` } });
    for (const id of ["before", "after"]) $(id).removeAttribute("src");
    URL.revokeObjectURL(own);
    own = session = null;
    show("erased");
  } catch {
    $("notes").hidden = false;
    $("notes").textContent = "It is not erased yet: the connection was lost. Press the button again.";
  } finally {
    $("erase").disabled = false;
  }
});

show("consent");
