// Draws the pages of a PDF, each when it comes into view, with its text above it so that it can be selected and read out.
//   <div data-pdf="/files/12/content" data-pdf-worker="…" data-pdf-failed="…" data-pdf-page="Page %s">
import { GlobalWorkerOptions, TextLayer, getDocument } from "pdfjs-dist/legacy/build/pdf.min.mjs";

const folder = name => new URL(`${PDF_FOLDER}${name}/`, import.meta.url).href;
const MOST_PIXELS = 16_000_000; // of one page: a hostile file may claim one as large as a house
const ZOOMS = [0.5, 0.75, 1, 1.5, 2, 3];

async function draw(page, place, width) {
  const base = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: width / base.width });
  const sharpness = Math.min(window.devicePixelRatio || 1, 2, Math.sqrt(MOST_PIXELS / (viewport.width * viewport.height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(viewport.width * sharpness));
  canvas.height = Math.max(1, Math.floor(viewport.height * sharpness));
  canvas.setAttribute("aria-hidden", "true");
  const text = document.createElement("div");
  text.className = "textLayer";
  text.style.setProperty("--total-scale-factor", viewport.scale);
  const transform = sharpness === 1 ? null : [sharpness, 0, 0, sharpness, 0, 0];
  await page.render({ canvas, viewport, transform }).promise;
  place.replaceChildren(canvas, text);
  await new TextLayer({ textContentSource: page.streamTextContent(), container: text, viewport }).render();
}

class PdfView {
  constructor(container, pdf) {
    this.container = container;
    this.pdf = pdf;
    this.zoom = 1;
    this.seen = new IntersectionObserver(entries => this.show(entries), { rootMargin: "100% 0px" });
  }

  async begin() {
    const first = (await this.pdf.getPage(1)).getViewport({ scale: 1 });
    this.places = Array.from({ length: this.pdf.numPages }, (_, index) => {
      const place = document.createElement("div");
      place.className = "pdf-page";
      place.dataset.page = index + 1;
      place.setAttribute("role", "group");
      place.setAttribute("aria-label", this.container.dataset.pdfPage.replace("%s", `${index + 1} / ${this.pdf.numPages}`));
      place.style.setProperty("--ratio", `${first.width} / ${first.height}`);
      return place;
    });
    this.container.replaceChildren(...this.places);
    this.lay();
  }

  get width() {
    return Math.max(160, Math.floor((this.container.clientWidth - 16) * this.zoom));
  }

  lay() {
    for (const place of this.places) {
      place.style.width = `${this.width}px`;
      delete place.dataset.drawn;
      this.seen.unobserve(place);
      this.seen.observe(place);
    }
  }

  async show(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || target.dataset.drawn || !target.isConnected) continue;
      target.dataset.drawn = "";
      const page = await this.pdf.getPage(Number(target.dataset.page));
      const { width, height } = page.getViewport({ scale: 1 });
      target.style.setProperty("--ratio", `${width} / ${height}`);
      await draw(page, target, this.width);
      page.cleanup();
    }
  }

  step(by) {
    const next = ZOOMS[ZOOMS.indexOf(this.zoom) + by];
    if (!next) return;
    this.zoom = next;
    this.lay();
  }
}

export async function showPdf(container) {
  GlobalWorkerOptions.workerSrc = container.dataset.pdfWorker;
  const task = getDocument({
    url: container.dataset.pdf,
    standardFontDataUrl: folder("standard_fonts"),
    cMapUrl: folder("cmaps"),
    cMapPacked: true,
    wasmUrl: folder("wasm"),
    useWasm: false,
    enableXfa: false,
    disableRange: true,
  });
  try {
    const view = new PdfView(container, await task.promise);
    await view.begin();
    container.closest("[data-file-view]")?.addEventListener("click", event => {
      const button = event.target.closest("[data-pdf-zoom]");
      if (button) view.step(Number(button.dataset.pdfZoom));
    });
    container.dataset.shown = view.pdf.numPages;
  } catch (error) {
    container.textContent = container.dataset.pdfFailed;
    container.dataset.shown = "0";
    if (error?.name !== "InvalidPDFException" && error?.name !== "PasswordException") throw error;
  }
}
