// The drawing as a file to send or to print: BPMN, SVG, PNG, PDF. All are made in the browser.
const SHARPNESS = 2;
const LARGEST_SIDE = 8000; // pixels that every browser can still draw
const POINTS_PER_PIXEL = 0.75;

export function download(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function pictureOf(svg) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const scale = Math.min(SHARPNESS, LARGEST_SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(image.width * scale);
  canvas.height = Math.ceil(image.height * scale);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { canvas, width: image.width, height: image.height };
}

const blobOf = (canvas, type, quality) => new Promise(resolve => canvas.toBlob(resolve, type, quality));

// One page of the picture's own size, which a reader shows whole and a printer fits to its paper.
async function pdfOf(svg) {
  const { canvas, width, height } = await pictureOf(svg);
  const picture = new Uint8Array(await (await blobOf(canvas, "image/jpeg", 0.95)).arrayBuffer());
  const [w, h] = [width, height].map(side => (side * POINTS_PER_PIXEL).toFixed(2));
  const drawing = `q ${w} 0 0 ${h} 0 0 cm /Map Do Q`;
  const objects = [
    ["<< /Type /Catalog /Pages 2 0 R >>"],
    ["<< /Type /Pages /Kids [3 0 R] /Count 1 >>"],
    [`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${w} ${h}] /Contents 4 0 R /Resources << /XObject << /Map 5 0 R >> >> >>`],
    [`<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`],
    [`<< /Type /XObject /Subtype /Image /Width ${canvas.width} /Height ${canvas.height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode /Length ${picture.length} >>\nstream\n`, picture, "\nendstream"],
  ];
  const encoder = new TextEncoder();
  const parts = [];
  const starts = [];
  let at = 0;
  const put = part => {
    const bytes = typeof part === "string" ? encoder.encode(part) : part;
    parts.push(bytes);
    at += bytes.length;
  };
  put("%PDF-1.4\n");
  objects.forEach((body, index) => {
    starts.push(at);
    put(`${index + 1} 0 obj\n`);
    body.forEach(put);
    put("\nendobj\n");
  });
  const table = at;
  put(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${starts.map(start => `${String(start).padStart(10, "0")} 00000 n \n`).join("")}`);
  put(`trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  return new Blob(parts, { type: "application/pdf" });
}

// `format` is bpmn, svg, png or pdf; `name` the file's name without its ending.
export async function exportDrawing(modeler, xml, name, format) {
  if (format === "bpmn") return download(`${name}.bpmn`, xml, "application/xml");
  const { svg } = await modeler.saveSVG();
  if (format === "svg") download(`${name}.svg`, svg, "image/svg+xml");
  else if (format === "png") download(`${name}.png`, await blobOf((await pictureOf(svg)).canvas, "image/png"));
  else download(`${name}.pdf`, await pdfOf(svg));
}
