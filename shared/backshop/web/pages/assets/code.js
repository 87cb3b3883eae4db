// The code of the SMS, filled in where the browser can read it, and when another one may be sent.
const field = document.querySelector("#code");
const leaving = new AbortController();

if ("OTPCredential" in window || navigator.credentials?.get) {
  navigator.credentials
    .get({ otp: { transport: ["sms"] }, signal: leaving.signal })
    .then((found) => {
      if (found?.code && !field.value) {
        field.value = found.code;
        field.form.requestSubmit();
      }
    })
    .catch(() => {}); // Refused or left: it can be typed.
  addEventListener("pagehide", () => leaving.abort());
  field.form.addEventListener("submit", () => leaving.abort());
}

const again = document.querySelector(".again");
const button = again.querySelector("button");
const countdown = again.querySelector(".countdown");
const free = Date.now() + Number(again.dataset.wait) * 1000;

function tick() {
  const left = Math.ceil((free - Date.now()) / 1000);
  button.hidden = left > 0;
  countdown.hidden = left <= 0;
  countdown.querySelector("[data-left]").textContent =
    `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  if (left > 0) setTimeout(tick, 500);
}
tick();
