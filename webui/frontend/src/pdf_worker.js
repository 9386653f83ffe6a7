// Reads PDFs in a thread of its own.
export * from "pdfjs-dist/legacy/build/pdf.worker.min.mjs";
