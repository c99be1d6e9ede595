// How wide a text is, px.
const pen = document.createElement("canvas").getContext("2d");

export function wide(text, size, family) {
  pen.font = `${size}px ${family}`;
  return pen.measureText(text).width;
}
