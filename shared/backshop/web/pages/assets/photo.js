// A photo from a phone is made smaller before it is sent; where that fails, it goes as it is.
const MOST = 1600;
const field = document.querySelector("input[data-shrinks]");
const said = document.querySelector("#photo-said");

async function smaller(file) {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, MOST / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

async function prepare() {
  const [file] = field.files;
  said.textContent = "";
  if (!file) return;
  try {
    const made = await smaller(file);
    if (field.files[0] !== file) return;
    if (made.size < file.size) {
      const list = new DataTransfer();
      list.items.add(made);
      field.files = list.files;
    }
    said.textContent = "The photo is ready. It is sent with your rating.";
  } catch {
    // No picture that this browser knows: the page says what is wrong with it.
  }
}

if (field) {
  field.addEventListener("change", prepare);
  prepare(); // On a slow line it was chosen before this script came.
}
