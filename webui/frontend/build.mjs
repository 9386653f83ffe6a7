// Builds webui/static/dist from webui/frontend/src: every file bears the hash of its content in its name, so that
// browsers may keep it for ever, and manifest.json maps the name that a page asks for to the name of today.
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { PurgeCSS } from "purgecss";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const source = join(root, "webui/frontend/src");
const modules = join(root, "node_modules");
const dist = join(root, "webui/static/dist");

const ENTRIES = ["site.js", "viewer.js", "modeler.js", "decision_table.js", "pdf_view.js", "pdf_worker.js"];
const WORKER = "service_worker.js";
const ICON_SIZES = [180, 192, 512]; // what iOS asks for; what browsers ask for before they offer to install
const FONTS = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique", "DejaVuSansMono"];

// What PDFs need that do not carry it with them, under a name that changes with the version.
const PDF = join(modules, "pdfjs-dist");
const PDF_FOLDER = `pdf-${JSON.parse(readFileSync(join(PDF, "package.json"), "utf8")).version}/`;

// Where pages and scripts name classes, and the beginnings of those that a page puts together from parts.
const NAMES_CLASSES = [
  join(root, "webui/templates/**/*.html"),
  join(source, "**/*.js"),
  join(modules, "@tabler/core/dist/js/tabler.esm.min.js"),
];
const PUT_TOGETHER = [/^alert-/, /^avatar-/];

const manifest = {};
const imports = {}; // by script: the files without which it does not run
const written = new Set(["manifest.json", "imports.json"]);

function keep(logicalName, file) {
  if (logicalName) manifest[logicalName] = file;
  written.add(file);
}

// Of Tabler's 700 KB a page needs less than half, and every page is styled by all there is.
const withoutUnusedStyles = {
  name: "without unused styles",
  setup({ onLoad }) {
    onLoad({ filter: /tabler\.min\.css$/ }, async ({ path }) => {
      const [{ css }] = await new PurgeCSS().purge({ content: NAMES_CLASSES, css: [path], safelist: { standard: PUT_TOGETHER } });
      return { contents: css, loader: "css" };
    });
  },
};

async function bundleScriptsAndStyles() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ENTRIES.map(name => join(source, name)),
    outdir: dist,
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "linked",
    metafile: true,
    logLevel: "warning",
    entryNames: "[name]-[hash]",
    chunkNames: "chunks/[name]-[hash]",
    assetNames: "assets/[name]-[hash]",
    define: { PDF_FOLDER: JSON.stringify(PDF_FOLDER) },
    plugins: [withoutUnusedStyles],
    loader: { ".woff": "file", ".woff2": "file", ".ttf": "file", ".eot": "file", ".svg": "file" },
  });
  const inDist = path => relative(dist, join(root, path));
  for (const [path, output] of Object.entries(metafile.outputs)) {
    keep(null, inDist(path));
    const entry = output.entryPoint && relative(source, join(root, output.entryPoint));
    if (!ENTRIES.includes(entry)) continue;
    keep(entry, inDist(path));
    const needed = output.imports.filter(({ kind }) => kind === "import-statement");
    imports[entry] = needed.map(({ path }) => inDist(path));
    if (output.cssBundle) keep(entry.replace(/\.js$/, ".css"), inDist(output.cssBundle));
  }
}

// The approval sheet that proves itself is one file: the server puts these two into it.
async function bundleVerifier() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(source, "verifier/page.js")],
    outdir: dist,
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "inline",
    write: false,
    logLevel: "warning",
  });
  mkdirSync(join(dist, "verifier"), { recursive: true });
  for (const { path, contents } of outputFiles) {
    const file = `verifier/verifier${path.slice(path.lastIndexOf("."))}`;
    writeFileSync(join(dist, file), contents);
    keep(file, file);
  }
}

// The server sends it from the root, so that it serves every page; its own address says what it is made for.
async function bundleServiceWorker() {
  const { outputFiles } = await build({ entryPoints: [join(source, WORKER)], bundle: true, minify: true, target: "es2022", write: false });
  writeFileSync(join(dist, WORKER), outputFiles[0].contents);
  keep(WORKER, WORKER);
}

// The picture of the installed product on phones and desks, in the sizes that systems take as they are.
async function drawAppIcons() {
  await initWasm(readFileSync(join(modules, "@resvg/resvg-wasm/index_bg.wasm")));
  const drawing = readFileSync(join(source, "app_icon.svg"), "utf8");
  for (const size of ICON_SIZES) {
    const png = new Resvg(drawing, { fitTo: { mode: "width", value: size } }).render().asPng();
    const file = `app-icon-${size}-${createHash("sha256").update(png).digest("hex").slice(0, 8)}.png`;
    writeFileSync(join(dist, file), png);
    keep(`app-icon-${size}.png`, file);
  }
}

// One sprite of the icons that src/icons.json names; a page writes <svg class="icon"><use href="…#name"/></svg>.
function drawIconSprite() {
  const all = readFileSync(join(modules, "@tabler/icons-sprite/dist/tabler-sprite.svg"), "utf8");
  const symbols = JSON.parse(readFileSync(join(source, "icons.json"), "utf8")).map(name => {
    const symbol = all.match(new RegExp(`<symbol id="tabler-${name}" .*?</symbol>`, "s"));
    if (!symbol) throw new Error(`src/icons.json names "${name}", which Tabler does not draw`);
    return symbol[0].replace(`id="tabler-${name}"`, `id="${name}"`);
  });
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
  const file = `icons-${createHash("sha256").update(sprite).digest("hex").slice(0, 8)}.svg`;
  writeFileSync(join(dist, file), sprite);
  keep("icons.svg", file);
}

// PDFs are drawn with these; the server opens them by name, so the names stay.
function copyFontsForPdf() {
  mkdirSync(join(dist, "fonts"), { recursive: true });
  for (const font of FONTS) {
    const file = `fonts/${font}.ttf`;
    copyFileSync(join(modules, `dejavu-fonts-ttf/ttf/${font}.ttf`), join(dist, file));
    keep(file, file);
  }
}

// Letters of the standard fonts, tables of East Asian ones, and readers of scans in plain JavaScript: our content policy
// lets no WebAssembly run.
function copyWhatPdfsNeed() {
  for (const [folder, wanted] of [["standard_fonts", /\.(pfb|ttf)$/], ["cmaps", /\.bcmap$/], ["wasm", /_nowasm_fallback\.js$/]]) {
    mkdirSync(join(dist, PDF_FOLDER, folder), { recursive: true });
    for (const name of readdirSync(join(PDF, folder)).filter(one => wanted.test(one))) {
      const file = `${PDF_FOLDER}${folder}/${name}`;
      copyFileSync(join(PDF, folder, name), join(dist, file));
      keep(null, file);
    }
  }
}

// Last, so that a page that was just served still finds the files of its manifest while the new ones were written.
function removeFilesOfEarlierBuilds() {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = relative(dist, join(entry.parentPath, entry.name));
    if (entry.isFile() && !written.has(file)) rmSync(join(dist, file));
  }
}

mkdirSync(dist, { recursive: true });
await bundleScriptsAndStyles();
await bundleVerifier();
await bundleServiceWorker();
await drawAppIcons();
drawIconSprite();
copyFontsForPdf();
copyWhatPdfsNeed();
writeFileSync(join(dist, "imports.json"), JSON.stringify(imports, null, 2) + "\n");
writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
removeFilesOfEarlierBuilds();
